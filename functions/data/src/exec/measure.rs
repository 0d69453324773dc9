//! What each session adds to a sum.

use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray};
use domain::number::nearest_float;

use super::segment_columns::SegmentColumns;
use crate::catalog::date_format::DateFormat;
use crate::catalog::measure::Measure;
use crate::plan::sum::Sum;

impl Sum {
    /// What a session's row adds; `None` only where seconds were not measured.
    pub(crate) fn of(&self, columns: &SegmentColumns, session: usize) -> Option<f64> {
        let measure = match *self {
            Sum::Measure(measure) => measure,
            Sum::Distinct(masked) => Measure::HasText(masked.column),
        };
        let holds = match measure {
            Measure::Seconds(column) => return columns.seconds(column, session),
            Measure::Count(column) => {
                return Some(nearest_float(columns.integer(column, session).unwrap_or_default()));
            }
            Measure::One => true,
            Measure::HasText(column) => columns.text(column, session).is_some(),
            Measure::HasInstant(column) => columns.instant(column, session).is_some(),
            Measure::HasSeconds(column) => columns.seconds(column, session).is_some(),
            Measure::IsTrue(column) => columns.boolean(column, session) == Some(true),
            Measure::Lost { finished, agent, waited, timers: [first, second] } => {
                let wait = columns.seconds(first, session).or_else(|| columns.seconds(second, session));
                let waited =
                    columns.boolean(waited, session) == Some(true) || wait.is_some_and(|wait| wait > 0.0);
                waited
                    && columns.instant(finished, session).is_some()
                    && columns.text(agent, session).is_none()
            }
            Measure::SameDay { registered, began } => {
                let day = |column| columns.local(column, session).map(|local| DateFormat::Day.key(local));
                day(registered).is_some_and(|registered| day(began) == Some(registered))
            }
        };
        Some(if holds { 1.0 } else { 0.0 })
    }

    /// Gives what each of some rows adds to `add`, by the row's place among them.
    pub(crate) fn each(&self, columns: &SegmentColumns, rows: &[u32], mut add: impl FnMut(usize, f64)) {
        match *self {
            Sum::Measure(Measure::One) => (0..rows.len()).for_each(|at| add(at, 1.0)),
            Sum::Measure(Measure::Seconds(column)) => {
                columns.all_seconds(column).into_iter().for_each(|seconds| numbers(seconds, rows, &mut add));
            }
            Sum::Measure(Measure::Count(column)) => {
                let mut add = |at, count: i64| add(at, nearest_float(count));
                columns.all_integers(column).into_iter().for_each(|counts| numbers(counts, rows, &mut add));
            }
            _ => {
                let all = rows.iter().enumerate();
                all.for_each(|(at, row)| add(at, self.of(columns, *row as usize).unwrap_or_default()));
            }
        }
    }
}

/// The numbers that are there in some rows.
fn numbers<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    rows: &[u32],
    mut add: impl FnMut(usize, T::Native),
) {
    let rows = rows.iter().map(|row| *row as usize).enumerate();
    let values = array.values();
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => rows.for_each(|(at, row)| add(at, values[row])),
        Some(nulls) => {
            rows.filter(|(_, row)| nulls.is_valid(*row)).for_each(|(at, row)| add(at, values[row]));
        }
    }
}
