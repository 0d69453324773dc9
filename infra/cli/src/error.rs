//! What a person reads when a command fails that runs a stack, or reaches into one.

use client::error::CliError;
use infra::stack::StackError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PremiumError {
    /// A request to the stack failed, or a file.
    #[error(transparent)]
    Client(#[from] CliError),
    /// The dictionary could not be trained.
    #[error("o dicionário não pôde ser treinado: {0}")]
    Dictionary(String),
    /// The environment names a stack on AWS, but not all of it.
    #[error("{0}: defina também as outras variáveis do ambiente")]
    Environment(#[from] runtime::config::ConfigError),
    /// The account is none.
    #[error("{0} não é o nome de uma conta")]
    Account(String),
    /// The lake was not copied.
    #[error("a cópia não foi feita: {0}")]
    Copy(String),
    /// The first day is after the last.
    #[error("{start} vem depois de {end}")]
    Period {
        /// The first day.
        start: chrono::NaiveDate,
        /// The last day.
        end: chrono::NaiveDate,
    },
    /// The lake was not rebuilt to the end.
    #[error("o data lake não foi refeito até o fim, e nada se perdeu: {0}; repita o comando")]
    Rebuild(String),
    /// A segment cannot be read and has sessions of days that were not ordered.
    #[error(
        "o segmento {segment} do data lake não pode ser lido ({reason}) e tem dias fora do período: \
         refaça-os juntos, com --start {start} --end {end}"
    )]
    Together {
        /// The segment's id.
        segment: String,
        /// The first of the days that have to be rebuilt together.
        start: chrono::NaiveDate,
        /// The last of them.
        end: chrono::NaiveDate,
        /// Why the segment cannot be read.
        reason: String,
    },
    /// The account has no sessions on these days.
    #[error("{0} não tem sessões nesses dias: confira a conta e o período")]
    Nothing(String),
    /// Table and lake say different things after a rebuild.
    #[error("tabela e data lake diferem em {0} dia(s): veja em GET /v1/receipts quais sessões faltam")]
    Differs(usize),
    /// The stack did not start.
    #[error("o ambiente não iniciou: {0}")]
    Stack(#[from] StackError),
    /// A part of the running stack ended.
    #[error("o ambiente parou, e nada do que foi confirmado se perdeu: {0}; inicie-o de novo")]
    Ended(StackError),
}

impl From<std::io::Error> for PremiumError {
    fn from(error: std::io::Error) -> PremiumError {
        CliError::from(error).into()
    }
}
