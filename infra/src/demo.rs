//! Made-up sessions: for a first run, for tests, and for training the compression dictionary.
//!
//! Nobody in them exists: names carry "Exemplo", addresses are of `exemplo.com.br`, phone numbers lie in one range, and
//! every session is tagged as invented.

mod generator;
mod scene;
mod plot;
mod story;
mod cast;
mod words;
mod topics;
mod stamp;
mod chance;
mod files;
mod flat;
mod canonical;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use chrono::Duration;
use domain::time::Instant;
use domain::zone::Zone;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::client::Client;
use crate::cli::error::CliError;
use crate::cli::send::{Batch, Item, Tally, send};

pub use canonical::canonical;
pub use flat::flat;
pub use generator::{Generator, Options};

/// The zone that generated local times are in: the one accounts begin with.
pub const ZONE: Zone = Zone::SAO_PAULO;
/// How many days the demo reaches back.
const DAYS: u32 = 28;
const SEED: u64 = 2_026;

/// A file that generated messages may carry.
#[derive(Clone, Debug)]
pub struct Media {
    /// Its id in object storage.
    pub storage_id: String,
    /// Its name.
    pub filename: String,
    /// The `type` of messages that carry it.
    pub kind: &'static str,
}

/// Whether an account has no session that could be read.
pub async fn is_empty(client: &Client, account: &str) -> Result<bool, CliError> {
    let body = json!({
        "account": account,
        "configParams": {"report_type": "sessions"},
        "fields": [{"name": "session_id"}],
        "limit": 1,
    });
    let page: Value = client.json(client.request(Method::POST, "/v1/data").json(&body)).await?;
    Ok(page["rows"].as_array().is_none_or(Vec::is_empty))
}

/// Fills an account with `sessions` sessions of the last 28 days, and the files they name. Needs an admin token.
pub async fn fill(client: &Client, account: &str, sessions: usize) -> Result<Tally, CliError> {
    let now = Instant::now();
    let first = now.day(ZONE) - Duration::days(i64::from(DAYS));
    start_no_later_than(client, account, &first.to_string()).await?;
    let mut media = Vec::new();
    for file in files::all() {
        media.push(upload(client, account, file).await?);
    }
    let options = Options { seed: SEED, sessions, end: now, days: DAYS, media };
    let mut generator = (1..).zip(Generator::new(options)).peekable();
    let mut tally = Tally::default();
    while generator.peek().is_some() {
        let mut batch = Batch::new("demo");
        for (number, session) in generator.by_ref().take(500) {
            batch.push(Item { number, bytes: session.to_string().into_bytes() });
        }
        let (sent, outcome) = send(client, Some(account), batch, |_| ()).await;
        tally.add(sent);
        outcome?;
    }
    Ok(tally)
}

/// Writes `sessions` sessions, which name no files, as NDJSON.
pub fn write(path: &Path, sessions: usize) -> io::Result<()> {
    let options = Options { seed: SEED, sessions, end: Instant::now(), days: DAYS, media: Vec::new() };
    let mut file = BufWriter::new(File::create(path)?);
    for session in Generator::new(options) {
        writeln!(file, "{session}")?;
    }
    file.flush()
}

/// Moves the account's start back to `day`; it cannot be moved forward.
async fn start_no_later_than(client: &Client, account: &str, day: &str) -> Result<(), CliError> {
    let asked = client.request(Method::GET, "/v1/account").query(&[("account", account)]);
    let settings: Value = client.json(asked).await?;
    if settings["starts_on"].as_str().is_some_and(|start| start <= day) {
        return Ok(());
    }
    let body = json!({"account": account, "starts_on": day});
    client.send(client.request(Method::PATCH, "/v1/account").json(&body)).await?;
    Ok(())
}

/// Announces a file and puts it where the announcement says.
async fn upload(client: &Client, account: &str, file: files::File) -> Result<Media, CliError> {
    #[derive(Deserialize)]
    struct Announced {
        storage_id: String,
        upload: Upload,
    }
    #[derive(Deserialize)]
    struct Upload {
        url: String,
        headers: BTreeMap<String, String>,
    }
    let body =
        json!({"filename": file.filename, "content_type": file.content_type, "size": file.bytes.len()});
    let request = client.request(Method::POST, "/v1/media").query(&[("account", account)]).json(&body);
    let announced: Announced = client.json(request).await?;
    let mut put = client.elsewhere(Method::PUT, &announced.upload.url);
    for (name, value) in announced.upload.headers {
        put = put.header(name, value);
    }
    client.send(put.body(file.bytes)).await?;
    Ok(Media { storage_id: announced.storage_id, filename: file.filename.to_owned(), kind: file.kind })
}

#[cfg(test)]
mod tests;
