//! Settings from environment variables. A program reads them once, when it starts, and stops there with the
//! name of a setting that is missing.

use std::str::FromStr;

/// A setting that is missing or has a value that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} {problem}")]
pub struct ConfigError {
    name: &'static str,
    problem: &'static str,
}

/// Returns the value of the variable `name`, or `None` where it is not set or is empty.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the value of the variable `name`, parsed, or `None` where it is not set or is empty. Fails where
/// the value does not parse.
pub fn parsed<T: FromStr>(name: &'static str) -> Result<Option<T>, ConfigError> {
    let value = optional(name).map(|text| text.parse()).transpose();
    value.map_err(|_| ConfigError { name, problem: "has a value that does not fit" })
}

/// Returns the value of the variable `name`, parsed. Fails where it is not set, is empty or does not parse.
pub fn required<T: FromStr>(name: &'static str) -> Result<T, ConfigError> {
    parsed(name)?.ok_or(ConfigError { name, problem: "is not set" })
}
