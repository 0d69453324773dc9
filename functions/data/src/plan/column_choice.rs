//! The columns that a query reads, as they are chosen one by one for its reader.

use domain::dictionary::{self, Field, Kind, Record};
use domain::masking::{Masking, Reader};

use super::columns::{ColumnRef, Columns};
use super::masked_column::{LabelColumn, MaskedColumn};
use crate::catalog::column::Source;

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

    /// Whether the reader may see nothing of the field of this dictionary name. Of records some fields may be seen.
    pub(crate) fn is_hidden(&self, name: &str) -> bool {
        let is_masked_away = |field: &Field| {
            self.reader.masking(field) == Masking::Hidden && !matches!(field.kind, Kind::Records(_))
        };
        self.reader.hides(name) || dictionary::field(name).is_some_and(is_masked_away)
    }

    /// The column of storage ids, to make links of; `None` where the reader may see no links.
    pub(crate) fn linked_column(&mut self) -> Option<MaskedColumn> {
        let is_hidden = Source::MediaUrl.inputs().into_iter().any(|name| self.is_hidden(name));
        if is_hidden { None } else { self.masked_column(Record::Talk, "talks.storage_id") }
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
