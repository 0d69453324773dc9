//! Erasure: what is left of a session once the person whom it attended is erased from it.
//!
//! The session stays in the counts: when it was, by whom and how it was attended, and how many messages it had. All that is
//! of the contact goes, and all that was said or sent.

use crate::dictionary::{self, Confidential, Field, Group, Record};
use crate::masking::holds;
use crate::person::Contact;
use crate::session::{Erased, Row, Session, Talk, Value};

/// The shortest name or id of a contact that is looked for in a protocol: a shorter one would be found in any.
const MIN_NAME_CHARS: usize = 4;

impl Field {
    /// Whether an erasure empties the field, whatever it holds.
    fn is_erased(&self) -> bool {
        let is_said = matches!(self.confidential, Confidential::Contact | Confidential::Content);
        // How a message sounded is what the contact felt; its level, a number, stays for the averages.
        is_said || self.group == Group::Contact || self.name == "talks.sentiment_analysis"
    }
}

/// What a contact is known by, which no text of an emptied session may hold.
struct Known {
    /// Addresses on messaging services.
    addresses: Vec<String>,
    /// The contact's id and name, which only a text that names the session is searched for: elsewhere they may be words.
    names: Vec<String>,
}

impl Known {
    fn of(session: &Session) -> Known {
        let Contact { id, name, addresses } = Contact::of(session);
        let is_long = |name: &String| name.chars().count() >= MIN_NAME_CHARS;
        let names = [id, name].into_iter().flatten().filter(is_long).map(|name| name.to_lowercase());
        Known { addresses: addresses.into_iter().collect(), names: names.collect() }
    }

    /// Whether a text of this field gives the contact away.
    fn are_in(&self, field: &Field, text: &str) -> bool {
        let lower = text.to_lowercase();
        self.addresses.iter().any(|address| holds(text, address))
            || (field.confidential == Confidential::Key && self.names.iter().any(|name| lower.contains(name)))
    }

    /// The row without what an erasure takes from it.
    fn emptied(&self, record: Record, row: &Row) -> Row {
        let mut left = Row::default();
        for (ordinal, value) in row.iter() {
            let Some(field) = dictionary::columns(record).get(usize::from(ordinal)) else { continue };
            // What the session is known by cannot be changed without losing the session.
            let gives_away = match value {
                Value::Text(text) => !field.required && self.are_in(field, text),
                _ => false,
            };
            if !field.is_erased() && !gives_away {
                left.set(ordinal, Some(value.clone()));
            }
        }
        left
    }
}

impl Session {
    /// The session as an erasure of its contact leaves it: the contact, message texts, answers, files and whatever else gives
    /// the contact away are empty. Records stay, empty or not, but for the contact's own addresses. An emptied session stays
    /// as it is.
    pub fn emptied(&self) -> Session {
        if self.erased.is_some() {
            return self.clone();
        }
        let known = Known::of(self);
        let rows = |record, rows: &[Row]| rows.iter().map(|row| known.emptied(record, row)).collect();
        let talk = |talk: &Talk| Talk {
            fields: known.emptied(Record::Talk, &talk.fields),
            options: rows(Record::TalkOption, &talk.options),
        };
        Session {
            fields: known.emptied(Record::Session, &self.fields),
            platforms: Vec::new(),
            events: rows(Record::Event, &self.events),
            tags: rows(Record::Tag, &self.tags),
            talks: self.talks.iter().map(talk).collect(),
            erased: Some(Erased { files: u32::try_from(self.files().count()).unwrap_or(u32::MAX) }),
        }
    }

    /// The `storage_id` of every message that has a file, in order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.talks.iter().filter_map(|talk| talk.fields.text(Record::Talk, "storage_id"))
    }
}

#[cfg(test)]
mod tests;
