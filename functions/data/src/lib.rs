//! Rows out: what there is to ask for, and the answer to it.
//!
//! Five rooms, in reading order. Each uses only those above it.
//!
//! ```text
//! catalog   what there is to ask for: report types, their columns and what is computed
//!    ▼
//! plan      what to read: a request becomes a checked query, and the parts of segments that hold its rows
//!    ▼
//! exec      reading it: columns of segments, latest versions, filters; rows in order, or sums of them
//!    ▼
//! encode    writing it out: a page of JSON, CSV or NDJSON
//!    ▼
//! api       what is asked over HTTP: the routes, and the way of a request through the rooms above
//! ```

mod catalog;
mod plan;
mod exec;
mod encode;
mod api;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use domain::token::Scope;
use lake::Lake;
use store::Store;
use web::caller::Guard;
use web::limit::Limits;
use web::public_url::PublicUrl;

use api::{export, receipts, rows, schema};
use exec::summary::{Summaries, summaries};
use plan::seen_parts::SeenParts;

/// The scopes that may read.
const READERS: &[Scope] = &[Scope::Report, Scope::Console];

/// What the routes share.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    guard: Guard,
    lake: Lake,
    seen_parts: SeenParts,
    summaries: Summaries,
    public_url: PublicUrl,
}

impl App {
    /// An app over a store. `PREMIUM_PUBLIC_URL`, if set, is the address that media links begin with.
    pub fn new(store: Store) -> App {
        App::at(store, PublicUrl::from_env())
    }

    /// An app whose media links begin with `public_url`.
    pub fn at(store: Store, public_url: PublicUrl) -> App {
        App {
            guard: Guard::new(store.clone()),
            lake: Lake::new(store.clone()),
            seen_parts: SeenParts::new(),
            summaries: summaries(),
            store,
            public_url,
        }
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

/// The routes under `/v1/schema`, `/v1/report-types`, `/v1/data`, `/v1/export` and `/v1/receipts`.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/v1/schema", get(schema::schema))
        .route("/v1/report-types", get(schema::report_types))
        .route("/v1/data", post(rows::rows))
        .route("/v1/export", get(export::export).post(export::export_of_body))
        .route("/v1/receipts", get(receipts::receipts))
        .with_state(app)
}
