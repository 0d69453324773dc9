//! `GET /v1/tokens`: the tokens of an account, without their secrets, page by page.

use axum::extract::State;
use chrono::NaiveDate;
use domain::id::AccountId;
use domain::time::Instant;
use domain::token::Scope;
use serde::{Deserialize, Serialize};
use store::{TokenPlace, TokenRow};
use web::caller::Caller;
use web::input::Parameters;
use web::listing::{MAX_LIMIT, cursor, limit, place};
use web::problem::Problem;

use crate::{App, TokenView};

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
    let after = wanted.cursor.as_deref().map(|text| place(text, is_place)).transpose()?;
    let (rows, next) = app.store.tokens(account.as_ref(), limit, after.as_ref()).await?;
    let tokens = rows.into_iter().filter(|row| sees(&caller, row)).map(listed).collect();
    Ok(axum::Json(Listing { tokens, next_cursor: next.as_ref().map(cursor) }))
}

/// Whether a place is one that a list of tokens can have.
fn is_place(place: &TokenPlace) -> bool {
    let is_id = (1..=64).contains(&place.id.len()) && place.id.bytes().all(|b| b.is_ascii_alphanumeric());
    is_id && Instant::from_rfc3339(&place.created_at).is_some()
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
