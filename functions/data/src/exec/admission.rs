//! Admission: which rows lie in the plan's window and after the query's cursor.

use super::row::SegmentRow;
use super::segment_columns::SegmentColumns;
use crate::plan::cursor::PageEnd;
use crate::plan::execution_plan::ExecutionPlan;

impl ExecutionPlan {
    /// Whether a session's row lies in the window and not before the cursor.
    pub(crate) fn admits(&self, columns: &SegmentColumns, session: usize) -> bool {
        let row = SegmentRow::of_session(columns, session);
        let created_at = row.created_at();
        let other = || match &self.window.other {
            Some(other) => row.instant(other.column).is_some_and(|at| other.period.contains(&at)),
            None => true,
        };
        let ahead = || match &self.query.after {
            Some(PageEnd::Row { created_at: at, session_id, .. }) => {
                created_at.cmp(at).then_with(|| row.session_id().cmp(session_id)).is_ge()
            }
            _ => true,
        };
        self.window.created.contains(&created_at) && other() && ahead()
    }

    /// Whether a row of an admitted session comes after the cursor.
    pub(crate) fn is_ahead(&self, row: &SegmentRow<'_>) -> bool {
        let Some(PageEnd::Row { created_at, session_id, position }) = &self.query.after else { return true };
        let session = row.created_at().cmp(created_at).then_with(|| row.session_id().cmp(session_id));
        session.then_with(|| row.position().cmp(position)).is_gt()
    }
}
