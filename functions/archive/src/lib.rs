//! Feeds the lake from the table's stream.
//!
//! A batch of the stream becomes a segment for each account and day in it. A record that cannot be read is quarantined with its
//! reason and the rest goes on; when storage pushes back, the batch is given back from the first record that is not in
//! the lake yet. Delivering a batch twice changes nothing that a reader sees. What the lake needs beyond that is left to
//! maintain, which is told that the account is due.
//!
//! Invariant: the stream, an operator's rebuild from the table, and maintain with a record that archive quarantined, are
//! the only ways into the lake.

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
    /// An app over a store.
    pub fn new(store: Store) -> App {
        App { lake: Lake::new(store.clone()), store }
    }
}

/// Takes a batch of the stream into the lake. Gives the records to deliver again.
pub async fn handle(app: &App, event: Event) -> BatchResponse {
    batch::archive(app, event).await
}
