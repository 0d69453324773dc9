//! Compaction: rewrites many segments into few, so that a reader of a period opens few files.

use shared::store::{Lease, StoreError};
use shared::time::Instant;

use crate::App;
use crate::duty::Step;
use crate::memory::Memory;

/// How long after days count as closed they are looked at: clocks differ.
const MARGIN_SECONDS: i64 = 60;
/// How often an account is looked at of which nothing is expected.
const ROUND_SECONDS: i64 = 86_400;

/// Compacts what the policy asks for. The next step is due at once where this one did something, for one compaction may
/// ask for another; else once what came last is so old that its days count as closed; else in a day.
pub(crate) async fn step(
    app: &App,
    lease: &Lease,
    memory: &mut Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    // Boxed: the compiler gives up on computing the layout of a future this deep.
    let done = Box::pin(app.lake.merge(&lease.account, app.policy)).await?;
    if done > 0 {
        memory.replaced_at = Some(now);
        return Ok(Step { done, next: now });
    }
    let newest = memory.replaced_at.map_or(lease.noted_at, |replaced| replaced.max(lease.noted_at));
    let closes = newest.plus_seconds(app.policy.quiet_seconds.saturating_add(MARGIN_SECONDS));
    let next = if closes > now { closes } else { now.plus_seconds(ROUND_SECONDS) };
    Ok(Step { done, next })
}
