//! One run: round the accounts that are due, a turn each, until none is left or the time is.

use std::collections::{BTreeMap, HashSet};

use domain::id::{AccountId, random_hex};
use domain::time::Instant;
use runtime::telemetry::chain;
use serde::Serialize;
use store::{Due, Lease, StoreError, StoreErrorKind};

use crate::App;
use crate::discovery;
use crate::duty::Duty;
use crate::memory::Memory;
use crate::turn::{self, Turn};

/// How many due accounts are read at once, the longest due first.
const PAGE: u16 = 100;
/// Microseconds before the deadline within which the last account is given back and the answer is made, at most.
const MARGIN: i64 = 3_000_000;
/// A run takes so many seconds at most, whatever it is given: another begins each minute. The rest is for a rebuild, which
/// is called by itself.
const RUN_SECONDS: i64 = 60;
/// How long a lease outlives its run's deadline, in seconds: clocks differ.
const LEASE_MARGIN_SECONDS: i64 = 10;

/// What a run did, and what it left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunSummary {
    /// Accounts that were in no list of what is due, and are now.
    pub discovered: usize,
    /// Turns that accounts had.
    pub turns: usize,
    /// How much each duty did: compactions committed, replaced segments deleted.
    pub done: BTreeMap<Duty, usize>,
    /// Duties that failed, and accounts that could not be leased or given back. Each is in the log.
    pub failures: usize,
    /// Records that were seen and stay quarantined: they were tried again at least once and still cannot be read.
    pub quarantined: usize,
    /// Duties and accounts that were put off, for storage was busy or another run was faster.
    pub busy: usize,
    /// How many accounts are due at the end; no more than a hundred are counted. `None` where that could not be read.
    pub left_due: Option<usize>,
    /// For how many seconds the first of them has been due; 0 where none is.
    pub oldest_due_seconds: Option<i64>,
}

/// How a run's time is divided.
#[derive(Clone, Copy, Debug)]
struct Time {
    /// No turn begins from then on: four fifths are gone.
    last_turn: Instant,
    /// A step that still goes on then is cut short.
    cut: Instant,
    /// Leases end then.
    lease_until: Instant,
}

impl Time {
    fn new(start: Instant, deadline: Instant) -> Time {
        let whole = deadline.0.saturating_sub(start.0).max(0);
        Time {
            last_turn: Instant(start.0.saturating_add(whole / 5 * 4)),
            cut: Instant(deadline.0.saturating_sub(MARGIN.min(whole / 10))),
            lease_until: deadline.plus_seconds(LEASE_MARGIN_SECONDS),
        }
    }

    fn is_over(self) -> bool {
        Instant::now() >= self.last_turn
    }
}

pub(crate) async fn run(app: &App, deadline: Instant) -> Result<RunSummary, StoreError> {
    let start = Instant::now();
    let time = Time::new(start, deadline.min(start.plus_seconds(RUN_SECONDS)));
    let run = random_hex(8);
    let mut summary = RunSummary::default();
    // Others work on these, or storage would not lease them; they are left to the next run.
    let mut passed_over: HashSet<AccountId> = HashSet::new();
    let mut left = None;
    if !time.is_over() {
        discover(app, time, &mut summary).await;
    }
    while !time.is_over() {
        let Some(due) = longest_due(app, &mut summary).await? else { break };
        let accounts: Vec<AccountId> =
            due.iter().map(|one| one.account.clone()).filter(|one| !passed_over.contains(one)).collect();
        if accounts.is_empty() {
            left = Some(due);
            break;
        }
        for account in accounts {
            if time.is_over() {
                break;
            }
            if !has_turn(app, &account, &run, time, &mut summary).await {
                passed_over.insert(account);
            }
        }
    }
    if left.is_none() {
        left = longest_due(app, &mut summary).await?;
    }
    sum_up(left.as_deref(), &mut summary);
    Ok(summary)
}

/// Looks for accounts that nobody has noted. Where that fails a later run goes on with it, and this one with what is due.
async fn discover(app: &App, time: Time, summary: &mut RunSummary) {
    match discovery::step(app, Instant::now(), time.last_turn).await {
        Ok(discovered) => summary.discovered = discovered,
        Err(error) if error.kind.is_passing() => {
            tracing::warn!(error = %chain(&error), "accounts could not be looked for");
            summary.busy += 1;
        }
        Err(error) => {
            tracing::error!(error = %chain(&error), "accounts could not be looked for");
            summary.failures += 1;
        }
    }
}

/// The accounts that are due; `None` where storage is busy.
async fn longest_due(app: &App, summary: &mut RunSummary) -> Result<Option<Vec<Due>>, StoreError> {
    match app.store.due(Instant::now(), PAGE).await {
        Err(error) if error.kind == StoreErrorKind::Busy => {
            tracing::warn!(error = %chain(&error), "what is due could not be read");
            summary.busy += 1;
            Ok(None)
        }
        due => due.map(Some),
    }
}

/// Gives an account its turn; `false` where it may not have another in this run.
async fn has_turn(app: &App, account: &AccountId, run: &str, time: Time, summary: &mut RunSummary) -> bool {
    let lease = match app.store.lease(account, run, Instant::now(), time.lease_until).await {
        Ok(Some(lease)) => lease,
        Ok(None) => return false,
        Err(error) => {
            note(&error, account, "an account was not leased", summary);
            return false;
        }
    };
    let mut memory = Memory::read(&lease.memory);
    let Turn { done, failures, busy } = turn::take(app, &lease, &mut memory, time.cut).await;
    summary.turns += 1;
    summary.failures += failures;
    summary.busy += busy;
    summary.quarantined += memory.quarantined;
    for (duty, count) in done {
        *summary.done.entry(duty).or_default() += count;
    }
    give_back(app, &lease, &memory, summary).await
}

async fn give_back(app: &App, lease: &Lease, memory: &Memory, summary: &mut RunSummary) -> bool {
    let now = Instant::now();
    match app.store.release(lease, memory.next(now), &memory.write(), memory.takes_over_notes, now).await {
        Ok(true) => true,
        Ok(false) => {
            tracing::warn!(account = %lease.account, "another run has taken an account over");
            false
        }
        Err(error) => {
            note(&error, &lease.account, "an account was not given back", summary);
            false
        }
    }
}

/// Logs and counts what failed outside of a duty.
fn note(error: &StoreError, account: &AccountId, what: &'static str, summary: &mut RunSummary) {
    if error.kind == StoreErrorKind::Busy {
        tracing::warn!(%account, error = %chain(error), "{what}");
        summary.busy += 1;
    } else {
        tracing::error!(%account, error = %chain(error), "{what}");
        summary.failures += 1;
    }
}

/// Says what is left, in the answer and in the line of the log that the stack's alarms read.
fn sum_up(left: Option<&[Due]>, summary: &mut RunSummary) {
    let now = Instant::now();
    let seconds = |due: &[Due]| due.first().map_or(0, |first| (now.0 - first.since.0).max(0) / 1_000_000);
    summary.left_due = left.map(<[Due]>::len);
    summary.oldest_due_seconds = left.map(seconds);
    let RunSummary { turns, failures, quarantined, busy, left_due, oldest_due_seconds, .. } = *summary;
    tracing::info!(turns, failures, quarantined, busy, left_due, oldest_due_seconds, "upkeep");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_turn_begins_in_the_last_fifth_and_no_step_reaches_the_deadline() {
        let start = Instant(1_795_843_200_000_000);
        let time = Time::new(start, start.plus_seconds(120));
        assert_eq!((time.last_turn, time.cut), (start.plus_seconds(96), start.plus_seconds(117)));
        assert_eq!(time.lease_until, start.plus_seconds(130));
        let short = Time::new(start, start.plus_seconds(10));
        assert_eq!((short.last_turn, short.cut), (start.plus_seconds(8), start.plus_seconds(9)));
        // A deadline that has passed leaves no time, and one without end is no overflow.
        assert!(Time::new(start, start.plus_seconds(-5)).last_turn <= start);
        assert!(Time::new(start, Instant(i64::MAX)).cut > start);
    }
}
