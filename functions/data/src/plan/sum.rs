//! The additive measures of a session, bound to the columns that they read.

use domain::dictionary::Record;

use super::columns::{ColumnRef, Columns};
use super::masked_column::MaskedColumn;
use crate::catalog::column::Measure;

/// A measure bound to the columns that it reads.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sum {
    One,
    /// 1 where there is a value.
    Text(ColumnRef),
    Instant(ColumnRef),
    Timed(ColumnRef),
    /// 1 where it is true.
    True(ColumnRef),
    Lost {
        finished: ColumnRef,
        agent: ColumnRef,
        waited: ColumnRef,
        on_wait: ColumnRef,
        tme: ColumnRef,
    },
    NewContact(ColumnRef),
    Seconds(ColumnRef),
    Count(ColumnRef),
    /// 1 where there is a text; a summary counts each text once.
    Distinct(MaskedColumn),
}

impl Sum {
    pub(crate) fn new(measure: Measure, columns: &mut Columns) -> Sum {
        let mut column_ref = |name| columns.column_ref(Record::Session, name);
        match measure {
            Measure::Sessions => Sum::One,
            Measure::Finished => Sum::Instant(column_ref("finished_at")),
            Measure::Attended => Sum::Text(column_ref("agent_id")),
            Measure::Lost => Sum::Lost {
                finished: column_ref("finished_at"),
                agent: column_ref("agent_id"),
                waited: column_ref(lake::columns::WAITED),
                on_wait: column_ref("timerOnWait"),
                tme: column_ref("attendance_timer_tme"),
            },
            Measure::Expired => Sum::True(column_ref("expired")),
            Measure::Transferred => Sum::True(column_ref(lake::columns::TRANSFERRED)),
            Measure::NewContact => {
                column_ref("created_at");
                Sum::NewContact(column_ref("contact_created_at"))
            }
            Measure::Seconds(timer) => Sum::Seconds(column_ref(timer)),
            Measure::Timed(timer) => Sum::Timed(column_ref(timer)),
            Measure::Count(column) => Sum::Count(column_ref(column)),
        }
    }
}
