//! One run: gives the accounts that are due one turn after another, until none is due or the time is over.

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

/// How many due accounts are read at once.
const PAGE: u16 = 100;
/// How many microseconds before the deadline the last step is cut short, at most. In what is left the account
/// is given back and the answer is made.
const MARGIN_MICROS: i64 = 3_000_000;
/// The most seconds that a run takes, however much time the function has: another run begins each minute. The
/// function's longer time is for rebuilds.
const RUN_SECONDS: i64 = 60;

/// What a run did, and what it left to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunSummary {
    /// How many accounts were found that had no maintenance item; each has one now.
    pub discovered: usize,
    /// How many turns the accounts had together.
    pub turns: usize,
    /// How much each duty did, counted in what it works on, such as committed compactions or deleted
    /// segments.
    pub done: BTreeMap<Duty, usize>,
    /// How many steps of duties failed, and how many times an account could not be leased or given back. Each
    /// failure is in the log.
    pub failures: usize,
    /// How many quarantined records were seen that have been tried again at least once and still cannot be
    /// read.
    pub quarantined: usize,
    /// How many steps and accounts were put off, because storage was busy or another run was faster.
    pub busy: usize,
    /// How many accounts are due at the end, counted up to a hundred; `None` where that could not be read.
    pub left_due: Option<usize>,
    /// For how many seconds the first of these accounts has been due; 0 where none is, `None` where that
    /// could not be read.
    pub oldest_due_seconds: Option<i64>,
}

/// How a run's time is divided.
#[derive(Clone, Copy, Debug)]
struct Time {
    /// From this instant on no turn begins: four fifths of the time are gone.
    last_turn: Instant,
    /// A step that still goes on at this instant is cut short.
    cut: Instant,
    /// The instant until which the run works.
    deadline: Instant,
}

impl Time {
    fn new(start: Instant, deadline: Instant) -> Time {
        let whole = deadline.0.saturating_sub(start.0).max(0);
        Time {
            last_turn: Instant(start.0.saturating_add(whole / 5 * 4)),
            cut: Instant(deadline.0.saturating_sub(MARGIN_MICROS.min(whole / 10))),
            deadline,
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
    // Accounts that another run works on or that could not be leased; they are left to a later run.
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

/// Looks for accounts without a maintenance item. A failure does not end the run: a later run goes on with the
/// search.
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

/// Returns the first accounts that are due, at most `PAGE`, the longest due first; `None` where storage is
/// busy.
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

/// Gives an account its turn. Returns `false` where the account may not have another turn in this run.
async fn has_turn(app: &App, account: &AccountId, run: &str, time: Time, summary: &mut RunSummary) -> bool {
    let lease = match app.store.lease(account, run, Instant::now(), time.deadline).await {
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

/// Logs and counts a failure outside of a duty, such as that of a lease.
fn note(error: &StoreError, account: &AccountId, what: &'static str, summary: &mut RunSummary) {
    if error.kind == StoreErrorKind::Busy {
        tracing::warn!(%account, error = %chain(error), "{what}");
        summary.busy += 1;
    } else {
        tracing::error!(%account, error = %chain(error), "{what}");
        summary.failures += 1;
    }
}

/// Adds what is left to do to the summary, and writes the line of the log that the stack's alarms read.
fn sum_up(left: Option<&[Due]>, summary: &mut RunSummary) {
    let now = Instant::now();
    let seconds = |due: &[Due]| due.first().map_or(0, |first| (now.0 - first.since.0).max(0) / 1_000_000);
    summary.left_due = left.map(<[Due]>::len);
    summary.oldest_due_seconds = left.map(seconds);
    let RunSummary { turns, failures, quarantined, busy, left_due, oldest_due_seconds, .. } = *summary;
    tracing::info!(turns, failures, quarantined, busy, left_due, oldest_due_seconds, "maintenance");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_turn_begins_in_the_last_fifth_and_no_step_reaches_the_deadline() {
        let start = Instant(1_795_843_200_000_000);
        let time = Time::new(start, start.plus_seconds(120));
        assert_eq!((time.last_turn, time.cut), (start.plus_seconds(96), start.plus_seconds(117)));
        assert_eq!(time.deadline, start.plus_seconds(120));
        let short = Time::new(start, start.plus_seconds(10));
        assert_eq!((short.last_turn, short.cut), (start.plus_seconds(8), start.plus_seconds(9)));
        // A deadline that has passed leaves no time, and the latest possible deadline does not overflow.
        assert!(Time::new(start, start.plus_seconds(-5)).last_turn <= start);
        assert!(Time::new(start, Instant(i64::MAX)).cut > start);
    }
}
