//! Mappings: how the documents of other platforms become sessions. Each is a file of data in `mappings/`, written as
//! `docs/mappings.md` says.
//!
//! A mapping finds the sessions of a document and writes each as the platform's own, as JSON, which is then read like
//! any other; it checks nothing that reading checks.

mod path;
mod rule;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::lang::Words;
use domain::zone::Zone;
use serde::Deserialize;
use serde_json::value::RawValue;
use web::problem::Problem;

use crate::json::{Json, is_empty};
use path::{Opened, Path};
use rule::{Rules, When};

pub(crate) use path::joined;

/// Every mapping: its name, and its file.
const FILES: [(&str, &str); 1] = [("chatwoot", include_str!("../mappings/chatwoot.json"))];
/// The longest session that a mapping writes, in bytes: a whole body, whose names may become a little longer. What is left
/// of it is bounded when it is read.
const MAX_WRITTEN: usize = 21 << 20;

/// How one platform's documents become sessions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapping {
    /// Where a document may hold its sessions; the first that has any counts.
    sessions: Vec<Source>,
    fields: BTreeMap<String, Rules>,
    #[serde(default)]
    records: BTreeMap<String, Vec<List>>,
}

/// Where records are: in a list, or one that stands alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    each: Path,
    #[serde(default)]
    when: When,
}

/// Records within a record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    each: Path,
    #[serde(default)]
    when: When,
    fields: BTreeMap<String, Rules>,
    #[serde(default)]
    records: BTreeMap<String, Vec<List>>,
}

/// A session that a mapping found in a document.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    /// Where in the document it is; empty for the document itself.
    pub(crate) path: String,
    pub(crate) raw: &'a RawValue,
    /// Whether it is what the mapping expects there.
    pub(crate) is_session: bool,
}

impl Mapping {
    /// The mapping of this name. An unknown one is 400 and names those that there are.
    pub(crate) fn named(name: &str) -> Result<&'static Mapping, Problem> {
        static MAPPINGS: LazyLock<BTreeMap<&str, Mapping>> = LazyLock::new(|| {
            // A test reads every file.
            let read = |(name, file)| Some((name, serde_json::from_str(file).ok()?));
            FILES.into_iter().filter_map(read).collect()
        });
        MAPPINGS.get(name).ok_or_else(|| {
            let known = MAPPINGS.keys().copied().collect::<Vec<_>>().join(", ");
            let shown: String = name.chars().take(80).collect();
            Problem::bad_request(Words::new(
                format!("não há mapeamento {shown:?}; há: {known}"),
                format!("there is no mapping {shown:?}; there are: {known}"),
            ))
        })
    }

    /// The sessions of a document, perhaps none; `None` where it has nothing that is expected.
    pub(crate) fn sessions<'a>(&self, document: &'a RawValue) -> Option<Vec<Found<'a>>> {
        let document = Opened::of(document);
        let found = self.sessions.iter().find_map(|source| {
            let found = elements(&source.each, &document).map(|(at, raw)| Found {
                path: joined(&element_path(&source.each, at), ""),
                raw,
                is_session: source.when.holds(&Opened::of(raw)),
            });
            let found = found.collect::<Vec<_>>();
            found.iter().any(|one| one.is_session).then_some(found)
        });
        let has_empty_list = |source: &Source| {
            let found = source.each.found(&document);
            found.iter().any(|raw| matches!(Json::of(raw), Ok(Json::List(list)) if list.is_empty()))
        };
        found.or_else(|| self.sessions.iter().any(has_empty_list).then(Vec::new))
    }

    /// Writes a session as the platform's own; `None` where it becomes too long.
    pub(crate) fn written(&self, session: &RawValue, zone: Zone) -> Option<String> {
        let mut written = Written(String::new());
        self.rules().write(session, zone, &mut written)?;
        Some(written.0)
    }

    /// Where in a session that is which was written to a path, for example `messages[3].created_at` for
    /// `talks[3].created_at`; the path itself where nothing else is known of it.
    pub(crate) fn origin(&self, session: &RawValue, zone: Zone, path: &str) -> String {
        self.rules().origin(session, zone, path).unwrap_or_else(|| path.to_owned())
    }

    fn rules(&self) -> RecordRules<'_> {
        RecordRules { fields: &self.fields, records: &self.records }
    }
}

/// What is made of one record.
#[derive(Clone, Copy)]
struct RecordRules<'m> {
    fields: &'m BTreeMap<String, Rules>,
    records: &'m BTreeMap<String, Vec<List>>,
}

impl<'m> RecordRules<'m> {
    /// Writes a record as a JSON object; `None` where that becomes too long.
    fn write(self, raw: &RawValue, zone: Zone, written: &mut Written) -> Option<()> {
        let record = Opened::of(raw);
        if record.is_too_large {
            // It is refused when it is read.
            return written.push(raw.get());
        }
        written.push("{")?;
        for (name, rules) in self.fields {
            if let Some(value) = rules.value(&record, zone) {
                written.key(name)?;
                written.push(value.get())?;
            }
        }
        for (name, lists) in self.records {
            written.key(name)?;
            written.push("[")?;
            for (list, (_, element)) in all_elements(lists, &record) {
                written.separate('[')?;
                if list.rules().are_lost_on(element, zone) {
                    // It is read, or told of, as where the platform's own list holds it.
                    written.push(element.get())?;
                } else {
                    list.rules().write(element, zone, written)?;
                }
            }
            written.push("]")?;
        }
        written.push("}")
    }

    /// Whether an element of a list is no record, and nothing is made of it either.
    fn are_lost_on(self, raw: &RawValue, zone: Zone) -> bool {
        let is_record = matches!(Json::of(raw), Ok(Json::Object(_)));
        let record = Opened::of(raw);
        !is_record && !self.fields.values().any(|rules| rules.value(&record, zone).is_some())
    }

    fn origin(self, raw: &RawValue, zone: Zone, path: &str) -> Option<String> {
        let record = Opened::of(raw);
        let (step, rest) = path.split_once('.').unwrap_or((path, ""));
        let (name, index) = match step.split_once('[') {
            Some((name, index)) => (name, index.strip_suffix(']')?.parse().ok()?),
            None => (step, 0),
        };
        if let Some(rules) = self.fields.get(name) {
            return Some(rules.origin(&record, zone)).filter(|path| !path.is_empty());
        }
        let lists = self.records.get(name)?;
        if step == name {
            return Some(lists.first()?.each.text.clone());
        }
        let (list, (at, element)) = all_elements(lists, &record).nth(index)?;
        let above = element_path(&list.each, at);
        Some(match rest {
            "" => above,
            rest => joined(&above, &list.rules().origin(element, zone, rest)?),
        })
    }
}

impl List {
    fn rules(&self) -> RecordRules<'_> {
        RecordRules { fields: &self.fields, records: &self.records }
    }
}

/// A record, and its index where it is in a list.
type Element<'a> = (Option<usize>, &'a RawValue);

/// The records of several lists, one list after another, each with the list that it is of.
fn all_elements<'a, 'm: 'a>(
    lists: &'m [List],
    record: &Opened<'a>,
) -> impl Iterator<Item = (&'m List, Element<'a>)> {
    lists.iter().flat_map(move |list| {
        let kept = elements(&list.each, record);
        let kept = kept.filter(|(_, raw)| list.when.holds(&Opened::of(raw)));
        kept.map(move |element| (list, element)).collect::<Vec<_>>()
    })
}

/// The records at a path: the elements of a list, or what stands there alone.
fn elements<'a>(path: &Path, record: &Opened<'a>) -> impl Iterator<Item = Element<'a>> + use<'a> {
    path.found(record).into_iter().flat_map(|raw| match Json::of(raw).map(Json::elements) {
        Ok(Ok(elements)) => elements.into_iter().enumerate().map(|(at, raw)| (Some(at), raw)).collect(),
        _ if is_empty(raw) => Vec::new(),
        _ => vec![(None, raw)],
    })
}

fn element_path(path: &Path, at: Option<usize>) -> String {
    at.map_or_else(|| path.text.clone(), |at| joined(&path.text, &format!("[{at}]")))
}

/// JSON that is being written, up to `MAX_WRITTEN` bytes. Its functions give `None` for what would be more.
struct Written(String);

impl Written {
    fn push(&mut self, text: &str) -> Option<()> {
        let fits = self.0.len() + text.len() <= MAX_WRITTEN;
        fits.then(|| self.0.push_str(text))
    }

    /// Writes a comma, unless what came last is what the values stand in.
    fn separate(&mut self, begin: char) -> Option<()> {
        if self.0.ends_with(begin) { Some(()) } else { self.push(",") }
    }

    /// Writes a key of the dictionary, which needs no escapes.
    fn key(&mut self, name: &str) -> Option<()> {
        self.separate('{')?;
        self.push("\"")?;
        self.push(name)?;
        self.push("\":")
    }
}

#[cfg(test)]
mod tests;
