//! The manifest: which segments an account has, and since when.
//!
//! A reader's *state* is a point in time T; it sees the segments with `added_at <= T < removed_at`. T lies at least
//! `STATE_MARGIN` in the past, and a commit that took longer than `COMMIT_LIMIT` is given up and stamped anew, so no
//! commit still under way can change what a state shows.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};
use shared::dictionary::Record;
use shared::id::AccountId;
use shared::key;
use shared::store::{Item, StoreError, StoreErrorKind, key_item, number, text};
use shared::time::Instant;

use crate::Lake;

/// How far behind the present a reader's state lies.
pub const STATE_MARGIN: Duration = Duration::from_secs(3);
/// How long one attempt at a commit may take; the rest of the margin is for clocks that differ.
pub const COMMIT_LIMIT: Duration = Duration::from_secs(2);
/// Attempts at a commit before its batch is given back to the stream.
const COMMIT_ATTEMPTS: usize = 4;
/// How long a replaced segment stays readable: a cursor's 24 h and an hour for its last page.
const KEPT_AFTER_REMOVAL: i64 = 25 * 3_600;
/// The memory taken by a byte of a file that does not say how much it takes: more than is usual.
const GENEROUS_EXPANSION: u64 = 20;
/// Version of what `Segment` looks like in the table.
const FORMAT: u32 = 1;

/// The newest state of which no commit still under way can change anything, at `now`.
pub fn settled(now: Instant) -> Instant {
    Instant(now.0.saturating_sub(i64::try_from(STATE_MARGIN.as_micros()).unwrap_or(i64::MAX)))
}

/// From the earliest to the latest of some instants, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The earliest.
    pub min: Instant,
    /// The latest.
    pub max: Instant,
}

impl Span {
    /// The span of some instants; `None` of none.
    pub fn of(instants: impl IntoIterator<Item = Instant>) -> Option<Span> {
        instants.into_iter().fold(None, |span, at| match span {
            None => Some(Span { min: at, max: at }),
            Some(Span { min, max }) => Some(Span { min: min.min(at), max: max.max(at) }),
        })
    }

    /// Whether two spans have an instant in common.
    pub fn overlaps(self, other: Span) -> bool {
        self.min <= other.max && other.min <= self.max
    }
}

/// One file of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The memory that all its rows take, their texts one by one; older segments do not say.
    #[serde(default)]
    pub decoded: u64,
}

/// A segment as the manifest lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Version of this description.
    pub format: u32,
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub account: AccountId,
    /// Its files, by the record's name.
    pub files: HashMap<String, FileInfo>,
    /// The span of `created_at`, tombstones counted.
    pub created: Span,
    /// The span of `finished_at`, where any session has it.
    pub finished: Option<Span>,
    /// The span of `lastInteraction`, where any session has it.
    pub last: Option<Span>,
    /// Whether each row is of another session and none is a tombstone; older segments do not say.
    #[serde(default)]
    pub plain: bool,
    /// From when readers see it.
    pub added_at: Instant,
    /// Until when readers see it.
    pub removed_at: Option<Instant>,
}

impl Segment {
    /// A new segment's description, not yet committed.
    pub(crate) fn new(id: String, account: AccountId, created: Span) -> Segment {
        let (files, added_at) = (HashMap::new(), Instant(0));
        Segment {
            format: FORMAT,
            id,
            account,
            files,
            created,
            finished: None,
            last: None,
            plain: false,
            added_at,
            removed_at: None,
        }
    }

    /// How many rows of a record it has.
    pub fn rows(&self, record: Record) -> u64 {
        self.files.get(record.name()).map_or(0, |file| file.rows)
    }

    /// How large its file of a record is.
    pub fn bytes(&self, record: Record) -> u64 {
        self.files.get(record.name()).map_or(0, |file| file.bytes)
    }

    /// The memory that its records of the largest kind take.
    pub(crate) fn decoded(&self) -> u64 {
        let known =
            |file: &FileInfo| if file.decoded > 0 { file.decoded } else { file.bytes * GENEROUS_EXPANSION };
        self.files.values().map(known).max().unwrap_or_default()
    }

    fn seen_at(&self, state: Instant) -> bool {
        self.added_at <= state && self.removed_at.is_none_or(|removed| state < removed)
    }

    fn to_item(&self) -> Result<Item, StoreError> {
        let json =
            serde_json::to_string(self).map_err(|error| StoreError::broken("writing the manifest", error))?;
        let mut item = key_item(key::segment(&self.account, &self.id));
        item.insert("segment".to_owned(), AttributeValue::S(json));
        item.insert("added_at".to_owned(), AttributeValue::N(self.added_at.0.to_string()));
        Ok(item)
    }

    /// The stamps are attributes of their own, for a commit sets them by an expression.
    fn from_item(item: &Item) -> Result<Segment, StoreError> {
        let json = text(item, "segment").unwrap_or_default();
        let mut segment: Segment =
            serde_json::from_str(json).map_err(|error| StoreError::broken("reading the manifest", error))?;
        segment.removed_at = number(item, "removed_at").map(Instant);
        Ok(segment)
    }
}

impl Lake {
    /// The segments of an account that a reader at `state` sees, in the order of their first session.
    pub async fn segments(&self, account: &AccountId, state: Instant) -> Result<Vec<Segment>, StoreError> {
        let mut segments = self.manifest(account).await?;
        segments.retain(|segment| segment.seen_at(state));
        Ok(segments)
    }

    /// The segments that nothing has replaced yet.
    pub async fn live(&self, account: &AccountId) -> Result<Vec<Segment>, StoreError> {
        let mut segments = self.manifest(account).await?;
        segments.retain(|segment| segment.removed_at.is_none());
        Ok(segments)
    }

    async fn manifest(&self, account: &AccountId) -> Result<Vec<Segment>, StoreError> {
        let items = self.store.partition(key::manifest(account)).await?;
        let mut segments = items.iter().map(Segment::from_item).collect::<Result<Vec<_>, _>>()?;
        segments.sort_by(|a, b| (a.created.min, &a.id).cmp(&(b.created.min, &b.id)));
        Ok(segments)
    }

    /// Makes `added` visible and `replaced` invisible, all at one instant or not at all. A conflict if any of `replaced`
    /// has been replaced already. Does nothing where there is nothing to add or to replace.
    pub async fn commit(&self, added: &mut [Segment], replaced: &[Segment]) -> Result<(), StoreError> {
        if added.is_empty() && replaced.is_empty() {
            return Ok(());
        }
        for attempt in 1.. {
            let stamp = Instant::now();
            added.iter_mut().for_each(|segment| segment.added_at = stamp);
            match tokio::time::timeout(COMMIT_LIMIT, self.write(added, replaced, stamp)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) if error.kind == StoreErrorKind::Conflict && attempt > 1 => {
                    // An attempt that was given up may have gone through: then its segments are there.
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
        Ok(self.store.get(key::segment(&first.account, &first.id)).await?.is_some())
    }

    async fn write(&self, added: &[Segment], replaced: &[Segment], stamp: Instant) -> Result<(), StoreError> {
        let table = &self.store.names().table;
        let client = self.store.dynamo();
        if let ([segment], []) = (added, replaced) {
            let put = client.put_item().table_name(table).set_item(Some(segment.to_item()?));
            put.send().await.map_err(|error| StoreError::aws("committing to the lake", error))?;
            return Ok(());
        }
        let unfit = |error| StoreError::broken("committing to the lake", error);
        let mut actions = Vec::new();
        for segment in added {
            let put =
                Put::builder().table_name(table).set_item(Some(segment.to_item()?)).build().map_err(unfit)?;
            actions.push(TransactWriteItem::builder().put(put).build());
        }
        for segment in replaced {
            let at = key::segment(&segment.account, &segment.id);
            let update = Update::builder()
                .table_name(table)
                .key("pk", AttributeValue::S(at.pk))
                .key("sk", AttributeValue::S(at.sk))
                .update_expression("SET removed_at = :now")
                .condition_expression("attribute_exists(pk) AND attribute_not_exists(removed_at)")
                .expression_attribute_values(":now", AttributeValue::N(stamp.0.to_string()))
                .build()
                .map_err(unfit)?;
            actions.push(TransactWriteItem::builder().update(update).build());
        }
        let sent = client.transact_write_items().set_transact_items(Some(actions)).send().await;
        sent.map(drop).map_err(|error| StoreError::aws("committing to the lake", error))
    }

    /// Deletes segments that were replaced more than 25 h ago. Gives how many.
    pub async fn collect(&self, account: &AccountId, now: Instant) -> Result<usize, StoreError> {
        let mut collected = 0;
        for segment in self.manifest(account).await? {
            if segment.removed_at.is_some_and(|removed| removed.plus_seconds(KEPT_AFTER_REMOVAL) < now) {
                self.delete(&segment).await?;
                collected += 1;
            }
        }
        Ok(collected)
    }

    /// Deletes a segment's files, then its item: a run that dies in between is finished by the next.
    async fn delete(&self, segment: &Segment) -> Result<(), StoreError> {
        for record in Record::ALL.into_iter().filter(|record| segment.files.contains_key(record.name())) {
            let object = key::segment_object(&segment.account, &segment.id, record);
            let delete = self.store.s3().delete_object().bucket(&self.store.names().lake_bucket).key(object);
            delete.send().await.map_err(|error| StoreError::aws("deleting a segment", error))?;
        }
        let at = key::segment(&segment.account, &segment.id);
        let delete = self
            .store
            .dynamo()
            .delete_item()
            .table_name(&self.store.names().table)
            .key("pk", AttributeValue::S(at.pk))
            .key("sk", AttributeValue::S(at.sk));
        delete.send().await.map(drop).map_err(|error| StoreError::aws("deleting a segment", error))
    }
}
