//! The additive measures of a session.

use shared::dictionary::Record;

use crate::cells::{Columns, Slot};
use crate::expr::{Context, Row};
use crate::report::Measure;

/// A measure that knows its cells.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sum {
    One,
    /// 1 where there is a value.
    Text(Slot),
    Instant(Slot),
    Timed(Slot),
    /// 1 where it is true.
    True(Slot),
    Lost {
        finished: Slot,
        agent: Slot,
        waited: Slot,
        on_wait: Slot,
        tme: Slot,
    },
    NewContact(Slot),
    Seconds(Slot),
    Count(Slot),
}

impl Sum {
    pub(crate) fn new(measure: Measure, columns: &mut Columns) -> Sum {
        let mut slot = |name| columns.slot(Record::Session, name);
        match measure {
            Measure::Sessions => Sum::One,
            Measure::Finished => Sum::Instant(slot("finished_at")),
            Measure::Attended => Sum::Text(slot("agent_id")),
            Measure::Lost => Sum::Lost {
                finished: slot("finished_at"),
                agent: slot("agent_id"),
                waited: slot(lake::columns::WAITED),
                on_wait: slot("timerOnWait"),
                tme: slot("attendance_timer_tme"),
            },
            Measure::Expired => Sum::True(slot("expired")),
            Measure::Transferred => Sum::True(slot(lake::columns::TRANSFERRED)),
            Measure::NewContact => Sum::NewContact(slot("contact_created_at")),
            Measure::Seconds(timer) => Sum::Seconds(slot(timer)),
            Measure::Timed(timer) => Sum::Timed(slot(timer)),
            Measure::Count(column) => Sum::Count(slot(column)),
        }
    }

    /// What a row adds; `None` only where seconds were not measured.
    pub(crate) fn of(&self, row: &Row<'_>, context: &Context) -> Option<f64> {
        let (files, session) = (row.files, row.session);
        let holds = match *self {
            Sum::Seconds(slot) => return files.seconds(slot, session),
            Sum::Count(slot) => return Some(files.integer(slot, session).unwrap_or_default() as f64),
            Sum::One => true,
            Sum::Text(slot) => files.text(slot, session).is_some(),
            Sum::Instant(slot) => files.instant(slot, session).is_some(),
            Sum::Timed(slot) => files.seconds(slot, session).is_some(),
            Sum::True(slot) => files.boolean(slot, session) == Some(true),
            Sum::Lost { finished, agent, waited, on_wait, tme } => {
                let wait = files.seconds(on_wait, session).or_else(|| files.seconds(tme, session));
                let waited =
                    files.boolean(waited, session) == Some(true) || wait.is_some_and(|wait| wait > 0.0);
                waited && files.instant(finished, session).is_some() && files.text(agent, session).is_none()
            }
            Sum::NewContact(contact) => files
                .instant(contact, session)
                .is_some_and(|at| at.day(context.zone) == row.created_at().day(context.zone)),
        };
        Some(if holds { 1.0 } else { 0.0 })
    }
}
