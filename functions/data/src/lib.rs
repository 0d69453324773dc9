//! Rows out: what there is to ask for, and the answer to it.
//!
//! A request is read (`request`), resolved against a report type (`query`), planned over the lake's segments (`plan`)
//! and run (`run`). A page or a summary takes the rows as they come, and an encoder (`encoder`) writes them: for Data Studio
//! (`rows`) or into files (`export`). Beside it, `receipts` says whether the rows are complete.

mod format;
mod report;
mod computed;
mod schema;
mod report_types;
mod request;
mod value;
mod segment_columns;
mod measure;
mod expr;
mod transcript;
mod filter;
mod conditions;
mod cursor;
mod plan;
mod query;
mod point_lookup;
mod load;
mod run;
mod encoder;
mod page;
mod dimension;
mod interned;
mod distinct;
mod partial;
mod summary;
mod execute;
mod rows;
mod export;
mod receipts;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use domain::token::Scope;
use lake::Lake;
use store::Store;
use web::caller::Guard;

use summary::{Summaries, summaries};

/// The scopes that may read.
const READERS: &[Scope] = &[Scope::Report, Scope::Console];

/// What the routes share.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    guard: Guard,
    lake: Lake,
    summaries: Summaries,
    /// Where clients find this stack, without a slash at the end; `None` means where the request says it came in.
    public_url: Option<String>,
}

impl App {
    /// An app over a store. `PREMIUM_PUBLIC_URL`, if set, is the address that media links begin with.
    pub fn new(store: Store) -> App {
        App::at(store, runtime::config::optional("PREMIUM_PUBLIC_URL"))
    }

    /// An app whose media links begin with `public_url`.
    pub fn at(store: Store, public_url: Option<String>) -> App {
        App {
            guard: Guard::new(store.clone()),
            lake: Lake::new(store.clone()),
            summaries: summaries(),
            store,
            public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
        }
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
        .route("/v1/report-types", get(report_types::report_types))
        .route("/v1/data", post(rows::rows))
        .route("/v1/export", get(export::export))
        .route("/v1/receipts", get(receipts::receipts))
        .with_state(app)
}
