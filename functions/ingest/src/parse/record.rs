//! What is made of an item: a record with its lists of records, which becomes a session.

use domain::dictionary::Record;
use domain::session::{Row, Session, Talk};

/// A record and the lists of records within it. Only sessions and talks have such lists.
#[derive(Default)]
pub(super) struct ParsedRecord {
    pub(super) fields: Row,
    pub(super) lists: Vec<(Record, Vec<ParsedRecord>)>,
}

impl ParsedRecord {
    pub(super) fn into_session(mut self) -> Session {
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
