//! The first run: made-up sessions on the first start, and the very request that shows them.

use std::io;
use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use client::demo;
use client::error::CliError;
use client::http::Client;
use client::http::Local;
use client::query::{Page, table};

const ACCOUNT: &str = "demo";
const SESSIONS: usize = 3_000;
/// Rows that are shown.
const ROWS: usize = 5;
/// How often, and how many times, to look whether the sessions are readable yet.
const PAUSE: Duration = Duration::from_millis(500);
const ATTEMPTS: usize = 60;

/// Fills the demo account if it is empty, then shows a token, the request and its rows.
pub(super) async fn show(local: &Local, data: &Path) -> Result<(), CliError> {
    let admin = Client::new(&local.url, local.admin_token.clone())?;
    if demo::is_empty(&admin, ACCOUNT).await? {
        client::say(format_args!("Criando {SESSIONS} sessões inventadas na conta {ACCOUNT}…"))?;
        demo::fill(&admin, ACCOUNT, SESSIONS).await?;
    }
    let token = report_token(local, &admin, data).await?;
    let fields = ["created_at", "campaign_name", "channel", "agent_name", "status", "tabulation"];
    let fields = fields.map(|name| json!({ "name": name }));
    // Sessions that somebody attended: the first ones of a day are often the night's, which show little.
    let attended = json!({"fieldName": "agent_name", "type": "EXCLUDE", "operator": "IS_NULL", "values": []});
    let request = json!({
        "configParams": {"report_type": "sessions"},
        "fields": fields,
        "dimensionsFilters": [[attended]],
        "limit": ROWS,
    });
    let reader = Client::new(&local.url, token.clone())?;
    let page = first_page(&reader, &request).await?;
    client::say(format_args!("\nConsole: {}/", local.url))?;
    client::say(format_args!("Token de relatório da conta {ACCOUNT} (dados inventados):\n{token}"))?;
    client::say(format_args!(
        "\nAs mesmas linhas que o Data Studio recebe:\n\n\
         curl -s {}/v1/data \\\n  -H 'Authorization: Bearer {token}' \\\n  -d '{request}'\n",
        local.url
    ))?;
    let names: Vec<String> = page.schema.into_iter().map(|column| column.name).collect();
    let rows: Vec<Vec<Value>> = page.rows.into_iter().map(|row| row.values).collect();
    table(&mut io::stdout().lock(), &names, &rows)?;
    Ok(())
}

/// The demo's token of the last run as long as it is accepted, else a new one.
async fn report_token(local: &Local, admin: &Client, data: &Path) -> Result<String, CliError> {
    #[derive(Deserialize)]
    struct Issued {
        token: String,
    }
    let kept = data.join("demo-token");
    if let Ok(token) = std::fs::read_to_string(&kept) {
        let reader = Client::new(&local.url, token.clone())?;
        if reader.send(reader.request(Method::GET, "/v1/me")).await.is_ok() {
            return Ok(token);
        }
    }
    let order = json!({"account": ACCOUNT, "scope": "report", "label": "premium serve"});
    let issued: Issued = admin.json(admin.request(Method::POST, "/v1/tokens").json(&order)).await?;
    infra::embedded::write_file(&kept, issued.token.as_bytes())
        .map_err(|error| CliError::File { path: kept, error })?;
    Ok(issued.token)
}

/// The first page, as soon as it has rows.
async fn first_page(reader: &Client, request: &Value) -> Result<Page, CliError> {
    let mut page: Page = reader.json(reader.request(Method::POST, "/v1/data").json(request)).await?;
    for _ in 0..ATTEMPTS {
        if !page.rows.is_empty() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        page = reader.json(reader.request(Method::POST, "/v1/data").json(request)).await?;
    }
    Ok(page)
}
