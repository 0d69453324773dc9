//! One row of a segment.

use domain::dictionary::Record;
use domain::time::Instant;

use super::segment_columns::SegmentColumns;
use crate::plan::columns::{CREATED, ColumnRef, ID};

/// One row: a session, or a repeated record with its session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentRow<'a> {
    pub(crate) columns: &'a SegmentColumns,
    pub(crate) session: usize,
    /// The record that the row stands for, and its own row in that record's file.
    pub(crate) record: Record,
    pub(crate) own: usize,
}

impl<'a> SegmentRow<'a> {
    pub(crate) fn of_session(columns: &'a SegmentColumns, session: usize) -> SegmentRow<'a> {
        SegmentRow { columns, session, record: Record::Session, own: session }
    }

    /// The row of a column's file that this row's value is in.
    pub(crate) fn at(&self, column: ColumnRef) -> usize {
        if column.record == Record::Session { self.session } else { self.own }
    }

    pub(crate) fn created_at(&self) -> Instant {
        self.instant(CREATED).unwrap_or(Instant(0))
    }

    pub(crate) fn session_id(&self) -> &'a str {
        self.columns.text(ID, self.session).unwrap_or_default()
    }

    pub(crate) fn position(&self) -> u64 {
        self.columns.position(self.record, self.own)
    }

    pub(crate) fn instant(&self, column: ColumnRef) -> Option<Instant> {
        self.columns.instant(column, self.at(column))
    }

    pub(crate) fn local(&self, column: ColumnRef) -> Option<i64> {
        self.columns.local(column, self.at(column))
    }
}
