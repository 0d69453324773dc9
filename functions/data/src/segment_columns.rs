//! The columns of a segment in memory, and typed access to their values.

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
use domain::dictionary::Record;
use domain::time::Instant;
use domain::zone::Zone;
use store::StoreError;

use crate::format::{around, steady};

/// Names a column of a query: the kind of record whose file holds it, and its place among the query's columns of that
/// record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ColumnRef {
    pub(crate) record: Record,
    at: usize,
}

/// The columns that a query names, by record.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    names: [Vec<&'static str>; Record::ALL.len()],
    /// Which of the sessions' keys the request itself asks for.
    asked: [bool; SESSION_KEYS.len()],
}

/// The keys of sessions, which are the first columns of each query. Not every segment needs all of them read.
pub(crate) const ID: ColumnRef = ColumnRef { record: Record::Session, at: 0 };
pub(crate) const CREATED: ColumnRef = ColumnRef { record: Record::Session, at: 1 };
const SEQUENCE: ColumnRef = ColumnRef { record: Record::Session, at: 2 };
const REMOVED: ColumnRef = ColumnRef { record: Record::Session, at: 3 };
const SESSION_KEYS: [&str; 4] = ["session_id", "created_at", lake::columns::SEQUENCE, lake::columns::REMOVED];
/// The columns that every query reads of repeated records, in this order.
const CHILD_KEYS: [&str; 2] = [lake::columns::SESSION, lake::columns::POSITION];

/// What a segment's rows are needed for besides what the request asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keys {
    /// To be shown in order, one by one.
    pub(crate) ordered: bool,
    /// To be held against a window.
    pub(crate) windowed: bool,
    /// To be told from other versions of the same session.
    pub(crate) versioned: bool,
}

impl Default for Columns {
    fn default() -> Columns {
        let mut names: [Vec<&'static str>; Record::ALL.len()] = Default::default();
        names[Record::Session as usize] = SESSION_KEYS.into();
        Columns { names, asked: Default::default() }
    }
}

impl Columns {
    /// The reference to a column. The column is read from now on.
    pub(crate) fn column_ref(&mut self, record: Record, name: &'static str) -> ColumnRef {
        self.include(record);
        let names = &mut self.names[record as usize];
        let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        if record == Record::Session && at < SESSION_KEYS.len() {
            self.asked[at] = true;
        }
        ColumnRef { record, at }
    }

    /// Reads a record's keys, even if none of its other columns.
    pub(crate) fn include(&mut self, record: Record) {
        let names = &mut self.names[record as usize];
        if names.is_empty() {
            *names = CHILD_KEYS.into();
        }
    }

    /// Whether anything of a record is read.
    pub(crate) fn has(&self, record: Record) -> bool {
        !self.names[record as usize].is_empty()
    }

    /// The columns of a record in the order of their references; `None` where a segment with these needs does not have to be
    /// read for one.
    pub(crate) fn needed(&self, record: Record, keys: Keys) -> Vec<Option<&'static str>> {
        let is_needed = |at: usize| match at {
            _ if record != Record::Session || at >= SESSION_KEYS.len() || self.asked[at] => true,
            0 => keys.ordered || keys.versioned,
            1 => keys.ordered || keys.versioned || keys.windowed,
            _ => keys.versioned,
        };
        self.names[record as usize]
            .iter()
            .enumerate()
            .map(|(at, name)| is_needed(at).then_some(*name))
            .collect()
    }
}

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

    /// The code of a row.
    pub(crate) fn of(&self, row: usize) -> usize {
        self.codes[row] as usize
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
}

/// The columns that were read of one record's file, in the order of their references.
#[derive(Clone, Debug, Default)]
struct RecordColumns {
    rows: usize,
    columns: Vec<Option<Values>>,
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
    pub(crate) fn from_session(first: usize) -> SegmentColumns {
        SegmentColumns { first: first as u32, ..SegmentColumns::default() }
    }

    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    /// Takes the columns of a record's file that were needed; local times are in `zone`.
    pub(crate) fn put(
        &mut self,
        record: Record,
        needed: &[Option<&str>],
        batch: &RecordBatch,
        zone: Zone,
    ) -> Result<(), StoreError> {
        let unknown = || StoreError::broken("reading a segment", "a column has an unknown type");
        let mut arrays = batch.columns().iter();
        let mut columns = Vec::with_capacity(needed.len());
        for name in needed {
            let array = name.and_then(|_| arrays.next());
            columns.push(array.map(|array| Values::new(array, zone).ok_or_else(unknown)).transpose()?);
        }
        self.records[record as usize] = RecordColumns { rows: batch.num_rows(), columns };
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
