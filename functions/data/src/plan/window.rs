//! The window of a query: when a session's dates must lie so that it is shown.

use std::ops::Range;

use domain::dictionary::Record;
use domain::time::Instant;

use super::columns::{ColumnRef, Columns};
use super::cursor::PageEnd;
use crate::catalog::date_field::DateField;

/// The periods in which a session's dates must lie so that it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// For `created_at`: not past the retention, not before the cursor, and in the period that was asked for.
    pub(crate) created: Range<Instant>,
    /// For another date of the session, where the period is about that one.
    pub(crate) other: Option<OtherDate>,
}

/// Another date of the session than `created_at`, and the period in which it must lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OtherDate {
    pub(crate) field: DateField,
    pub(crate) column: ColumnRef,
    pub(crate) period: Range<Instant>,
}

impl Window {
    /// The window of a query: `created` tells which sessions there are to show, `period` what was asked for, by a date of
    /// the session. That date is read from now on where it is not `created_at`.
    pub(crate) fn new(
        created: Range<Instant>,
        date_field: DateField,
        period: Option<Range<Instant>>,
        columns: &mut Columns,
    ) -> Window {
        match period {
            Some(period) if date_field == DateField::Created => {
                Window { created: created.start.max(period.start)..period.end, other: None }
            }
            period => {
                let other = period.map(|period| {
                    let column = columns.column_ref(Record::Session, date_field.name());
                    OtherDate { field: date_field, column, period }
                });
                Window { created, other }
            }
        }
    }
}

/// When sessions began that are neither past their retention nor before the cursor.
pub(crate) fn created_window(oldest: Instant, after: Option<&PageEnd>) -> Range<Instant> {
    // A session that began at `oldest` is just past its retention.
    let start = Instant(oldest.0.saturating_add(1));
    let start =
        if let Some(PageEnd::Row { created_at, .. }) = after { start.max(*created_at) } else { start };
    start..Instant(i64::MAX)
}
