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

/// Where the addresses of a session's contact are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressColumns {
    /// The address on the session's channel.
    pub(crate) of_session: ColumnRef,
    /// The addresses on all platforms of the contact.
    pub(crate) of_platforms: ColumnRef,
}
