//! Logs: one JSON object a line, for CloudWatch and for `grep`. Never a body, a token or a person's data.

use std::error::Error;

use tracing_subscriber::EnvFilter;

/// Starts logging for a function: `RUST_LOG` chooses what, `info` by default.
pub fn init() {
    init_at("info");
}

/// Starts logging: `RUST_LOG` chooses what, else `level`.
pub fn init_at(level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    // Lambda adds the time itself; a second call, as in a test, changes nothing.
    let _already_started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
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
