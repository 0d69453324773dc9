//! Measurement: adds up how many bytes an account's lake has, where its manifest is too long to be read on
//! each request for that number.

use domain::time::Instant;
use store::{Lease, StoreError};

use crate::App;
use crate::duty::Step;

/// How many seconds pass between two measurements of an account.
const ROUND_SECONDS: i64 = 86_400;

/// Measures the account's lake. Does nothing where its manifest is short.
pub(crate) async fn step(app: &App, lease: &Lease, now: Instant) -> Result<Step, StoreError> {
    let was_needed = app.lake.measure(&lease.account).await?;
    Ok(Step { done: usize::from(was_needed), next: now.plus_seconds(ROUND_SECONDS) })
}
