//! Compaction: rewrites many segments into few, so that a reader of a period opens few files.

use domain::time::Instant;
use lake::Compacted;
use store::{Lease, StoreError, TouchedDays};

use crate::App;
use crate::duty::Step;
use crate::memory::Memory;

/// How often an account is looked at of which nothing is expected.
const ROUND_SECONDS: i64 = 86_400;

/// One compaction of the days that something came for; of all days where the account was never looked at. The next step
/// is due at once where this one did something, else when the policy may ask for more, else in a day.
pub(crate) async fn step(
    app: &App,
    lease: &Lease,
    memory: &mut Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    let days = match &lease.days {
        TouchedDays::Named(days) if memory.looked_at_all => Some(days),
        _ => None,
    };
    if days.is_some_and(|days| days.is_empty()) {
        return Ok(Step { done: 0, next: now.plus_seconds(ROUND_SECONDS) });
    }
    // Boxed: the compiler gives up on computing the layout of a future this deep.
    let compacted = Box::pin(app.lake.compact(&lease.account, days, &app.policy, now)).await?;
    match compacted {
        Compacted::Segments { .. } => {
            memory.replaced_at = Some(now);
            Ok(Step { done: 1, next: now })
        }
        // Whoever was faster goes on with it.
        Compacted::Lost => Ok(Step { done: 0, next: now.plus_seconds(1) }),
        Compacted::Nothing { again_at, closed } => {
            memory.closed = match (days, again_at) {
                (Some(_), _) => TouchedDays::Named(closed),
                (None, None) => TouchedDays::Every,
                (None, Some(_)) => TouchedDays::none(),
            };
            memory.looked_at_all |= again_at.is_none();
            Ok(Step { done: 0, next: again_at.unwrap_or(now.plus_seconds(ROUND_SECONDS)) })
        }
    }
}
