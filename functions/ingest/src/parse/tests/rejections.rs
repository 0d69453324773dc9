//! What rejects an item, and what is told of it.

use super::*;

/// What is told of a rejected item.
fn told(item: &[u8]) -> Vec<String> {
    let shown = String::from_utf8_lossy(&item[..item.len().min(200)]);
    let faults = parse(item, ZONE).session.expect_err(&shown);
    faults.iter().map(|fault| fault.message(Lang::En)).collect()
}

const DATE: &str = "is not a date and time: send yyyy-mm-dd hh:mm:ss, dd/mm/yyyy hh:mm:ss or ISO 8601; \
                    what was sent: \"ontem\"";

#[test]
fn all_faults_of_an_item_are_told_at_once_in_the_order_of_the_document() {
    assert_eq!(
        told(br#"{"session_id":{"a":1},"created_at":"ontem","status":"a","status":"b"}"#),
        [
            "session_id must be a text of 1 to 128 characters; what was sent: {\"a\":1}".to_owned(),
            format!("created_at {DATE}"),
            "status comes twice: send it once".to_owned(),
        ]
    );
    assert_eq!(
        told(b"{\"agent_name\":\"\xFF\"}"),
        [
            "the session is not valid UTF-8",
            "session_id is required (or _id)",
            "created_at is required: when the session began, for example 2026-10-03 14:05:22",
        ]
    );
}

/// Members of an item, each of a kind of fault, and what is told of it.
fn faulty_members() -> Vec<(String, String)> {
    let long = "x".repeat((1 << 20) + 1);
    let list = vec!["{}"; 50_001].join(",");
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    let keys = (0..20_002).map(|n| format!(r#""k{n}":0"#)).collect::<Vec<_>>().join(",");
    let half = "holds half of a surrogate pair";
    [
        (r#""created_at":"ontem""#.to_owned(), format!("created_at {DATE}")),
        (format!(r#""agent_name":"{long}""#), "agent_name is longer than 1 MiB".to_owned()),
        (
            format!(r#""talks":[{{}},{{"message":"{long}"}}]"#),
            "talks[1].message is longer than 1 MiB".to_owned(),
        ),
        (format!(r#""tags":[{list}]"#), "tags is a list of more than 50000 values".to_owned()),
        (r#""flow":{"_id":"a","_id":"b"}"#.to_owned(), "flow._id comes twice: send it once".to_owned()),
        (r#""status":"\ud800""#.to_owned(), format!("status {half}")),
        (
            r#""channel":{"n\udc00":1,"name":"Loja"}"#.to_owned(),
            format!("channel.n\u{fffd}\u{fffd}\u{fffd} {half}"),
        ),
        (
            format!(r#""x":{{"y":{deep}}}"#),
            format!(
                "{}… is nested too deeply (more than 32 levels)",
                &format!("x.y{}", "[0]".repeat(30))[..60]
            ),
        ),
        (format!(r#""z":{{{keys}}}"#), "z.k20000 is one key too many (more than 20000)".to_owned()),
    ]
    .into()
}

#[test]
fn no_fault_of_any_kind_hides_another_one() {
    let members = faulty_members();
    for shift in 0..members.len() {
        let mut members = members.clone();
        members.rotate_left(shift);
        let (texts, expected): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        let item = format!(r#"{{"session_id":"s1",{}}}"#, texts.join(","));
        assert_eq!(told(item.as_bytes()), expected);
    }
}

#[test]
fn a_session_that_is_too_large_has_its_other_faults_told_too() {
    let talks = vec![format!(r#"{{"message":"{}"}}"#, "x".repeat(1_000_000)); 4].join(",");
    let large = "the session is larger than 3 MiB once parsed";
    let item = |rest: &str| format!(r#"{{"talks":[{talks}],{rest}}}"#);
    assert_eq!(told(item(r#""session_id":"s1","created_at":"2026-10-03""#).as_bytes()), [large]);
    assert_eq!(
        told(item(r#""session_id":"a\nb","created_at":"ontem","tags":[{"tag":1,"tag":2}]"#).as_bytes()),
        [
            large.to_owned(),
            r#"session_id must not contain control characters; what was sent: "a\nb""#.to_owned(),
            format!("created_at {DATE}"),
            "tags[0].tag comes twice: send it once".to_owned(),
        ]
    );
    let many = vec![r#"{"options":[{},{},{},{},{},{},{},{},{},{},{},{}]}"#; 4_500].join(",");
    let item = format!(r#"{{"session_id":"s1","talks":[{many}],"tags":[{{}}],"created_at":"ontem"}}"#);
    let records = "talks[3791].options makes the session longer than 50000 records";
    assert_eq!(told(item.as_bytes()), [records.to_owned(), format!("created_at {DATE}")]);
}

#[test]
fn no_fault_is_told_twice_and_no_more_than_a_hundred_are() {
    let thrice = r#"{"session_id":"s1","created_at":"ontem","created_at":"ontem","created_at":"ontem"}"#;
    assert_eq!(
        told(thrice.as_bytes()),
        [&format!("created_at {DATE}"), "created_at comes twice: send it once"]
    );
    let half = r#"{"_id":"\ud800","created_at":"2026-10-03"}"#;
    assert_eq!(told(half.as_bytes()), ["_id holds half of a surrogate pair"]);
    let half = r#"{"session_id":"s1","created_at":{"$date":"\ud800"}}"#;
    assert_eq!(told(half.as_bytes()), ["created_at.$date holds half of a surrogate pair"]);
    let tags = vec![r#"{"tag":1,"tag":2}"#; 300].join(",");
    let item = format!(r#"{{"tags":[{tags}],"created_at":"ontem"}}"#);
    let told = told(item.as_bytes());
    assert_eq!((told.len(), told[0].as_str()), (100, "session_id is required (or _id)"));
    assert_eq!(told[99], "tags[98].tag comes twice: send it once");
}

#[test]
fn a_required_field_without_a_value_is_told_with_what_was_sent() {
    let zero = "created_at is a zero date, which says no time: send when the session began, for example 2026-10-03 14:05:22; what was sent: ";
    let no_time =
        "created_at is empty: send when the session began, for example 2026-10-03 14:05:22; what was sent: ";
    let no_id =
        "session_id is empty: send the session's id, of 1 to 128 characters (or _id); what was sent: ";
    for sent in [
        r#""0000-00-00 00:00:00""#,
        r#""0000-00-00""#,
        r#""-0001-11-30 00:00:00""#,
        r#""0001-01-01T00:00:00Z""#,
        r#""00/00/0000""#,
        r#""9999-12-31 23:59:59""#,
        "0",
        r#"{"date":"-0001-11-30 00:00:00.000000","timezone_type":3,"timezone":"UTC"}"#,
    ] {
        let quoted = if sent.len() > 80 { format!("{}…", &sent[..80]) } else { sent.to_owned() };
        let item = format!(r#"{{"session_id":"s","created_at":{sent}}}"#);
        assert_eq!(told(item.as_bytes()), [format!("{zero}{quoted}")]);
    }
    for sent in [r#""""#, r#""  ""#, "null", "[]", "{}", r#"{"$date":""}"#] {
        let item = format!(r#"{{"session_id":"s","created_at":{sent}}}"#);
        assert_eq!(told(item.as_bytes()), [format!("{no_time}{sent}")]);
    }
    for sent in [r#""""#, "null", "[]", "{ }"] {
        let item = format!(r#"{{"session_id":{sent},"created_at":"2026-10-03"}}"#);
        assert_eq!(told(item.as_bytes()), [format!("{no_id}{sent}")]);
        let item = format!(r#"{{"session_id":{sent},"created_at":"2026-10-03","_id":"s"}}"#);
        assert_eq!(understood(&item).identity.id.as_str(), "s");
    }
    let zone = r#"{"session_id":"s","created_at":{"date":"2026-10-03 14:05:22","timezone":{"a":1}}}"#;
    assert!(told(zone.as_bytes())[0].starts_with("created_at is not a date and time: send"));
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
        let message =
            "session_id is empty: send the session's id, of 1 to 128 characters (or _id); what was sent: ";
        refuse_item(with(empty).as_bytes(), Some("session_id"), &format!("{message}{empty}"));
    }
}

#[test]
fn created_at_is_required() {
    let message = "created_at is required: when the session began, for example 2026-10-03 14:05:22";
    refuse_item(br#"{"session_id":"s"}"#, Some("created_at"), message);
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
