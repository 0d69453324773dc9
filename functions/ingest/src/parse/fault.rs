//! What is wrong with an item: where, what, what was sent, and what to do, in both languages.

use domain::dictionary;
use domain::lang::{Lang, Text, Words};

use crate::limits::{MAX_FAULTS, MAX_PATH, MAX_QUOTED, MAX_SHAPE};

const WHOLE: Text = Text::new("a sessão", "the session");
const SENT: Text = Text::new("foi enviado", "what was sent");

/// Something that is wrong with an item: a reason to reject it, or a value that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The dictionary's name of the field, or the path where the dictionary has no such field. `None` for a
    /// fault of the whole item.
    pub(crate) field: Option<String>,
    /// Where it was found; empty for the item as a whole.
    path: String,
    /// The byte of the item's text where it stands; 0 for the item as a whole and for what is not there.
    place: usize,
    pub(super) what: Text,
    /// The value as it was sent, shortened.
    sent: Option<String>,
}

impl Fault {
    /// A fault of the item as a whole.
    pub(crate) fn item(what: Text) -> Fault {
        Fault { field: None, path: String::new(), place: 0, what, sent: None }
    }

    /// A fault of a field's value that was found at `path`.
    pub(crate) fn field(name: &str, path: &str, what: Text) -> Fault {
        Fault { field: Some(name.to_owned()), path: shortened(path, MAX_PATH), place: 0, what, sent: None }
    }

    /// A fault at `path`, whatever is there.
    pub(crate) fn at(path: &str, what: Text) -> Fault {
        if path.is_empty() { Fault::item(what) } else { Fault::field(&field_at(path), path, what) }
    }

    /// The same fault, quoting what was sent.
    pub(crate) fn quoting(self, sent: &str) -> Fault {
        Fault { sent: Some(shortened(sent, MAX_QUOTED)), ..self }
    }

    /// The same fault, found at this byte of the item's text.
    pub(super) fn found_at(self, place: usize) -> Fault {
        Fault { place, ..self }
    }

    /// Whether it is a fault of this field's value, or of something inside of it.
    pub(super) fn is_in(&self, name: &str) -> bool {
        let inside = self.field.as_deref().and_then(|field| field.strip_prefix(name));
        inside.is_some_and(|inside| inside.is_empty() || inside.starts_with('.'))
    }

    /// Faults as they are told: in the order of the document, those of the whole first, each once, and not too many.
    pub(crate) fn told(mut faults: Vec<Fault>) -> Vec<Fault> {
        faults.sort_by_key(|fault| fault.place);
        let mut told: Vec<Fault> = Vec::new();
        for fault in faults {
            if told.len() < MAX_FAULTS && !told.iter().any(|other| other.says(&fault)) {
                told.push(fault);
            }
        }
        told
    }

    /// Whether this fault says all there is to say of another one: one of the same value, or one in the same words.
    fn says(&self, other: &Fault) -> bool {
        let is_of_same_value = self.place > 0 && self.place == other.place;
        is_of_same_value || (&self.path, self.what, &self.sent) == (&other.path, other.what, &other.sent)
    }

    /// The same fault, found at what `moved` makes of its path.
    pub(crate) fn moved(self, moved: impl Fn(&str) -> String) -> Fault {
        Fault { path: shortened(&moved(&self.path), MAX_PATH), ..self }
    }

    /// The fault as a sentence that quotes what was sent.
    pub(crate) fn message(&self, lang: Lang) -> String {
        let reason = self.reason_in(lang);
        match &self.sent {
            Some(sent) => format!("{reason}; {}: {sent}", SENT.in_lang(lang)),
            None => reason,
        }
    }

    /// The fault as a sentence without what was sent, which may be personal.
    pub(crate) fn reason(&self) -> Words {
        Words::new(self.reason_in(Lang::Pt), self.reason_in(Lang::En))
    }

    /// The shape of what was sent: every letter and digit covered, so that it tells a notation and nothing personal.
    pub(crate) fn shape(&self) -> String {
        let cover = |character: char| match character {
            _ if character.is_numeric() => '9',
            _ if character.is_uppercase() => 'A',
            _ if character.is_alphabetic() => 'a',
            _ if character.is_ascii() => character,
            _ => '?',
        };
        self.sent.iter().flat_map(|sent| sent.chars()).take(MAX_SHAPE).map(cover).collect()
    }

    fn reason_in(&self, lang: Lang) -> String {
        let place = if self.path.is_empty() { WHOLE.in_lang(lang) } else { &self.path };
        format!("{place} {}", self.what.in_lang(lang))
    }
}

/// The path to a key without the places of records in their lists: `talks.colour` for `talks[3].colour`.
pub(super) fn path_of_key(path: &str) -> String {
    let steps = path.split('.').map(|step| match step.split_once('[') {
        Some((name, place)) if !name.is_empty() && place.trim_end_matches(']').parse::<u32>().is_ok() => name,
        _ => step,
    });
    shortened(&steps.collect::<Vec<_>>().join("."), MAX_PATH)
}

/// The dictionary's name of the field at `path`, such as `talks.message` for `talks[3].message` and
/// `agent_id` for `agent._id`; the path itself where there is no such field.
fn field_at(path: &str) -> String {
    let steps = path.split('.').map(|step| step.split('[').next().unwrap_or_default());
    let id = steps.collect::<Vec<_>>().join("_").replace("__id", "_id");
    dictionary::by_id(&id).map_or_else(|| shortened(path, MAX_PATH), |field| field.name.to_owned())
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
