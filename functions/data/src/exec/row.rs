//! One row of a segment, and what its values depend on besides.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDateTime};
use domain::cipher::DataKey;
use domain::dictionary::Record;
use domain::id::{AccountId, StorageId};
use domain::link::Link;
use domain::masking::Pseudonyms;
use domain::time::Instant;
use domain::zone::Zone;

use super::segment_columns::SegmentColumns;
use crate::plan::columns::{CREATED, ColumnRef, ID};
use crate::plan::masked_column::{LabelColumn, MaskedColumn};

/// What values depend on besides the columns of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) account: AccountId,
    pub(crate) zone: Zone,
    pub(crate) snapshot: Instant,
    pub(crate) pseudonyms: Pseudonyms,
    /// What media links begin with, without a slash at the end.
    pub(crate) base_url: String,
    pub(crate) link_key: DataKey,
}

impl Context {
    /// The link to a file of a session that began at `created_at`; `None` for a name that no file can have.
    pub(crate) fn link(&self, storage: &str, created_at: Instant) -> Option<String> {
        let storage = StorageId::try_from(storage.to_owned()).ok()?;
        let link = Link::new(self.account.clone(), &storage, created_at).sign(&self.link_key);
        Some(format!("{}/m/{link}", self.base_url))
    }
}

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

impl MaskedColumn {
    pub(crate) fn read<'a>(
        &self,
        columns: &'a SegmentColumns,
        row: usize,
        context: &Context,
    ) -> Option<Cow<'a, str>> {
        self.masking.mask(columns.text(self.column, row)?, None, &context.pseudonyms)
    }
}

impl LabelColumn {
    pub(crate) fn read<'a>(
        &self,
        columns: &'a SegmentColumns,
        row: usize,
        context: &Context,
    ) -> Option<Cow<'a, str>> {
        let text = self.masked.read(columns, row, context)?;
        Some(self.vocabulary.word(&text).map_or(text, |word| Cow::Borrowed(word.label.pt)))
    }
}

/// Local microseconds since the local 1970 as a wall-clock time; the last one there is where they lie beyond it.
pub(crate) fn local_time(local: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(local).map_or(NaiveDateTime::MAX, |at| at.naive_utc())
}
