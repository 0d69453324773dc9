//! Orphans: deletes objects that no item of the table names. They are left by runs that were cut short or
//! lost a race.

use domain::time::Instant;
use store::{Lease, StoreError};

use crate::App;
use crate::duty::Step;
use crate::memory::Memory;

/// How many seconds pass between two rounds through an account's objects.
const ROUND_SECONDS: i64 = 86_400;

/// Goes through one page of an account's segments and one page of its large bodies, in the order in which
/// they were made. Each round begins where the last one met objects that were too young to judge.
pub(crate) async fn step(
    app: &App,
    lease: &Lease,
    memory: &mut Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    let swept = app.lake.sweep_orphans(&lease.account, &memory.objects_after, now).await?;
    memory.objects_after = swept.after;
    let bodies = app.store.sweep_orphaned_bodies(&lease.account, &memory.bodies_after, now).await?;
    memory.bodies_after = bodies.after;
    let wait = if swept.done && bodies.done { ROUND_SECONDS } else { 0 };
    Ok(Step { done: swept.objects + bodies.deleted, next: now.plus_seconds(wait) })
}
