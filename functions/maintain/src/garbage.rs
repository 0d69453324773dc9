//! Garbage collection: deletes segments that were replaced so long ago that no reader sees them any more, and large bodies
//! that their sessions' items have not named for as long.

use domain::time::Instant;
use store::{Lease, StoreError};

use crate::App;
use crate::duty::Step;
use crate::memory::Memory;

/// How often it looks while there are replaced segments.
const OFTEN_SECONDS: i64 = 3_600;
/// For how long after a compaction there are: 25 h, and two looks.
const REPLACED_SECONDS: i64 = 27 * 3_600;
/// How often it looks otherwise: a rebuild replaces segments too.
const ROUND_SECONDS: i64 = 86_400;

/// Deletes one page of the segments and one of the bodies that may go.
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
