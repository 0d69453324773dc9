//! The additive measures of a session.

use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray};
use shared::dictionary::Record;

use crate::cells::{CREATED, Columns, Files, Slot};
use crate::expr::TextCell;
use crate::format::DateFormat;
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
    /// 1 where there is a text; a summary counts each text once.
    Distinct(TextCell),
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
            Measure::NewContact => {
                slot("created_at");
                Sum::NewContact(slot("contact_created_at"))
            }
            Measure::Seconds(timer) => Sum::Seconds(slot(timer)),
            Measure::Timed(timer) => Sum::Timed(slot(timer)),
            Measure::Count(column) => Sum::Count(slot(column)),
        }
    }

    /// What a session's row adds; `None` only where seconds were not measured.
    pub(crate) fn of(&self, files: &Files, session: usize) -> Option<f64> {
        let holds = match *self {
            Sum::Seconds(slot) => return files.seconds(slot, session),
            Sum::Count(slot) => return Some(files.integer(slot, session).unwrap_or_default() as f64),
            Sum::One => true,
            Sum::Distinct(cell) => files.text(cell.slot, session).is_some(),
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
            Sum::NewContact(contact) => {
                let day = |slot| files.local(slot, session).map(|local| DateFormat::Day.key(local));
                day(contact).is_some_and(|registered| day(CREATED) == Some(registered))
            }
        };
        Some(if holds { 1.0 } else { 0.0 })
    }

    /// Gives what each of some rows adds to `add`, by the row's place among them.
    pub(crate) fn each(&self, files: &Files, rows: &[u32], mut add: impl FnMut(usize, f64)) {
        match *self {
            Sum::One => (0..rows.len()).for_each(|at| add(at, 1.0)),
            Sum::Seconds(slot) => {
                files.all_seconds(slot).into_iter().for_each(|seconds| numbers(seconds, rows, &mut add));
            }
            Sum::Count(slot) => {
                let mut add = |at, count: i64| add(at, count as f64);
                files.all_integers(slot).into_iter().for_each(|counts| numbers(counts, rows, &mut add));
            }
            _ => {
                let all = rows.iter().enumerate();
                all.for_each(|(at, row)| add(at, self.of(files, *row as usize).unwrap_or_default()));
            }
        }
    }
}

/// The numbers that are there in some rows.
fn numbers<T: ArrowPrimitiveType>(
    cells: &PrimitiveArray<T>,
    rows: &[u32],
    mut add: impl FnMut(usize, T::Native),
) {
    let rows = rows.iter().map(|row| *row as usize).enumerate();
    let values = cells.values();
    match cells.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => rows.for_each(|(at, row)| add(at, values[row])),
        Some(nulls) => {
            rows.filter(|(_, row)| nulls.is_valid(*row)).for_each(|(at, row)| add(at, values[row]));
        }
    }
}
