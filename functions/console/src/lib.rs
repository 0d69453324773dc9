//! The console: the page for people with what it keeps (who is signed in, their reports, the operator's settings), a
//! description for programs and a sign of life for monitors. For all else the page asks the other functions.

mod assets;
mod audit;
mod deployment;
mod description;
mod embed;
mod page;
mod reports;
mod sign_in;
mod settings;

use axum::Router;
use axum::extract::FromRef;
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use serde::Serialize;
use store::Store;
use web::caller::Guard;
use web::limit::Limits;

pub use deployment::{Deployment, Origin, OriginError};

/// What the routes share.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    guard: Guard,
    deployment: Deployment,
}

impl App {
    /// An app over a store.
    pub fn new(store: Store, deployment: Deployment) -> App {
        App { guard: Guard::new(store.clone()), store, deployment }
    }

    /// The app with limits for its callers.
    #[must_use]
    pub fn limited(self, limits: Limits) -> App {
        App { guard: Guard::limited(self.store.clone(), limits), ..self }
    }
}

impl FromRef<App> for Guard {
    fn from_ref(app: &App) -> Guard {
        app.guard.clone()
    }
}

/// The routes `/`, `/docs`, `/assets`, `/healthz`, `/v1/openapi.json`, and those under `/v1/console`, `/v1/reports`,
/// `/v1/settings` and `/v1/audit`.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/", get(page::page))
        .route("/docs", get(page::docs))
        .route("/assets/{version}/{name}", get(assets::asset))
        .route("/v1/console/session", post(sign_in::sign_in).delete(sign_in::sign_out))
        .route("/v1/reports", get(reports::list).post(reports::add))
        .route("/v1/reports/{id}", put(reports::change).delete(reports::remove))
        .route("/v1/settings", get(settings::read).put(settings::change))
        .route("/v1/audit", get(audit::audit))
        .route("/v1/openapi.json", get(description::openapi))
        .route("/healthz", get(health))
        .with_state(app)
}

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

async fn health() -> impl IntoResponse {
    axum::Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

#[cfg(test)]
mod tests;
