//! Persons: whom an account's sessions attended, what is kept of one, and the order to erase it.
//!
//! This function finds and orders; what an order asks for is done by maintain. The modules stand in reading order.

mod person;
mod search;
mod document;
mod export;
mod erase;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{delete, get, post};
use domain::token::Scope;
use lake::Lake;
use store::Store;
use web::caller::Guard;
use web::limit::Limits;
use web::public_url::PublicUrl;

/// The scopes that may, besides an admin.
const KEEPERS: &[Scope] = &[Scope::Console];

/// What the routes share.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    guard: Guard,
    lake: Lake,
    public_url: PublicUrl,
}

impl App {
    /// An app over a store. `PREMIUM_PUBLIC_URL`, if set, is the address that media links begin with.
    pub fn new(store: Store) -> App {
        App::at(store, PublicUrl::from_env())
    }

    /// An app whose media links begin with `public_url`.
    pub fn at(store: Store, public_url: PublicUrl) -> App {
        App { guard: Guard::new(store.clone()), lake: Lake::new(store.clone()), store, public_url }
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

/// The routes under `/v1/people` and `/v1/erasures`.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/v1/people", get(search::search))
        .route("/v1/people/{person}", delete(erase::erase))
        .route("/v1/people/{person}/export", post(export::export))
        .route("/v1/erasures", get(erase::list))
        .route("/v1/erasures/{receipt_id}", get(erase::read))
        .with_state(app)
}
