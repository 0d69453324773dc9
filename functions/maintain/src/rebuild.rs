//! Follows an operator's order to rebuild days of the lake from the table, and proves that both agree
//! afterwards.

use chrono::NaiveDate;
use domain::id::AccountId;
use domain::time::Instant;
use domain::zone::Zone;
use lake::{Receipt, ReceiptQuery, SNAPSHOT_MARGIN};
use serde::{Deserialize, Serialize};
use store::{Quarantined, StoreError, TouchedDays};

use crate::App;

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
    /// How many days were rebuilt.
    pub days: usize,
    /// How many sessions the table had for these days.
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
/// rebuilt.
pub async fn rebuild(app: &App, order: &Rebuild) -> Result<Rebuilt, StoreError> {
    // Read first: a record that is quarantined during the rebuild must not be judged by it.
    let quarantined = app.store.quarantined(&order.rebuild).await?;
    let (mut days, mut sessions) = (0, 0);
    for day in order.start.iter_days().take_while(|day| *day <= order.end) {
        // The future is boxed because the compiler gives up on computing the layout of one this deep.
        sessions += Box::pin(app.lake.rebuild(&order.rebuild, day)).await?;
        days += 1;
    }
    // The replaced segments have to be deleted, and the new ones may have to be compacted.
    let rebuilt = order.start.iter_days().take_while(|day| *day <= order.end).collect();
    app.store.note_due(&order.rebuild, &TouchedDays::Named(rebuilt), Instant::now()).await?;
    let now = Instant::now();
    // Until then a commit may be under way that changes what this snapshot shows.
    tokio::time::sleep(SNAPSHOT_MARGIN).await;
    let of = ReceiptQuery {
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

/// Lets quarantined records leave the quarantine: those whose session is gone from the table, and those whose
/// session can be read and began on a day that agrees. A record stays if its session lay before on a day that
/// was not rebuilt, because only the quarantine's own attempts remove the session from there. Returns how
/// many records left.
async fn forget_healed(
    app: &App,
    order: &Rebuild,
    quarantined: Vec<Quarantined>,
    receipts: &[Receipt],
) -> Result<usize, StoreError> {
    let agrees = |day| receipts.iter().any(|receipt| receipt.day == day && receipt.agrees);
    let mut healed = 0;
    for record in quarantined {
        // A session that cannot be read, for whatever reason, leaves its record in the quarantine.
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
