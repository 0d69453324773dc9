//! Writes segments: first the object, then the item of the manifest, so that a segment that is listed is
//! whole.

use std::collections::HashSet;

use arrow_array::{Array, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use aws_sdk_s3::primitives::ByteStream;
use domain::cipher::DataKey;
use domain::dictionary::Record;
use domain::id::AccountId;
use domain::time::Instant;
use store::StoreError;
use store::key;

use crate::encode::{self, Entry};
use crate::segment::{FileInfo, Part, Segment, Span, bound_name, new_id};
use crate::{Lake, file};

/// A day in microseconds.
pub(crate) const DAY: i64 = 86_400 * 1_000_000;
/// The most parts of a segment, and the most pieces into which a compaction is cut by days.
pub(crate) const MAX_DAYS: usize = 16;

/// A segment that is being built: its description and the bytes of its object.
pub(crate) struct Draft {
    id: String,
    account: AccountId,
    key: DataKey,
    /// The parts, each with the bytes of its files. The offsets of files count from the beginning of their
    /// part's bytes.
    parts: Vec<(Part, Vec<u8>)>,
}

impl Draft {
    /// Begins a part with the file of its sessions. Fails where there is no session.
    pub(crate) fn begin_part(&mut self, sessions: &RecordBatch) -> Result<(), StoreError> {
        let created = Span::of(instants(sessions, "created_at"))
            .ok_or_else(|| StoreError::broken("writing a segment", "a part without sessions"))?;
        let mut part = Part::new(self.id.clone(), self.account.clone(), self.parts.len(), created);
        part.finished = Span::of(instants(sessions, "finished_at"));
        part.last = Span::of(instants(sessions, "lastInteraction"));
        part.is_unique = Identities::of(sessions)?.are_unique();
        self.parts.push((part, Vec::new()));
        self.add(self.parts.len() - 1, Record::Session, sessions)
    }

    /// Adds a file to a part that was begun, unless the file would have no rows.
    pub(crate) fn add(&mut self, part: usize, record: Record, batch: &RecordBatch) -> Result<(), StoreError> {
        let Some((part, files)) = self.parts.get_mut(part).filter(|_| batch.num_rows() > 0) else {
            return Ok(());
        };
        let object = key::segment_object(&self.account, &self.id);
        let mut file = file::write(batch, &self.key, &bound_name(&object, part.number, record))?;
        let info = FileInfo {
            rows: batch.num_rows() as u64,
            bytes: file.len() as u64,
            decoded: batch.get_array_memory_size() as u64,
            offset: files.len() as u64,
        };
        part.files.insert(record.name().to_owned(), info);
        files.append(&mut file);
        Ok(())
    }
}

impl Lake {
    /// Appends entries to an account's lake as one segment, whatever days they belong to: one object and one
    /// item of the manifest. Returns the segment; `None` where there are no entries.
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

    /// Writes the object of a segment with these entries and does not commit it. The segment has one part per
    /// UTC day. Where there are more than `MAX_DAYS` days, as in an import of old sessions, several days
    /// share a part, which compaction will cut. Returns `None` where there are no entries.
    pub(crate) async fn stage(
        &self,
        account: &AccountId,
        mut entries: Vec<Entry>,
    ) -> Result<Option<Segment>, StoreError> {
        if entries.is_empty() {
            return Ok(None);
        }
        encode::sort(&mut entries);
        let mut draft = self.draft(account).await?;
        for (number, part) in in_days(&entries, |entry| entry.created_at, MAX_DAYS).into_iter().enumerate() {
            draft.begin_part(&encode::encode(part, Record::Session)?)?;
            for record in Record::CHILDREN {
                draft.add(number, record, &encode::encode(part, record)?)?;
            }
        }
        self.upload(draft).await
    }

    /// Begins a segment without parts.
    pub(crate) async fn draft(&self, account: &AccountId) -> Result<Draft, StoreError> {
        let (id, key) = (new_id(Instant::now()), self.store.segment_key(account).await?);
        Ok(Draft { id, account: account.clone(), key, parts: Vec::new() })
    }

    /// Writes the object of a segment. Returns `None`, and writes nothing, where it has no parts.
    pub(crate) async fn upload(&self, draft: Draft) -> Result<Option<Segment>, StoreError> {
        let Draft { id, account, mut parts, .. } = draft;
        let object = key::segment_object(&account, &id);
        // The manifest keeps sizes and not offsets, so the files must lie without gaps, part after part.
        let mut bytes = Vec::new();
        for (part, files) in &mut parts {
            part.files.values_mut().for_each(|file| file.offset += bytes.len() as u64);
            bytes.append(files);
        }
        let size = bytes.len() as u64;
        let whole = |(part, _): (Part, Vec<u8>)| Part { object_bytes: Some(size), ..part };
        let parts = parts.into_iter().map(whole).collect();
        let Some(segment) = Segment::new(id, account, parts) else { return Ok(None) };
        let bucket = &self.store.names().lake_bucket;
        let put = self.store.s3().put_object().bucket(bucket).key(object).body(ByteStream::from(bytes));
        put.send().await.map_err(|error| StoreError::aws("writing a segment", error))?;
        Ok(Some(segment))
    }
}

/// Splits rows, which are sorted by their instant, into one slice per UTC day. Where that would be more than
/// `most` slices, several neighbouring days share one.
pub(crate) fn in_days<T>(rows: &[T], instant: impl Fn(&T) -> Instant, most: usize) -> Vec<&[T]> {
    let day = |row: &T| instant(row).0.div_euclid(DAY);
    let days: Vec<&[T]> = rows.chunk_by(|a, b| day(a) == day(b)).collect();
    let together = days.len().div_ceil(most).max(1);
    joined(rows, days.chunks(together))
}

/// Joins neighbouring slices of `rows`: each run of slices becomes one slice. The runs follow each other from
/// the first row on.
pub(crate) fn joined<'a, 'b, T: 'b>(
    mut rows: &'a [T],
    runs: impl Iterator<Item = &'b [&'a [T]]>,
) -> Vec<&'a [T]>
where
    'a: 'b,
{
    runs.map(|run| {
        let (taken, after) = rows.split_at(run.iter().map(|slice| slice.len()).sum());
        rows = after;
        taken
    })
    .collect()
}

/// Returns the values of a column of instants that are not null.
fn instants(batch: &RecordBatch, column: &str) -> Vec<Instant> {
    typed::<TimestampMicrosecondArray>(batch, column).into_iter().flatten().flatten().map(Instant).collect()
}

/// Returns a column as an array of this type; `None` where there is none or it has another type.
fn typed<'a, A: Array + 'static>(batch: &'a RecordBatch, column: &str) -> Option<&'a A> {
    batch.column_by_name(column)?.as_any().downcast_ref()
}

/// The names of the columns that `Identities` needs.
pub(crate) const KEYS: [&str; 4] =
    ["session_id", "created_at", crate::columns::SEQUENCE, crate::columns::REMOVED];

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

    /// Whether each row belongs to another session and none is a tombstone.
    fn are_unique(&self) -> bool {
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
