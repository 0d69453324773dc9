//! A session as a document that a person is given: all that is kept, under the dictionary's names.

use domain::dictionary::{self, Record};
use domain::id::{AccountId, StorageId};
use domain::link::{Link, LinkKey};
use domain::session::{Row, Session, Value};
use domain::time::Instant;
use serde_json::{Map, Value as Json};

/// What the links to files are made with.
pub(crate) struct Links<'a> {
    pub(crate) account: &'a AccountId,
    pub(crate) base_url: &'a str,
    /// The key of the year in which the session began.
    pub(crate) key: LinkKey,
    pub(crate) created_at: Instant,
}

/// The document; each message with a file has the link that opens it as `media_url`.
pub(crate) fn document(session: &Session, links: &Links<'_>) -> Json {
    let rows =
        |record, rows: &[Row]| Json::from_iter(rows.iter().map(|row| Json::Object(object(record, row))));
    let mut document = object(Record::Session, &session.fields);
    let lists = [
        (Record::ContactPlatform, &session.platforms),
        (Record::Event, &session.events),
        (Record::Tag, &session.tags),
    ];
    for (record, list) in lists {
        document.insert(record.name().to_owned(), rows(record, list));
    }
    let talks = session.talks.iter().map(|talk| {
        let mut message = object(Record::Talk, &talk.fields);
        if let Some(url) = talk.fields.text(Record::Talk, "storage_id").and_then(|file| links.to(file)) {
            message.insert("media_url".to_owned(), Json::String(url));
        }
        if !talk.options.is_empty() {
            message.insert("options".to_owned(), rows(Record::TalkOption, &talk.options));
        }
        Json::Object(message)
    });
    document.insert(Record::Talk.name().to_owned(), talks.collect());
    Json::Object(document)
}

impl Links<'_> {
    fn to(&self, file: &str) -> Option<String> {
        let storage = StorageId::try_from(file.to_owned()).ok()?;
        let link = Link::new(self.account.clone(), &storage, self.created_at, true);
        Some(format!("{}/m/{}", self.base_url, link.sign(&self.key)))
    }
}

fn object(record: Record, row: &Row) -> Map<String, Json> {
    let columns = dictionary::columns(record);
    let named = row.iter().filter_map(|(ordinal, value)| {
        let field = columns.get(usize::from(ordinal))?;
        Some((field.leaf().to_owned(), json(value)))
    });
    named.collect()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => Json::from(text.as_str()),
        Value::Integer(number) => Json::from(*number),
        Value::Seconds(seconds) => Json::from(*seconds),
        Value::Boolean(flag) => Json::from(*flag),
        Value::Instant(instant) => Json::from(instant.to_rfc3339()),
    }
}
