//! The command line of the bench.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use bench::{ask, fill, run, servers};
use clap::{Parser, Subcommand};

/// Measures the query engine.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fills a lake with made-up sessions.
    Build(fill::BuildArgs),
    /// Asks all questions, each in a process of its own, and prints what they took.
    Run(run::RunArgs),
    /// Merges all its days, as happens once nothing comes for them any more.
    Close {
        /// The data folder that `bench build` filled.
        #[arg(long)]
        data: PathBuf,
    },
    /// Writes the open copy, which other engines read.
    Copy {
        /// The data folder that `bench build` filled.
        #[arg(long)]
        data: PathBuf,
        /// A folder that is new or empty.
        #[arg(long)]
        output: PathBuf,
    },
    /// Runs the servers until standard input is closed.
    #[command(hide = true)]
    Serve {
        /// Their data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Asks one question and prints what it took as JSON.
    #[command(hide = true)]
    Ask(ask::AskArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Build(args) => fill::build(args).await,
        Command::Run(args) => run::run(&args),
        Command::Close { data } => fill::close(&data).await,
        Command::Copy { data, output } => fill::copy(&data, &output).await,
        Command::Serve { data } => servers::serve(&data).await,
        Command::Ask(args) => ask::ask(&args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where even this cannot be written, the exit code is all there is left to say.
            drop(writeln!(io::stderr(), "bench: {error}"));
            ExitCode::FAILURE
        }
    }
}
