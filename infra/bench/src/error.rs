//! Why a measurement failed.

use std::io;

use infra::stack::StackError;
use infra::template::TemplateError;
use lake::copy::CopyError;
use runtime::telemetry::chain;
use store::{ChangeError, StoreError};

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A file, a process or the output.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Not the JSON that was expected.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The lake or the table.
    #[error("{}", chain(.0))]
    Store(#[from] StoreError),
    /// The open copy.
    #[error("{0}")]
    Copy(#[from] CopyError),
    /// The account's settings.
    #[error("{0}")]
    Account(#[from] ChangeError),
    /// The servers did not start.
    #[error("{0}")]
    Stack(#[from] StackError),
    /// The deployment template.
    #[error("{0}")]
    Template(#[from] TemplateError),
    /// A request over a socket.
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    /// Anything else, as a sentence.
    #[error("{0}")]
    Other(String),
}
