//! What is read from an item, and what is refused. Tables of items, so that a new case is a new line.

mod bombs;
mod mutations;

use serde_json::{Value as Tree, json};

use super::*;

const ZONE: Zone = Zone::SAO_PAULO;
const FLAT: &str = include_str!("../../samples/flat.json");
const NESTED: &str = include_str!("../../samples/nested.json");

/// An item with the two required fields and these members.
fn item(members: &str) -> String {
    format!(r#"{{"session_id":"s1","created_at":"2026-10-03 14:05:22",{members}}}"#)
}

fn tree(session: &Session) -> Tree {
    serde_json::from_slice(&session.to_json()).unwrap()
}

/// Checks what is kept of an item's members besides the required two.
fn check(members: &str, expected: &Tree) {
    let parsed = parse(item(members).as_bytes(), ZONE);
    let parsed = parsed.unwrap_or_else(|fault| panic!("{members}: {}", fault.message));
    let mut kept = tree(&parsed.session);
    let kept = kept.as_object_mut().unwrap();
    assert_eq!(kept.remove("session_id"), Some(json!("s1")));
    assert_eq!(kept.remove("created_at"), Some(json!(1_791_047_122_000_000_i64)));
    assert_eq!(&Tree::Object(kept.clone()), expected, "{members}");
}

/// Checks that an item with these members is rejected, naming the field and the place.
fn refuse(members: &str, field: &str, message: &str) {
    refuse_item(item(members).as_bytes(), Some(field), message);
}

fn refuse_item(item: &[u8], field: Option<&str>, message: &str) {
    let shown = String::from_utf8_lossy(&item[..item.len().min(200)]);
    let fault = parse(item, ZONE).expect_err(&shown);
    assert_eq!(fault.field.as_deref(), field, "{shown}: {}", fault.message);
    assert_eq!(fault.message, message, "{shown}");
}

#[test]
fn both_shapes_of_a_session_are_the_same_session() {
    let flat = parse(FLAT.as_bytes(), ZONE).unwrap();
    let nested = parse(NESTED.as_bytes(), ZONE).unwrap();
    assert_eq!(flat.session, nested.session);
    assert_eq!(flat.session.hash(), nested.session.hash());
    assert_eq!(flat.identity, nested.identity);
    // agent_to of an event; phase, _id and name beside a named field, tta2 and the like only in the nested one.
    assert_eq!((flat.unknown_keys, nested.unknown_keys), (1, 7));
}

#[test]
fn the_sample_is_read_whole() {
    let session = parse(NESTED.as_bytes(), ZONE).unwrap().session;
    let kept = tree(&session);
    assert_eq!(kept["tabulation"], "Resolvido");
    assert_eq!(kept["channel_id"], "65f0c0ffee0000000000c001");
    assert_eq!(kept["isAttendance"], true);
    assert_eq!(kept["campaign_timer_minutes"], 30);
    assert_eq!(kept["attendance_timer_tma"], 1473.5);
    assert_eq!(kept["finished_at"], 1_791_048_670_000_000_i64);
    assert_eq!(kept["talks"][1]["options"][1], json!({"num": "2", "text": "Vendas"}));
    assert_eq!(kept["talks"][3]["sentiment_analysis_level"], -1);
    assert_eq!(kept["contact_platforms"][0]["platform"], "WhatsappBusiness");
    assert_eq!(session.fields.iter().count(), 63);
    assert!(kept.get("agent_ramal").is_none() && kept.get("agents_conference").is_none());
}

#[test]
fn the_order_of_keys_does_not_matter() {
    fn reversed(raw: &RawValue) -> String {
        match Json::of(raw).unwrap() {
            Json::Object(entries) => {
                let entries =
                    entries.iter().rev().map(|(key, raw)| format!("{}:{}", json!(key), reversed(raw)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
            }
            _ => raw.get().to_owned(),
        }
    }
    let backwards = reversed(serde_json::from_str(NESTED).unwrap());
    assert_ne!(backwards, NESTED);
    let (one, other) = (parse(NESTED.as_bytes(), ZONE).unwrap(), parse(backwards.as_bytes(), ZONE).unwrap());
    assert_eq!(one.session.hash(), other.session.hash());
}

#[test]
fn nested_names_are_joined_and_flat_ones_win_where_they_are_not_empty() {
    check(
        r#""agent":{"_id":"a1","session":{"origin_web":true}}"#,
        &json!({"agent_id": "a1", "agent_session_origin_web": true}),
    );
    check(r#""agent":{"session_origin_app":0}"#, &json!({"agent_session_origin_app": false}));
    check(r#""agent_session":{"origin_app":"1"}"#, &json!({"agent_session_origin_app": true}));
    check(r#""agent":{"name":"nested"},"agent_name":"flat""#, &json!({"agent_name": "flat"}));
    for empty in ["null", r#""""#, "[]", "{}", "[ ]"] {
        check(
            &format!(r#""agent_name":{empty},"agent":{{"name":"nested"}}"#),
            &json!({"agent_name": "nested"}),
        );
    }
    // The dictionary knows X._id; an id beside it is another number of the same thing.
    check(r#""flow":{"id":7,"_id":"f1"}"#, &json!({"flow_id": "f1"}));
    check(r#""flow":{"id":7,"_id":""}"#, &json!({"flow_id": "7"}));
    check(
        r#""contact":{"platforms":[{"platform":"x"}]},"contact_platforms":[]"#,
        &json!({"contact_platforms": [{"platform": "x"}]}),
    );
    check(
        r#""campaign":{"timer_wait":{"limit":"10"},"timer":{"days":0}}"#,
        &json!({"campaign_timer_wait_limit": 10, "campaign_timer_days": 0}),
    );
}

#[test]
fn channel_and_tabulation_may_be_objects_with_a_name() {
    check(r#""channel":{"_id":"c1","name":"Loja"}"#, &json!({"channel": "Loja", "channel_id": "c1"}));
    check(
        r#""channel":{"_id":"c1","name":"Loja"},"channel_id":"c2""#,
        &json!({"channel": "Loja", "channel_id": "c2"}),
    );
    check(r#""channel":"Loja","channel_id":"c2""#, &json!({"channel": "Loja", "channel_id": "c2"}));
    check(
        r#""tabulation":{"_id":"t1","name":"Resolvido","level":{"a":[1]}}"#,
        &json!({"tabulation": "Resolvido"}),
    );
    check(r#""tabulation":{"_id":"t1"}"#, &json!({}));
    check(r#""tabulation":[{"name":"A"},{"name":"B"}]"#, &json!({"tabulation": "A, B"}));
    refuse(r#""tabulation":{"name":{"name":"x"}}"#, "tabulation", "tabulation.name must be a text");
    refuse(r#""platform":{"name":"x"}"#, "platform", "platform must be a text");
}

#[test]
fn the_document_id_fills_what_is_empty_of_session_id_and_id() {
    let ids = |members: &str| {
        let text = format!(r#"{{"created_at":"2026-10-03",{members}}}"#);
        let kept = tree(&parse(text.as_bytes(), ZONE).unwrap().session);
        (kept["session_id"].clone(), kept["id"].clone())
    };
    assert_eq!(ids(r#""_id":"a""#), (json!("a"), json!("a")));
    assert_eq!(ids(r#""_id":"a","id":"b","session_id":"""#), (json!("a"), json!("b")));
    assert_eq!(ids(r#""_id":"a","session_id":"c""#), (json!("c"), json!("a")));
    assert_eq!(ids(r#""_id":{"$oid":"a"}"#), (json!("a"), json!("a")));
    assert_eq!(ids(r#""session_id":123"#), (json!("123"), Tree::Null));
    let only_id = br#"{"id":"b","created_at":"2026-10-03"}"#;
    refuse_item(only_id, Some("session_id"), "session_id is required (or _id)");
}

#[test]
fn unknown_keys_are_counted_and_do_no_harm() {
    let unknown = |members: &str| parse(item(members).as_bytes(), ZONE).unwrap().unknown_keys;
    assert_eq!(unknown(r#""phase":"human","statusHSM":null,"x":{"y":[1,{"z":2}]}"#), 3);
    assert_eq!(unknown(r#""agent":{"shoe_size":44,"session":{"origin_fax":true}}"#), 2);
    assert_eq!(unknown(r#""agent":"Maria","campaign":7"#), 2);
    assert_eq!(unknown(r#""agent":null,"campaign":[],"flow":"""#), 0);
    assert_eq!(unknown(r#""talks":[{"_id":"t"},{"options":[{"x":1}]}],"events":[{"agent_to":"a"}]"#), 3);
    assert_eq!(unknown(r#""partition_column":"not a day","":1"#), 1);
    let many = (0..10_000).map(|n| format!(r#""k{n}":{n}"#)).collect::<Vec<_>>().join(",");
    assert_eq!(unknown(&many), 10_000);
}

#[test]
fn records_keep_their_index_and_their_order() {
    check(
        r#""talks":[{"message":"a"},null,{},[],{"options":[{"num":1},null]}]"#,
        &json!({"talks": [{"message": "a"}, {}, {}, {}, {"options": [{"num": "1"}, {}]}]}),
    );
    check(r#""talks":null,"events":"","tags":[],"contact_platforms":{}"#, &json!({}));
    refuse(r#""talks":[{},{},{},7]"#, "talks", "talks[3] must be an object");
    refuse(r#""talks":[[1]]"#, "talks", "talks[0] must be an object");
    refuse(r#""tags":{"tag":"x"}"#, "tags", "tags must be a list of objects");
    refuse(r#""events":"x""#, "events", "events must be a list of objects");
    refuse(
        r#""contact":{"platforms":5}"#,
        "contact_platforms",
        "contact.platforms must be a list of objects",
    );
    refuse(r#""talks":[{"options":[{},"x"]}]"#, "talks.options", "talks[0].options[1] must be an object");
    refuse(
        r#""talks":[{},{"created_at":"ontem"}]"#,
        "talks.created_at",
        "talks[1].created_at is not a date and time (for example 2026-10-03 14:05:22 or 2026-10-03T14:05:22-03:00)",
    );
}

#[test]
fn a_session_id_may_hold_anything_but_control_characters() {
    let with = |id: &str| format!(r#"{{"session_id":{id},"created_at":"2026-10-03"}}"#);
    for id in ["a#b", "a/b", "..", "../../x", "ção 😕", &"é".repeat(128)] {
        let parsed = parse(with(&json!(id).to_string()).as_bytes(), ZONE).unwrap();
        assert_eq!(parsed.identity.id.as_str(), id);
    }
    for id in [r#""a\u0000b""#, r#""a\nb""#, r#""\u0085""#] {
        let message = "session_id must not contain control characters";
        refuse_item(with(id).as_bytes(), Some("session_id"), message);
    }
    let long = json!("x".repeat(129)).to_string();
    refuse_item(with(&long).as_bytes(), Some("session_id"), "session_id must have 1 to 128 characters");
    for empty in [r#""""#, "null", "[]"] {
        refuse_item(with(empty).as_bytes(), Some("session_id"), "session_id is required (or _id)");
    }
}

#[test]
fn created_at_is_required() {
    for item in [r#"{"session_id":"s"}"#, r#"{"session_id":"s","created_at":"0000-00-00 00:00:00"}"#] {
        refuse_item(item.as_bytes(), Some("created_at"), "created_at is required");
    }
}

#[test]
fn versions_are_ordered_by_the_first_date_there_is() {
    let identity = |members: &str| parse(item(members).as_bytes(), ZONE).unwrap().identity;
    let both = r#""lastInteraction":"2026-10-04 00:00:00","updated_at":"2026-10-05 00:00:00""#;
    assert_eq!(identity(both).version.to_rfc3339(), "2026-10-05T03:00:00Z");
    assert_eq!(identity(both).last.to_rfc3339(), "2026-10-04T03:00:00Z");
    let last = r#""lastInteraction":"2026-10-04 00:00:00""#;
    assert_eq!(identity(last).version.to_rfc3339(), "2026-10-04T03:00:00Z");
    assert_eq!(identity(r#""updated_at":"""#).version.to_rfc3339(), "2026-10-03T17:05:22Z");
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
    refuse(
        r#""campaign":{"timer":{"days":1e400}}"#,
        "campaign_timer_days",
        "campaign.timer.days is a number out of range",
    );
    refuse(r#""x":{"y":[0,-1e999]}"#, "x.y[1]", "x.y[1] is a number out of range");
    refuse(r#""agent_name":"a","agent_name":"a""#, "agent_name", "agent_name comes twice");
    refuse(r#""agent":{"_id":"a","_id":"b"}"#, "agent_id", "agent._id comes twice");
    refuse(
        r#""talks":[{"options":[{"num":1,"n\u0075m":2}]}]"#,
        "talks.options.num",
        "talks[0].options[0].num comes twice",
    );
    refuse(r#""session_id":"s2""#, "session_id", "session_id comes twice");
    let mut bytes = item(r#""agent_name":"x""#).into_bytes();
    let x = bytes.iter().rposition(|byte| *byte == b'x').unwrap();
    bytes[x] = 0xFF;
    refuse_item(&bytes, None, "the session is not valid UTF-8");
}

#[test]
fn a_long_key_is_given_back_shortened() {
    let key = "é".repeat(500);
    let fault = parse(item(&format!(r#""{key}":1e999"#)).as_bytes(), ZONE).unwrap_err();
    assert_eq!(fault.field, Some(format!("{}…", "é".repeat(60))));
    assert!(fault.message.len() < 200);
}

#[test]
fn what_is_no_object_is_rejected() {
    for text in ["7", "null", "[]", r#""text""#, "[{}]"] {
        refuse_item(text.as_bytes(), None, "the session is not a JSON object");
    }
    for text in ["", "{", "{}{}", "{\"a\":}", "not json"] {
        refuse_item(text.as_bytes(), None, "the session is not a line of JSON");
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
