//! Writing segments: files first, then the manifest, so that a segment that is listed is whole.

use std::collections::HashSet;

use arrow_array::{Array, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use aws_sdk_s3::primitives::ByteStream;
use futures::future::try_join_all;
use shared::dictionary::Record;
use shared::id::{AccountId, random_hex};
use shared::key;
use shared::store::StoreError;
use shared::time::Instant;

use crate::encode::{self, Entry};
use crate::{FileInfo, Lake, Segment, Span, file};

/// A day in microseconds.
pub(crate) const DAY: i64 = 86_400 * 1_000_000;
/// The most segments that are added at once: each costs some requests to storage.
pub(crate) const MAX_DAYS: usize = 16;

impl Lake {
    /// Adds these entries. Gives the segments that hold them.
    pub async fn append(&self, account: &AccountId, entries: Vec<Entry>) -> Result<Vec<Segment>, StoreError> {
        let mut added = self.stage(account, entries).await?;
        self.commit(&mut added, &[]).await?;
        Ok(added)
    }

    /// Writes the files of segments with these entries, without committing them: one segment a UTC day, so that a reader
    /// of some days need not look at others. Entries of very many days, as an import of old sessions brings them, become
    /// one segment; merges cut them once there is enough to cut.
    pub(crate) async fn stage(
        &self,
        account: &AccountId,
        mut entries: Vec<Entry>,
    ) -> Result<Vec<Segment>, StoreError> {
        encode::sort(&mut entries);
        let same_day =
            |a: &Entry, b: &Entry| a.created_at.0.div_euclid(DAY) == b.created_at.0.div_euclid(DAY);
        let days: Vec<&[Entry]> = entries.chunk_by(same_day).collect();
        let parts = if days.len() > MAX_DAYS { vec![entries.as_slice()] } else { days };
        let staged = parts.into_iter().map(async |part: &[Entry]| {
            let sessions = encode::encode(part, Record::Session)?;
            let Some(mut segment) = self.stage_sessions(account, &sessions).await? else { return Ok(None) };
            for record in Record::CHILDREN {
                self.stage_record(&mut segment, record, &encode::encode(part, record)?).await?;
            }
            Ok::<_, StoreError>(Some(segment))
        });
        Ok(try_join_all(staged).await?.into_iter().flatten().collect())
    }

    /// Begins a segment with the file of its sessions. Gives `None` where there are none.
    pub(crate) async fn stage_sessions(
        &self,
        account: &AccountId,
        sessions: &RecordBatch,
    ) -> Result<Option<Segment>, StoreError> {
        let Some(created) = Span::of(instants(sessions, "created_at")) else { return Ok(None) };
        let mut segment = Segment::new(random_hex(12), account.clone(), created);
        segment.finished = Span::of(instants(sessions, "finished_at"));
        segment.last = Span::of(instants(sessions, "lastInteraction"));
        segment.plain = Identities::of(sessions)?.is_plain();
        self.stage_record(&mut segment, Record::Session, sessions).await?;
        Ok(Some(segment))
    }

    /// Writes one file of a segment; none where it would have no rows.
    pub(crate) async fn stage_record(
        &self,
        segment: &mut Segment,
        record: Record,
        batch: &RecordBatch,
    ) -> Result<(), StoreError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let account_key = self.store.segment_key(&segment.account).await?;
        let object = key::segment_object(&segment.account, &segment.id, record);
        let bytes = file::write(batch, &account_key, &object)?;
        let decoded = batch.get_array_memory_size() as u64;
        let info = FileInfo { rows: batch.num_rows() as u64, bytes: bytes.len() as u64, decoded };
        segment.files.insert(record.name().to_owned(), info);
        self.upload(object, bytes).await
    }

    async fn upload(&self, object: String, bytes: Vec<u8>) -> Result<(), StoreError> {
        let bucket = &self.store.names().lake_bucket;
        let put = self.store.s3().put_object().bucket(bucket).key(object).body(ByteStream::from(bytes));
        put.send().await.map(drop).map_err(|error| StoreError::aws("writing a segment", error))
    }
}

/// The values of an instant column that are there.
fn instants(batch: &RecordBatch, column: &str) -> Vec<Instant> {
    typed::<TimestampMicrosecondArray>(batch, column).into_iter().flatten().flatten().map(Instant).collect()
}

/// A column as the array type that its schema says it is.
fn typed<'a, A: Array + 'static>(batch: &'a RecordBatch, column: &str) -> Option<&'a A> {
    batch.column_by_name(column)?.as_any().downcast_ref()
}

/// The columns by which rows of a sessions batch are told apart.
pub(crate) struct Identities<'a> {
    ids: &'a StringArray,
    created: &'a TimestampMicrosecondArray,
    sequences: &'a StringArray,
    removed: &'a BooleanArray,
}

impl<'a> Identities<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Identities<'a>, StoreError> {
        let columns = || {
            Some(Identities {
                ids: typed(batch, "session_id")?,
                created: typed(batch, "created_at")?,
                sequences: typed(batch, crate::columns::SEQUENCE)?,
                removed: typed(batch, crate::columns::REMOVED)?,
            })
        };
        columns().ok_or_else(|| StoreError::broken("reading a segment", "a key column is missing"))
    }

    /// Whether each row is of another session and none is a tombstone.
    fn is_plain(&self) -> bool {
        let mut seen = HashSet::new();
        self.removed.true_count() == 0 && self.ids.iter().all(|id| seen.insert(id))
    }

    pub(crate) fn id(&self, row: usize) -> &'a str {
        self.ids.value(row)
    }

    pub(crate) fn created(&self, row: usize) -> Instant {
        Instant(self.created.value(row))
    }

    pub(crate) fn sequence(&self, row: usize) -> &'a str {
        self.sequences.value(row)
    }

    pub(crate) fn removed(&self, row: usize) -> bool {
        self.removed.value(row)
    }
}
