//! Follows an operator's order to rebuild days of the lake from the table, and proves that both agree
//! afterwards.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use domain::id::AccountId;
use domain::time::Instant;
use domain::zone::Zone;
use futures::{StreamExt, TryStreamExt, stream};
use lake::{RebuildError, Receipt, ReceiptQuery, SNAPSHOT_MARGIN};
use serde::{Deserialize, Serialize};
use store::{Quarantined, StoreError, TouchedDays};

use crate::App;

/// How many times a day is tried at which others, such as a compaction, were faster.
const ATTEMPTS: usize = 4;
/// How many quarantined sessions are read at the same time.
const HEALED_AT_ONCE: usize = 16;

/// An order: which UTC days of which account to rebuild, both ends included.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rebuild {
    /// The account.
    pub rebuild: AccountId,
    /// The first day.
    pub start: NaiveDate,
    /// The last day.
    pub end: NaiveDate,
}

/// The result of a rebuild.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// How many days were rebuilt, from the first one on.
    pub days: usize,
    /// The first day of the order for which there was no time; an order from this day on does the rest. `None`
    /// where all days were rebuilt.
    pub left: Option<NaiveDate>,
    /// How many sessions the table had for the rebuilt days.
    pub sessions: usize,
    /// Whether lake and table agree on every one of these days.
    pub agrees: bool,
    /// The receipts of those of these days for which any session was received, stored or served, as they are
    /// after the rebuild.
    pub receipts: Vec<Receipt>,
    /// How many records left the quarantine, because their sessions can be read again or are gone.
    pub healed: usize,
}

/// Rebuilds the days of the order one by one; each day is rebuilt wholly or not at all. The result is read
/// back from table and lake. Fails at the first day that cannot be rebuilt, and leaves the days before it
/// rebuilt. A segment that cannot be read is given up only where all its days are in the order.
///
/// No day is begun once half of the time until `deadline` is gone, except for the first one. The other half is
/// for the end of the last day and for the comparison, which reads much less than a rebuild does.
pub async fn rebuild(app: &App, order: &Rebuild, deadline: Instant) -> Result<Rebuilt, RebuildError> {
    let begun = Instant::now();
    let half = begun.plus_seconds((deadline.seconds() - begun.seconds()) / 2);
    // Read first: a record that is quarantined during the rebuild must not be judged by it.
    let quarantined = app.store.quarantined(&order.rebuild).await?;
    let (mut days, mut sessions, mut left) = (0, 0, None);
    for day in order.start.iter_days().take_while(|day| *day <= order.end) {
        if days > 0 && Instant::now() >= half {
            left = Some(day);
            break;
        }
        sessions += rebuild_day(app, order, day).await?;
        days += 1;
    }
    let last = left.and_then(|day| day.checked_sub_days(Days::new(1))).unwrap_or(order.end);
    let done = Rebuild { end: last, ..order.clone() };
    let now = Instant::now();
    // Until then a commit may be under way that changes what this snapshot shows.
    tokio::time::sleep(SNAPSHOT_MARGIN).await;
    let of = ReceiptQuery {
        account: done.rebuild.clone(),
        zone: Zone::UTC,
        days: (done.start, done.end),
        oldest: app.store.account(&done.rebuild).await?.oldest(now),
        snapshot: now,
        is_readable: true,
    };
    let mut receipts = app.lake.receipts(&of).await?;
    let agrees = receipts.iter().all(|receipt| receipt.agrees);
    receipts.retain(|receipt| receipt.received + receipt.stored + receipt.served > 0);
    let left_over = u64::try_from((deadline.0 - Instant::now().0) / 10 * 9).unwrap_or_default();
    let enough = tokio::time::sleep(Duration::from_micros(left_over));
    let healed = forget_healed(app, &done, quarantined, &receipts, enough).await?;
    Ok(Rebuilt { days, left, sessions, agrees, receipts, healed })
}

/// Rebuilds one day, and returns how many sessions the table had for it. Where others were faster, the day is
/// tried again.
///
/// The day is noted for maintenance, because the replaced segments have to be deleted and the new ones may have to
/// be compacted: before, because the process may end with the commit; and after, with all the days that it touched,
/// because a note only holds for a while, which a large day outlasts.
async fn rebuild_day(app: &App, order: &Rebuild, day: NaiveDate) -> Result<usize, RebuildError> {
    let touched = TouchedDays::Named(BTreeSet::from([day]));
    let ordered = order.start..=order.end;
    let mut attempt = 1;
    loop {
        app.store.note_due(&order.rebuild, &touched, Instant::now()).await?;
        // The future is boxed because the compiler gives up on computing the layout of one this deep.
        match Box::pin(app.lake.rebuild(&order.rebuild, day, &ordered)).await {
            Ok(rebuilt) => {
                let touched = TouchedDays::Named(rebuilt.touched);
                app.store.note_due(&order.rebuild, &touched, Instant::now()).await?;
                return Ok(rebuilt.sessions);
            }
            Err(error) if error.is_conflict() && attempt < ATTEMPTS => {
                tracing::warn!(account = %order.rebuild, %day, attempt, "others were faster: a day is tried again");
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Lets quarantined records leave the quarantine: those whose session is gone from the table, and those whose
/// session can be read and began on a day that agrees. A record stays if its session lay before on a day that
/// was not rebuilt, because only the quarantine's own attempts remove the session from there, and so does one that
/// is not looked at before `enough` ends. Returns how many records left.
async fn forget_healed(
    app: &App,
    done: &Rebuild,
    quarantined: Vec<Quarantined>,
    receipts: &[Receipt],
    enough: impl Future<Output = ()>,
) -> Result<usize, StoreError> {
    let agrees = |day| receipts.iter().any(|receipt| receipt.day == day && receipt.agrees);
    let was_rebuilt = |at: Instant| (done.start..=done.end).contains(&at.day(Zone::UTC));
    let heal = async |record: Quarantined| {
        // A session that cannot be read, for whatever reason, leaves its record in the quarantine.
        let Ok(stored) = app.store.session(&done.rebuild, &record.session_id).await else { return Ok(0) };
        let is_well = stored.is_none_or(|stored| agrees(stored.identity.created_at.day(Zone::UTC)));
        if !is_well || !record.before.iter().copied().all(was_rebuilt) {
            return Ok(0);
        }
        app.store.forget_quarantined(&done.rebuild, &record).await.map(|()| 1)
    };
    let healed = stream::iter(quarantined).map(heal).buffer_unordered(HEALED_AT_ONCE);
    healed.take_until(enough).try_fold(0, async |all, one| Ok(all + one)).await
}
