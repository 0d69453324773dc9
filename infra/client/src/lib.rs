//! Commands that are clients of a stack's HTTP API.
//!
//! Portuguese comes first, in help and messages alike; the long help (`--help`) repeats itself in English.

pub mod net;
pub mod error;
pub mod http;
mod patience;
pub mod send;
pub mod query;
pub mod token;
pub mod import;
pub mod export;
pub mod demo;
pub mod connector;

use std::fmt;
use std::io::{self, Write};

use error::CliError;

/// Writes one line to standard output.
pub fn say(line: fmt::Arguments<'_>) -> Result<(), CliError> {
    writeln!(io::stdout(), "{line}")?;
    Ok(())
}
