//! Garbage collection: deletes segments that were replaced so long ago that no reader sees them any more, and
//! large bodies that no item of a session has named for as long.

use domain::time::Instant;
use store::{Lease, StoreError};

use crate::App;
use crate::duty::Step;
use crate::memory::Memory;

/// How many seconds pass between two steps while there may be replaced segments.
const OFTEN_SECONDS: i64 = 3_600;
/// For how many seconds after a compaction there may be replaced segments: the 25 hours for which they are
/// kept, and two more steps.
const REPLACED_SECONDS: i64 = 27 * 3_600;
/// How many seconds pass between two steps otherwise. It is not for ever, because a rebuild replaces segments
/// too.
const ROUND_SECONDS: i64 = 86_400;

/// Deletes one page of the replaced segments and one page of the replaced bodies that may go.
pub(crate) async fn step(
    app: &App,
    lease: &Lease,
    memory: &Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    let swept = app.lake.sweep(&lease.account, now).await?;
    let bodies = app.store.sweep_replaced_bodies(&lease.account, now).await?;
    let has_more = memory.replaced_at.is_some_and(|replaced| replaced.plus_seconds(REPLACED_SECONDS) > now);
    let wait = match (swept.more || bodies.more, has_more) {
        (true, _) => 0,
        (false, true) => OFTEN_SECONDS,
        (false, false) => ROUND_SECONDS,
    };
    Ok(Step { done: swept.segments + bodies.deleted, next: now.plus_seconds(wait) })
}
