//! The manifest: which segments an account has, and from when and until when readers see them.
//!
//! A reader's *snapshot* is a point in time T, at which it sees the segments with
//! `added_at <= T < removed_at`. T lies at least `SNAPSHOT_MARGIN` in the past, and an attempt at a commit is
//! given up after `COMMIT_LIMIT`, so no commit that is still under way can change what a snapshot shows.
//!
//! It has two sections. Live segments stand by their first day and the class of their width, so that a period reads its own
//! days, whatever else is kept. Replaced ones stand by for how long they were live and by when they were replaced, so that
//! a snapshot of any age reads few that it does not see, and what may be deleted stands first.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use chrono::{Days, NaiveDate};
use domain::id::AccountId;
use domain::time::Instant;
use domain::zone::Zone;
use futures::future::{try_join, try_join_all};
use store::key;
use store::{StoreError, StoreErrorKind, key_item};

use crate::Lake;
use crate::segment::{Part, Segment, Span, WIDTHS};

/// The first class of width whose segments are wide: of more than sixty-four days, as only small accounts have them.
const WIDE: usize = 3;
/// How far behind the present a reader's snapshot lies.
pub const SNAPSHOT_MARGIN: Duration = Duration::from_secs(3);
/// How long one attempt at a commit may take. The rest of the margin is for clocks that differ.
pub const COMMIT_LIMIT: Duration = Duration::from_secs(2);
/// How many times a commit is tried before it fails.
const COMMIT_ATTEMPTS: usize = 4;
/// How many actions DynamoDB allows in one transaction.
pub(crate) const MAX_ACTIONS: usize = 100;

/// Returns the latest snapshot at `now` that no commit under way can change any more.
pub fn latest_snapshot(now: Instant) -> Instant {
    Instant(now.0.saturating_sub(i64::try_from(SNAPSHOT_MARGIN.as_micros()).unwrap_or(i64::MAX)))
}

impl Lake {
    /// Returns the parts of an account's segments that a reader of `snapshot` sees and that may hold sessions
    /// which began in the period `created`, in no particular order.
    ///
    /// Live segments are read before replaced ones, so that a segment that is replaced meanwhile is found in
    /// at least one of both.
    pub async fn parts(
        &self,
        account: &AccountId,
        created: &Range<Instant>,
        snapshot: Instant,
    ) -> Result<Vec<Part>, StoreError> {
        let Some(period) = Span::of_period(created) else { return Ok(Vec::new()) };
        let live = self.live_in(account, period).await?;
        let replaced =
            key::replaced_seen_at(snapshot).into_iter().map(|keys| self.segments_in(account, keys));
        let replaced = try_join_all(replaced).await?.into_iter().flatten();
        let seen = live.into_iter().chain(replaced).filter(|segment| segment.seen_at(snapshot));
        let by_id: BTreeMap<String, Segment> = seen.map(|segment| (segment.id.clone(), segment)).collect();
        let mut parts: Vec<Part> = by_id.into_values().flat_map(|segment| segment.parts).collect();
        parts.retain(|part| part.created.overlaps(period));
        Ok(parts)
    }

    /// Returns all segments that nothing has replaced yet, in the order of their first session. This reads
    /// the whole live part of the manifest, so it is only for what concerns the whole account.
    pub async fn live(&self, account: &AccountId) -> Result<Vec<Segment>, StoreError> {
        self.live_in(account, Span { min: Instant(i64::MIN), max: Instant(i64::MAX) }).await
    }

    /// Returns the live segments whose span of `created_at` has an instant in common with `period`, in the
    /// order of their first session.
    pub async fn live_in(&self, account: &AccountId, period: Span) -> Result<Vec<Segment>, StoreError> {
        let (first, last) = period.days();
        // Wide segments are few, so one query reads all classes of them: of the first from where it may reach the period.
        let of_width = |(width, days): (usize, i64)| {
            let end = if width == WIDE { WIDTHS.len() - 1 } else { width };
            let from = key::live_from(width, earlier(first, days - 1));
            self.segments_in(account, from..=format!("{}~", key::live_from(end, last)))
        };
        let before_sections = self.segments_in(account, key::before_sections());
        let widths = WIDTHS.into_iter().enumerate().take(WIDE + 1).map(of_width);
        let (before_sections, by_width) = try_join(before_sections, try_join_all(widths)).await?;
        let all = by_width.into_iter().flatten().chain(before_sections);
        let mut live: Vec<Segment> = all
            .filter(|segment| segment.removed_at.is_none() && segment.created().overlaps(period))
            .collect();
        live.sort_by(|a, b| (a.created().min, &a.id).cmp(&(b.created().min, &b.id)));
        Ok(live)
    }

    /// Returns the UTC day on which the first session began that the lake holds now; `None` where it holds
    /// none.
    pub async fn first_day(&self, account: &AccountId) -> Result<Option<NaiveDate>, StoreError> {
        let partition = key::manifest(account);
        let first_of_width = async |width: usize| {
            let keys =
                key::live_from(width, NaiveDate::MIN)..=format!("{}~", key::live_from(width, NaiveDate::MAX));
            self.store.range_page(&partition, keys, Some(1)).await
        };
        let before_sections = self.store.range(&partition, key::before_sections());
        let (before_sections, by_width) =
            try_join(before_sections, try_join_all((0..WIDTHS.len()).map(first_of_width))).await?;
        let mut first: Option<Instant> = None;
        for item in by_width.iter().flat_map(|(items, _)| items).chain(&before_sections) {
            let segment = Segment::from_item(account, item)?;
            if segment.removed_at.is_none() {
                first = Some(first.map_or(segment.created().min, |first| first.min(segment.created().min)));
            }
        }
        Ok(first.map(|first| first.day(Zone::UTC)))
    }

    /// Reads the segments in a range of the manifest's sort keys.
    pub(crate) async fn segments_in(
        &self,
        account: &AccountId,
        keys: std::ops::RangeInclusive<String>,
    ) -> Result<Vec<Segment>, StoreError> {
        let items = self.store.range(&key::manifest(account), keys).await?;
        items.iter().map(|item| Segment::from_item(account, item)).collect()
    }

    /// Makes the segments `added` visible and the segments `replaced` invisible, all at one instant or not at
    /// all. Fails as `Conflict` if any of `replaced` has been replaced already. Does nothing where both are
    /// empty.
    ///
    /// A commit is never made twice. An attempt requires that what it adds is not there yet. Where it is
    /// there already, an earlier attempt whose answer was lost has made the commit, at its own instant.
    pub async fn commit(&self, added: &mut [Segment], replaced: &[Segment]) -> Result<(), StoreError> {
        if added.is_empty() && replaced.is_empty() {
            return Ok(());
        }
        for attempt in 1.. {
            let stamp = Instant::now();
            for segment in added.iter_mut() {
                (segment.added_at, segment.is_replacement) = (stamp, !replaced.is_empty());
            }
            match tokio::time::timeout(COMMIT_LIMIT, self.write(added, replaced, stamp)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) if error.kind == StoreErrorKind::Conflict => {
                    return if self.is_committed(added).await? { Ok(()) } else { Err(error) };
                }
                Ok(Err(error)) if error.kind != StoreErrorKind::Busy || attempt == COMMIT_ATTEMPTS => {
                    return Err(error);
                }
                Err(late) if attempt == COMMIT_ATTEMPTS => {
                    return Err(StoreError::busy("committing to the lake", late));
                }
                _ => tracing::warn!(attempt, "a commit to the lake is tried again"),
            }
        }
        Ok(())
    }

    async fn is_committed(&self, added: &[Segment]) -> Result<bool, StoreError> {
        let Some(first) = added.first() else { return Ok(false) };
        Ok(self.store.get(first.key.clone()).await?.is_some())
    }

    async fn write(&self, added: &[Segment], replaced: &[Segment], stamp: Instant) -> Result<(), StoreError> {
        let table = &self.store.names().table;
        let client = self.store.dynamo();
        const NEW: &str = "attribute_not_exists(pk)";
        if let ([segment], []) = (added, replaced) {
            let item = segment.to_item(segment.key.clone())?;
            let put = client.put_item().table_name(table).set_item(Some(item)).condition_expression(NEW);
            put.send().await.map_err(|error| StoreError::aws("committing to the lake", error))?;
            return Ok(());
        }
        let not_built = |error| StoreError::broken("committing to the lake", error);
        let mut actions = Vec::new();
        for segment in added {
            let item = segment.to_item(segment.key.clone())?;
            let put = Put::builder().table_name(table).set_item(Some(item)).condition_expression(NEW);
            actions.push(TransactWriteItem::builder().put(put.build().map_err(not_built)?).build());
        }
        for segment in replaced {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(key_item(segment.key.clone())))
                .condition_expression("attribute_exists(pk) AND attribute_not_exists(removed_at)");
            actions.push(TransactWriteItem::builder().delete(delete.build().map_err(not_built)?).build());
            let key = key::replaced_segment(&segment.account, segment.added_at, stamp, &segment.id);
            let put = Put::builder().table_name(table).set_item(Some(segment.to_item(key)?));
            actions.push(TransactWriteItem::builder().put(put.build().map_err(not_built)?).build());
        }
        let sent = client.transact_write_items().set_transact_items(Some(actions)).send().await;
        sent.map(drop).map_err(|error| StoreError::aws("committing to the lake", error))
    }
}

/// How many actions of a transaction a commit takes.
pub(crate) fn transaction_actions(added: usize, replaced: usize) -> usize {
    added + 2 * replaced
}

/// Returns the day that lies `days` days earlier, or the first day there is.
fn earlier(day: NaiveDate, days: i64) -> NaiveDate {
    u64::try_from(days).ok().and_then(|days| day.checked_sub_days(Days::new(days))).unwrap_or(NaiveDate::MIN)
}
