//! Measures the query engine: the data function's own router over a lake on the embedded servers, which run in a
//! process of their own, so that this one's CPU time and memory are the engine's.
//!
//! `bench build` fills a data folder with made-up sessions through the lake's own writer; `bench run` asks the
//! questions of `questions` and prints what each of them took. `infra/checks/bench.py` asks other engines the same.
//!
//! `cargo bench -p bench` measures the parts one by one (`benches/parts.rs`).

pub mod error;
pub mod servers;
pub mod workload;
pub mod fill;
mod meter;
pub mod questions;
pub mod client;
pub mod ask;
pub mod run;

use std::fmt;
use std::io::{self, Write};

use error::BenchError;

/// Writes one line to standard output.
fn say(line: fmt::Arguments<'_>) -> Result<(), BenchError> {
    writeln!(io::stdout(), "{line}")?;
    Ok(())
}
