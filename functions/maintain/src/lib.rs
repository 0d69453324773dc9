//! Does what must happen to the lake and the table without a customer asking for it.
//!
//! A run works through the accounts that are due (`shared::store::Due`), the longest due first. It takes a lease on one
//! account, lets each of its duties that is due make one bounded step, and gives the account back with the time at which
//! it is due again; where there is more to do, that is at once, behind all others. So one account's backlog delays
//! nobody. Any number of runs may work at once, and no reader needs any of them.
//!
//! The modules stand in reading order; each may use only those above it.

mod memory;
mod duty;
mod compaction;
mod garbage;
mod retention;
mod orphans;
mod turn;
mod discovery;
mod run;

use lake::{CompactionPolicy, Lake};
use shared::store::{Store, StoreError};
use shared::time::Instant;

pub use run::Answer;

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
pub async fn handle(app: &App, deadline: Instant) -> Result<Answer, StoreError> {
    run::run(app, deadline).await
}
