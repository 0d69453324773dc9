//! A client of one stack: its address and the token it is asked with.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use reqwest::header::ACCEPT_LANGUAGE;
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{CliError, Refusal};

/// Longer than the gateway waits for an answer, and time for a slow upload before.
const TIMEOUT: Duration = Duration::from_secs(120);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How the command line finds the running stack: `local.json` in the data folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Local {
    /// Where it listens.
    pub url: String,
    /// A token that may do everything.
    pub admin_token: String,
}

/// Which stack a command talks to.
#[derive(Debug, Args)]
pub struct Target {
    /// Endereço do servidor; sem ele, o ambiente local em execução. O token vem de PREMIUM_TOKEN.
    ///
    /// Address of the stack; the running local one by default. The token comes from PREMIUM_TOKEN.
    #[arg(long, env = "PREMIUM_URL", value_name = "URL")]
    url: Option<String>,
    /// Pasta de dados do ambiente local.
    ///
    /// Data folder of the local stack.
    #[arg(long, default_value = ".premium", value_name = "PASTA")]
    data: PathBuf,
}

/// A client of one stack.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Client {
    /// The client of the stack that the command line chose.
    pub fn of(target: &Target) -> Result<Client, CliError> {
        let token = runtime::config::optional("PREMIUM_TOKEN");
        if let Some(url) = target.url.as_ref().filter(|url| !url.is_empty()) {
            return Client::new(url, token.ok_or_else(|| CliError::NoToken(url.clone()))?);
        }
        let json = std::fs::read(target.data.join("local.json"));
        let local: Option<Local> = json.ok().and_then(|json| serde_json::from_slice(&json).ok());
        let local = local.ok_or_else(|| CliError::NoStack(target.data.clone()))?;
        Client::new(&local.url, token.unwrap_or(local.admin_token))
    }

    /// A client of the stack at `url`.
    pub fn new(url: &str, token: String) -> Result<Client, CliError> {
        let no_url = || CliError::Url(url.to_owned());
        let parsed = Url::parse(url).map_err(|_| no_url())?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(no_url());
        }
        let http = crate::net::client()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| silent(url, &error))?;
        Ok(Client { http, url: url.trim_end_matches('/').to_owned(), token })
    }

    /// A request to `path`, with the token. What is refused is quoted to people, in the language of this program.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.header(ACCEPT_LANGUAGE, "pt-BR").bearer_auth(&self.token)
    }

    /// A request to another address, without the token: object storage has signatures of its own.
    pub fn elsewhere(&self, method: Method, url: &str) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// Sends a request; an answer that is no success is an error.
    pub async fn send(&self, request: RequestBuilder) -> Result<Response, CliError> {
        let answer = request.send().await.map_err(|error| self.silent(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let headers = answer.headers().clone();
        let body = answer.bytes().await.unwrap_or_default();
        Err(CliError::Refused(Refusal::new(status, &headers, &body)))
    }

    /// Sends a request and reads the JSON of its answer.
    pub async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, CliError> {
        let answer = self.send(request).await?;
        let body = answer.bytes().await.map_err(|error| self.silent(&error))?;
        serde_json::from_slice(&body).map_err(|_| self.misunderstood())
    }

    /// The error of an answer that is not what it should be.
    pub fn misunderstood(&self) -> CliError {
        CliError::Answer(self.url.clone())
    }

    /// The error of a request that was not answered.
    pub fn silent(&self, error: &reqwest::Error) -> CliError {
        silent(&self.url, error)
    }
}

fn silent(url: &str, error: &reqwest::Error) -> CliError {
    let reason = match error {
        error if error.is_timeout() => "tempo esgotado".to_owned(),
        error if error.is_connect() => "sem conexão".to_owned(),
        error => runtime::telemetry::chain(error),
    };
    CliError::Silent { url: url.to_owned(), reason }
}
