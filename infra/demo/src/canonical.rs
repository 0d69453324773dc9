//! The session that would be kept of a generated one.

use domain::dictionary::{self, Field, Kind, Record};
use domain::session::{Row, Session, Talk, Value as Kept};
use domain::time::Instant;
use serde_json::Value;

use super::flat::flat;
use super::stamp::ZONE;

/// Reads a generated session; only what the generator writes is understood.
pub fn canonical(session: &Value) -> Session {
    let names = flat(session);
    let rows = |record: Record| records(&names[record.name()], record);
    Session {
        fields: row(&names, Record::Session),
        platforms: rows(Record::ContactPlatform),
        events: rows(Record::Event),
        tags: rows(Record::Tag),
        erased: None,
        talks: list(&names["talks"])
            .map(|talk| Talk {
                fields: row(talk, Record::Talk),
                options: records(&talk["options"], Record::TalkOption),
            })
            .collect(),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn records(value: &Value, record: Record) -> Vec<Row> {
    list(value).map(|element| row(element, record)).collect()
}

fn row(members: &Value, record: Record) -> Row {
    let mut row = Row::default();
    for (ordinal, field) in (0..).zip(dictionary::columns(record)) {
        row.set(ordinal, members.get(field.leaf()).and_then(|value| kept(value, field)));
    }
    row
}

fn kept(value: &Value, field: &Field) -> Option<Kept> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(elements) => elements.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Value::Object(wrapper) => wrapper.get("$date")?.as_str()?.to_owned(),
        Value::Null => return None,
        other => other.to_string(),
    };
    match field.kind {
        Kind::Text if text.is_empty() => None,
        Kind::Text => Some(Kept::Text(field.inside(&text).map_or(text, str::to_owned))),
        Kind::Integer => text.parse().ok().map(Kept::Integer),
        Kind::Seconds => text.parse().ok().map(Kept::Seconds),
        Kind::Boolean => text.parse().ok().map(Kept::Boolean),
        Kind::Instant => Instant::parse(&text, ZONE).ok().flatten().map(Kept::Instant),
        Kind::Day | Kind::Records(_) => None,
    }
}
