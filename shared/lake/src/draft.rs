//! Drafts: segments that are being built, until their object is written. The item of the manifest comes after the object, so
//! that a segment that is listed is whole.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{PrimitiveArray, RecordBatch};
use aws_sdk_s3::primitives::ByteStream;
use domain::cipher::DataKey;
use domain::dictionary::Record;
use domain::id::AccountId;
use domain::time::Instant;
use store::StoreError;
use store::key;

use crate::segment::{FileInfo, Part, Segment, Span, bound_name, new_id};
use crate::session_keys::SessionKeys;
use crate::{Lake, file};

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
        part.is_unique = SessionKeys::of(sessions)?.are_unique();
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

/// Returns the values of a column of instants that are not null.
fn instants(batch: &RecordBatch, column: &str) -> Vec<Instant> {
    let array = batch.column_by_name(column).and_then(|array| array.as_primitive_opt());
    array
        .into_iter()
        .flat_map(|array: &PrimitiveArray<TimestampMicrosecondType>| array.iter().flatten())
        .map(Instant)
        .collect()
}
