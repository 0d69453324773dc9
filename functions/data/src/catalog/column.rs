//! A column of a report type: where its values come from, and how a chart shows it.

use domain::dictionary::{Aggregation, Field, Kind, Semantic};
use domain::lang::Text;

use super::date_format::DateFormat;

/// Where a column's values come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// A field of the dictionary.
    Field(&'static Field),
    /// A part of an instant of the session, which is named.
    Part(&'static str, DateFormat),
    /// A number that may be added up over sessions.
    Measure(Measure),
    /// How many different texts the session field of this name has.
    Distinct(&'static str),
    /// One measure over another.
    Ratio(Measure, Measure),
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
            Self::Field(field) => vec![field.name],
            Self::Part(name, _) | Self::Distinct(name) => vec![name],
            Self::Measure(measure) => measure.inputs(),
            Self::Ratio(over, under) => [over.inputs(), under.inputs()].concat(),
            // A link holds the moment at which its session began.
            Self::MediaUrl => vec!["talks.storage_id", "created_at"],
            Self::One | Self::DataAsOf => Vec::new(),
        }
    }
}

/// An additive number of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Sessions,
    Finished,
    Attended,
    Lost,
    Expired,
    Transferred,
    NewContact,
    /// The seconds of a timer, which is named: the platform's own, or one that the lake works out from events.
    Seconds(&'static str),
    /// Whether the session has that timer.
    Timed(&'static str),
    /// A count that the lake keeps in the column of this name.
    Count(&'static str),
}

impl Measure {
    fn inputs(self) -> Vec<&'static str> {
        match self {
            Self::Sessions => Vec::new(),
            Self::Finished => vec!["finished_at"],
            Self::Attended => vec!["agent_id"],
            Self::Lost => {
                vec!["finished_at", "agent_id", "events.event", "timerOnWait", "attendance_timer_tme"]
            }
            Self::Expired => vec!["expired"],
            Self::Transferred => vec!["events.event"],
            Self::NewContact => vec!["contact_created_at", "created_at"],
            Self::Seconds(timer) | Self::Timed(timer) if timer.starts_with('_') => {
                vec!["events.event", "events.created_at"]
            }
            Self::Seconds(timer) | Self::Timed(timer) => vec![timer],
            Self::Count("_sentiment_level" | "_sentiment_messages") => vec!["talks.sentiment_analysis_level"],
            Self::Count("_messages_media") => vec!["talks.storage_id"],
            Self::Count("_messages_hsm") => vec!["talks.hsm"],
            Self::Count("_messages") => vec!["talks"],
            Self::Count(_) => vec!["talks.origin"],
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
