//! The columns that a query reads, as they are chosen one by one for its reader.

use domain::dictionary::{self, Record};
use domain::masking::{Masking, Reader};

use super::columns::{ColumnRef, Columns};
use super::masked_column::{LabelColumn, MaskedColumn};

/// The columns that a query reads, as they are chosen one by one for its reader.
#[derive(Debug)]
pub(crate) struct ColumnChoice<'a> {
    pub(crate) columns: Columns,
    pub(crate) reader: Reader<'a>,
}

impl ColumnChoice<'_> {
    /// A text column of a repeated record, by its dictionary name; `None` for a name that is no field.
    pub(crate) fn masked_column(&mut self, record: Record, name: &str) -> Option<MaskedColumn> {
        let field = dictionary::field(name)?;
        let masking = self.reader.masking(field);
        Some(MaskedColumn { column: self.columns.column_ref(record, field.leaf()), masking })
    }

    /// The column of storage ids, to make links of; `None` where the reader may see no links. A link ends with its session's
    /// retention, so it would tell when the session began.
    pub(crate) fn linked_column(&mut self) -> Option<MaskedColumn> {
        let storage = self.masked_column(Record::Talk, "talks.storage_id")?;
        Some(storage).filter(|storage| storage.masking == Masking::Open && !self.reader.hides("created_at"))
    }

    /// A column with a vocabulary, by its dictionary name, to be read by its labels.
    pub(crate) fn label_column(&mut self, record: Record, name: &str) -> Option<LabelColumn> {
        let vocabulary = dictionary::field(name)?.vocabulary?;
        Some(LabelColumn { masked: self.masked_column(record, name)?, vocabulary })
    }

    /// The column of a repeated record's instant, by its dictionary name; `None` where it is hidden.
    pub(crate) fn moment(&mut self, record: Record, name: &str) -> Option<ColumnRef> {
        let field = dictionary::field(name).filter(|field| self.reader.masking(field) == Masking::Open)?;
        Some(self.columns.column_ref(record, field.leaf()))
    }
}
