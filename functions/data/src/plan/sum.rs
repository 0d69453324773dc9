//! What a summary adds up, bound to the columns that it reads.

use domain::dictionary::Record;

use super::columns::{ColumnRef, Columns};
use super::masked_column::MaskedColumn;
use crate::catalog::measure::{Input, Measure};

/// A number that is added up over sessions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sum {
    Measure(Measure<ColumnRef>),
    /// 1 where there is a text; a summary counts each text once.
    Distinct(MaskedColumn),
}

impl Sum {
    /// The sum of a measure. Its columns are read from now on.
    pub(crate) fn of_measure(measure: Measure<Input>, columns: &mut Columns) -> Sum {
        Sum::Measure(measure.map(|input| columns.column_ref(Record::Session, input.column().name)))
    }
}
