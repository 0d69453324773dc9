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
