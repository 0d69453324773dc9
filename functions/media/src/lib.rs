//! Media files: taken in, opened through their links, deleted. The bytes go between client and object storage directly.

mod filename;
mod upload;
mod kind;
mod open;
mod delete;

use std::time::Duration;

use aws_sdk_s3::presigning::{PresigningConfig, PresigningConfigError};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{delete, get, post};
use store::{Store, StoreError};
use web::caller::Guard;
use web::limit::Limits;

/// What the routes share.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    guard: Guard,
}

impl App {
    /// An app over a store.
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

/// The routes under `/v1/media` and `/m`.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/v1/media", post(upload::upload))
        .route("/v1/media/{storage_id}", delete(delete::delete))
        .route("/m/{link}", get(open::open))
        .with_state(app)
}

/// How a presigned URL that lives for `seconds` is made.
fn presigned_for(seconds: u64) -> Result<PresigningConfig, StoreError> {
    PresigningConfig::expires_in(Duration::from_secs(seconds))
        .map_err(|error: PresigningConfigError| StoreError::broken("signing a URL", error))
}
