//! The columns of a segment in memory, and typed access to their cells.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
use arrow_array::{
    Array, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    UInt32Array, UInt64Array,
};
use shared::dictionary::Record;
use shared::store::StoreError;
use shared::time::Instant;

/// Which column of which record's file: the place among the columns that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) record: Record,
    at: usize,
}

/// The columns that a query has to read, by record.
#[derive(Clone, Debug)]
pub(crate) struct Columns([Vec<&'static str>; Record::ALL.len()]);

/// The columns that every query reads of sessions, in this order.
pub(crate) const ID: Slot = Slot { record: Record::Session, at: 0 };
pub(crate) const CREATED: Slot = Slot { record: Record::Session, at: 1 };
const SEQUENCE: Slot = Slot { record: Record::Session, at: 2 };
const REMOVED: Slot = Slot { record: Record::Session, at: 3 };
const SESSION_KEYS: [&str; 4] = ["session_id", "created_at", lake::columns::SEQUENCE, lake::columns::REMOVED];
/// The columns that every query reads of repeated records, in this order.
const CHILD_KEYS: [&str; 2] = [lake::columns::SESSION, lake::columns::POSITION];

impl Default for Columns {
    fn default() -> Columns {
        let mut columns = Columns(Default::default());
        columns.0[Record::Session as usize] = SESSION_KEYS.into();
        columns
    }
}

impl Columns {
    /// The slot of a column, which is read from now on.
    pub(crate) fn slot(&mut self, record: Record, name: &'static str) -> Slot {
        self.include(record);
        let names = &mut self.0[record as usize];
        let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        Slot { record, at }
    }

    /// Reads a record's keys, even if none of its other columns.
    pub(crate) fn include(&mut self, record: Record) {
        let names = &mut self.0[record as usize];
        if names.is_empty() {
            *names = CHILD_KEYS.into();
        }
    }

    /// The columns to read of a record; none where the record is not needed.
    pub(crate) fn of(&self, record: Record) -> &[&'static str] {
        &self.0[record as usize]
    }
}

/// One column.
#[derive(Clone, Debug)]
enum Cells {
    Text(StringArray),
    Integer(Int64Array),
    Seconds(Float64Array),
    Boolean(BooleanArray),
    Instant(TimestampMicrosecondArray),
    Row(UInt32Array),
    Position(UInt64Array),
}

impl Cells {
    fn new(array: &dyn Array) -> Option<Cells> {
        None.or_else(|| array.as_string_opt().cloned().map(Cells::Text))
            .or_else(|| array.as_primitive_opt::<Int64Type>().cloned().map(Cells::Integer))
            .or_else(|| array.as_primitive_opt::<Float64Type>().cloned().map(Cells::Seconds))
            .or_else(|| array.as_boolean_opt().cloned().map(Cells::Boolean))
            .or_else(|| array.as_primitive_opt::<TimestampMicrosecondType>().cloned().map(Cells::Instant))
            .or_else(|| array.as_primitive_opt::<UInt32Type>().cloned().map(Cells::Row))
            .or_else(|| array.as_primitive_opt::<UInt64Type>().cloned().map(Cells::Position))
    }
}

/// The columns read of one record's file.
#[derive(Clone, Debug, Default)]
struct File {
    rows: usize,
    columns: Vec<Cells>,
}

/// The columns read of one segment. A record that was not read has no rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files([File; Record::ALL.len()]);

impl Files {
    /// Takes the columns of a record's file.
    pub(crate) fn put(&mut self, record: Record, batch: &RecordBatch) -> Result<(), StoreError> {
        let columns: Option<Vec<Cells>> = batch.columns().iter().map(|array| Cells::new(array)).collect();
        let columns =
            columns.ok_or_else(|| StoreError::broken("reading a segment", "a column has an unknown type"))?;
        self.0[record as usize] = File { rows: batch.num_rows(), columns };
        Ok(())
    }

    pub(crate) fn rows(&self, record: Record) -> usize {
        self.0[record as usize].rows
    }

    fn cells(&self, slot: Slot) -> Option<&Cells> {
        self.0[slot.record as usize].columns.get(slot.at)
    }

    /// A text; an empty one counts as none.
    pub(crate) fn text(&self, slot: Slot, row: usize) -> Option<&str> {
        match self.cells(slot)? {
            Cells::Text(cells) if cells.is_valid(row) => {
                Some(cells.value(row)).filter(|text| !text.is_empty())
            }
            _ => None,
        }
    }

    pub(crate) fn integer(&self, slot: Slot, row: usize) -> Option<i64> {
        match self.cells(slot)? {
            Cells::Integer(cells) if cells.is_valid(row) => Some(cells.value(row)),
            _ => None,
        }
    }

    pub(crate) fn seconds(&self, slot: Slot, row: usize) -> Option<f64> {
        match self.cells(slot)? {
            Cells::Seconds(cells) if cells.is_valid(row) => Some(cells.value(row)),
            _ => None,
        }
    }

    pub(crate) fn boolean(&self, slot: Slot, row: usize) -> Option<bool> {
        match self.cells(slot)? {
            Cells::Boolean(cells) if cells.is_valid(row) => Some(cells.value(row)),
            _ => None,
        }
    }

    pub(crate) fn instant(&self, slot: Slot, row: usize) -> Option<Instant> {
        match self.cells(slot)? {
            Cells::Instant(cells) if cells.is_valid(row) => Some(Instant(cells.value(row))),
            _ => None,
        }
    }

    /// The sequence number of a session's row.
    pub(crate) fn sequence(&self, row: usize) -> &str {
        self.text(SEQUENCE, row).unwrap_or_default()
    }

    /// Whether a session's row is a tombstone.
    pub(crate) fn is_removed(&self, row: usize) -> bool {
        self.boolean(REMOVED, row).unwrap_or_default()
    }

    /// The position of a repeated record; 0 for a session.
    pub(crate) fn position(&self, record: Record, row: usize) -> u64 {
        match self.cells(Slot { record, at: 1 }) {
            Some(Cells::Position(cells)) => cells.value(row),
            _ => 0,
        }
    }

    /// The rows of a repeated record that belong to a session's row: the file is sorted by session, then position.
    pub(crate) fn children(&self, record: Record, session: usize) -> std::ops::Range<usize> {
        let Some(Cells::Row(owners)) = self.cells(Slot { record, at: 0 }) else { return 0..0 };
        let owners = owners.values();
        let from = owners.partition_point(|owner| (*owner as usize) < session);
        let rows = owners[from..].partition_point(|owner| *owner as usize == session);
        from..from + rows
    }

    /// The rows of menu options that belong to one message, which is given by its session's row and its position.
    pub(crate) fn options(&self, session: usize, talk: u64) -> std::ops::Range<usize> {
        let all = self.children(Record::TalkOption, session);
        let owner = |row: usize| self.position(Record::TalkOption, row) >> 32;
        let from = all.clone().find(|row| owner(*row) >= talk).unwrap_or(all.end);
        let to = (from..all.end).find(|row| owner(*row) > talk).unwrap_or(all.end);
        from..to
    }
}
