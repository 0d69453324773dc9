//! `premium demo`: fills an account with made-up data.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::Duration;
use clap::Args;
use demo::{File, Generator, Media, Options, ZONE, files};
use domain::time::Instant;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::CliError;
use crate::http::{Client, Target};
use crate::send::{Batch, Delivery, Item, Tally, send};

/// How many days the demo reaches back.
const DAYS: u32 = 28;
const SEED: u64 = 2_026;

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
        return write(&path, args.sessions).map_err(|error| CliError::File { path, error });
    }
    let client = Client::of(&args.target)?;
    let tally = fill(&client, &args.account, args.sessions).await?;
    crate::say(format_args!(
        "{} sessões inventadas estão na conta {}; em alguns segundos aparecem nos relatórios.",
        tally.accepted, args.account
    ))
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
    for file in files() {
        media.push(upload(client, account, file).await?);
    }
    let options = Options { seed: SEED, sessions, end: now, days: DAYS, media };
    let mut generator = (1..).zip(Generator::new(options)).peekable();
    let delivery = Delivery { account: Some(account), mapping: None };
    let mut tally = Tally::default();
    while generator.peek().is_some() {
        let mut batch = Batch::new("demo", delivery);
        for (number, session) in generator.by_ref().take(500) {
            batch.push(Item { number, bytes: session.to_string().into_bytes() });
        }
        let (sent, outcome) = send(client, delivery, batch, |_| ()).await;
        tally.add(sent);
        outcome?;
    }
    Ok(tally)
}

/// Writes `sessions` sessions, which name no files, as NDJSON.
fn write(path: &Path, sessions: usize) -> io::Result<()> {
    let options = Options { seed: SEED, sessions, end: Instant::now(), days: DAYS, media: Vec::new() };
    let mut file = BufWriter::new(fs::File::create(path)?);
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
async fn upload(client: &Client, account: &str, file: File) -> Result<Media, CliError> {
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
