//! `premium token`: issues, lists and revokes tokens.

use std::io;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::CliError;
use crate::http::{Client, Target};
use crate::query::table;

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Emite um token e o mostra, só desta vez.
    ///
    /// Issues a token and shows it this once, alone on standard output.
    Issue(IssueArgs),
    /// Lista os tokens de uma conta, sem os segredos.
    ///
    /// Lists the tokens of an account, without their secrets.
    List(ListArgs),
    /// Revoga um token; em até um minuto ninguém mais o aceita.
    ///
    /// Revokes a token; within a minute nothing accepts it.
    Revoke(RevokeArgs),
}

/// The token to issue.
#[derive(Debug, Args)]
pub struct IssueArgs {
    /// Conta do token; um de administrador não tem.
    ///
    /// Account of the token; an admin token has none.
    #[arg(long, value_name = "CONTA")]
    account: Option<String>,
    /// O que o token pode: administrar, enviar sessões, ler relatórios ou usar o console.
    ///
    /// What the token may do.
    #[arg(long, value_name = "ESCOPO", value_parser = PossibleValuesParser::new(["admin", "ingest", "report", "console"]))]
    scope: String,
    /// Nome para reconhecê-lo na lista.
    ///
    /// A name to know it by in the list.
    #[arg(long, value_name = "NOME")]
    label: Option<String>,
    /// Validade em dias, até 1826; sem ela, 1826 para report e 365 para os outros.
    ///
    /// How many days it lives, 1826 at most; by default 1826 for report, 365 for the others.
    #[arg(long, value_name = "DIAS")]
    days: Option<u32>,
    /// Validade em minutos, de um token do console que vai no endereço.
    ///
    /// How many minutes it lives: of a console token that goes into the address.
    #[arg(long, value_name = "MINUTOS", conflicts_with = "days")]
    minutes: Option<u32>,
    /// Quanto um token de relatório mostra: tudo, parte oculta ou só pseudônimos.
    ///
    /// How much a report token shows.
    #[arg(long, value_name = "NÍVEL", value_parser = PossibleValuesParser::new(["full", "masked", "anonymous"]))]
    privacy: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// Whose tokens to list.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Conta dos tokens; só um token de administrador precisa dizer.
    ///
    /// Account of the tokens; needed with an admin token only.
    #[arg(long, value_name = "CONTA")]
    account: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// The token to revoke.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// Identificador do token, como na lista.
    ///
    /// Id of the token, as in the list.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    target: Target,
}

/// Runs one of the token commands.
pub async fn run(command: TokenCommand) -> Result<(), CliError> {
    match command {
        TokenCommand::Issue(args) => issue(args).await,
        TokenCommand::List(args) => list(args).await,
        TokenCommand::Revoke(args) => revoke(args).await,
    }
}

async fn issue(args: IssueArgs) -> Result<(), CliError> {
    #[derive(Deserialize)]
    struct Issued {
        token: String,
    }
    let client = Client::of(&args.target)?;
    let mut body = Map::from_iter([("scope".to_owned(), Value::from(args.scope))]);
    let optional = [
        ("account", args.account.map(Value::from)),
        ("label", args.label.map(Value::from)),
        ("expires_in_days", args.days.map(Value::from)),
        ("expires_in_minutes", args.minutes.map(Value::from)),
        ("privacy", args.privacy.map(Value::from)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    }
    let issued: Issued = client.json(client.request(Method::POST, "/v1/tokens").json(&body)).await?;
    crate::say(format_args!("{}", issued.token))
}

async fn list(args: ListArgs) -> Result<(), CliError> {
    #[derive(Deserialize)]
    struct Listing {
        tokens: Vec<Map<String, Value>>,
        #[serde(rename = "nextCursor")]
        next_cursor: Option<String>,
    }
    const COLUMNS: [&str; 8] =
        ["id", "scope", "privacy", "label", "created_at", "expires_at", "last_used_on", "revoked_at"];
    let client = Client::of(&args.target)?;
    let (mut tokens, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut request = client.request(Method::GET, "/v1/tokens");
        if let Some(account) = &args.account {
            request = request.query(&[("account", account)]);
        }
        if let Some(cursor) = &cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        let page: Listing = client.json(request).await?;
        tokens.extend(page.tokens);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let texts = |token: &Map<String, Value>| {
        COLUMNS.iter().map(|name| token.get(*name).cloned().unwrap_or_default()).collect()
    };
    let rows: Vec<Vec<Value>> = tokens.iter().map(texts).collect();
    table(&mut io::stdout().lock(), &COLUMNS.map(str::to_owned), &rows)?;
    Ok(())
}

async fn revoke(args: RevokeArgs) -> Result<(), CliError> {
    let client = Client::of(&args.target)?;
    // An id is 32 hexadecimal digits; whatever else is asked for must not become another path.
    let plain = args.id.chars().all(|letter| letter.is_ascii_alphanumeric());
    let id = if plain { args.id.as_str() } else { "-" };
    client.send(client.request(Method::DELETE, &format!("/v1/tokens/{id}"))).await?;
    crate::say(format_args!("Token {} revogado.", args.id))
}
