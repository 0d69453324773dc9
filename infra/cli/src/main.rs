//! The `premium` program: `serve` runs the stack, everything else is a client of its HTTP API.
//!
//! Without the feature `stack` it is the client alone, and is built in a fraction of the time.

#[cfg(feature = "stack")]
mod error;
#[cfg(feature = "stack")]
mod first_run;
#[cfg(feature = "stack")]
mod serve;
#[cfg(feature = "stack")]
mod lake;
#[cfg(feature = "stack")]
mod compression_dictionary;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use client::{connector, demo, export, import, query, token};

/// Premium Report: sessões de atendimento em relatórios do Data Studio.
///
/// Sem comando, inicia o ambiente local, como `premium serve`.
///
/// Premium Report: chat sessions as Data Studio reports. Without a command it starts the local stack.
#[derive(Debug, Parser)]
#[command(name = "premium", version, subcommand_help_heading = "Comandos", next_help_heading = "Opções")]
struct Cli {
    #[cfg(feature = "stack")]
    #[command(subcommand)]
    command: Option<Command>,
    #[cfg(not(feature = "stack"))]
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "stack")]
    /// Inicia tudo nesta máquina, com os dados em uma pasta.
    ///
    /// Runs the whole stack on this machine, its data in one folder.
    Serve(serve::ServeArgs),
    /// Emite, lista e revoga tokens.
    ///
    /// Issues, lists and revokes tokens.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Envia sessões de arquivos NDJSON ou JSON, com ou sem gzip; pode ser repetido sem risco.
    ///
    /// Sends sessions from NDJSON or JSON files, gzip or not; safe to run again.
    Import(import::ImportArgs),
    /// Mostra as linhas de um relatório.
    ///
    /// Shows the rows of a report.
    Query(query::QueryArgs),
    /// Escreve todas as linhas de um relatório em um arquivo, CSV ou NDJSON.
    ///
    /// Writes all rows of a report to a file, CSV or NDJSON.
    Export(export::ExportArgs),
    /// Enche uma conta de dados inventados.
    ///
    /// Fills an account with made-up data.
    Demo(demo::DemoArgs),
    #[cfg(feature = "stack")]
    /// Copia o data lake de uma conta em arquivos abertos, para Athena, DuckDB ou Spark.
    ///
    /// Copies an account's lake to open files, for Athena, DuckDB or Spark.
    #[command(subcommand)]
    Lake(lake::LakeCommand),
    /// Escreve os arquivos do conector do Data Studio em uma pasta.
    ///
    /// Writes the files of the Data Studio connector to a folder.
    Connector(connector::ConnectorArgs),
    #[cfg(feature = "stack")]
    /// Treina o dicionário de compressão das sessões guardadas.
    ///
    /// Trains the compression dictionary of stored sessions.
    #[command(hide = true)]
    Dictionary(compression_dictionary::DictionaryArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where even this cannot be written, the exit code is all there is left to say.
            drop(writeln!(std::io::stderr(), "premium: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs one command line to its end.
async fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    #[cfg(feature = "stack")]
    let command = cli.command.unwrap_or_else(|| Command::Serve(serve::ServeArgs::default()));
    #[cfg(not(feature = "stack"))]
    let command = cli.command;
    match command {
        #[cfg(feature = "stack")]
        Command::Serve(args) => serve::run(args).await?,
        #[cfg(feature = "stack")]
        Command::Lake(command) => lake::run(command).await?,
        #[cfg(feature = "stack")]
        Command::Dictionary(args) => compression_dictionary::run(&args)?,
        Command::Token(command) => token::run(command).await?,
        Command::Import(args) => import::run(args).await?,
        Command::Query(args) => query::run(args).await?,
        Command::Export(args) => export::run(args).await?,
        Command::Demo(args) => demo::run(args).await?,
        Command::Connector(args) => connector::run(&args)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
