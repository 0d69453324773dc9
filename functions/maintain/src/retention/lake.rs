//! Retention in the lake: drops the sessions that are past their account's retention.

use domain::time::Instant;
use domain::zone::Zone;
use lake::Compacted;
use store::{Lease, StoreError};

use crate::App;
use crate::duty::{Duty, Step};
use crate::memory::Memory;

/// Drops or rewrites some of the segments that hold sessions of days that are past the account's retention, as it is set
/// now. It begins once the table is through with these days: until then the retention may be raised again, and what the
/// table still has must still be served. Each of the table's rounds is followed by one of these.
pub(crate) async fn step(
    app: &App,
    lease: &Lease,
    memory: &mut Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    let after_table = memory.next_of(Duty::TableRetention, now);
    let first_kept = app.store.account(&lease.account).await?.oldest(now).day(Zone::UTC);
    if memory.awaits_table_retention(lease) || memory.deleted_to < Some(first_kept) {
        return Ok(Step { done: 0, next: after_table });
    }
    let oldest = Instant::start_of_day(first_kept, Zone::UTC);
    // The future is boxed because the compiler gives up on computing the layout of one this deep.
    let expired = Box::pin(app.lake.expire(&lease.account, oldest, &app.policy, now)).await?;
    match expired {
        Compacted::Segments { inputs, .. } => {
            memory.replaced_at = Some(now);
            Ok(Step { done: inputs, next: now })
        }
        Compacted::Lost => Ok(Step { done: 0, next: now.plus_seconds(1) }),
        Compacted::Nothing { again_at, .. } => {
            Ok(Step { done: 0, next: again_at.map_or(after_table, |again| again.min(after_table)) })
        }
    }
}
