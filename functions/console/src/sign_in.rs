//! `POST` and `DELETE /v1/console/session`: a person's token, kept by the browser where no script can read it.
//!
//! `SameSite=None; Partitioned` because the platform frames the console: the cookie is then sent from inside that frame,
//! and a frame on another site has another one. What keeps other sites from using it stands in `web::caller`.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::time::Instant;
use http::request::Parts;
use http::{StatusCode, header};
use web::caller::{COOKIE, bearer};
use web::problem::Problem;

use crate::App;

const HOUR: i64 = 3_600;
/// How long a person stays signed in: a day of work.
const MAX_SECONDS: i64 = 12 * HOUR;

pub(crate) async fn sign_in(State(app): State<App>, parts: Parts) -> Result<impl IntoResponse, Problem> {
    let (token, now) = (bearer(&parts)?, Instant::now());
    let caller = app.guard.authenticate_token(token, now).await?;
    caller.require_console()?;
    let seconds = (caller.expires_at.seconds() - now.seconds()).min(MAX_SECONDS);
    tracing::info!(token_id = caller.token_id, "signed in at the console");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(token, seconds))]))
}

pub(crate) async fn sign_out() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie("", 0))])
}

fn cookie(token: &str, seconds: i64) -> String {
    format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age={seconds}")
}
