//! `POST` and `DELETE /v1/console/session`: a person's token, kept by the browser where no script can read it.
//!
//! `SameSite=None; Partitioned` because the platform frames the console: the cookie is then sent from inside that frame,
//! and a frame on another site has another one. What keeps other sites from using it stands in `web::caller`.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::time::Instant;
use domain::token::Scope;
use http::request::Parts;
use http::{StatusCode, header};
use store::{Action, StoreError};
use web::caller::{COOKIE, Caller, bearer};
use web::problem::Problem;

use crate::App;

const HOUR: i64 = 3_600;
/// How long a person stays signed in: a day of work.
const MAX_SECONDS: i64 = 12 * HOUR;

pub(crate) async fn sign_in(State(app): State<App>, parts: Parts) -> Result<impl IntoResponse, Problem> {
    let (token, now) = (bearer(&parts)?, Instant::now());
    let caller = app.guard.authenticate_token(token, &parts.extensions, now).await?;
    caller.require_console()?;
    note(&app, &caller, Action::SignedIn).await?;
    let seconds = (caller.expires_at.seconds() - now.seconds()).min(MAX_SECONDS);
    tracing::info!(token_id = caller.token_id, "signed in at the console");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(token, seconds))]))
}

/// A `console` token is for one visit, so it ends with it. An operator's is only taken from the browser. Whoever shows no
/// valid token is signed out all the same.
pub(crate) async fn sign_out(State(app): State<App>, parts: Parts) -> Result<impl IntoResponse, Problem> {
    let now = Instant::now();
    match app.guard.authenticate(&parts, now).await {
        Ok(caller) if caller.scope == Scope::Console => {
            note(&app, &caller, Action::SignedOut).await?;
            app.store.revoke_token(&caller.token_id, now).await?;
            tracing::info!(token_id = caller.token_id, "signed out of the console");
        }
        Err(problem) if problem.status().is_server_error() => return Err(problem),
        _ => {}
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie("", 0))]))
}

async fn note(app: &App, caller: &Caller, action: Action) -> Result<(), StoreError> {
    app.store.note_event(caller.account.as_ref(), action, &caller.token_id, None).await
}

fn cookie(token: &str, seconds: i64) -> String {
    format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age={seconds}")
}
