//! The columns by which rows of sessions are told apart: session, beginning, sequence number and tombstone.

use std::collections::HashSet;

use arrow_array::{Array, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use domain::time::Instant;
use store::StoreError;

/// The names of the columns that `SessionKeys` needs.
pub(crate) const SESSION_KEYS: [&str; 4] =
    ["session_id", "created_at", crate::columns::SEQUENCE, crate::columns::REMOVED];

/// The columns by which rows of a sessions batch are told apart.
pub(crate) struct SessionKeys<'a> {
    ids: &'a StringArray,
    created: &'a TimestampMicrosecondArray,
    sequences: &'a StringArray,
    removed: &'a BooleanArray,
}

impl<'a> SessionKeys<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<SessionKeys<'a>, StoreError> {
        let columns = || {
            Some(SessionKeys {
                ids: typed(batch, "session_id")?,
                created: typed(batch, "created_at")?,
                sequences: typed(batch, crate::columns::SEQUENCE)?,
                removed: typed(batch, crate::columns::REMOVED)?,
            })
        };
        columns().ok_or_else(|| StoreError::broken("reading a segment", "a key column is missing"))
    }

    /// Whether each row belongs to another session and none is a tombstone.
    pub(crate) fn are_unique(&self) -> bool {
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

/// Returns a column as an array of this type; `None` where there is none or it has another type.
fn typed<'a, A: Array + 'static>(batch: &'a RecordBatch, column: &str) -> Option<&'a A> {
    batch.column_by_name(column)?.as_any().downcast_ref()
}
