//! `premium lake`: the open copy of an account's lake, and the tables over it.
//!
//! The one command that is no client of the HTTP API: rows by pages are no way to move a lake. It reads the buckets.

mod rebuild;

use std::path::PathBuf;

use aws_config::{BehaviorVersion, SdkConfig};
use clap::{Args, Subcommand, ValueEnum};
use domain::dictionary::{Kind, Record};
use domain::id::AccountId;
use domain::masking::Reader;
use domain::token::Privacy;
use lake::Lake;
use lake::copy::{OpenColumn, folder, open_columns};
use runtime::telemetry::chain;
use store::{Names, Store};

use client::error::CliError;

use crate::error::PremiumError;
use infra::endpoints::Endpoints;
use rebuild::RebuildArgs;

/// What to do with the lake.
#[derive(Debug, Subcommand)]
pub(crate) enum LakeCommand {
    /// Escreve a conta em arquivos Parquet sem cifra: uma pasta por tipo de registro, só a versão atual de cada sessão.
    ///
    /// Lê o ambiente local em execução; com as variáveis PREMIUM_TABLE, PREMIUM_LAKE_BUCKET e PREMIUM_KEY, o da AWS, com as
    /// credenciais AWS que as variáveis dizem. Atenção: sem --privacy a cópia mostra tudo a quem tem os arquivos.
    ///
    /// Writes the account to Parquet files that are not encrypted: one folder a kind of record, of each session only
    /// what it is now. Reads the running local stack or, with PREMIUM_TABLE, PREMIUM_LAKE_BUCKET and PREMIUM_KEY in
    /// the environment, the one on AWS with the environment's AWS credentials. Without --privacy it shows everything
    /// to whoever has the files.
    Copy(CopyArgs),
    /// Refaz dias do data lake a partir da tabela e prova, sessão por sessão, que ambos dizem o mesmo.
    ///
    /// Lê o ambiente local ou o da AWS, como `copy`. Relatórios continuam abertos enquanto isso.
    ///
    /// Rebuilds days of the lake from the table, and proves, session by session, that both say the same. It finds the
    /// stack as `copy` does. Reports stay open meanwhile.
    Rebuild(RebuildArgs),
    /// Mostra o DDL das tabelas sobre a cópia.
    ///
    /// Shows the DDL of the tables over the copy.
    Ddl(DdlArgs),
}

/// What to copy.
#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// Conta a copiar.
    ///
    /// Account to copy.
    #[arg(long, value_name = "CONTA")]
    account: String,
    /// Pasta nova ou vazia.
    ///
    /// A folder that is new or empty.
    #[arg(long, value_name = "PASTA")]
    output: PathBuf,
    /// Quanto a cópia mostra, como em um token de relatório.
    ///
    /// How much the copy shows, as in a report token.
    #[arg(long, value_enum, default_value = "full", value_name = "NÍVEL")]
    privacy: Shown,
    /// Pasta de dados do ambiente local.
    ///
    /// Data folder of the local stack.
    #[arg(long, default_value = ".premium", value_name = "PASTA")]
    data: PathBuf,
}

/// How much a copy shows.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shown {
    Full,
    Masked,
    Anonymous,
}

impl From<Shown> for Privacy {
    fn from(shown: Shown) -> Privacy {
        match shown {
            Shown::Full => Privacy::Full,
            Shown::Masked => Privacy::Masked,
            Shown::Anonymous => Privacy::Anonymous,
        }
    }
}

/// Which DDL.
#[derive(Debug, Args)]
pub(crate) struct DdlArgs {
    /// Para qual motor.
    ///
    /// For which engine.
    #[arg(long, value_enum, default_value = "athena")]
    dialect: Dialect,
    /// Onde está a cópia no S3.
    ///
    /// Where the copy lies in S3.
    #[arg(long, default_value = "s3://bucket/premium", value_name = "S3")]
    location: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Dialect {
    Athena,
}

/// Does it.
pub(crate) async fn run(command: LakeCommand) -> Result<(), PremiumError> {
    match command {
        LakeCommand::Copy(args) => copy(args).await,
        LakeCommand::Rebuild(args) => rebuild::run(args).await,
        LakeCommand::Ddl(DdlArgs { dialect: Dialect::Athena, location }) => {
            let location = location.trim_end_matches('/').replace('\'', "''");
            let tables = Record::ALL.map(|record| athena(record, &location));
            Ok(client::say(format_args!("{}", tables.join("\n\n")))?)
        }
    }
}

async fn copy(args: CopyArgs) -> Result<(), PremiumError> {
    let CopyArgs { account, output, privacy, data } = args;
    let account = account_id(account)?;
    let store = store(data).await?;
    let account = store.account(&account).await.map_err(|error| PremiumError::Copy(chain(&error)))?;
    let reader = Reader { privacy: privacy.into(), account: &account };
    let copied = Lake::new(store.clone()).copy(&reader, &output).await;
    let rows = copied.map_err(|error| PremiumError::Copy(chain(&error)))?;
    for (record, rows) in Record::ALL.into_iter().zip(rows) {
        client::say(format_args!("{rows:>12} {}", folder(record)))?;
    }
    Ok(())
}

fn account_id(account: String) -> Result<AccountId, PremiumError> {
    AccountId::try_from(account.clone()).map_err(|_| PremiumError::Account(account))
}

/// The stack that the environment names, or the local one that keeps its data in a folder.
async fn store(data: PathBuf) -> Result<Store, PremiumError> {
    Ok(match runtime::config::optional("PREMIUM_TABLE") {
        Some(_) => Store::new(&operators_config().await, Names::from_env()?),
        None => Endpoints::to(&data).ok_or(CliError::NoStack(data))?.clients().store(),
    })
}

/// Region and credentials from wherever an operator keeps them: the environment, a profile, an instance's role.
async fn operators_config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(store::aws::client())
        .retry_config(store::aws::retries())
        .timeout_config(store::aws::timeouts())
        .load()
        .await
}

/// The statement that makes one table.
fn athena(record: Record, location: &str) -> String {
    let folder = folder(record);
    let columns: Vec<String> = open_columns(record).iter().map(athena_column).collect();
    format!(
        "CREATE EXTERNAL TABLE IF NOT EXISTS `{folder}` (\n{}\n)\nSTORED AS PARQUET\nLOCATION '{location}/{folder}/';",
        columns.join(",\n")
    )
}

fn athena_column(column: &OpenColumn) -> String {
    let kind = match column.kind {
        Kind::Text | Kind::Day | Kind::Records(_) => "string",
        Kind::Integer => "bigint",
        Kind::Seconds => "double",
        Kind::Boolean => "boolean",
        Kind::Instant => "timestamp",
    };
    // Athena's names are in lower case; it finds the file's columns by them all the same.
    let name = column.name.to_lowercase();
    let comment = column.field.map(|field| format!(" COMMENT '{}'", field.label.pt.replace('\'', "''")));
    format!("  `{name}` {kind}{}", comment.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn athena_gets_a_table_for_each_record_with_the_dictionary_s_columns() {
        let talks = athena(Record::Talk, "s3://copia");
        for line in [
            "CREATE EXTERNAL TABLE IF NOT EXISTS `talks` (",
            "  `session_id` string,",
            "  `position` bigint,",
            "  `created_at` timestamp COMMENT 'Mensagem: momento',",
            "LOCATION 's3://copia/talks/';",
        ] {
            assert!(talks.lines().any(|of_talks| of_talks == line), "{line} is not in\n{talks}");
        }
        assert!(athena(Record::TalkOption, "s3://copia").contains("`talk_position` bigint"));
        assert!(athena(Record::Session, "s3://copia").contains("`attendance_timer_tma` double"));
    }
}
