//! `GET /v1/tokens`: the tokens of an account, without their secrets, page by page.

use axum::extract::State;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use domain::id::AccountId;
use domain::lang::Text;
use domain::time::Instant;
use domain::token::Scope;
use serde::{Deserialize, Serialize};
use store::{TokenPlace, TokenRow};
use web::caller::Caller;
use web::input::Parameters;
use web::misfit::whole_number;
use web::problem::Problem;

use crate::{App, TokenView};

/// The most tokens of a page, and how many one has that is not told.
const MAX_LIMIT: u16 = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    account: Option<AccountId>,
    limit: Option<String>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    tokens: Vec<Listed>,
    /// Where the list goes on; null at its end. A page may be shorter than asked for all the same.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize)]
struct Listed {
    last_used_on: Option<NaiveDate>,
    revoked_at: Option<String>,
    #[serde(flatten)]
    about: TokenView,
}

/// An admin who names no account sees the operator's own tokens.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<axum::Json<Listing>, Problem> {
    let account = match (caller.scope, &wanted.account) {
        (Scope::Admin, None) => None,
        (_, named) => Some(caller.account(&[Scope::Console], named.as_ref())?),
    };
    let limit = wanted.limit.as_deref().map_or(Ok(MAX_LIMIT), limit)?;
    let after = wanted.cursor.as_deref().map(place).transpose()?;
    let (rows, next) = app.store.tokens(account.as_ref(), limit, after.as_ref()).await?;
    let tokens = rows.into_iter().filter(|row| sees(&caller, row)).map(listed).collect();
    Ok(axum::Json(Listing { tokens, next_cursor: next.as_ref().map(cursor) }))
}

fn limit(text: &str) -> Result<u16, Problem> {
    let fits = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    fits.ok_or_else(|| Problem::invalid("limit", whole_number(1, MAX_LIMIT)))
}

/// A place in the list as a text. It tells nothing that the page before it does not.
fn cursor(place: &TokenPlace) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

fn place(cursor: &str) -> Result<TokenPlace, Problem> {
    let read = || {
        let place: TokenPlace = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let is_id = (1..=64).contains(&place.id.len()) && place.id.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_time = Instant::from_rfc3339(&place.created_at).is_some();
        Some(place).filter(|_| is_id && is_time)
    };
    read().ok_or_else(|| {
        Problem::invalid(
            "cursor",
            Text::new(
                "não é um cursor desta lista: envie a requisição sem ele para recomeçar",
                "is not a cursor of this list: send the request without it to start again",
            ),
        )
    })
}

/// A console looks after `report` tokens alone.
fn sees(caller: &Caller, row: &TokenRow) -> bool {
    caller.scope == Scope::Admin || row.scope == Scope::Report
}

fn listed(row: TokenRow) -> Listed {
    Listed {
        last_used_on: row.last_used_on,
        revoked_at: row.revoked_at.map(Instant::to_rfc3339),
        about: row.into(),
    }
}
