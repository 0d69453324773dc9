//! From an item to a session: nested and flat names become fields, sent values become typed ones.
//!
//! Sizes are bounded while parsing, for 4 MiB of gzip may hold a session that would fill the memory many times over.

mod fault;
mod json;
mod structure;
mod leaves;
mod value;

use domain::dictionary::{self, Kind, Record};
use domain::id::SessionId;
use domain::session::{Identity, Row, Session, Talk, Value};
use domain::zone::Zone;
use serde_json::value::RawValue;

pub(crate) use fault::Fault;
use json::{Entries, Json, is_empty};
use leaves::{Leaf, Leaves};

/// The largest parsed session, counted as its canonical JSON (the HTTP contract).
pub(crate) const MAX_SESSION: usize = 3 << 20;
/// The most records one session may hold, all lists together. An empty one costs three bytes on the wire and fifty in
/// memory; one that says anything is so long that `MAX_SESSION` is the limit it meets.
const MAX_RECORDS: usize = 50_000;

/// A session that was understood.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The session.
    pub(crate) session: Session,
    /// What it says of itself.
    pub(crate) identity: Identity,
    /// About the bytes of its canonical JSON.
    pub(crate) size: usize,
    /// How many of its keys the dictionary does not know.
    pub(crate) unknown_keys: usize,
}

/// Reads one item; its local times are in `zone`.
pub(crate) fn parse(item: &[u8], zone: Zone) -> Result<Parsed, Fault> {
    let text = std::str::from_utf8(item).map_err(|_| Fault::item("is not valid UTF-8"))?;
    let item: &RawValue = serde_json::from_str(text).map_err(|_| Fault::item("is not a line of JSON"))?;
    structure::check(item)?;
    let Json::Object(entries) = Json::of(item).map_err(Fault::item)? else {
        return Err(Fault::item("is not a JSON object"));
    };
    let mut reader = Reader { zone, size: 0, records: 0, unknown_keys: 0 };
    let session = reader.part(Record::Session, entries, "")?.into_session();
    let identity = identify(&session)?;
    Ok(Parsed { session, identity, size: reader.size, unknown_keys: reader.unknown_keys })
}

/// The session id of an item that could not be read, as far as it can be made out.
pub(crate) fn id_of(item: &[u8]) -> Option<SessionId> {
    let text = String::from_utf8_lossy(item);
    let Ok(Json::Object(entries)) = Json::of(serde_json::from_str(&text).ok()?) else { return None };
    let named = |name| entries.iter().find(|(key, raw)| key == name && !is_empty(raw)).map(|(_, raw)| *raw);
    let id = value::text(named("session_id").or_else(|| named("_id"))?).ok()??;
    SessionId::try_from(id).ok().filter(|id| !id.as_str().contains(char::REPLACEMENT_CHARACTER))
}

fn identify(session: &Session) -> Result<Identity, Fault> {
    let Some(id) = session.fields.text(Record::Session, "session_id") else {
        return Err(Fault::field("session_id", "session_id", "is required (or _id)"));
    };
    SessionId::try_from(id.to_owned())
        .map_err(|error| Fault::field("session_id", "session_id", error.to_string()))?;
    session.identity().ok_or_else(|| Fault::field("created_at", "created_at", "is required"))
}

/// A record with the records it holds. Only sessions and talks hold any.
#[derive(Default)]
struct Part {
    fields: Row,
    lists: Vec<(Record, Vec<Part>)>,
}

impl Part {
    fn into_session(mut self) -> Session {
        let talk = |mut talk: Part| Talk { options: talk.rows(Record::TalkOption), fields: talk.fields };
        Session {
            platforms: self.rows(Record::ContactPlatform),
            events: self.rows(Record::Event),
            tags: self.rows(Record::Tag),
            talks: self.take(Record::Talk).into_iter().map(talk).collect(),
            fields: self.fields,
        }
    }

    fn rows(&mut self, record: Record) -> Vec<Row> {
        self.take(record).into_iter().map(|part| part.fields).collect()
    }

    fn take(&mut self, record: Record) -> Vec<Part> {
        let list = self.lists.iter_mut().find(|(of, _)| *of == record);
        list.map(|(_, parts)| std::mem::take(parts)).unwrap_or_default()
    }
}

/// Reads one session and keeps count of what it costs.
struct Reader {
    zone: Zone,
    size: usize,
    records: usize,
    unknown_keys: usize,
}

impl Reader {
    /// Reads one record. Of the values sent for a field the first that is not empty counts, flat names before nested.
    fn part(&mut self, record: Record, entries: Entries<'_>, path: &str) -> Result<Part, Fault> {
        let leaves = Leaves::of(record, entries, path);
        self.unknown_keys += leaves.unknown_keys;
        let mut part = Part::default();
        let mut found = None;
        for leaf in &leaves.known {
            if found != Some(leaf.field.name) && self.leaf(leaf, &mut part)? {
                found = Some(leaf.field.name);
            }
        }
        if let Some(id) = leaves.document_id {
            for name in ["session_id", "id"] {
                if part.fields.text(record, name).is_none()
                    && let Some(field) = dictionary::field(name)
                {
                    self.leaf(&Leaf { field, path: "_id".to_owned(), depth: 0, raw: id }, &mut part)?;
                }
            }
        }
        Ok(part)
    }

    /// Reads one value into its record; whether there was anything.
    fn leaf(&mut self, leaf: &Leaf<'_>, part: &mut Part) -> Result<bool, Fault> {
        let field = leaf.field;
        match field.kind {
            Kind::Day => Ok(false),
            Kind::Records(record) => {
                let records = self.records(record, leaf)?;
                let some = !records.is_empty();
                if some {
                    part.lists.push((record, records));
                }
                Ok(some)
            }
            _ => {
                let wrong = |what| Fault::field(field.name, &leaf.path, what);
                let Some(value) = value::read(field.kind, leaf.raw, self.zone).map_err(wrong)? else {
                    return Ok(false);
                };
                self.spend(field.leaf().len() + cost(&value))?;
                if let Some(ordinal) = dictionary::ordinal(field.record, field.leaf()) {
                    part.fields.set(ordinal, Some(value));
                }
                Ok(true)
            }
        }
    }

    /// Reads a list of records. An empty element stays as an empty record, so that those after it keep their index.
    fn records(&mut self, record: Record, leaf: &Leaf<'_>) -> Result<Vec<Part>, Fault> {
        if is_empty(leaf.raw) {
            return Ok(Vec::new());
        }
        let wrong = |path: &str, what| Fault::field(leaf.field.name, path, what);
        let Json::List(elements) = Json::of(leaf.raw).map_err(|what| wrong(&leaf.path, what))? else {
            return Err(wrong(&leaf.path, "must be a list of objects"));
        };
        self.records += elements.len();
        if self.records > MAX_RECORDS {
            return Err(wrong(&leaf.path, "makes the session longer than 50000 records"));
        }
        let mut parts = Vec::with_capacity(elements.len());
        for (index, raw) in elements.into_iter().enumerate() {
            let path = format!("{}[{index}]", leaf.path);
            self.spend("{},".len())?;
            parts.push(match Json::of(raw).map_err(|what| wrong(&path, what))? {
                Json::Object(entries) => self.part(record, entries, &path)?,
                _ if is_empty(raw) => Part::default(),
                _ => return Err(wrong(&path, "must be an object")),
            });
        }
        Ok(parts)
    }

    fn spend(&mut self, size: usize) -> Result<(), Fault> {
        self.size += size;
        if self.size > MAX_SESSION { Err(Fault::item("is larger than 3 MiB once parsed")) } else { Ok(()) }
    }
}

/// What a value takes in canonical JSON, with the punctuation around it and its name.
fn cost(value: &Value) -> usize {
    let Value::Text(text) = value else { return 20 };
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    6 + text.bytes().map(escaped).sum::<usize>()
}

#[cfg(test)]
mod tests;
