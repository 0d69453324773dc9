//! The console: a page for people, a description for programs and a sign of life for monitors. It keeps nothing and
//! reads nothing: its page asks the other functions, with the token that the person pastes.

mod assets;
mod page;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header;
use serde::Serialize;

/// The routes `/`, `/assets`, `/v1/openapi.json` and `/healthz`.
pub fn router() -> Router {
    Router::new()
        .route("/", get(page::page))
        .route("/assets/{version}/{name}", get(assets::asset))
        .route("/v1/openapi.json", get(openapi))
        .route("/healthz", get(health))
}

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

async fn health() -> impl IntoResponse {
    let health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(health))
}

async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], include_str!("../openapi.json"))
}

#[cfg(test)]
mod tests;
