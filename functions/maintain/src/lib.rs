//! Does what must happen to the lake and the table without a customer asking for it.
//!
//! A run works through the accounts that are due (`store::Due`), the longest due first. It takes a lease on one
//! account, lets each of its duties that is due make one bounded step, and gives the account back with the time at which
//! it is due again; where there is more to do, that is at once, behind all others. So one account's backlog delays
//! nobody. Any number of runs may work at once, and no reader needs any of them.
//!
//! On an operator's order it rebuilds days of the lake from the table instead.
//!
//! The modules stand in reading order; each may use only those above it.

mod duty;
mod memory;
mod compaction;
mod garbage;
mod quarantine;
mod retention;
mod sessions;
mod media;
mod orphans;
mod measurement;
mod turn;
mod discovery;
mod run;
mod rebuild;

use domain::time::Instant;
use lake::{CompactionPolicy, Lake};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Store, StoreError};

pub use rebuild::{Rebuild, Rebuilt, rebuild};
pub use run::RunSummary;

/// What the function works with.
#[derive(Clone, Debug)]
pub struct App {
    /// The table and the buckets.
    pub store: Store,
    /// The lake in them.
    pub lake: Lake,
    /// When segments are compacted.
    pub policy: CompactionPolicy,
}

impl App {
    /// An app over a store.
    pub fn new(store: Store) -> App {
        App { lake: Lake::new(store.clone()), store, policy: CompactionPolicy::default() }
    }
}

/// Works through the accounts that are due until none is left or four fifths of the time until `deadline` are gone.
/// Fails where not even the accounts that are due can be read, other than because storage is busy.
pub async fn handle(app: &App, deadline: Instant) -> Result<RunSummary, StoreError> {
    run::run(app, deadline).await
}

/// What a call came to.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Called {
    /// What a run did.
    Run(RunSummary),
    /// What was rebuilt.
    Rebuild(Rebuilt),
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The order is none that can be followed.
    #[error("not an order to rebuild an account's days from `start` to `end`")]
    Order(#[source] serde_json::Error),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Answers the function's event: an order to rebuild where it names an account to `rebuild`, else a run of the schedule.
pub async fn call(app: &App, event: Map<String, Value>, deadline: Instant) -> Result<Called, CallError> {
    if event.contains_key("rebuild") {
        let order: Rebuild = serde_json::from_value(Value::Object(event)).map_err(CallError::Order)?;
        return Ok(Called::Rebuild(rebuild(app, &order).await?));
    }
    Ok(Called::Run(handle(app, deadline).await?))
}
