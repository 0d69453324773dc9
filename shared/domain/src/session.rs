//! A session as this software understands it: typed values under the dictionary's names, in the document's order.
//!
//! Its canonical JSON (dictionary order, empty values left out, instants as microseconds) is what is hashed, compressed
//! and kept. It is read back by name, so a body written under an older dictionary stays readable.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use crate::dictionary::{self, Kind, Record};
use crate::id::SessionId;
use crate::time::Instant;

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

    /// The canonical JSON.
    pub fn to_json(&self) -> Vec<u8> {
        // Serialising to memory fails only for maps with odd keys, which this type does not have.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads canonical JSON.
    pub fn from_json(json: &[u8]) -> Result<Session, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// SHA-256 of the canonical JSON without `report_at`, which says when we first accepted the session and not what
    /// the platform knows of it. Both shapes of one session have the same hash.
    pub fn hash(&self) -> [u8; 32] {
        let mut bare = Session { fields: self.fields.clone(), ..Session::default() };
        if let Some(ordinal) = dictionary::ordinal(Record::Session, "report_at") {
            bare.fields.set(ordinal, None);
        }
        let mut hasher = Sha256::new();
        hasher.update(bare.to_json());
        let children = Children(self);
        hasher.update(serde_json::to_vec(&children).unwrap_or_default());
        hasher.finalize().into()
    }

    /// The content hash: the first eight bytes of the session's hash, by which table and lake are compared.
    pub fn content_hash(&self) -> i64 {
        content_hash_of(&self.hash())
    }
}

/// The first eight bytes of a session's hash, big-endian; missing ones count as zero.
pub fn content_hash_of(hash: &[u8]) -> i64 {
    hash.iter().copied().chain(std::iter::repeat(0)).take(8).fold(0, |hash, byte| hash << 8 | i64::from(byte))
}

struct Children<'a>(&'a Session);

impl Serialize for Children<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        serialize_children(self.0, &mut map)?;
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Seconds(seconds) => serializer.serialize_f64(*seconds),
            Value::Boolean(flag) => serializer.serialize_bool(*flag),
            Value::Instant(instant) => serializer.serialize_i64(instant.0),
        }
    }
}

/// A row with the record it belongs to, which gives its values their names.
struct NamedRow<'a> {
    record: Record,
    row: &'a Row,
    /// A message's options.
    options: &'a [Row],
}

impl<'a> NamedRow<'a> {
    /// A row that has no options.
    fn of(record: Record, row: &'a Row) -> NamedRow<'a> {
        NamedRow { record, row, options: &[] }
    }
}

impl Serialize for NamedRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        serialize_row(self.record, self.row, &mut map)?;
        if !self.options.is_empty() {
            let options: Vec<_> =
                self.options.iter().map(|row| NamedRow::of(Record::TalkOption, row)).collect();
            map.serialize_entry("options", &options)?;
        }
        map.end()
    }
}

fn serialize_row<M: SerializeMap>(record: Record, row: &Row, map: &mut M) -> Result<(), M::Error> {
    let columns = dictionary::columns(record);
    for (ordinal, value) in row.iter() {
        if let Some(field) = columns.get(usize::from(ordinal)) {
            map.serialize_entry(field.leaf(), value)?;
        }
    }
    Ok(())
}

fn serialize_children<M: SerializeMap>(session: &Session, map: &mut M) -> Result<(), M::Error> {
    let lists = [
        (Record::ContactPlatform, &session.platforms),
        (Record::Event, &session.events),
        (Record::Tag, &session.tags),
    ];
    for (record, rows) in lists {
        if !rows.is_empty() {
            let rows: Vec<_> = rows.iter().map(|row| NamedRow::of(record, row)).collect();
            map.serialize_entry(record.name(), &rows)?;
        }
    }
    if !session.talks.is_empty() {
        let talks: Vec<_> = session
            .talks
            .iter()
            .map(|talk| NamedRow { record: Record::Talk, row: &talk.fields, options: &talk.options })
            .collect();
        map.serialize_entry(Record::Talk.name(), &talks)?;
    }
    Ok(())
}

impl Serialize for Session {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        serialize_row(Record::Session, &self.fields, &mut map)?;
        serialize_children(self, &mut map)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Session {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Session, D::Error> {
        struct SessionVisitor;

        impl<'de> Visitor<'de> for SessionVisitor {
            type Value = Session;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a stored session")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Session, A::Error> {
                let mut session = Session::default();
                while let Some(key) = map.next_key::<String>()? {
                    let bare = |talk: Talk| talk.fields;
                    match key.as_str() {
                        "contact_platforms" => {
                            session.platforms = map
                                .next_value_seed(Rows(Record::ContactPlatform))?
                                .into_iter()
                                .map(bare)
                                .collect();
                        }
                        "events" => {
                            session.events =
                                map.next_value_seed(Rows(Record::Event))?.into_iter().map(bare).collect()
                        }
                        "tags" => {
                            session.tags =
                                map.next_value_seed(Rows(Record::Tag))?.into_iter().map(bare).collect()
                        }
                        "talks" => session.talks = map.next_value_seed(Rows(Record::Talk))?,
                        key => read_field(Record::Session, key, &mut session.fields, &mut map)?,
                    }
                }
                Ok(session)
            }
        }

        deserializer.deserialize_map(SessionVisitor)
    }
}

/// Reads the value of `key` into `row`; a name that the dictionary does not know is passed over.
fn read_field<'de, A: MapAccess<'de>>(
    record: Record,
    key: &str,
    row: &mut Row,
    map: &mut A,
) -> Result<(), A::Error> {
    let Some(ordinal) = dictionary::ordinal(record, key) else {
        map.next_value::<IgnoredAny>()?;
        return Ok(());
    };
    let field = dictionary::columns(record)[usize::from(ordinal)];
    let value = match field.kind {
        // Bodies of earlier versions of this software hold words in the language in which they were sent.
        Kind::Text => {
            let text: String = map.next_value()?;
            Value::Text(field.inside(&text).map_or(text, str::to_owned))
        }
        Kind::Integer => Value::Integer(map.next_value()?),
        Kind::Seconds => Value::Seconds(map.next_value()?),
        Kind::Boolean => Value::Boolean(map.next_value()?),
        Kind::Instant => Value::Instant(map.next_value()?),
        Kind::Day | Kind::Records(_) => {
            map.next_value::<IgnoredAny>()?;
            return Ok(());
        }
    };
    row.set(ordinal, Some(value));
    Ok(())
}

/// Reads a list of rows of one record. Every row comes as a `Talk`, the only kind that holds rows of its own.
struct Rows(Record);

impl<'de> DeserializeSeed<'de> for Rows {
    type Value = Vec<Talk>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Talk>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows {
    type Value = Vec<Talk>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {}", self.0.name())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Talk>, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = seq.next_element_seed(OneRow(self.0))? {
            rows.push(row);
        }
        Ok(rows)
    }
}

struct OneRow(Record);

impl<'de> DeserializeSeed<'de> for OneRow {
    type Value = Talk;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Talk, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneRow {
    type Value = Talk;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of {}", self.0.name())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Talk, A::Error> {
        let mut talk = Talk::default();
        while let Some(key) = map.next_key::<String>()? {
            if self.0 == Record::Talk && key == "options" {
                talk.options = map
                    .next_value_seed(Rows(Record::TalkOption))?
                    .into_iter()
                    .map(|row| row.fields)
                    .collect();
            } else {
                read_field(self.0, &key, &mut talk.fields, &mut map)?;
            }
        }
        Ok(talk)
    }
}

#[cfg(test)]
mod tests;
