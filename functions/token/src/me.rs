//! `GET /v1/me`: what a token is, for whoever holds it.

use axum::extract::State;
use chrono::NaiveDate;
use domain::id::AccountId;
use domain::token::{Privacy, Scope};
use serde::Serialize;
use web::caller::Caller;
use web::problem::Problem;

use crate::App;

#[derive(Debug, Serialize)]
pub(crate) struct Me {
    account: Option<AccountId>,
    scope: Scope,
    privacy: Privacy,
    expires_at: String,
    /// The first local day that the account keeps; null before its first `report` token and for an operator.
    starts_on: Option<NaiveDate>,
}

pub(crate) async fn me(State(app): State<App>, caller: Caller) -> Result<axum::Json<Me>, Problem> {
    let starts_on = match &caller.account {
        Some(account) => app.store.account(account).await?.starts_on,
        None => None,
    };
    let expires_at = caller.expires_at.to_rfc3339();
    let Caller { account, scope, privacy, .. } = caller;
    Ok(axum::Json(Me { account, scope, privacy, expires_at, starts_on }))
}
