//! Feeds the lake from the table's stream.
//!
//! A batch of the stream becomes one segment per account. A record that cannot be read is quarantined with
//! its reason, and the rest of the batch goes on. When storage pushes back, the batch is given back from the
//! first record that is not in the lake yet, and the stream delivers it again. Delivering a batch twice
//! changes nothing that a reader sees. Everything else that the lake needs is left to maintain, which is told
//! that the account is due.
//!
//! Invariant: a session enters the lake in three ways only: through the stream, by an operator's rebuild from
//! the table, and when maintain succeeds in reading a record that archive had quarantined.

mod batch;

use aws_lambda_events::dynamodb::Event;
use lake::Lake;
use store::Store;

pub use batch::{BatchFailure, BatchResponse};

/// What the function works with.
#[derive(Clone, Debug)]
pub struct App {
    /// The table and the buckets.
    pub store: Store,
    /// The lake in them.
    pub lake: Lake,
}

impl App {
    /// Builds the app on a store; the lake uses the same store.
    pub fn new(store: Store) -> App {
        App { lake: Lake::new(store.clone()), store }
    }
}

/// Takes a batch of the stream into the lake, and returns which records must be delivered again. Never fails
/// as a whole: every failure is logged and becomes a record to deliver again.
pub async fn handle(app: &App, event: Event) -> BatchResponse {
    batch::archive(app, event).await
}
