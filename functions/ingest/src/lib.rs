//! Ingest: takes sessions as the platform sends them, and keeps the latest version of each.
//!
//! A request passes through the modules in their order: bytes become a text of JSON (`body`), the text its documents
//! (`split`), a document of another platform sessions of ours (`mapping`, `item`), an item a session (`parse`), and a
//! batch of them writes and outcomes (`put`, `in_flight`, `answer`, `batch`). What each may hold is in `limits`.

mod limits;
mod body;
mod split;
mod json;
mod parse;
mod mapping;
mod item;
mod put;
mod in_flight;
mod answer;
mod batch;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::post;
use store::Store;
use web::caller::Guard;
use web::limit::Limits;

/// What the function works with.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    guard: Guard,
}

impl App {
    /// Builds the app on a store.
    pub fn new(store: Store) -> App {
        App { guard: Guard::new(store.clone()), store }
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

/// Returns the function's routes.
pub fn router(app: App) -> Router {
    Router::new().route("/v1/sessions", post(batch::receive)).with_state(app)
}
