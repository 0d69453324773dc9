//! What rejects an item, and what is told of it.

use super::*;

#[test]
fn all_faults_of_an_item_are_told_at_once() {
    let faults = |item: &[u8]| -> Vec<_> {
        let faults = parse(item, ZONE).session.unwrap_err();
        faults.iter().map(|fault| fault.message(Lang::En)).collect()
    };
    assert_eq!(
        faults(br#"{"session_id":{"a":1},"created_at":"ontem","status":"a","status":"b"}"#),
        [
            "status comes twice: send it once",
            "created_at is not a date and time (for example 2026-10-03 14:05:22 or 2026-10-03T14:05:22-03:00); \
             what was sent: \"ontem\"",
            "session_id must be a text; what was sent: {\"a\":1}",
        ]
    );
    assert_eq!(
        faults(b"{\"agent_name\":\"\xFF\"}"),
        [
            "the session is not valid UTF-8",
            "session_id is required (or _id)",
            "created_at is required: when the session began, for example 2026-10-03 14:05:22",
        ]
    );
}

#[test]
fn a_session_id_may_hold_anything_but_control_characters() {
    let with = |id: &str| format!(r#"{{"session_id":{id},"created_at":"2026-10-03"}}"#);
    for id in ["a#b", "a/b", "..", "../../x", "ção 😕", &"é".repeat(128)] {
        let read = understood(&with(&json!(id).to_string()));
        assert_eq!(read.identity.id.as_str(), id);
    }
    for id in [r#""a\u0000b""#, r#""a\nb""#, r#""\u0085""#] {
        let faults = parse(with(id).as_bytes(), ZONE).session.unwrap_err();
        let message = faults[0].message(Lang::En);
        assert!(
            message.starts_with("session_id must not contain control characters; what was sent"),
            "{message}"
        );
    }
    let long = json!("x".repeat(129)).to_string();
    let sent = format!("\"{}…", "x".repeat(79));
    let message = format!("session_id must have 1 to 128 characters; what was sent: {sent}");
    refuse_item(with(&long).as_bytes(), Some("session_id"), &message);
    for empty in [r#""""#, "null", "[]"] {
        refuse_item(with(empty).as_bytes(), Some("session_id"), "session_id is required (or _id)");
    }
}

#[test]
fn created_at_is_required() {
    for item in [r#"{"session_id":"s"}"#, r#"{"session_id":"s","created_at":"0000-00-00 00:00:00"}"#] {
        refuse_item(
            item.as_bytes(),
            Some("created_at"),
            "created_at is required: when the session began, for example 2026-10-03 14:05:22",
        );
    }
}

#[test]
fn the_day_of_a_session_is_that_of_its_last_interaction() {
    let last = |members: &str| understood(&item(members)).identity.last_interaction.to_rfc3339();
    assert_eq!(last(r#""lastInteraction":"2026-10-04 00:00:00""#), "2026-10-04T03:00:00Z");
    assert_eq!(last(r#""updated_at":"2026-10-05 00:00:00""#), "2026-10-03T17:05:22Z");
}

#[test]
fn faults_that_the_grammar_lets_through_reject_the_item_and_name_the_place() {
    refuse(r#""agent":{"name":"\ud800"}"#, "agent_name", "agent.name holds half of a surrogate pair");
    refuse(r#""phase":"\udc00""#, "phase", "phase holds half of a surrogate pair");
    refuse(
        r#""talks":[{},{"message":"\ud800x"}]"#,
        "talks.message",
        "talks[1].message holds half of a surrogate pair",
    );
    refuse(r#""agent_name":"a","agent_name":"a""#, "agent_name", "agent_name comes twice: send it once");
    refuse(r#""agent":{"_id":"a","_id":"b"}"#, "agent_id", "agent._id comes twice: send it once");
    refuse(
        r#""talks":[{"options":[{"num":1,"n\u0075m":2}]}]"#,
        "talks.options.num",
        "talks[0].options[0].num comes twice: send it once",
    );
    refuse(r#""session_id":"s2""#, "session_id", "session_id comes twice: send it once");
    let mut bytes = item(r#""agent_name":"x""#).into_bytes();
    let x = bytes.iter().rposition(|byte| *byte == b'x').unwrap();
    bytes[x] = 0xFF;
    refuse_item(&bytes, None, "the session is not valid UTF-8");
}

#[test]
fn a_long_key_is_given_back_shortened() {
    let key = "é".repeat(500);
    let twice = format!(r#""{key}":1,"{key}":2"#);
    let faults = parse(item(&twice).as_bytes(), ZONE).session.unwrap_err();
    assert_eq!(faults[0].field, Some(format!("{}…", "é".repeat(60))));
    assert!(faults[0].message(Lang::En).len() < 200);
}

#[test]
fn what_is_no_object_is_rejected() {
    for text in ["7", "null", "[]", r#""text""#, "[{}]"] {
        let message = "the session is not a JSON object: send each session as {…}; what was sent: ";
        refuse_item(text.as_bytes(), None, &format!("{message}{text}"));
    }
    for text in ["", "{", "{}{}", "{\"a\":}", "not json"] {
        let message = "the session is not a line of JSON: send one object {…} a line; what was sent: ";
        refuse_item(text.as_bytes(), None, &format!("{message}{text}"));
    }
}

#[test]
fn the_id_of_a_rejected_item_is_made_out_where_it_can_be() {
    let id = |item: &[u8]| id_of(item).map(String::from);
    assert_eq!(id(br#"{"session_id":"s1","created_at":"ontem"}"#), Some("s1".to_owned()));
    assert_eq!(id(br#"{"x":1e999,"_id":{"$oid":"s2"},"session_id":""}"#), Some("s2".to_owned()));
    assert_eq!(id(b"{\"session_id\":\"s3\",\"agent_name\":\"\xFF\"}"), Some("s3".to_owned()));
    assert_eq!(id(b"{\"session_id\":\"s\xFF\"}"), None);
    assert_eq!(id(br#"{"session_id":"s4","session_id":"s5"}"#), Some("s4".to_owned()));
    assert_eq!(id(br#"{"session_id":"a\u0000b"}"#), None);
    assert_eq!(id(br#"{"session_id":"s6","#), None);
    assert_eq!(id(b"[]"), None);
    let many = (0..20_001).map(|n| format!(r#","k{n}":0"#)).collect::<String>();
    assert_eq!(id(format!(r#"{{"session_id":"s7"{many}}}"#).as_bytes()), None);
}
