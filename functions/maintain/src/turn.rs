//! One account's turn: each of its duties that is due makes one step.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::time::Instant;
use runtime::telemetry::chain;
use store::{Lease, StoreError};

use crate::duty::{Duty, Step};
use crate::memory::Memory;
use crate::{App, compaction, erasure, garbage, measurement, orphans, quarantine, retention};

/// A step that was cut short although it had so many seconds takes too long; with less, the run began it too late.
const LONG_STEP_SECONDS: i64 = 15;

/// What a turn came to.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// How much each duty did, counted in what it works on.
    pub(crate) done: BTreeMap<Duty, usize>,
    /// How many steps failed.
    pub(crate) failures: usize,
    /// How many steps were put off, because storage was busy or another run was faster.
    pub(crate) busy: usize,
}

/// Lets every duty that is due make a step, and keeps in `memory` when it is due again. No step goes on past `ends`, and
/// what is then left of the duties stays due.
pub(crate) async fn take(app: &App, lease: &Lease, memory: &mut Memory, ends: Instant) -> Turn {
    let mut turn = Turn::default();
    for duty in Duty::ALL {
        let began = Instant::now();
        if began >= ends {
            break;
        }
        if !memory.is_due(duty, lease, began) {
            continue;
        }
        let step = step(app, duty, lease, memory, began);
        let result = tokio::time::timeout(until(began, ends), step).await;
        let (account, duty_name, now) = (&lease.account, duty.name(), Instant::now());
        match result {
            Ok(Ok(Step { done, next })) => {
                memory.went_well(duty, began, next);
                *turn.done.entry(duty).or_default() += done;
            }
            Ok(Err(error)) if error.kind.is_passing() => {
                tracing::warn!(%account, duty = duty_name, error = %chain(&error), "a duty was put off");
                memory.was_put_off(duty, began, now);
                turn.busy += 1;
            }
            Ok(Err(error)) => {
                tracing::error!(%account, duty = duty_name, error = %chain(&error), "a duty failed");
                memory.failed(duty, began, now);
                turn.failures += 1;
            }
            Err(_elapsed) if ends < began.plus_seconds(LONG_STEP_SECONDS) => {
                tracing::warn!(%account, duty = duty_name, "a duty was put off: the run is over");
                memory.was_put_off(duty, began, now);
                turn.busy += 1;
            }
            Err(_elapsed) => {
                tracing::error!(%account, duty = duty_name, "a duty was cut short: it took too long");
                memory.failed(duty, began, now);
                turn.failures += 1;
            }
        }
    }
    turn
}

async fn step(
    app: &App,
    duty: Duty,
    lease: &Lease,
    memory: &mut Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    match duty {
        Duty::Erasure => erasure::step(app, lease, now).await,
        Duty::Compaction => compaction::step(app, lease, memory, now).await,
        Duty::Garbage => garbage::step(app, lease, memory, now).await,
        Duty::Quarantine => quarantine::step(app, lease, memory, now).await,
        Duty::LakeRetention => retention::lake::step(app, lease, memory, now).await,
        Duty::TableRetention => retention::table::step(app, lease, memory, now).await,
        Duty::MediaRetention => retention::media::step(app, lease, memory, now).await,
        Duty::Orphans => orphans::step(app, lease, memory, now).await,
        Duty::Measurement => measurement::step(app, lease, now).await,
    }
}

/// Returns the time from `now` to `then`; zero where `then` has passed.
fn until(now: Instant, then: Instant) -> Duration {
    Duration::from_micros(u64::try_from(then.0.saturating_sub(now.0)).unwrap_or_default())
}
