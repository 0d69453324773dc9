//! Writes rows of existing segments into new ones.
//!
//! Sessions come first, then one kind of repeated record after the other, so that only one kind of these is in memory at a
//! time.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_select::interleave::interleave_record_batch;
use domain::dictionary::Record;
use domain::id::AccountId;
use store::StoreError;

use crate::cut::Piece;
use crate::resolve::Kept;
use crate::segment::{Part, Segment};
use crate::{Lake, columns};

impl Lake {
    /// Reads all rows of one kind of record, as one batch per part.
    pub(crate) async fn load(&self, parts: &[&Part], record: Record) -> Result<Vec<RecordBatch>, StoreError> {
        let schema = columns::schema(record);
        let names: Vec<&str> = schema.fields().iter().map(|column| column.name().as_str()).collect();
        self.load_columns(parts, record, &names).await
    }

    /// Some columns of one kind of record of some parts.
    pub(crate) async fn load_columns(
        &self,
        parts: &[&Part],
        record: Record,
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>, StoreError> {
        let mut loaded = Vec::new();
        for part in parts {
            loaded.push(self.read_plain(part, record, columns).await?);
        }
        Ok(loaded)
    }

    /// Writes one segment per piece of the kept rows, with their repeated records, and does not commit them.
    pub(crate) async fn stage_rows(
        &self,
        account: &AccountId,
        parts: &[&Part],
        sessions: &[RecordBatch],
        pieces: &[Piece<'_>],
    ) -> Result<Vec<Segment>, StoreError> {
        let mut drafts = Vec::new();
        for piece in pieces {
            let mut draft = self.draft(account).await?;
            for part in piece {
                let rows: Vec<(usize, usize)> = part.iter().map(|row| (row.input, row.row)).collect();
                draft.begin_part(&gather(sessions, &rows)?)?;
            }
            drafts.push((draft, piece));
        }
        for record in Record::CHILDREN {
            let batches = self.load(parts, record).await?;
            for (draft, piece) in &mut drafts {
                for (number, part) in piece.iter().enumerate() {
                    draft.add(number, record, &gather_children(&batches, part)?)?;
                }
            }
        }
        let mut staged = Vec::new();
        for (draft, _) in drafts {
            staged.extend(self.upload(draft).await?);
        }
        Ok(staged)
    }
}

/// Takes rows of several batches, each by its batch and its number in it, into one batch.
fn gather(batches: &[RecordBatch], rows: &[(usize, usize)]) -> Result<RecordBatch, StoreError> {
    let inputs: Vec<&RecordBatch> = batches.iter().collect();
    interleave_record_batch(&inputs, rows).map_err(|error| StoreError::broken("compacting segments", error))
}

/// Gathers the repeated records of the kept rows. They point to the new row numbers of their sessions.
fn gather_children(batches: &[RecordBatch], kept: &[Kept]) -> Result<RecordBatch, StoreError> {
    let broken = || StoreError::broken("compacting segments", "a repeated record does not know its session");
    let owners = |batch: &RecordBatch| -> Option<UInt32Array> {
        batch.column_by_name(columns::SESSION)?.as_any().downcast_ref::<UInt32Array>().cloned()
    };
    let owners = batches.iter().map(owners).collect::<Option<Vec<_>>>().ok_or_else(broken)?;
    let (mut rows, mut sessions) = (Vec::new(), Vec::new());
    for (session, kept) in (0_u32..).zip(kept) {
        let owner = owners[kept.input].values();
        let row = u32::try_from(kept.row).map_err(|_| broken())?;
        let first = owner.partition_point(|owner| *owner < row);
        let end = owner.partition_point(|owner| *owner <= row);
        rows.extend((first..end).map(|at| (kept.input, at)));
        sessions.extend(std::iter::repeat_n(session, end - first));
    }
    let batch = gather(batches, &rows)?;
    let mut arrays: Vec<ArrayRef> = batch.columns().to_vec();
    arrays[0] = Arc::new(UInt32Array::from(sessions));
    RecordBatch::try_new(batch.schema(), arrays)
        .map_err(|error| StoreError::broken("compacting segments", error))
}
