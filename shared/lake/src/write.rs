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

impl Lake {
    /// Adds one segment with these entries. Gives `None` where there are none.
    pub async fn append(
        &self,
        account: &AccountId,
        entries: Vec<Entry>,
    ) -> Result<Option<Segment>, StoreError> {
        let Some(segment) = self.stage(account, entries).await? else { return Ok(None) };
        let mut added = [segment];
        self.commit(&mut added, &[]).await?;
        let [segment] = added;
        Ok(Some(segment))
    }

    /// Writes the files of a segment with these entries, without committing it.
    pub(crate) async fn stage(
        &self,
        account: &AccountId,
        mut entries: Vec<Entry>,
    ) -> Result<Option<Segment>, StoreError> {
        encode::sort(&mut entries);
        let batches = Record::ALL.map(|record| encode::encode(&entries, record).map(|batch| (record, batch)));
        let batches = batches.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.stage_batches(account, &batches).await
    }

    /// Writes one file for each batch that has rows. The sessions' batch comes first.
    pub(crate) async fn stage_batches(
        &self,
        account: &AccountId,
        batches: &[(Record, RecordBatch)],
    ) -> Result<Option<Segment>, StoreError> {
        let Some((_, sessions)) = batches.first() else { return Ok(None) };
        let Some(created) = Span::of(instants(sessions, "created_at")) else { return Ok(None) };
        let mut segment = Segment::new(random_hex(12), account.clone(), created);
        segment.finished = Span::of(instants(sessions, "finished_at"));
        segment.last = Span::of(instants(sessions, "lastInteraction"));
        segment.plain = Identities::of(sessions)?.is_plain();
        let account_key = self.store.segment_key(account).await?;
        let full = batches.iter().filter(|(_, batch)| batch.num_rows() > 0);
        let mut uploads = Vec::new();
        for (record, batch) in full {
            let object = key::segment_object(account, &segment.id, *record);
            let bytes = file::write(batch, &account_key, &object)?;
            let info = FileInfo { rows: batch.num_rows() as u64, bytes: bytes.len() as u64 };
            segment.files.insert(record.name().to_owned(), info);
            uploads.push(self.upload(object, bytes));
        }
        try_join_all(uploads).await?;
        Ok(Some(segment))
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
