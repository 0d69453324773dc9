//! Turns an item into a session: nested and flat names become fields, and values get the types of their
//! fields.
//!
//! Sizes are bounded while parsing, because 4 MiB of gzip may contain a session that would fill the memory
//! many times over.

mod fault;
mod structure;
mod leaves;
mod text;
mod number;
mod duration;
mod instant;
mod value;

use std::borrow::Cow;

use domain::dictionary::{self, Kind, Record};
use domain::id::{IdError, SessionId};
use domain::lang::Text;
use domain::session::{Identity, Row, Session, Talk, Value};
use domain::zone::Zone;
use serde_json::value::RawValue;

use crate::json::{Entries, Json, is_empty, lone};
use crate::limits::{MAX_RECORDS, MAX_SESSION, MAX_UNKNOWN_KEYS, MAX_WARNINGS};
pub(crate) use fault::Fault;
use fault::path_of_key;
use leaves::{Leaf, Leaves};
use text::Wrong;

const NO_UTF8: Text = Text::new("não está em UTF-8 válido", "is not valid UTF-8");
const NO_JSON: Text = Text::new(
    "não é uma linha de JSON: envie um objeto {…} por linha",
    "is not a line of JSON: send one object {…} a line",
);
const NO_OBJECT: Text = Text::new(
    "não é um objeto JSON: envie cada sessão como {…}",
    "is not a JSON object: send each session as {…}",
);
pub(crate) const LARGE: Text =
    Text::new("tem mais de 3 MiB depois de lida", "is larger than 3 MiB once parsed");
const MANY_RECORDS: Text =
    Text::new("faz a sessão passar de 50000 registros", "makes the session longer than 50000 records");
const NO_ID: Text = Text::new("é obrigatório (ou _id)", "is required (or _id)");
const LONG_ID: Text = Text::new("deve ter de 1 a 128 caracteres", "must have 1 to 128 characters");
const CONTROL_IN_ID: Text =
    Text::new("não deve conter caracteres de controle", "must not contain control characters");
const NO_CREATED_AT: Text = Text::new(
    "é obrigatório: o início da sessão, por exemplo 2026-10-03 14:05:22",
    "is required: when the session began, for example 2026-10-03 14:05:22",
);
const NO_RECORD: Text = Text::new("deve ser um objeto", "must be an object");
const NO_RECORDS: Text = Text::new("deve ser uma lista de objetos", "must be a list of objects");

/// What was made of an item.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The session, or why it is rejected: everything that is.
    pub(crate) session: Result<Understood, Vec<Fault>>,
    /// Values that could not be read and are left out, the first hundred of them.
    pub(crate) warnings: Vec<Fault>,
    /// The paths of keys that the dictionary does not know, the first fifty different ones.
    pub(crate) unknown_keys: Vec<String>,
}

impl Parsed {
    /// An item that is rejected.
    pub(crate) fn rejected(faults: Vec<Fault>) -> Parsed {
        Parsed { session: Err(faults), warnings: Vec::new(), unknown_keys: Vec::new() }
    }

    /// The same, with every path changed.
    pub(crate) fn moved(self, moved: impl Fn(&str) -> String) -> Parsed {
        let all = |faults: Vec<Fault>| faults.into_iter().map(|fault| fault.moved(&moved)).collect();
        Parsed { session: self.session.map_err(all), warnings: all(self.warnings), ..self }
    }
}

/// A parsed session.
#[derive(Debug)]
pub(crate) struct Understood {
    /// The session.
    pub(crate) session: Session,
    /// The session's id, beginning, version and last interaction.
    pub(crate) identity: Identity,
    /// About how many bytes its canonical JSON has.
    pub(crate) size: usize,
}

/// Reads one item; its local times are in `zone`. One odd value never costs the session: only what it is known by, and
/// the limits, do.
pub(crate) fn parse(item: &[u8], zone: Zone) -> Parsed {
    let mut parser = SessionParser {
        zone,
        size: 0,
        records: 0,
        faults: Vec::new(),
        warnings: Vec::new(),
        unknown_keys: Vec::new(),
    };
    let session = parser.item(item);
    let session = match (session, parser.faults.is_empty()) {
        (Some((session, identity)), true) => Ok(Understood { session, identity, size: parser.size }),
        _ => Err(parser.faults),
    };
    Parsed { session, warnings: parser.warnings, unknown_keys: parser.unknown_keys }
}

/// Reads the text of an item as JSON: what it is, and all that is wrong with the item's encoding and structure. The rest
/// of an item of which some bytes are broken, so that its text has others, is looked through for other faults.
pub(crate) fn inspect<'t>(item: &[u8], text: &'t str) -> (Option<&'t RawValue>, Vec<Fault>) {
    let mut faults = Vec::new();
    if text.as_bytes() != item {
        faults.push(Fault::item(NO_UTF8));
    }
    let item = serde_json::from_str::<&RawValue>(text).ok();
    match item {
        Some(item) => faults.extend(structure::check(item)),
        None => faults.push(Fault::item(NO_JSON).quoting(text)),
    }
    (item, faults)
}

/// Returns the session id of an item that could not be parsed, if it can be found out.
pub(crate) fn id_of(item: &[u8]) -> Option<SessionId> {
    let text = String::from_utf8_lossy(item);
    let Ok(Json::Object(entries)) = Json::of(serde_json::from_str(&text).ok()?) else { return None };
    let entries = opened(entries);
    let id = text::single(named(&entries, "session_id").or_else(|| named(&entries, "_id"))?).ok()??;
    SessionId::try_from(id).ok().filter(|id| !id.as_str().contains(char::REPLACEMENT_CHARACTER))
}

/// The document in the envelope of a delivery: `data`, where nothing outside names a session.
fn opened(mut entries: Entries<'_>) -> Entries<'_> {
    if ["session_id", "_id", "id"].iter().all(|key| named(&entries, key).is_none())
        && let Some(document) = named(&entries, "data")
        && let Ok(Json::Object(inside)) = lone(document).and_then(Json::of)
    {
        entries = inside;
    }
    entries
}

/// What is there under a key, if anything.
fn named<'a>(entries: &Entries<'a>, name: &str) -> Option<&'a RawValue> {
    entries.iter().find(|(key, raw)| key == name && !is_empty(raw)).map(|(_, raw)| *raw)
}

/// A record and the lists of records within it. Only sessions and talks have such lists.
#[derive(Default)]
struct ParsedRecord {
    fields: Row,
    lists: Vec<(Record, Vec<ParsedRecord>)>,
}

impl ParsedRecord {
    fn into_session(mut self) -> Session {
        let talk =
            |mut talk: ParsedRecord| Talk { options: talk.rows(Record::TalkOption), fields: talk.fields };
        Session {
            platforms: self.rows(Record::ContactPlatform),
            events: self.rows(Record::Event),
            tags: self.rows(Record::Tag),
            talks: self.take(Record::Talk).into_iter().map(talk).collect(),
            fields: self.fields,
            erased: None,
        }
    }

    fn rows(&mut self, record: Record) -> Vec<Row> {
        self.take(record).into_iter().map(|parsed| parsed.fields).collect()
    }

    fn take(&mut self, record: Record) -> Vec<ParsedRecord> {
        let list = self.lists.iter_mut().find(|(of, _)| *of == record);
        list.map(|(_, parsed)| std::mem::take(parsed)).unwrap_or_default()
    }
}

/// Reads one session, and counts its bytes, records and unknown keys.
struct SessionParser {
    zone: Zone,
    size: usize,
    records: usize,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
    unknown_keys: Vec<String>,
}

impl SessionParser {
    /// Reads an item. `None`, or any fault, where it is rejected.
    fn item(&mut self, item: &[u8]) -> Option<(Session, Identity)> {
        let text = String::from_utf8_lossy(item);
        let (item, faults) = inspect(item, &text);
        self.faults = faults;
        let entries = match Json::of(item?) {
            Ok(Json::Object(entries)) => opened(entries),
            Ok(_) => {
                self.faults.push(Fault::item(NO_OBJECT).quoting(&text));
                return None;
            }
            Err(what) => {
                if self.faults.is_empty() {
                    self.faults.push(Fault::item(what));
                }
                return None;
            }
        };
        match self.record(Record::Session, entries, "") {
            Ok(parsed) => self.identify(parsed.into_session()),
            Err(fault) => {
                // What the structure check told already is not told again.
                if self.faults.is_empty() {
                    self.faults.push(fault);
                }
                None
            }
        }
    }

    fn identify(&mut self, session: Session) -> Option<(Session, Identity)> {
        let identity = session.identity();
        if identity.is_none() {
            let id = session.fields.text(Record::Session, "session_id");
            let wrong = match id.map(|id| SessionId::try_from(id.to_owned())) {
                None => Some(NO_ID),
                Some(Err(IdError::SessionControl)) => Some(CONTROL_IN_ID),
                Some(Err(_)) => Some(LONG_ID),
                Some(Ok(_)) => None,
            };
            if let Some(wrong) = wrong {
                self.require("session_id", wrong, id.map(|id| format!("{id:?}")));
            }
            if session.fields.instant(Record::Session, "created_at").is_none() {
                self.require("created_at", NO_CREATED_AT, None);
            }
        }
        Some((session, identity?))
    }

    /// Notes that a required field is not there, unless what is there was told to be wrong.
    fn require(&mut self, name: &str, what: Text, sent: Option<String>) {
        if !self.faults.iter().any(|fault| fault.field.as_deref() == Some(name)) {
            let fault = Fault::field(name, name, what);
            self.faults.push(match sent {
                Some(sent) => fault.quoting(&sent),
                None => fault,
            });
        }
    }

    /// Reads one record. Of the values sent for a field the first that is not empty counts, flat names before nested.
    fn record(&mut self, record: Record, entries: Entries<'_>, path: &str) -> Result<ParsedRecord, Fault> {
        let leaves = Leaves::of(record, entries, path);
        for key in leaves.unknown_keys {
            let key = path_of_key(&key);
            if self.unknown_keys.len() < MAX_UNKNOWN_KEYS && !self.unknown_keys.contains(&key) {
                self.unknown_keys.push(key);
            }
        }
        for (path, raw) in leaves.no_objects {
            self.warn(|| Fault::at(&path, NO_RECORD).quoting(raw.get()));
        }
        let mut parsed = ParsedRecord::default();
        let mut found = None;
        for leaf in &leaves.known {
            if found != Some(leaf.field.name) && self.leaf(leaf, &mut parsed)? {
                found = Some(leaf.field.name);
            }
        }
        if let Some(id) = leaves.document_id {
            for name in ["session_id", "id"] {
                if parsed.fields.text(record, name).is_none()
                    && let Some(field) = dictionary::field(name)
                {
                    self.leaf(&Leaf::of_document(field, id), &mut parsed)?;
                }
            }
        }
        Ok(parsed)
    }

    /// Reads one value into its record. Returns whether the value was not empty.
    fn leaf(&mut self, leaf: &Leaf<'_>, parsed: &mut ParsedRecord) -> Result<bool, Fault> {
        let field = leaf.field;
        match field.kind {
            Kind::Day => Ok(false),
            Kind::Records(record) => {
                let records = self.records(record, leaf)?;
                let some = !records.is_empty();
                if some {
                    parsed.lists.push((record, records));
                }
                Ok(some)
            }
            _ => {
                let read = value::read(field, leaf.raw, self.zone);
                let told = |what| Fault::field(field.name, &leaf.path, what);
                match read {
                    Ok(None) => Ok(false),
                    Ok(Some(value)) => {
                        self.spend(field.leaf().len() + cost(&value))?;
                        if let Some(ordinal) = dictionary::ordinal(field.record, field.leaf()) {
                            parsed.fields.set(ordinal, Some(value));
                        }
                        Ok(true)
                    }
                    Err(Wrong::Unreadable(what)) if field.required => {
                        self.faults.push(told(what).quoting(leaf.raw.get()));
                        Ok(false)
                    }
                    Err(Wrong::Unreadable(what)) => {
                        self.warn(|| told(what).quoting(leaf.raw.get()));
                        Ok(false)
                    }
                    Err(Wrong::Unacceptable(what)) => Err(told(what)),
                }
            }
        }
    }

    /// Reads a list of records, or a record that stands alone. An element that is empty or no record stays as an empty
    /// record, so that those after it keep their index.
    fn records(&mut self, record: Record, leaf: &Leaf<'_>) -> Result<Vec<ParsedRecord>, Fault> {
        if is_empty(leaf.raw) {
            return Ok(Vec::new());
        }
        let wrong = |path: &str, what| Fault::field(leaf.field.name, path, what);
        let (elements, alone) = match Json::of(leaf.raw).map_err(|what| wrong(&leaf.path, what))?.elements() {
            Ok(elements) => (elements, false),
            Err(Json::Object(_) | Json::Text(_)) => (vec![leaf.raw], true),
            Err(_) => {
                self.warn(|| wrong(&leaf.path, NO_RECORDS).quoting(leaf.raw.get()));
                return Ok(Vec::new());
            }
        };
        self.records += elements.len();
        if self.records > MAX_RECORDS {
            return Err(wrong(&leaf.path, MANY_RECORDS));
        }
        let mut parsed = Vec::with_capacity(elements.len());
        for (index, raw) in elements.into_iter().enumerate() {
            let path = if alone { leaf.path.clone() } else { format!("{}[{index}]", leaf.path) };
            self.spend("{},".len())?;
            parsed.push(match Json::of(raw).map_err(|what| wrong(&path, what))? {
                Json::Object(entries) => self.record(record, entries, &path)?,
                _ if is_empty(raw) => ParsedRecord::default(),
                Json::Text(_) | Json::Number(_) => {
                    self.record(record, vec![(Cow::Borrowed(record.main_leaf()), raw)], &path)?
                }
                _ => {
                    self.warn(|| wrong(&path, NO_RECORD).quoting(raw.get()));
                    ParsedRecord::default()
                }
            });
        }
        Ok(parsed)
    }

    fn warn(&mut self, fault: impl FnOnce() -> Fault) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(fault());
        }
    }

    fn spend(&mut self, size: usize) -> Result<(), Fault> {
        self.size += size;
        if self.size > MAX_SESSION { Err(Fault::item(LARGE)) } else { Ok(()) }
    }
}

/// About how many bytes a value takes in canonical JSON, with the punctuation around it and around its name.
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
