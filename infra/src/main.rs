//! The `premium` program.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use infra::cli::{self, Cli};

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where even this cannot be written, the exit code is all there is left to say.
            drop(writeln!(std::io::stderr(), "premium: {error}"));
            ExitCode::FAILURE
        }
    }
}
