//! Settings from the environment: read once, at start, where a missing one stops the program with its name.

use std::str::FromStr;

/// A setting that is missing or does not fit.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} {problem}")]
pub struct ConfigError {
    name: &'static str,
    problem: &'static str,
}

/// The value of `name`, or `None` where it is not set or empty.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The value of `name`, parsed, or `None` where it is not set or empty.
pub fn parsed<T: FromStr>(name: &'static str) -> Result<Option<T>, ConfigError> {
    let value = optional(name).map(|text| text.parse()).transpose();
    value.map_err(|_| ConfigError { name, problem: "has a value that does not fit" })
}

/// The value of `name`, parsed.
pub fn required<T: FromStr>(name: &'static str) -> Result<T, ConfigError> {
    parsed(name)?.ok_or(ConfigError { name, problem: "is not set" })
}
