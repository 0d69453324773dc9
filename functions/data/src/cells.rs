//! The columns of a segment in memory, and typed access to their cells.

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
use shared::dictionary::Record;
use shared::store::StoreError;
use shared::time::Instant;
use shared::zone::Zone;

use crate::format::{around, steady};

/// Which column of which record's file: the place among the columns that a query names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
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
pub(crate) const ID: Slot = Slot { record: Record::Session, at: 0 };
pub(crate) const CREATED: Slot = Slot { record: Record::Session, at: 1 };
const SEQUENCE: Slot = Slot { record: Record::Session, at: 2 };
const REMOVED: Slot = Slot { record: Record::Session, at: 3 };
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
    /// The slot of a column, which is read from now on.
    pub(crate) fn slot(&mut self, record: Record, name: &'static str) -> Slot {
        self.include(record);
        let names = &mut self.names[record as usize];
        let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        if record == Record::Session && at < SESSION_KEYS.len() {
            self.asked[at] = true;
        }
        Slot { record, at }
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

    /// The columns of a record in the order of their slots; `None` where a segment with these needs does not have to be
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

/// One column.
#[derive(Clone, Debug)]
enum Cells {
    Text(StringArray),
    Coded(Codes),
    Integer(Int64Array),
    Seconds(Float64Array),
    Boolean(BooleanArray),
    Instant(Instants),
    Row(UInt32Array),
    Position(UInt64Array),
}

/// Texts as codes into the distinct ones. Rows without a text have a code of their own, the last.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    codes: ScalarBuffer<i32>,
    texts: StringArray,
}

impl Codes {
    fn new(array: &dyn Array) -> Option<Codes> {
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
        Some(Codes { codes, texts })
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

impl Cells {
    fn new(array: &dyn Array, zone: Zone) -> Option<Cells> {
        None.or_else(|| array.as_string_opt().cloned().map(Cells::Text))
            .or_else(|| Codes::new(array).map(Cells::Coded))
            .or_else(|| array.as_primitive_opt::<Int64Type>().cloned().map(Cells::Integer))
            .or_else(|| array.as_primitive_opt::<Float64Type>().cloned().map(Cells::Seconds))
            .or_else(|| array.as_boolean_opt().cloned().map(Cells::Boolean))
            .or_else(|| Instants::new(array, zone).map(Cells::Instant))
            .or_else(|| array.as_primitive_opt::<UInt32Type>().cloned().map(Cells::Row))
            .or_else(|| array.as_primitive_opt::<UInt64Type>().cloned().map(Cells::Position))
    }
}

/// The columns read of one record's file, by slot.
#[derive(Clone, Debug, Default)]
struct File {
    rows: usize,
    columns: Vec<Option<Cells>>,
}

/// The columns read of one segment. A record that was not read has no rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    records: [File; Record::ALL.len()],
    /// The first row of sessions that is read: rows are counted from it.
    first: u32,
}

impl Files {
    /// Files of which the sessions before a row are not read.
    pub(crate) fn from_session(first: usize) -> Files {
        Files { first: first as u32, ..Files::default() }
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
            columns.push(array.map(|array| Cells::new(array, zone).ok_or_else(unknown)).transpose()?);
        }
        self.records[record as usize] = File { rows: batch.num_rows(), columns };
        Ok(())
    }

    pub(crate) fn rows(&self, record: Record) -> usize {
        self.records[record as usize].rows
    }

    fn cells(&self, slot: Slot) -> Option<&Cells> {
        self.records[slot.record as usize].columns.get(slot.at)?.as_ref()
    }

    /// A text; an empty one counts as none.
    pub(crate) fn text(&self, slot: Slot, row: usize) -> Option<&str> {
        let text = match self.cells(slot)? {
            Cells::Text(cells) if cells.is_valid(row) => Some(cells.value(row)),
            Cells::Coded(codes) => codes.text(row),
            _ => None,
        };
        text.filter(|text| !text.is_empty())
    }

    /// A text column as codes, where it was written so.
    pub(crate) fn codes(&self, slot: Slot) -> Option<&Codes> {
        match self.cells(slot)? {
            Cells::Coded(codes) => Some(codes),
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

    /// All seconds of a column, where it has any.
    pub(crate) fn all_seconds(&self, slot: Slot) -> Option<&Float64Array> {
        match self.cells(slot)? {
            Cells::Seconds(cells) => Some(cells),
            _ => None,
        }
    }

    /// All whole numbers of a column, where it has any.
    pub(crate) fn all_integers(&self, slot: Slot) -> Option<&Int64Array> {
        match self.cells(slot)? {
            Cells::Integer(cells) => Some(cells),
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
            Cells::Instant(cells) if cells.utc.is_valid(row) => Some(Instant(cells.utc.value(row))),
            _ => None,
        }
    }

    /// The local time of an instant, as microseconds since the local 1970.
    pub(crate) fn local(&self, slot: Slot, row: usize) -> Option<i64> {
        match self.cells(slot)? {
            Cells::Instant(cells) if cells.utc.is_valid(row) => Some(cells.local(row)),
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
    pub(crate) fn children(&self, record: Record, session: usize) -> Range<usize> {
        let Some(Cells::Row(owners)) = self.cells(Slot { record, at: 0 }) else { return 0..0 };
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
