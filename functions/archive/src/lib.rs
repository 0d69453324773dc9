//! Feeds the lake from the table's stream.
//!
//! A batch of the stream becomes a segment for each account and day in it. A record that cannot be read is set aside with its
//! reason and the rest goes on; when storage pushes back, the batch is given back from the first record that is not in
//! the lake yet. Delivering a batch twice changes nothing that a reader sees. What the lake needs beyond that is left to
//! maintain, which is told that the account is due.
//!
//! Invariant: the stream, and an operator's `rebuild` from the table, are the only ways into the lake.

mod batch;
mod rebuild;

use aws_lambda_events::dynamodb::Event;
use lake::Lake;
use serde::{Deserialize, Serialize};
use shared::store::{Store, StoreError};

pub use batch::{BatchFailure, BatchResponse};
pub use rebuild::{Rebuild, Rebuilt};

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

/// What the function is called with: a batch of the stream, or an operator's order.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Call {
    /// Replace days of the lake by what the table says.
    Rebuild(Rebuild),
    /// A batch of the stream.
    Stream(Event),
}

/// What the function answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// The records to deliver again.
    Stream(BatchResponse),
    /// What was rebuilt.
    Rebuild(Rebuilt),
}

/// Answers a call.
pub async fn handle(app: &App, call: Call) -> Result<Answer, StoreError> {
    match call {
        Call::Stream(event) => Ok(Answer::Stream(batch::archive(app, event).await)),
        Call::Rebuild(order) => rebuild::rebuild(app, &order).await.map(Answer::Rebuild),
    }
}
