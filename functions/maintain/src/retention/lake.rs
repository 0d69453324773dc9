//! Retention in the lake: drops the sessions that are past their account's retention.

use domain::time::Instant;
use lake::Compacted;
use store::{Lease, StoreError};

use crate::App;
use crate::duty::{Duty, Step};
use crate::memory::Memory;

/// How many seconds pass between two rounds.
const ROUND_SECONDS: i64 = 86_400;

/// Drops or rewrites some of the segments that hold sessions past the account's retention, as it is set now.
pub(crate) async fn step(
    app: &App,
    lease: &Lease,
    memory: &mut Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    if memory.awaits_table_retention(lease) || memory.deleted_to.is_none() {
        // That duty reads from the lake where the table's sessions begin.
        return Ok(Step { done: 0, next: memory.next_of(Duty::TableRetention, now) });
    }
    let oldest = app.store.account(&lease.account).await?.oldest(now);
    // The future is boxed because the compiler gives up on computing the layout of one this deep.
    let expired = Box::pin(app.lake.expire(&lease.account, oldest, &app.policy)).await?;
    match expired {
        Compacted::Segments { inputs, .. } => {
            memory.replaced_at = Some(now);
            Ok(Step { done: inputs, next: now })
        }
        Compacted::Lost => Ok(Step { done: 0, next: now.plus_seconds(1) }),
        Compacted::Nothing { .. } => Ok(Step { done: 0, next: now.plus_seconds(ROUND_SECONDS) }),
    }
}
