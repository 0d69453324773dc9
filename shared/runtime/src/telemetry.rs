//! Logs: one JSON object a line, for CloudWatch and for `grep`. Never a body, a token or a person's data.

use std::error::Error;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::optional;

/// Starts logging for a function: `RUST_LOG` chooses what, `info` by default.
pub fn init() {
    init_at("info");
}

/// Starts logging: `RUST_LOG` chooses what, else `level`.
pub fn init_at(level: &str) {
    let chosen = optional("RUST_LOG").and_then(|text| filter(&text));
    let filter = chosen.or_else(|| filter(level)).unwrap_or_default();
    // Lambda adds the time itself; a second call, as in a test, changes nothing.
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    let _already_started = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// What is logged; `None` where the text does not say. Nothing between two commas says nothing, and not "errors only".
fn filter(text: &str) -> Option<Targets> {
    let said: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if said.is_empty() { None } else { said.join(",").parse().ok() }
}

/// An error and everything that caused it, on one line.
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
