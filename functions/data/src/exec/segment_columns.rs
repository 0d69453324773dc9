//! The columns of a segment in memory, and typed access to their values.

use std::num::TryFromIntError;
use std::ops::Range;
use std::sync::OnceLock;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    UInt32Array, UInt64Array,
};
use arrow_buffer::ScalarBuffer;
use chrono::{DateTime, NaiveDateTime};
use domain::dictionary::{self, Field, Record};
use domain::time::Instant;
use domain::zone::Zone;
use store::StoreError;

use crate::catalog::date_format::{around, steady};
use crate::plan::columns::{ColumnRef, REMOVED, ReadColumns, SEQUENCE};

/// The values of one column, by row.
#[derive(Clone, Debug)]
enum Values {
    Text(StringArray),
    Coded(DictionaryColumn),
    Integer(Int64Array),
    Seconds(Float64Array),
    Boolean(BooleanArray),
    Instant(Instants),
    Row(UInt32Array),
    Position(UInt64Array),
}

/// A dictionary-encoded text column: each row has a code, which is the place of its text among the distinct texts. Rows
/// without a text have a code of their own, the last one.
#[derive(Clone, Debug)]
pub(crate) struct DictionaryColumn {
    codes: ScalarBuffer<i32>,
    texts: StringArray,
}

impl DictionaryColumn {
    fn new(array: &dyn Array) -> Option<DictionaryColumn> {
        let array = array.as_dictionary_opt::<Int32Type>()?;
        let texts = array.values().as_string_opt()?.clone();
        let keys = array.keys();
        let null = i32::try_from(texts.len()).ok()?;
        let codes = match keys.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => keys.values().clone(),
            Some(nulls) => {
                let mut codes = keys.values().to_vec();
                let missing = !nulls.inner();
                missing.set_indices().for_each(|row| codes[row] = null);
                codes.into()
            }
        };
        Some(DictionaryColumn { codes, texts })
    }

    /// What each code stands for; an empty text counts as none.
    pub(crate) fn texts(&self) -> impl Iterator<Item = Option<&str>> {
        self.texts.iter().map(|text| text.filter(|text| !text.is_empty())).chain([None])
    }

    /// The code of a row. Codes are not negative: they are places among the distinct texts.
    pub(crate) fn code(&self, row: usize) -> u32 {
        self.codes[row].cast_unsigned()
    }

    /// The code of a row, as a place among `texts`.
    pub(crate) fn of(&self, row: usize) -> usize {
        self.code(row) as usize
    }

    fn text(&self, row: usize) -> Option<&str> {
        let code = self.of(row);
        (code < self.texts.len()).then(|| self.texts.value(code))
    }
}

/// Instants, also as local times.
#[derive(Clone, Debug)]
struct Instants {
    utc: TimestampMicrosecondArray,
    zone: Zone,
    /// Local microseconds since the local 1970, by row, once they are asked for.
    local: OnceLock<Vec<i64>>,
}

impl Instants {
    fn new(array: &dyn Array, zone: Zone) -> Option<Instants> {
        let utc = array.as_primitive_opt::<TimestampMicrosecondType>()?.clone();
        Some(Instants { utc, zone, local: OnceLock::new() })
    }

    fn local(&self, row: usize) -> i64 {
        let all = || {
            let mut clock = Clock { zone: self.zone, steady: 0..0, offset: 0 };
            self.utc.values().iter().map(|at| clock.local(*at)).collect()
        };
        self.local.get_or_init(all)[row]
    }
}

/// Turns instants into local times: neighbours mostly share an offset, which is asked for once.
struct Clock {
    zone: Zone,
    /// Where the offset is known to hold.
    steady: Range<i64>,
    offset: i64,
}

impl Clock {
    fn local(&mut self, at: i64) -> i64 {
        if !self.steady.contains(&at) {
            let utc = Instant(at);
            self.steady = around(at, steady(utc));
            let local = utc.in_zone(self.zone).and_utc().timestamp_micros();
            self.offset = local - utc.to_utc().timestamp_micros();
        }
        at.saturating_add(self.offset)
    }
}

impl Values {
    fn new(array: &dyn Array, zone: Zone) -> Option<Values> {
        None.or_else(|| array.as_string_opt().cloned().map(Values::Text))
            .or_else(|| DictionaryColumn::new(array).map(Values::Coded))
            .or_else(|| array.as_primitive_opt::<Int64Type>().cloned().map(Values::Integer))
            .or_else(|| array.as_primitive_opt::<Float64Type>().cloned().map(Values::Seconds))
            .or_else(|| array.as_boolean_opt().cloned().map(Values::Boolean))
            .or_else(|| Instants::new(array, zone).map(Values::Instant))
            .or_else(|| array.as_primitive_opt::<UInt32Type>().cloned().map(Values::Row))
            .or_else(|| array.as_primitive_opt::<UInt64Type>().cloned().map(Values::Position))
    }

    /// The texts of a field with a vocabulary, each word by its name: segments that an earlier version of this software
    /// wrote hold them as they were sent. Two codes may then have the same text.
    fn inside(self, field: &Field) -> Values {
        let named = |texts: &StringArray| -> StringArray {
            texts.iter().map(|text| text.map(|text| field.inside(text).unwrap_or(text))).collect()
        };
        match self {
            Values::Text(texts) => Values::Text(named(&texts)),
            Values::Coded(DictionaryColumn { codes, texts }) => {
                Values::Coded(DictionaryColumn { codes, texts: named(&texts) })
            }
            other => other,
        }
    }
}

/// The columns that were read of one record's file, in the order of their references.
#[derive(Clone, Debug, Default)]
struct RecordColumns {
    rows: usize,
    columns: Vec<Option<Values>>,
}

fn too_many_rows(error: TryFromIntError) -> StoreError {
    StoreError::broken("reading a segment", error)
}

/// The columns read of one segment. A record that was not read has no rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct SegmentColumns {
    records: [RecordColumns; Record::ALL.len()],
    /// The first row of sessions that is read: rows are counted from it.
    first: u32,
}

impl SegmentColumns {
    /// No columns yet; the sessions before row `first` will not be read.
    pub(crate) fn from_session(first: usize) -> Result<SegmentColumns, StoreError> {
        let first = u32::try_from(first).map_err(too_many_rows)?;
        Ok(SegmentColumns { first, ..SegmentColumns::default() })
    }

    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// Takes the columns that were read of a record's file; local times are in `zone`.
    pub(crate) fn put(
        &mut self,
        read: &ReadColumns,
        batch: &RecordBatch,
        zone: Zone,
    ) -> Result<(), StoreError> {
        u32::try_from(batch.num_rows()).map_err(too_many_rows)?;
        let unknown = || StoreError::broken("reading a segment", "a column has an unknown type");
        let mut arrays = batch.columns().iter();
        let mut columns = Vec::with_capacity(read.columns.len());
        for name in &read.columns {
            let array = name.and_then(|_| arrays.next());
            let values = array.map(|array| Values::new(array, zone).ok_or_else(unknown)).transpose()?;
            let field = name.and_then(|name| dictionary::column(read.record, name));
            columns.push(match field.filter(|field| field.vocabulary.is_some()) {
                Some(field) => values.map(|values| values.inside(field)),
                None => values,
            });
        }
        self.records[read.record as usize] = RecordColumns { rows: batch.num_rows(), columns };
        Ok(())
    }

    pub(crate) fn rows(&self, record: Record) -> usize {
        self.records[record as usize].rows
    }

    fn values_of(&self, column: ColumnRef) -> Option<&Values> {
        self.records[column.record as usize].columns.get(column.at)?.as_ref()
    }

    /// A text; an empty one counts as none.
    pub(crate) fn text(&self, column: ColumnRef, row: usize) -> Option<&str> {
        let text = match self.values_of(column)? {
            Values::Text(values) if values.is_valid(row) => Some(values.value(row)),
            Values::Coded(codes) => codes.text(row),
            _ => None,
        };
        text.filter(|text| !text.is_empty())
    }

    /// A text column as codes, where it was written so.
    pub(crate) fn dictionary(&self, column: ColumnRef) -> Option<&DictionaryColumn> {
        match self.values_of(column)? {
            Values::Coded(codes) => Some(codes),
            _ => None,
        }
    }

    pub(crate) fn integer(&self, column: ColumnRef, row: usize) -> Option<i64> {
        match self.values_of(column)? {
            Values::Integer(values) if values.is_valid(row) => Some(values.value(row)),
            _ => None,
        }
    }

    pub(crate) fn seconds(&self, column: ColumnRef, row: usize) -> Option<f64> {
        match self.values_of(column)? {
            Values::Seconds(values) if values.is_valid(row) => Some(values.value(row)),
            _ => None,
        }
    }

    /// All seconds of a column, where it has any.
    pub(crate) fn all_seconds(&self, column: ColumnRef) -> Option<&Float64Array> {
        match self.values_of(column)? {
            Values::Seconds(values) => Some(values),
            _ => None,
        }
    }

    /// All whole numbers of a column, where it has any.
    pub(crate) fn all_integers(&self, column: ColumnRef) -> Option<&Int64Array> {
        match self.values_of(column)? {
            Values::Integer(values) => Some(values),
            _ => None,
        }
    }

    pub(crate) fn boolean(&self, column: ColumnRef, row: usize) -> Option<bool> {
        match self.values_of(column)? {
            Values::Boolean(values) if values.is_valid(row) => Some(values.value(row)),
            _ => None,
        }
    }

    pub(crate) fn instant(&self, column: ColumnRef, row: usize) -> Option<Instant> {
        match self.values_of(column)? {
            Values::Instant(values) if values.utc.is_valid(row) => Some(Instant(values.utc.value(row))),
            _ => None,
        }
    }

    /// The local time of an instant, as microseconds since the local 1970.
    pub(crate) fn local(&self, column: ColumnRef, row: usize) -> Option<i64> {
        match self.values_of(column)? {
            Values::Instant(values) if values.utc.is_valid(row) => Some(values.local(row)),
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
        match self.values_of(ColumnRef { record, at: 1 }) {
            Some(Values::Position(values)) => values.value(row),
            _ => 0,
        }
    }

    /// The rows of a repeated record that belong to a session's row: the file is sorted by session, then position.
    pub(crate) fn children(&self, record: Record, session: usize) -> Range<usize> {
        let Some(Values::Row(owners)) = self.values_of(ColumnRef { record, at: 0 }) else { return 0..0 };
        let (owners, session) = (owners.values(), session + self.first as usize);
        let from = owners.partition_point(|owner| (*owner as usize) < session);
        let rows = owners[from..].partition_point(|owner| *owner as usize == session);
        from..from + rows
    }

    /// The rows of menu options that belong to one message, which is given by its session's row and its position.
    pub(crate) fn options(&self, session: usize, talk: u64) -> Range<usize> {
        let all = self.children(Record::TalkOption, session);
        let owner = |row: usize| self.position(Record::TalkOption, row) >> 32;
        let from = all.clone().find(|row| owner(*row) >= talk).unwrap_or(all.end);
        let to = (from..all.end).find(|row| owner(*row) > talk).unwrap_or(all.end);
        from..to
    }
}

/// Local microseconds since the local 1970 as a wall-clock time; the last one there is where they lie beyond it.
pub(crate) fn local_time(local: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(local).map_or(NaiveDateTime::MAX, |at| at.naive_utc())
}
