//! A column of a report type: where its values come from, and how a chart shows it.

use domain::dictionary::{Aggregation, Field, Kind, Semantic};
use domain::lang::Text;

use super::date_field::DateField;
use super::date_format::DateFormat;
use super::measure::{Input, Measure};

/// Where a column's values come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// A field of the dictionary.
    Field(&'static Field),
    /// What people read in the place of a field's word, in Portuguese.
    Label(&'static Field),
    /// A part of a date of the session.
    DatePart(DateField, DateFormat),
    /// A number that may be added up over sessions.
    Measure(Measure<Input>),
    /// How many different texts the session field of this name has.
    Distinct(&'static str),
    /// One measure over another.
    Ratio(Measure<Input>, Measure<Input>),
    /// One a row.
    One,
    /// The link to a message's file.
    MediaUrl,
    /// The instant of the snapshot that the rows are read from.
    DataAsOf,
}

impl Source {
    /// The dictionary's names of the fields that values follow from.
    pub(crate) fn inputs(self) -> Vec<&'static str> {
        match self {
            Self::Field(field) if field.kind == Kind::Day => {
                vec![field.name, "lastInteraction", "created_at"]
            }
            Self::Field(field) | Self::Label(field) => vec![field.name],
            Self::DatePart(date, _) => vec![date.name()],
            Self::Distinct(name) => vec![name],
            Self::Measure(measure) => measure.follows_from(),
            Self::Ratio(over, under) => [over.follows_from(), under.follows_from()].concat(),
            // A link ends with its session's retention, which is counted from its beginning.
            Self::MediaUrl => vec!["talks.storage_id", "created_at"],
            Self::One | Self::DataAsOf => Vec::new(),
        }
    }
}

/// A column of a report type, as far as it does not depend on a request.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) id: String,
    pub(crate) source: Source,
    pub(crate) semantic: Semantic,
    /// How a chart adds it up; `None` makes it a dimension, unless it has a formula.
    pub(crate) aggregation: Aggregation,
    /// What Data Studio computes itself, over other columns.
    pub(crate) formula: Option<String>,
    pub(crate) group: Text,
    pub(crate) label: Text,
    pub(crate) description: Text,
}

impl Column {
    pub(crate) fn of(field: &'static Field) -> Column {
        Column {
            id: field.id(),
            source: Source::Field(field),
            semantic: field.semantic(),
            aggregation: field.aggregation,
            formula: None,
            group: field.group.label(),
            label: field.label,
            description: field.description,
        }
    }

    pub(crate) fn is_metric(&self) -> bool {
        self.aggregation != Aggregation::None || self.formula.is_some()
    }
}
