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
    // What stands between two commas must not be empty: that would mean errors only.
    let filter = |text: &str| text.trim_matches(',').parse::<Targets>().ok();
    let chosen = optional("RUST_LOG").and_then(|text| filter(&text));
    let filter = chosen.or_else(|| filter(level)).unwrap_or_default();
    // Lambda adds the time itself; a second call, as in a test, changes nothing.
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    let _already_started = tracing_subscriber::registry().with(filter).with(lines).try_init();
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
