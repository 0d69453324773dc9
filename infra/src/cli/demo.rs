//! `premium demo`: fills an account with made-up data.

use std::path::PathBuf;

use clap::Args;

use super::client::{Client, Target};
use super::error::CliError;
use crate::demo;

/// What to fill.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Conta que recebe os dados inventados.
    ///
    /// Account that gets the made-up data.
    #[arg(long, default_value = "demo", value_name = "CONTA")]
    account: String,
    /// Quantas sessões.
    ///
    /// How many sessions.
    #[arg(long, default_value_t = 3_000, value_name = "N")]
    sessions: usize,
    /// Escreve as sessões em um arquivo NDJSON, sem enviá-las.
    ///
    /// Writes the sessions to an NDJSON file instead of sending them.
    #[arg(long, value_name = "ARQUIVO")]
    output: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

/// Fills the account and says with what.
pub async fn run(args: DemoArgs) -> Result<(), CliError> {
    if let Some(path) = args.output {
        return demo::write(&path, args.sessions).map_err(|error| CliError::File { path, error });
    }
    let client = Client::of(&args.target)?;
    let tally = demo::fill(&client, &args.account, args.sessions).await?;
    super::say(format_args!(
        "{} sessões inventadas estão na conta {}; em alguns segundos aparecem nos relatórios.",
        tally.accepted, args.account
    ))
}
