//! `GET /v1/tokens`: the tokens of an account, without their secrets.

use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use shared::caller::Caller;
use shared::input::Query;
use shared::problem::Problem;
use shared::store::TokenRow;
use shared::time::Instant;
use shared::token::Scope;

use crate::{App, Named, TokenView};

#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    tokens: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Listed {
    last_used_on: Option<NaiveDate>,
    revoked_at: Option<String>,
    #[serde(flatten)]
    about: TokenView,
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(named): Query<Named>,
) -> Result<axum::Json<Listing>, Problem> {
    let account = caller.account(&[Scope::Console], named.account.as_ref())?;
    let rows = app.store.tokens(Some(&account)).await?.into_iter();
    let tokens = rows.filter(|row| sees(&caller, row)).map(listed).collect();
    Ok(axum::Json(Listing { tokens }))
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
