//! The command line: `serve` runs the stack, everything else is a client of its HTTP API.
//!
//! Portuguese comes first, in help and messages alike; the long help (`--help`) repeats itself in English.

pub mod client;
pub mod error;
pub mod send;
pub mod serve;
mod first_run;
pub mod token;
pub mod import;
pub mod query;
pub mod export;
pub mod demo;
pub mod lake;
pub mod connector;
pub mod dictionary;

use std::fmt;
use std::io::{self, Write};

use clap::{Parser, Subcommand};

use error::CliError;

/// Premium Report: sessões de atendimento em relatórios do Data Studio.
///
/// Sem comando, inicia o ambiente local, como `premium serve`.
///
/// Premium Report: chat sessions as Data Studio reports. Without a command it starts the local stack.
#[derive(Debug, Parser)]
#[command(name = "premium", version, subcommand_help_heading = "Comandos", next_help_heading = "Opções")]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
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
    /// Copia o data lake de uma conta em arquivos abertos, para Athena, DuckDB ou Spark.
    ///
    /// Copies an account's lake to open files, for Athena, DuckDB or Spark.
    #[command(subcommand)]
    Lake(lake::LakeCommand),
    /// Escreve os arquivos do conector do Data Studio em uma pasta.
    ///
    /// Writes the files of the Data Studio connector to a folder.
    Connector(connector::ConnectorArgs),
    /// Treina o dicionário de compressão das sessões guardadas.
    ///
    /// Trains the compression dictionary of stored sessions.
    #[command(hide = true)]
    Dictionary(dictionary::DictionaryArgs),
}

/// Runs one command line to its end.
pub async fn run(cli: Cli) -> Result<(), CliError> {
    match cli.command.unwrap_or_else(|| Command::Serve(serve::ServeArgs::default())) {
        Command::Serve(args) => serve::run(args).await,
        Command::Token(command) => token::run(command).await,
        Command::Import(args) => import::run(args).await,
        Command::Query(args) => query::run(args).await,
        Command::Export(args) => export::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Lake(command) => lake::run(command).await,
        Command::Connector(args) => connector::run(&args),
        Command::Dictionary(args) => dictionary::run(&args),
    }
}

/// Writes one line to standard output.
pub(crate) fn say(line: fmt::Arguments<'_>) -> Result<(), CliError> {
    writeln!(io::stdout(), "{line}")?;
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
