//! Retention in the table: deletes the sessions of days that are past the account's retention, as it is set
//! now, and makes sure that none is deleted earlier.

use chrono::{Days, NaiveDate};
use domain::account::Account;
use domain::time::Instant;
use domain::zone::Zone;
use futures::{StreamExt, TryStreamExt, stream};
use store::key;
use store::{Lease, NOTE_HOLDS_SECONDS, StoreError};

use crate::App;
use crate::duty::Step;
use crate::memory::{ListingPosition, Memory};

/// About how many sessions one step deletes or looks at.
const SESSIONS: usize = 1_000;
/// How many days one step looks at.
const DAYS: usize = 400;
/// How many days are worked on at the same time.
const DAYS_AT_ONCE: usize = 4;
/// How many sessions, and how many receipts, of a day are deleted by one call.
const PAGE: u16 = 500;
/// The pause, in seconds, after a step that found only empty days.
const EMPTY_SECONDS: i64 = 60;
/// How many seconds after midnight each shard of accounts begins later than the one before it.
const SPREAD_SECONDS: i64 = 60;

/// Goes on with deleting past days and, after a change of the retention, with keeping sessions from leaving
/// earlier. Once all is done, the next step is due shortly after the next midnight in UTC, when another day
/// is past.
pub(crate) async fn step(
    app: &App,
    lease: &Lease,
    memory: &mut Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    // Requests that began under the earlier retention may still write sessions of days that are past now.
    let due = lease.retention_noted_at.plus_seconds(NOTE_HOLDS_SECONDS);
    if now < due {
        return Ok(Step { done: 0, next: due });
    }
    let account = app.store.account(&lease.account).await?;
    let first_kept = account.oldest(now).day(Zone::UTC);
    if memory.awaits_table_retention(lease) || memory.deleted_to.is_none() {
        // Every session of the table is also in the lake, unless the lake has dropped it: that waits for this. Where the
        // retention was raised and lowered again, sessions may have come of days that were searched before.
        let first = app.lake.first_day(&account.id).await?.unwrap_or(first_kept);
        memory.deleted_to = Some(memory.deleted_to.map_or(first, |reached| reached.min(first)));
    }
    if memory.awaits_table_retention(lease) {
        memory.expiry_lift_noted_at = lease.retention_noted_at;
        memory.expiry_lift = Some(ListingPosition { day: first_kept, after: None });
    }
    let lifted = lift(app, &account, memory, now).await?;
    let reached = memory.deleted_to.unwrap_or(first_kept);
    let deleted = delete(app, &account, memory, reached.min(first_kept), first_kept).await?;
    let wait = match lifted.more.max(deleted.more) {
        More::Nothing => {
            return Ok(Step { done: lifted.done + deleted.done, next: after_midnight(&account, now) });
        }
        More::EmptyDays => EMPTY_SECONDS,
        More::Sessions => 0,
    };
    Ok(Step { done: lifted.done + deleted.done, next: now.plus_seconds(wait) })
}

/// What one part of a step did, and what it left to do.
struct Progress {
    /// How many sessions and receipts it changed or deleted.
    done: usize,
    more: More,
}

/// What may be left to do.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum More {
    /// There is nothing to do until another day is past.
    Nothing,
    /// There are more days, and those that were gone through were empty.
    EmptyDays,
    /// There are more days, or more sessions of a day.
    Sessions,
}

impl More {
    /// Returns what is left where the end was not reached and `found` sessions were found on the way.
    fn after(found: usize) -> More {
        if found == 0 { More::EmptyDays } else { More::Sessions }
    }
}

/// Deletes days that lie wholly before the first kept one. It begins one day before the day that it has
/// reached, because a request that was accepted just before that day was past may have written a moment
/// later.
async fn delete(
    app: &App,
    account: &Account,
    memory: &mut Memory,
    reached: NaiveDate,
    first_kept: NaiveDate,
) -> Result<Progress, StoreError> {
    let begin = reached.checked_sub_days(Days::new(1)).unwrap_or(reached);
    memory.deleted_to = Some(reached);
    let days = begin.iter_days().take_while(|day| *day < first_kept).take(DAYS);
    let mut deletions = stream::iter(days)
        .map(async |day| Ok::<_, StoreError>((day, app.store.delete_day(&account.id, day, PAGE).await?)))
        .buffered(DAYS_AT_ONCE);
    let mut done = 0;
    while let Some((day, deleted)) = deletions.try_next().await? {
        done += deleted.sessions + deleted.receipts;
        memory.deleted_to = Some(if deleted.more { day } else { day.succ_opt().unwrap_or(day) });
        if deleted.more || done >= SESSIONS {
            break;
        }
    }
    let is_over = memory.deleted_to >= Some(first_kept);
    Ok(Progress { done, more: if is_over { More::Nothing } else { More::after(done) } })
}

/// Frees some sessions of the expiry that an earlier version of this software gave them. It begins with the
/// oldest, because they would expire first.
async fn lift(
    app: &App,
    account: &Account,
    memory: &mut Memory,
    now: Instant,
) -> Result<Progress, StoreError> {
    let last = now.day(Zone::UTC);
    let (mut done, mut found) = (0, 0);
    for _ in 0..DAYS {
        let Some(place) = memory.expiry_lift.clone().filter(|place| place.day <= last) else {
            memory.expiry_lift = None;
            return Ok(Progress { done, more: More::Nothing });
        };
        let page = app.store.listed_page(&account.id, place.day, place.after.as_ref(), PAGE).await?;
        done += app.store.lift_expiry(account, &page.sessions).await?;
        found += page.sessions.len();
        memory.expiry_lift = Some(match page.sessions.last() {
            Some(last) if page.more => {
                ListingPosition { day: place.day, after: Some((last.created_at, last.id.clone())) }
            }
            _ => ListingPosition { day: place.day.succ_opt().unwrap_or(place.day), after: None },
        });
        if found >= SESSIONS {
            break;
        }
    }
    Ok(Progress { done, more: More::after(found) })
}

/// Returns when the next day is past: shortly after the next midnight in UTC, at a time that depends on the
/// account's shard, so that not all accounts are due at once.
fn after_midnight(account: &Account, now: Instant) -> Instant {
    let tomorrow = now.day(Zone::UTC).succ_opt().unwrap_or(NaiveDate::MAX);
    let shard = i64::from(key::due_shard(&account.id));
    Instant::start_of_day(tomorrow, Zone::UTC).plus_seconds((shard + 1) * SPREAD_SECONDS)
}

#[cfg(test)]
mod tests {
    use domain::id::AccountId;

    use super::*;

    #[test]
    fn the_next_round_is_soon_after_midnight() {
        let demo = Account::new(AccountId::try_from("demo".to_owned()).unwrap());
        let at = |text| Instant::parse(text, Zone::UTC).unwrap().unwrap();
        for now in ["2026-11-28T00:00:00Z", "2026-11-28T08:30:00Z", "2026-11-28T23:59:59Z"] {
            let next = after_midnight(&demo, at(now));
            assert!((at("2026-11-29T00:01:00Z")..at("2026-11-29T00:17:00Z")).contains(&next), "{now}");
        }
    }
}
