//! An operator's order to rebuild days of the lake from the table, and the proof that both agree.

use chrono::NaiveDate;
use domain::id::AccountId;
use domain::time::Instant;
use domain::zone::Zone;
use lake::{Receipt, Receipts, SNAPSHOT_MARGIN};
use serde::{Deserialize, Serialize};
use store::{Quarantined, StoreError, TouchedDays};

use crate::App;

/// Which days of which account, UTC, both ends included.
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

/// What was rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Days gone through.
    pub days: usize,
    /// Sessions that the table had for them.
    pub sessions: usize,
    /// Whether lake and table agree on every one of these days.
    pub agrees: bool,
    /// The days that anything is known of, as they are after the rebuild.
    pub receipts: Vec<Receipt>,
    /// Records that are quarantined no more: their sessions are well, or gone.
    pub healed: usize,
}

/// Rebuilds day by day; each day is all or nothing. What it gives is read again from table and lake.
pub async fn rebuild(app: &App, order: &Rebuild) -> Result<Rebuilt, StoreError> {
    // What is quarantined while this goes on is not for it to judge.
    let quarantined = app.store.quarantined(&order.rebuild).await?;
    let (mut days, mut sessions) = (0, 0);
    for day in order.start.iter_days().take_while(|day| *day <= order.end) {
        // Boxed: the compiler gives up on computing the layout of a future this deep.
        sessions += Box::pin(app.lake.rebuild(&order.rebuild, day)).await?;
        days += 1;
    }
    // A rebuild replaces segments, which somebody has to delete, and leaves what may be compacted.
    let rebuilt = order.start.iter_days().take_while(|day| *day <= order.end).collect();
    app.store.note_due(&order.rebuild, &TouchedDays::Named(rebuilt), Instant::now()).await?;
    let now = Instant::now();
    // Until then a commit may be under way that changes what this snapshot shows.
    tokio::time::sleep(SNAPSHOT_MARGIN).await;
    let of = Receipts {
        account: order.rebuild.clone(),
        zone: Zone::UTC,
        days: (order.start, order.end),
        oldest: app.store.account(&order.rebuild).await?.oldest(now),
        snapshot: now,
    };
    let mut receipts = app.lake.receipts(&of).await?;
    let agrees = receipts.iter().all(|receipt| receipt.agrees);
    receipts.retain(|receipt| receipt.received + receipt.stored + receipt.served > 0);
    let healed = forget_healed(app, order, quarantined, &receipts).await?;
    Ok(Rebuilt { days, sessions, agrees, receipts, healed })
}

/// Forgets those of sessions that the table has no more, or gives and whose day agrees, unless the session lay before on
/// a day that was not rebuilt: then it is left to the quarantine's own attempts, which also take the session from there.
/// Gives how many were forgotten.
async fn forget_healed(
    app: &App,
    order: &Rebuild,
    quarantined: Vec<Quarantined>,
    receipts: &[Receipt],
) -> Result<usize, StoreError> {
    let agrees = |day| receipts.iter().any(|receipt| receipt.day == day && receipt.agrees);
    let mut healed = 0;
    for record in quarantined {
        // Whatever the reason is why it cannot be read, nobody has seen it well.
        let Ok(stored) = app.store.session(&order.rebuild, &record.session_id).await else { continue };
        let is_well = stored.is_none_or(|stored| agrees(stored.identity.created_at.day(Zone::UTC)));
        let was_rebuilt = |at: Instant| (order.start..=order.end).contains(&at.day(Zone::UTC));
        if is_well && record.before.iter().copied().all(was_rebuilt) {
            app.store.forget_quarantined(&order.rebuild, &record).await?;
            healed += 1;
        }
    }
    Ok(healed)
}
