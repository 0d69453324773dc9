//! The columns of segments that a query reads.

use domain::dictionary::Record;

/// Names a column of a query: the kind of record whose file holds it, and its place among the query's columns of that
/// record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ColumnRef {
    pub(crate) record: Record,
    pub(crate) at: usize,
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
pub(crate) const SEQUENCE: ColumnRef = ColumnRef { record: Record::Session, at: 2 };
pub(crate) const REMOVED: ColumnRef = ColumnRef { record: Record::Session, at: 3 };
const SESSION_KEYS: [&str; 4] = ["session_id", "created_at", lake::columns::SEQUENCE, lake::columns::REMOVED];
/// The columns that every query reads of repeated records, in this order.
const CHILD_KEYS: [&str; 2] = [lake::columns::SESSION, lake::columns::POSITION];

/// What a segment's rows are needed for besides what the request asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
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

    /// What has to be read of a record's file in a segment with these needs.
    pub(crate) fn needed(&self, record: Record, needs: Needs) -> ReadColumns {
        let is_needed = |at: usize| match at {
            _ if record != Record::Session || at >= SESSION_KEYS.len() || self.asked[at] => true,
            0 => needs.ordered || needs.versioned,
            1 => needs.ordered || needs.versioned || needs.windowed,
            _ => needs.versioned,
        };
        let names = self.names[record as usize].iter().enumerate();
        ReadColumns { record, columns: names.map(|(at, name)| is_needed(at).then_some(*name)).collect() }
    }
}

/// What is read of one record's file in a segment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReadColumns {
    pub(crate) record: Record,
    /// The columns in the order of their references; `None` for one that does not have to be read.
    pub(crate) columns: Vec<Option<&'static str>>,
}

impl ReadColumns {
    /// The names of the columns that are read.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.columns.iter().copied().flatten().collect()
    }
}
