//! What a person reads when a command fails: what happened and what to do.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The local stack is not there.
    #[error(
        "nenhum ambiente local em {}: inicie-o com `premium serve`, ou indique outro com --url e PREMIUM_TOKEN",
        .0.display()
    )]
    NoStack(PathBuf),
    /// Another stack was named without a token for it; the local one is never sent to it.
    #[error("falta o token de {0}: defina PREMIUM_TOKEN no ambiente")]
    NoToken(String),
    /// The address is none.
    #[error("{0} não é um endereço como https://premium.exemplo.com.br")]
    Url(String),
    /// Nobody answered.
    #[error("{url} não respondeu ({reason}): verifique o endereço e se o servidor está em execução")]
    Silent {
        /// The address.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// The stack refused.
    #[error("{0}")]
    Refused(Refusal),
    /// A file cannot be read or written.
    #[error("{}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Standard output cannot be written.
    #[error("a saída não pôde ser escrita: {0}")]
    Output(#[from] io::Error),
    /// A workbook may be several files, which one output cannot hold.
    #[error("xlsx precisa do nome de um arquivo: acrescente --output sessoes.xlsx")]
    NeedsFile,
    /// The answer is not what it should be.
    #[error("a resposta de {0} não foi entendida: este programa e o servidor são da mesma versão?")]
    Answer(String),
    /// The import is not complete; what was stored has been said.
    #[error("{0}")]
    Incomplete(String),
}

/// A problem document, as far as people need it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Refusal {
    #[serde(default)]
    status: u16,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    request_id: String,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

impl Refusal {
    /// Reads the problem in an answer; where there is none, the status has to do.
    pub fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
        let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
        let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Refusal { status: status.as_u16(), retry_after: seconds.map(Duration::from_secs), ..refusal }
    }

    /// How long the stack asks to wait; `None` where it does not say.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the same request may succeed a little later.
    pub fn is_passing(&self) -> bool {
        StatusCode::from_u16(self.status).is_ok_and(is_passing)
    }

    /// What the stack said.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let advice = match self.status {
            401 => "o token não vale mais: defina PREMIUM_TOKEN com um token válido",
            403 => "este token não tem permissão: use um de outro escopo ou da própria conta",
            404 => "não existe: confira o endereço e o identificador",
            413 => "é maior do que o servidor aceita: divida o envio",
            400 | 422 => "o pedido não serve: corrija-o",
            429 => "pedidos demais: espere um pouco e repita",
            _ => "o servidor não conseguiu atender: espere um pouco e repita",
        };
        write!(f, "{advice} (HTTP {}", self.status)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        if !self.request_id.is_empty() {
            write!(f, "; pedido {}", self.request_id)?;
        }
        f.write_str(")")
    }
}

/// Whether the same request may succeed a little later.
pub fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504)
}
