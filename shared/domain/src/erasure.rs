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
mod tests {
    use super::*;
    use crate::dictionary::{Kind, fields};
    use crate::time::Instant;

    const CANARY: &str = "canário";

    /// A session with a value in every field, in two rows of each repeated record.
    fn full() -> Session {
        let row = |record| {
            let mut row = Row::default();
            for (ordinal, field) in (0..).zip(dictionary::columns(record)) {
                let value = match field.kind {
                    Kind::Integer => Value::Integer(7),
                    Kind::Seconds => Value::Seconds(7.5),
                    Kind::Boolean => Value::Boolean(true),
                    Kind::Instant => Value::Instant(Instant(7)),
                    _ => Value::Text(format!("{CANARY} {}", field.name)),
                };
                row.set(ordinal, Some(value));
            }
            row
        };
        let rows = |record| vec![row(record), row(record)];
        let talk = || Talk { fields: row(Record::Talk), options: rows(Record::TalkOption) };
        Session {
            fields: row(Record::Session),
            platforms: rows(Record::ContactPlatform),
            events: rows(Record::Event),
            tags: rows(Record::Tag),
            talks: vec![talk(), talk()],
            erased: None,
        }
    }

    fn left(session: &Session) -> Vec<&'static str> {
        let of_record = |record| {
            let rows = session.records(record).into_iter().map(|(_, row)| row).collect::<Vec<_>>();
            let is_left = move |ordinal: &u16| rows.iter().any(|row| row.get(*ordinal).is_some());
            (0..).zip(dictionary::columns(record)).filter(move |(ordinal, _)| is_left(ordinal))
        };
        Record::ALL.into_iter().flat_map(of_record).map(|(_, field)| field.name).collect()
    }

    #[test]
    fn what_is_of_the_contact_and_what_was_said_is_emptied_and_the_rest_stays() {
        let emptied = full().emptied();
        let gone: Vec<&str> = fields()
            .iter()
            .filter(|field| field.kind != Kind::Day && !matches!(field.kind, Kind::Records(_)))
            .map(|field| field.name)
            .filter(|name| !left(&emptied).contains(name))
            .collect();
        let expected = [
            "platform_id",
            "contact_id",
            "contact_name",
            "contact_created_at",
            "contact_lastInteraction",
            "contact_lastChannel",
            "contact_lastChannelName",
            "contact_platforms.platform",
            "contact_platforms.platform_id",
            "tags.question",
            "tags.answer",
            "talks.message",
            "talks.legend",
            "talks.filename",
            "talks.storage_id",
            "talks.stt",
            "talks.sentiment_analysis",
            "talks.options.text",
        ];
        let sorted = |mut names: Vec<&'static str>| {
            names.sort_unstable();
            names
        };
        assert_eq!(sorted(gone), sorted(expected.to_vec()));
        assert_eq!((emptied.events.len(), emptied.tags.len(), emptied.talks.len()), (2, 2, 2));
        assert_eq!(emptied.talks[0].options.len(), 2);
        assert_eq!(emptied.erased, Some(Erased { files: 2 }));
    }

    #[test]
    fn a_text_that_stays_is_emptied_where_it_gives_the_contact_away() {
        let json = br#"{"session_id":"5511900001234-1","protocol":"P-11 90000.1234","id":"maria souza 7","status":"wa 900001234",
            "agent_name":"Maria Souza","campaign_name":"c-77","contact_id":"c-77","contact_name":"Maria Souza",
            "created_at":1,"contact_platforms":[{"platform_id":"+55 (11) 90000-1234"}],"events":[{"event":"to 90000-1234"}]}"#;
        let emptied = Session::from_json(json).unwrap().emptied();
        let text = |leaf| emptied.fields.text(Record::Session, leaf);
        assert_eq!((text("protocol"), text("id"), text("status")), (None, None, None));
        assert_eq!(emptied.events[0], Row::default());
        // An agent of the same name, and a team called like an id, are not the contact.
        assert_eq!((text("agent_name"), text("campaign_name")), (Some("Maria Souza"), Some("c-77")));
        assert_eq!(text("session_id"), Some("5511900001234-1"));
    }

    #[test]
    fn an_emptied_session_reads_back_and_is_emptied_to_itself() {
        let emptied = full().emptied();
        let read = Session::from_json(&emptied.to_json()).unwrap();
        assert_eq!(read, emptied);
        assert_eq!(read.emptied(), emptied);
        assert_ne!(emptied.hash(), Session { erased: None, ..emptied.clone() }.hash());
    }
}
