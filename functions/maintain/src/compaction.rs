//! Compaction: rewrites many segments into few, so that a reader of a period opens few files.

use std::collections::BTreeSet;

use domain::time::Instant;
use lake::Compacted;
use store::{Lease, StoreError};

use crate::App;
use crate::duty::Step;
use crate::memory::Memory;

/// How many seconds pass between two steps for an account that needs no compaction.
const ROUND_SECONDS: i64 = 86_400;

/// One compaction of the days that something came for, until nothing is left to do for them; of all days where the account
/// was never looked at. The next step is due at once where this one did something, else when the policy may ask for more,
/// else in a day.
pub(crate) async fn step(
    app: &App,
    lease: &Lease,
    memory: &mut Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    let days = memory.days_to_compact(lease);
    if days.as_ref().is_some_and(BTreeSet::is_empty) {
        return Ok(Step { done: 0, next: now.plus_seconds(ROUND_SECONDS) });
    }
    // Boxed: the compiler gives up on computing the layout of a future this deep.
    let compacted = Box::pin(app.lake.compact(&lease.account, days.as_ref(), &app.policy, now)).await?;
    match compacted {
        Compacted::Segments { .. } => {
            memory.keep_open(days.as_ref());
            memory.replaced_at = Some(now);
            Ok(Step { done: 1, next: now })
        }
        // Whoever was faster goes on with it.
        Compacted::Lost => {
            memory.keep_open(days.as_ref());
            Ok(Step { done: 0, next: now.plus_seconds(1) })
        }
        Compacted::Nothing { again_at, open } => {
            memory.keep_open(Some(&open));
            Ok(Step { done: 0, next: again_at.unwrap_or(now.plus_seconds(ROUND_SECONDS)) })
        }
    }
}
