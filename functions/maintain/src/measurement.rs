//! Measurement: adds up how much an account keeps in the lake, where that is too much to read for whoever asks.

use domain::time::Instant;
use store::{Lease, StoreError};

use crate::App;
use crate::duty::Step;

/// How often an account is measured.
const ROUND_SECONDS: i64 = 86_400;

/// Measures the account.
pub(crate) async fn step(app: &App, lease: &Lease, now: Instant) -> Result<Step, StoreError> {
    let was_needed = app.lake.measure(&lease.account).await?;
    Ok(Step { done: usize::from(was_needed), next: now.plus_seconds(ROUND_SECONDS) })
}
