//! Texts as their reader sees them.

use std::borrow::Cow;

use domain::dictionary::Record;

use super::context::Context;
use super::segment_columns::SegmentColumns;
use crate::plan::masked_column::{AddressColumns, LabelColumn, MaskedColumn};

impl MaskedColumn {
    /// The masked text of a row; `None` where there is none or it is hidden.
    pub(crate) fn read<'a>(
        &self,
        columns: &'a SegmentColumns,
        row: usize,
        context: &Context,
    ) -> Option<Cow<'a, str>> {
        self.masking.mask(columns.text(self.column, row)?, &[], &context.pseudonyms)
    }
}

impl LabelColumn {
    /// The Portuguese label of a row's text, or the masked text where it is no word of the vocabulary.
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

impl AddressColumns {
    /// The addresses of the contact of a session.
    pub(crate) fn read<'a>(&self, columns: &'a SegmentColumns, session: usize) -> Vec<&'a str> {
        let platforms = columns.children(Record::ContactPlatform, session);
        let of_platforms = platforms.filter_map(|row| columns.text(self.of_platforms, row));
        columns.text(self.of_session, session).into_iter().chain(of_platforms).collect()
    }
}
