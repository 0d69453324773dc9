//! The dates of a session.

/// A date of the session: a period can be about it, and parts of it are columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateField {
    Created,
    Finished,
    Last,
}

impl DateField {
    pub(crate) const ALL: [DateField; 3] = [Self::Created, Self::Finished, Self::Last];

    /// The dictionary's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Created => "created_at",
            Self::Finished => "finished_at",
            Self::Last => "lastInteraction",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<DateField> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}
