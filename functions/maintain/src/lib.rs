//! Does what must happen to the lake and the table without a customer asking for it.
//!
//! A run works through the accounts that are due (`store::Due`), beginning with the one that has been due for
//! the longest time. It takes a lease on one account, lets each duty of the account that is due make one
//! bounded step, and gives the account back with the time at which it is due again. Where there is more to
//! do, the account is due again at once, but behind all others, so that the backlog of one account delays
//! nobody. Any number of runs may work at once, and no reader depends on any of them.
//!
//! On an operator's order it rebuilds days of the lake from the table instead.
//!
//! The modules stand in reading order; each may use only those above it.

mod duty;
mod memory;
mod erasure;
mod compaction;
mod garbage;
mod quarantine;
mod retention;
mod orphans;
mod measurement;
mod turn;
mod discovery;
mod run;
mod rebuild;

use domain::time::Instant;
use lake::{CompactionPolicy, Lake, RebuildError};
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
    /// Decides which segments are compacted, and when.
    pub policy: CompactionPolicy,
}

impl App {
    /// Builds the app on a store, with the default compaction policy.
    pub fn new(store: Store) -> App {
        App { lake: Lake::new(store.clone()), store, policy: CompactionPolicy::default() }
    }
}

/// Works through the accounts that are due until none is left or four fifths of the run's time are gone. A
/// run's time ends at `deadline`, and after 60 seconds at the latest. Fails only where the list of due
/// accounts cannot be read for a reason other than that storage is busy; all other failures are counted in
/// the summary.
pub async fn handle(app: &App, deadline: Instant) -> Result<RunSummary, StoreError> {
    run::run(app, deadline).await
}

/// The result of a call.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Called {
    /// The summary of a run.
    Run(RunSummary),
    /// The result of a rebuild.
    Rebuild(Rebuilt),
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The event is not a valid order to rebuild.
    #[error("not an order to rebuild an account's days from `start` to `end`")]
    Order(#[source] serde_json::Error),
    /// The days were not rebuilt to the end.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Answers the function's event. An event with the member `rebuild` is an operator's order to rebuild days of
/// that account (`Rebuild`), as many as there is time for; any other event, such as the schedule's, makes a run. Both
/// end by `deadline`.
pub async fn call(app: &App, event: Map<String, Value>, deadline: Instant) -> Result<Called, CallError> {
    if event.contains_key("rebuild") {
        let order: Rebuild = serde_json::from_value(Value::Object(event)).map_err(CallError::Order)?;
        return Ok(Called::Rebuild(rebuild(app, &order, deadline).await?));
    }
    Ok(Called::Run(handle(app, deadline).await?))
}
