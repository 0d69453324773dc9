//! The log: one JSON object per line, on standard error, for CloudWatch and for `grep`. It never contains a
//! body, a token or a person's data.

use std::error::Error;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::optional;

/// Starts the log of a function. `RUST_LOG` chooses what is logged; the default is `info`.
pub fn init() {
    init_at("info");
}

/// Starts the log. `RUST_LOG` chooses what is logged; the default is `level`, in the same syntax.
pub fn init_at(level: &str) {
    let chosen = optional("RUST_LOG").and_then(|text| filter(&text));
    let filter = chosen.or_else(|| filter(level)).unwrap_or_default();
    // A second call, as in a test, changes nothing.
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    let _already_started = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// Reads what is to be logged; `None` where the text is empty or not a filter. Empty directives, as after a
/// last comma, are dropped, because the parser would read them as "errors only".
fn filter(text: &str) -> Option<Targets> {
    let said: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if said.is_empty() { None } else { said.join(",").parse().ok() }
}

/// Returns an error and everything that caused it on one line, separated by colons.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::*;

    #[test]
    fn empty_directives_change_nothing() {
        for text in ["info", "info,", ", info ,", "info,,aws=warn"] {
            assert_eq!(filter(text).unwrap().default_level(), Some(LevelFilter::INFO), "{text}");
        }
        assert!(filter(",").is_none() && filter("info=loud").is_none());
    }
}
