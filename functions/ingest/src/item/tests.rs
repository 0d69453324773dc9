//! Tests of items under a mapping: each document is read apart from its neighbours, and told by its own paths.

use domain::lang::Lang;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const ZONE: Zone = Zone::SAO_PAULO;

fn chatwoot() -> Option<&'static Mapping> {
    Some(Mapping::named("chatwoot").unwrap())
}

fn conversation(id: &Value) -> Value {
    json!({"id": id, "inbox_id": 1, "meta": {"sender": {"id": 3}}, "created_at": 1_791_047_122})
}

/// What is said of the items of a document, each with its session's id; nothing of one that is read without a warning.
fn told(document: &[u8]) -> Vec<(Option<String>, Vec<String>)> {
    let items = Item::all(&[document], chatwoot()).unwrap();
    let of = |item: &Item<'_>| {
        let parsed = item.parse(ZONE);
        let faults = parsed.session.err().unwrap_or_default().into_iter().chain(parsed.warnings);
        (item.id().map(String::from), faults.map(|fault| fault.message(Lang::En)).collect())
    };
    items.iter().map(of).collect()
}

#[test]
fn faults_are_told_by_the_sender_s_own_paths() {
    let mut late = conversation(&json!(2));
    late["created_at"] = json!("ontem");
    let mut odd = conversation(&json!(4));
    odd["messages"] = json!([{"private": true}, {"content": "oi", "created_at": "ontem"}]);
    let mut no_id = conversation(&json!(null));
    no_id["last_activity_at"] = json!([]);
    let page = json!({"data": {"payload": [conversation(&json!(1)), late, 7, odd, no_id]}});
    let id = |id: &str| Some(id.to_owned());
    let date = "is not a date and time: send yyyy-mm-dd hh:mm:ss, dd/mm/yyyy hh:mm:ss or ISO 8601; what was sent: \"ontem\"";
    let nowhere = NOWHERE.in_lang(Lang::En);
    let expected = [
        (id("1"), vec![]),
        (id("2"), vec![format!("data.payload[1].created_at {date}")]),
        (None, vec![format!("data.payload[2] {nowhere}; what was sent: 7")]),
        (id("4"), vec![format!("data.payload[3].messages[1].created_at {date}")]),
        (None, vec!["data.payload[4].id is required (or _id)".to_owned()]),
    ];
    assert_eq!(told(page.to_string().as_bytes()), expected);
}

#[test]
fn broken_bytes_and_keys_cost_only_the_session_that_they_are_in() {
    let good = conversation(&json!(1)).to_string();
    let broken = good.replace(r#""id":3"#, r#""name":"*""#).replace(r#""id":1"#, r#""id":2"#);
    let bytes = broken.clone().into_bytes().into_iter().map(|byte| if byte == b'*' { 0xFF } else { byte });
    let twice = good.replace(r#""inbox_id":1"#, r#""inbox_id":1,"status":"open","status":"open""#);
    let half = broken.replace('*', r"\ud800");
    let sessions =
        [good.as_bytes(), &bytes.collect::<Vec<_>>(), twice.as_bytes(), half.as_bytes(), good.as_bytes()];
    let page = [br#"{"payload":["#.as_slice(), &sessions.join(&b","[..]), b"]}"].concat();
    let messages: Vec<_> = told(&page).into_iter().map(|(_, messages)| messages).collect();
    let expected = [
        vec![],
        vec!["payload[1] is not valid UTF-8"],
        vec!["payload[2].status comes twice: send it once"],
        vec!["payload[3].meta.sender.name holds half of a surrogate pair"],
        vec![],
    ];
    assert_eq!(messages, expected);
}

#[test]
fn a_broken_text_hides_no_other_fault_of_its_session() {
    let whole = conversation(&json!(2)).to_string();
    let broken = whole
        .replace("1791047122", r#""ontem""#)
        .replace(r#""inbox_id":1"#, r#""inbox_id":1,"status":"open","status":"open""#)
        .replace(r#""id":3"#, r#""name":"\ud800""#);
    let date = "is not a date and time: send yyyy-mm-dd hh:mm:ss, dd/mm/yyyy hh:mm:ss or ISO 8601; what was sent: \"ontem\"";
    let expected = vec![
        "status comes twice: send it once".to_owned(),
        "meta.sender.name holds half of a surrogate pair".to_owned(),
        format!("created_at {date}"),
    ];
    assert_eq!(told(broken.as_bytes()), [(Some("2".to_owned()), expected)]);
}

#[test]
fn a_document_without_a_session_is_an_item_that_says_so() {
    let nowhere = NOWHERE.in_lang(Lang::En);
    for (document, expected) in [
        (
            r#"{"event":"contact_created","id":3}"#,
            format!("the session {nowhere}; what was sent: {{\"event\":\"contact_created\",\"id\":3}}"),
        ),
        (
            "olá",
            "the session is not a line of JSON: send one object {…} a line; what was sent: olá".to_owned(),
        ),
        ("7", format!("the session {nowhere}; what was sent: 7")),
    ] {
        assert_eq!(told(document.as_bytes()), [(None, vec![expected])]);
    }
    assert_eq!(told(br#"{"data":{"meta":{"all_count":0},"payload":[]}}"#), []);
}

#[test]
fn a_page_with_more_sessions_than_a_body_may_have_is_too_large() {
    let page = |sessions: usize| {
        let session = conversation(&json!(1)).to_string();
        format!(r#"{{"payload":[{}]}}"#, vec![session; sessions].join(","))
    };
    assert_eq!(Item::all(&[page(5_000).as_bytes()], chatwoot()).unwrap().len(), 5_000);
    let several = page(2_501);
    for documents in [vec![page(5_001).as_bytes()], vec![several.as_bytes(), several.as_bytes()]] {
        let problem = Item::all(&documents, chatwoot()).err().unwrap();
        assert_eq!(problem.status().as_u16(), 413);
    }
}

proptest! {
    #[test]
    fn no_document_harms_its_neighbours(junk in vec(any::<u8>(), 0..200), text in any::<String>()) {
        let good = conversation(&json!("good")).to_string();
        let text = json!({"conversation": {"meta": {"a": text}, "id": text}, "payload": text}).to_string();
        let items = Item::all(&[good.as_bytes(), &junk, text.as_bytes(), good.as_bytes()], chatwoot()).unwrap();
        let read: Vec<_> = items.iter().map(|item| (item.document, item.id(), item.parse(ZONE).session)).collect();
        for (document, id, session) in [&read[0], &read[read.len() - 1]] {
            prop_assert!(*document % 3 == 0 && session.is_ok());
            prop_assert_eq!(id.as_ref().map(|id| id.as_str()), Some("good"));
        }
    }
}
