//! A session as canonical JSON (dictionary order, empty values left out, instants as microseconds): what is hashed,
//! compressed and kept. It is read back by name, so a body written under an older dictionary stays readable.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use super::{Row, Session, Talk, Value};
use crate::dictionary::{self, Kind, Record};

/// The key of what an emptied session keeps for its counts; no name of the dictionary begins like it.
const ERASED: &str = "_erased";

impl Session {
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

impl Serialize for Session {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        serialize_row(Record::Session, &self.fields, &mut map)?;
        serialize_children(self, &mut map)?;
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
    if let Some(erased) = &session.erased {
        map.serialize_entry(ERASED, erased)?;
    }
    Ok(())
}

/// What a session has besides its own fields.
struct Children<'a>(&'a Session);

impl Serialize for Children<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        serialize_children(self.0, &mut map)?;
        map.end()
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
                        ERASED => session.erased = Some(map.next_value()?),
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
