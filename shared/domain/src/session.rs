//! A session as this software understands it: typed values under the dictionary's names, in the document's order.
//!
//! `json` has what is kept of it.

mod json;

use serde::{Deserialize, Serialize};

use crate::dictionary::{self, Record};
use crate::id::SessionId;
use crate::time::Instant;

pub use json::content_hash_of;

/// A value of a field. Empty values are not kept at all.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text as it was sent, never empty.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Seconds, fractions kept; finite.
    Seconds(f64),
    /// A flag.
    Boolean(bool),
    /// A point in time.
    Instant(Instant),
}

/// The values of one record, by the ordinal that the dictionary gives its fields; only those that are not empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(Vec<(u16, Value)>);

impl Row {
    /// The value of the field with `ordinal`.
    pub fn get(&self, ordinal: u16) -> Option<&Value> {
        self.0.binary_search_by_key(&ordinal, |(o, _)| *o).ok().map(|at| &self.0[at].1)
    }

    /// Sets the value of the field with `ordinal`, or clears it.
    pub fn set(&mut self, ordinal: u16, value: Option<Value>) {
        match (self.0.binary_search_by_key(&ordinal, |(o, _)| *o), value) {
            (Ok(at), Some(value)) => self.0[at].1 = value,
            (Ok(at), None) => drop(self.0.remove(at)),
            (Err(at), Some(value)) => self.0.insert(at, (ordinal, value)),
            (Err(_), None) => {}
        }
    }

    /// All values that are there, in dictionary order.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &Value)> {
        self.0.iter().map(|(ordinal, value)| (*ordinal, value))
    }

    /// The text of the field called `leaf` in `record`.
    pub fn text(&self, record: Record, leaf: &str) -> Option<&str> {
        match self.get(dictionary::ordinal(record, leaf)?)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The instant of the field called `leaf` in `record`.
    pub fn instant(&self, record: Record, leaf: &str) -> Option<Instant> {
        match self.get(dictionary::ordinal(record, leaf)?)? {
            Value::Instant(instant) => Some(*instant),
            _ => None,
        }
    }
}

/// One message, with the menu options it offered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Talk {
    /// The message's own fields.
    pub fields: Row,
    /// The menu options, in order.
    pub options: Vec<Row>,
}

/// One attendance session with everything that belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    /// The session's own fields.
    pub fields: Row,
    /// The contact's platforms, in order.
    pub platforms: Vec<Row>,
    /// What happened, in order.
    pub events: Vec<Row>,
    /// What was asked and answered, in order.
    pub tags: Vec<Row>,
    /// The messages, in order.
    pub talks: Vec<Talk>,
    /// What is left where an erasure has emptied it; `None` in a session that is whole.
    pub erased: Option<Erased>,
}

/// What an emptied session keeps for its counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// How many of its messages had a file.
    pub files: u32,
}

/// What a session says of itself that the rest of the system needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// The session's id.
    pub id: SessionId,
    /// When the session began.
    pub created_at: Instant,
    /// The instant whose local day is `partition_column`: `lastInteraction`, else `created_at`.
    pub last_interaction: Instant,
}

impl Session {
    /// The session's identity; `None` where a required field is missing, which ingest never lets in.
    pub fn identity(&self) -> Option<Identity> {
        let instant = |leaf| self.fields.instant(Record::Session, leaf);
        let id = self.fields.text(Record::Session, "session_id")?;
        let created_at = instant("created_at")?;
        let last_interaction = instant("lastInteraction").unwrap_or(created_at);
        Some(Identity { id: SessionId::try_from(id.to_owned()).ok()?, created_at, last_interaction })
    }

    /// The rows of one kind of record with their position: the record's index in its document; for a menu option the
    /// message's index in the upper and the option's in the lower 32 bits, so that positions order as the document does.
    pub fn records(&self, record: Record) -> Vec<(u64, &Row)> {
        let indexed = |rows: &'_ [Row]| -> Vec<u64> { (0..rows.len() as u64).collect() };
        match record {
            Record::Session => vec![(0, &self.fields)],
            Record::ContactPlatform => indexed(&self.platforms).into_iter().zip(&self.platforms).collect(),
            Record::Event => indexed(&self.events).into_iter().zip(&self.events).collect(),
            Record::Tag => indexed(&self.tags).into_iter().zip(&self.tags).collect(),
            Record::Talk => (0..).zip(self.talks.iter().map(|talk| &talk.fields)).collect(),
            Record::TalkOption => (0_u64..)
                .zip(&self.talks)
                .flat_map(|(at, talk)| (0_u64..).zip(&talk.options).map(move |(o, row)| (at << 32 | o, row)))
                .collect(),
        }
    }
}
