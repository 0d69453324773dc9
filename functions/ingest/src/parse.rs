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
mod record;
mod required;

use std::borrow::Cow;

use domain::dictionary::{self, Kind, Record};
use domain::id::SessionId;
use domain::lang::Text;
use domain::session::{Identity, Session, Value};
use domain::zone::Zone;
use serde_json::value::RawValue;

use crate::json::{Entries, Json, OF_STRUCTURE, is_empty, lone};
use crate::limits::{MAX_FAULTS, MAX_RECORDS, MAX_SESSION, MAX_UNKNOWN_KEYS, MAX_WARNINGS};
pub(crate) use fault::Fault;
use fault::path_of_key;
use leaves::{Leaf, Leaves};
use record::ParsedRecord;
use required::{NO_CREATED_AT, NO_ID, without_value};
use structure::TWICE;
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

    /// The same, and rejected for these faults too, unless there are none.
    pub(crate) fn with_faults(self, mut faults: Vec<Fault>) -> Parsed {
        if faults.is_empty() {
            return self;
        }
        let others = self.session.err().unwrap_or_default().into_iter();
        let others: Vec<_> =
            others.filter(|other| !faults.iter().any(|fault| fault.what == other.what)).collect();
        faults.extend(others);
        faults.truncate(MAX_FAULTS);
        Parsed { session: Err(faults), ..self }
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
    let text = String::from_utf8_lossy(item);
    let (raw, faults) = inspect(item, &text);
    let mut parser = SessionParser {
        zone,
        begin: raw.map_or(0, |raw| raw.get().as_ptr() as usize),
        size: 0,
        records: 0,
        faults,
        without_value: Vec::new(),
        warnings: Vec::new(),
        unknown_keys: Vec::new(),
    };
    let session = raw.and_then(|raw| parser.item(raw));
    let session = match (session, parser.faults.is_empty()) {
        (Some((session, identity)), true) => Ok(Understood { session, identity, size: parser.size }),
        _ => Err(Fault::told(parser.faults)),
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

/// Reads one session, and counts its bytes, records and unknown keys.
///
/// A fault does not end it, so that all of them are told at once; what passes a limit is not kept, so that this costs no
/// memory.
struct SessionParser {
    zone: Zone,
    /// Where in memory the text of the item begins, by which the place of each value in it is known.
    begin: usize,
    size: usize,
    records: usize,
    faults: Vec<Fault>,
    /// Faults of required fields that were sent without a value, for where nothing else gives them one.
    without_value: Vec<Fault>,
    warnings: Vec<Fault>,
    unknown_keys: Vec<String>,
}

impl SessionParser {
    /// Reads an item. `None`, or any fault, where it is rejected.
    fn item(&mut self, item: &RawValue) -> Option<(Session, Identity)> {
        match Json::of(item) {
            Ok(Json::Object(entries)) => {
                let session = self.record(Record::Session, opened(entries), "").into_session();
                if session.fields.text(Record::Session, "session_id").is_none() {
                    self.require("session_id", NO_ID);
                }
                if session.fields.instant(Record::Session, "created_at").is_none() {
                    self.require("created_at", NO_CREATED_AT);
                }
                let identity = session.identity()?;
                Some((session, identity))
            }
            Ok(_) => {
                self.faults.push(Fault::item(NO_OBJECT).quoting(item.get()));
                None
            }
            Err(what) => {
                self.refuse(Fault::item(what), item);
                None
            }
        }
    }

    /// Notes that a required field is not there, unless the value that was sent for it is told to be wrong.
    fn require(&mut self, name: &str, missing: Text) {
        let names = if name == "session_id" { [name, "_id"] } else { [name, name] };
        // What comes twice may still have no value.
        let is_of = |fault: &Fault| fault.what != TWICE && names.iter().any(|name| fault.is_in(name));
        if !self.faults.iter().any(is_of) {
            let sent = self.without_value.iter().find(|fault| fault.field.as_deref() == Some(name));
            self.faults.push(sent.cloned().unwrap_or_else(|| Fault::field(name, name, missing)));
        }
    }

    /// Reads one record. Of the values sent for a field the first that is not empty counts, flat names before nested.
    fn record(&mut self, record: Record, entries: Entries<'_>, path: &str) -> ParsedRecord {
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
            if found != Some(leaf.field.name) && self.leaf(leaf, &mut parsed) {
                found = Some(leaf.field.name);
            }
        }
        if let Some(id) = leaves.document_id {
            for name in ["session_id", "id"] {
                if parsed.fields.text(record, name).is_none()
                    && let Some(field) = dictionary::field(name)
                {
                    self.leaf(&Leaf::of_document(field, id), &mut parsed);
                }
            }
        }
        parsed
    }

    /// Reads one value into its record. Returns whether there is one that counts.
    fn leaf(&mut self, leaf: &Leaf<'_>, parsed: &mut ParsedRecord) -> bool {
        let (field, raw) = (leaf.field, leaf.raw);
        let told = |what| Fault::field(field.name, &leaf.path, what);
        match field.kind {
            Kind::Day => false,
            Kind::Records(record) => {
                let records = self.records(record, leaf);
                let some = !records.is_empty();
                if some {
                    parsed.lists.push((record, records));
                }
                some
            }
            _ => match value::read(field, raw, self.zone) {
                Ok(Some(value)) => {
                    let fits = self.spend(field.leaf().len() + cost(&value));
                    // What a session is known by is short, and is there however large the session is.
                    if (fits || field.required)
                        && let Some(ordinal) = dictionary::ordinal(field.record, field.leaf())
                    {
                        parsed.fields.set(ordinal, Some(value));
                    }
                    true
                }
                Ok(None) => {
                    if field.required {
                        let fault = told(without_value(field, raw)).quoting(raw.get());
                        self.without_value.push(fault.found_at(self.place(raw)));
                    }
                    false
                }
                Err(Wrong::Unreadable(what)) if field.required => {
                    self.refuse(told(what).quoting(raw.get()), raw);
                    false
                }
                Err(Wrong::Unreadable(what)) => {
                    self.warn(|| told(what).quoting(raw.get()));
                    false
                }
                Err(Wrong::Unacceptable(what)) => {
                    self.refuse(told(what), raw);
                    false
                }
            },
        }
    }

    /// Reads a list of records, or a record that stands alone. An element that is empty or no record stays as an empty
    /// record, so that those after it keep their index.
    fn records(&mut self, record: Record, leaf: &Leaf<'_>) -> Vec<ParsedRecord> {
        if is_empty(leaf.raw) {
            return Vec::new();
        }
        let wrong = |path: &str, what| Fault::field(leaf.field.name, path, what);
        let (elements, alone) = match Json::of(leaf.raw).map(Json::elements) {
            Ok(Ok(elements)) => (elements, false),
            Ok(Err(Json::Object(_) | Json::Text(_))) => (vec![leaf.raw], true),
            Ok(Err(_)) => {
                self.warn(|| wrong(&leaf.path, NO_RECORDS).quoting(leaf.raw.get()));
                return Vec::new();
            }
            Err(what) => {
                self.refuse(wrong(&leaf.path, what), leaf.raw);
                return Vec::new();
            }
        };
        if self.records + elements.len() > MAX_RECORDS {
            // Without this list the others may fit: they are read, and it is told of the first that does not.
            if !self.faults.iter().any(|fault| fault.what == MANY_RECORDS) {
                self.refuse(wrong(&leaf.path, MANY_RECORDS), leaf.raw);
            }
            return Vec::new();
        }
        self.records += elements.len();
        let mut parsed = Vec::with_capacity(elements.len());
        for (index, raw) in elements.into_iter().enumerate() {
            let path = if alone { leaf.path.clone() } else { format!("{}[{index}]", leaf.path) };
            self.spend("{},".len());
            parsed.push(match Json::of(raw) {
                Ok(Json::Object(entries)) => self.record(record, entries, &path),
                Ok(_) if is_empty(raw) => ParsedRecord::default(),
                Ok(Json::Text(_) | Json::Number(_)) => {
                    self.record(record, vec![(Cow::Borrowed(record.main_leaf()), raw)], &path)
                }
                Ok(_) => {
                    self.warn(|| wrong(&path, NO_RECORD).quoting(raw.get()));
                    ParsedRecord::default()
                }
                Err(what) => {
                    self.refuse(wrong(&path, what), raw);
                    ParsedRecord::default()
                }
            });
        }
        parsed
    }

    fn warn(&mut self, fault: impl FnOnce() -> Fault) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(fault());
        }
    }

    /// Notes a fault of a value, which rejects the item.
    fn refuse(&mut self, fault: Fault, raw: &RawValue) {
        let is_told = OF_STRUCTURE.contains(&fault.what) && !self.faults.is_empty();
        // As many may come from the structure check.
        if !is_told && self.faults.len() < 2 * MAX_FAULTS {
            self.faults.push(fault.found_at(self.place(raw)));
        }
    }

    /// The byte of the item's text at which a value stands.
    fn place(&self, raw: &RawValue) -> usize {
        raw.get().as_ptr() as usize - self.begin
    }

    /// Counts bytes of the session. Returns whether it may still keep them.
    fn spend(&mut self, size: usize) -> bool {
        let before = self.size;
        self.size += size;
        if before <= MAX_SESSION && self.size > MAX_SESSION {
            self.faults.push(Fault::item(LARGE));
        }
        self.size <= MAX_SESSION
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
