//! A text column as its reader sees it.

use domain::dictionary::Vocabulary;
use domain::masking::Masking;

use super::columns::ColumnRef;

/// A text column and how its values are masked for the reader.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaskedColumn {
    pub(crate) column: ColumnRef,
    pub(crate) masking: Masking,
}

/// A masked text column whose words are read by their Portuguese labels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelColumn {
    pub(crate) masked: MaskedColumn,
    pub(crate) vocabulary: &'static Vocabulary,
}
