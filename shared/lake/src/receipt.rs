//! Completeness receipts: they tell whether everything that was acknowledged is stored, and everything that
//! is stored is served.
//!
//! Three independent sources are compared session by session: what ingest acknowledged, what the table
//! lists, and the latest versions in the lake. A session on its way from the table into the lake does not
//! count as missing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use chrono::NaiveDate;
use domain::dictionary::Record;
use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use domain::zone::Zone;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use store::{ListedSession, StoreError};

use crate::resolve::resolve;
use crate::session_keys::SessionKeys;
use crate::{Lake, Part, Span, columns};

/// For how many seconds a session may be on its way into the lake before its absence counts: the batching
/// window of the stream, the append, the snapshot's margin, and some more.
const ARRIVES_WITHIN_SECONDS: i64 = 60;
/// How many sessions of a day are named in each list at most.
const NAMED: usize = 20;
/// How many days are compared at the same time.
const AT_ONCE: usize = 4;

/// What to compare: which days of which account, and at which instant.
#[derive(Clone, Debug)]
pub struct ReceiptQuery {
    /// The account.
    pub account: AccountId,
    /// The zone in which the days are counted.
    pub zone: Zone,
    /// The first and the last day, both included.
    pub days: (NaiveDate, NaiveDate),
    /// Sessions that began before this instant are past their retention, and are not compared.
    pub oldest: Instant,
    /// The snapshot of the lake that is compared.
    pub snapshot: Instant,
    /// Whether the account's key can be unwrapped. Without it nothing of the lake can be read, so no session is served.
    pub is_readable: bool,
}

/// The comparison of one day: which of the sessions that began on it were acknowledged, stored and served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The day.
    pub day: NaiveDate,
    /// How many sessions were acknowledged to the platform and have not moved to another day since.
    pub received: usize,
    /// How many sessions the table has.
    pub stored: usize,
    /// How many sessions reports show.
    pub served: usize,
    /// How many sessions differ only because they are on their way.
    pub pending: usize,
    /// The sum of the content hashes of the stored sessions, as 16 hex digits; null where the index does not
    /// carry them.
    pub stored_hash: Option<String>,
    /// The sum of the content hashes of the served sessions; null where a file is older than their column.
    pub served_hash: Option<String>,
    /// Whether `missing`, `unserved` and `surplus` are all empty.
    pub agrees: bool,
    /// Sessions that were acknowledged and are not stored; at most 20 are named.
    pub missing: Vec<SessionId>,
    /// Sessions that are stored and not served, or served with other contents; at most 20 are named.
    pub unserved: Vec<SessionId>,
    /// Sessions that are served and not stored; at most 20 are named.
    pub surplus: Vec<SessionId>,
}

impl Lake {
    /// Returns one receipt per day, in order.
    pub async fn receipts(&self, of: &ReceiptQuery) -> Result<Vec<Receipt>, StoreError> {
        let (first, last) = of.days;
        let parts = if of.is_readable {
            self.parts(&of.account, &Instant::of_days((first, last), of.zone), of.snapshot).await?
        } else {
            Vec::new()
        };
        let days = first.iter_days().take_while(|day| *day <= last);
        stream::iter(days.map(|day| self.receipt(of, &parts, day))).buffered(AT_ONCE).try_collect().await
    }

    /// Makes the receipt of one day. The lake is read first, so that a session that arrives meanwhile is
    /// stored and not yet served, never the other way round.
    async fn receipt(
        &self,
        of: &ReceiptQuery,
        parts: &[Part],
        day: NaiveDate,
    ) -> Result<Receipt, StoreError> {
        let instants = Instant::of_days((day, day), of.zone);
        let window = instants.start.max(of.oldest)..instants.end;
        let served = self.served(parts, &window).await?;
        let (mut stored, mut acknowledged) = (BTreeMap::new(), BTreeSet::new());
        for day in Instant::utc_days(&instants) {
            for listed in self.store.listed(&of.account, day).await? {
                if window.contains(&listed.created_at) {
                    stored.insert(listed.id.clone(), listed);
                }
            }
            for (id, created_at) in self.store.acknowledged(&of.account, day).await? {
                if window.contains(&created_at) {
                    acknowledged.insert(id);
                }
            }
        }
        self.compare(of, DayEvidence { day, acknowledged, stored, served }).await
    }

    /// Returns the sessions that the lake shows in a window, each with its content hash; `None` where its
    /// file is older than that column.
    async fn served(
        &self,
        parts: &[Part],
        window: &Range<Instant>,
    ) -> Result<BTreeMap<SessionId, Option<i64>>, StoreError> {
        let span = Span { min: window.start, max: Instant(window.end.0 - 1) };
        let names = ["session_id", "created_at", columns::SEQUENCE, columns::REMOVED, columns::CONTENT_HASH];
        let mut batches: Vec<RecordBatch> = Vec::new();
        let parts: Vec<&Part> = parts.iter().filter(|part| part.created.overlaps(span)).collect();
        for part in &parts {
            batches.push(self.read_plain(part, Record::Session, &names).await?);
        }
        let keys = batches.iter().map(SessionKeys::of).collect::<Result<Vec<_>, _>>()?;
        let mut served = BTreeMap::new();
        for row in resolve(&parts, &batches, |_| false)? {
            if !keys[row.input].removed(row.row)
                && window.contains(&row.created)
                && let Ok(id) = SessionId::try_from(keys[row.input].id(row.row).to_owned())
            {
                served.insert(id, content_hash(&batches[row.input], row.row));
            }
        }
        Ok(served)
    }

    /// Compares the sources, and tells sessions that are on their way or on another day from those that are
    /// missing.
    async fn compare(&self, of: &ReceiptQuery, evidence: DayEvidence) -> Result<Receipt, StoreError> {
        let DayEvidence { day, acknowledged, stored, served } = evidence;
        let due = of.snapshot.plus_seconds(-ARRIVES_WITHIN_SECONDS);
        let (mut received, mut pending) = (0, 0);
        let (mut missing, mut unserved, mut surplus) = (Vec::new(), Vec::new(), Vec::new());
        for id in acknowledged {
            // A session that a later version moved to another day is not missing.
            let lost = !stored.contains_key(&id) && self.store.stored_at(&of.account, &id).await?.is_none();
            received += usize::from(lost || stored.contains_key(&id));
            missing.extend(lost.then_some(id));
        }
        for (id, listed) in &stored {
            match served.get(id) {
                Some(content_hash) if same(listed.content_hash, *content_hash) => {}
                _ if listed.stored_at > due => pending += 1,
                _ => unserved.push(id.clone()),
            }
        }
        for id in served.keys().filter(|id| !stored.contains_key(*id)) {
            match self.store.stored_at(&of.account, id).await? {
                // The session moved to another day a moment ago, or the index is a moment behind the table.
                Some(at) if at > due => pending += 1,
                _ => surplus.push(id.clone()),
            }
        }
        Ok(Receipt {
            day,
            received,
            stored: stored.len(),
            served: served.len(),
            pending,
            stored_hash: sum(stored.values().map(|listed| listed.content_hash)),
            served_hash: sum(served.into_values()),
            agrees: missing.is_empty() && unserved.is_empty() && surplus.is_empty(),
            missing: first(missing),
            unserved: first(unserved),
            surplus: first(surplus),
        })
    }
}

/// What the three sources say about a day.
struct DayEvidence {
    day: NaiveDate,
    acknowledged: BTreeSet<SessionId>,
    stored: BTreeMap<SessionId, ListedSession>,
    /// The content hash of each served session; `None` where its file is older than that column.
    served: BTreeMap<SessionId, Option<i64>>,
}

fn first(mut ids: Vec<SessionId>) -> Vec<SessionId> {
    ids.truncate(NAMED);
    ids
}

/// Returns the content hash of a row; `None` in a file that is older than that column.
fn content_hash(batch: &RecordBatch, row: usize) -> Option<i64> {
    let column = batch.column_by_name(columns::CONTENT_HASH)?.as_primitive_opt::<Int64Type>()?;
    column.is_valid(row).then(|| column.value(row))
}

/// Whether two witnesses have the same content hash for a session. A hash that one of them does not know
/// counts as the same.
fn same(stored: Option<i64>, served: Option<i64>) -> bool {
    stored.zip(served).is_none_or(|(stored, served)| stored == served)
}

/// Adds up hashes, so that the sum is the same in any order, and writes it as 16 hex digits. Returns `None`
/// where one of the hashes is not known.
fn sum(mut hashes: impl Iterator<Item = Option<i64>>) -> Option<String> {
    let sum = hashes.try_fold(0_i64, |sum, content_hash| Some(sum.wrapping_add(content_hash?)))?;
    Some(format!("{sum:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_hashes_are_compared_where_both_sides_have_one() {
        assert!(same(Some(1), Some(1)) && same(None, Some(2)) && same(Some(1), None));
        assert!(!same(Some(1), Some(2)));
    }

    #[test]
    fn the_sum_depends_on_the_contents_and_not_on_their_order() {
        let sum = |hashes: &[Option<i64>]| sum(hashes.iter().copied());
        assert_eq!(sum(&[Some(i64::MAX), Some(3)]), sum(&[Some(3), Some(i64::MAX)]));
        assert_ne!(sum(&[Some(3)]), sum(&[Some(4)]));
        assert_eq!(sum(&[]), Some("0000000000000000".to_owned()));
        assert_eq!(sum(&[Some(1), None]), None);
    }
}
