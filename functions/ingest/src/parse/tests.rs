//! Tests of what is read from an item, and what is refused. They are tables of items, so that a new case is a
//! new line.

mod bombs;
mod mutations;
mod rejections;

use serde_json::{Value as Tree, json};

use domain::lang::Lang;

use super::*;

const ZONE: Zone = Zone::SAO_PAULO;
const FLAT: &str = include_str!("../../samples/flat.json");
const NESTED: &str = include_str!("../../samples/nested.json");

/// Returns an item with the two required fields and these members.
fn item(members: &str) -> String {
    format!(r#"{{"session_id":"s1","created_at":"2026-10-03 14:05:22",{members}}}"#)
}

fn tree(session: &Session) -> Tree {
    serde_json::from_slice(&session.to_json()).unwrap()
}

fn understood(item: &str) -> Understood {
    let parsed = parse(item.as_bytes(), ZONE);
    parsed.session.unwrap_or_else(|faults| panic!("{item}: {faults:?}"))
}

/// Checks what is kept of an item's members besides the required two, and that there is nothing to warn of.
fn check(members: &str, expected: &Tree) {
    check_with(members, expected, &[]);
}

/// Checks what is kept of an item's members besides the required two, and the warnings, each with its field.
fn check_with(members: &str, expected: &Tree, warnings: &[(&str, &str)]) {
    let told = parse(item(members).as_bytes(), ZONE).warnings;
    let told: Vec<_> =
        told.iter().map(|fault| (fault.field.clone().unwrap_or_default(), fault.message(Lang::En))).collect();
    let told: Vec<_> = told.iter().map(|(field, message)| (field.as_str(), message.as_str())).collect();
    assert_eq!(told, warnings, "{members}");
    let mut kept = tree(&understood(&item(members)).session);
    let kept = kept.as_object_mut().unwrap();
    assert_eq!(kept.remove("session_id"), Some(json!("s1")));
    assert_eq!(kept.remove("created_at"), Some(json!(1_791_047_122_000_000_i64)));
    assert_eq!(&Tree::Object(kept.clone()), expected, "{members}");
}

/// Checks that an item with these members is rejected with this field and message.
fn refuse(members: &str, field: &str, message: &str) {
    refuse_item(item(members).as_bytes(), Some(field), message);
}

fn refuse_item(item: &[u8], field: Option<&str>, message: &str) {
    let shown = String::from_utf8_lossy(&item[..item.len().min(200)]);
    let faults = parse(item, ZONE).session.expect_err(&shown);
    assert_eq!(faults[0].field.as_deref(), field, "{shown}: {faults:?}");
    assert_eq!(faults[0].message(Lang::En), message, "{shown}");
}

#[test]
fn both_shapes_of_a_session_are_the_same_session() {
    let (flat, nested) = (understood(FLAT), understood(NESTED));
    assert_eq!(flat.session, nested.session);
    assert_eq!(flat.session.hash(), nested.session.hash());
    assert_eq!(flat.identity, nested.identity);
    let unknown = |text: &str| parse(text.as_bytes(), ZONE).unknown_keys;
    assert_eq!(unknown(FLAT), ["events.agent_to"]);
    let mut nested = unknown(NESTED);
    nested.sort();
    let expected = [
        "attendance_timer.tta2",
        "countUnknown",
        "events.agent_to",
        "phase",
        "simulator",
        "statusHSM",
        "tabulation._id",
    ];
    assert_eq!(nested, expected);
}

#[test]
fn the_sample_is_read_whole() {
    let session = understood(NESTED).session;
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
    let (one, other) = (understood(NESTED), understood(&backwards));
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
    // The dictionary's field is `_id`. An `id` beside it is another number of the same object.
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
    check(r#""channel":[{"_id":"c1","name":"Loja"}]"#, &json!({"channel": "Loja", "channel_id": "c1"}));
    check(r#""channel":{"_id":"c1","description":"Loja"}"#, &json!({"channel": "Loja", "channel_id": "c1"}));
    check(r#""channel":{"description":"Loja 2","name":"Loja"}"#, &json!({"channel": "Loja"}));
    check(r#""channel":{"description":"Loja","name":""}"#, &json!({"channel": "Loja"}));
    check(
        r#""tabulation_name":"Resolvido","channel_name":"Loja""#,
        &json!({"tabulation": "Resolvido", "channel": "Loja"}),
    );
    check(r#""tabulation_name":"flat","tabulation":{"name":"nested"}"#, &json!({"tabulation": "flat"}));
    check(r#""tabulation_name":"other","tabulation":"own""#, &json!({"tabulation": "own"}));
}

#[test]
fn the_document_id_fills_what_is_empty_of_session_id_and_id() {
    let ids = |members: &str| {
        let text = format!(r#"{{"created_at":"2026-10-03",{members}}}"#);
        let kept = tree(&understood(&text).session);
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
fn an_object_may_come_in_a_list_or_as_its_id() {
    check(
        r#""agent":[{"_id":"a1","name":"Ana"}],"campaign":{"0":{"_id":"b1"}},"flow":[null,{"_id":"f1"}]"#,
        &json!({"agent_id": "a1", "agent_name": "Ana", "campaign_id": "b1", "flow_id": "f1"}),
    );
    check(
        r#""agent":"a1","campaign":7,"contact":["d1"],"flow":{"$oid":"f1"}"#,
        &json!({"agent_id": "a1", "campaign_id": "7", "contact_id": "d1", "flow_id": "f1"}),
    );
    check(r#""agent":"a1","agent_id":"a2""#, &json!({"agent_id": "a2"}));
    check(r#""agent":null,"campaign":[],"flow":"","contact":{}"#, &json!({}));
    check_with(
        r#""agent":true,"contact":[{"_id":"1"},{"_id":"2"}],"campaign":{"timer":5,"name":"x"}"#,
        &json!({"campaign_name": "x"}),
        &[
            ("agent", "agent must be an object; what was sent: true"),
            ("contact", r#"contact must be an object; what was sent: [{"_id":"1"},{"_id":"2"}]"#),
            ("campaign.timer", "campaign.timer must be an object; what was sent: 5"),
        ],
    );
}

#[test]
fn the_document_may_come_in_an_envelope() {
    let inside = r#"{"_id":"s1","created_at":"2026-10-03","phase":"human"}"#;
    let envelope = format!(r#"{{"data":{inside},"vars":[],"webhook":{{"key":"x"}}}}"#);
    assert_eq!(understood(&envelope).session, understood(inside).session);
    assert_eq!(parse(envelope.as_bytes(), ZONE).unknown_keys, ["phase"]);
    assert_eq!(id_of(envelope.as_bytes()).map(String::from).as_deref(), Some("s1"));
    let own = item(r#""data":{"_id":"other","agent_name":"x"}"#);
    assert_eq!(tree(&understood(&own).session)["session_id"], "s1");
    assert_eq!(parse(own.as_bytes(), ZONE).unknown_keys, ["data"]);
    refuse_item(br#"{"data":7}"#, Some("session_id"), "session_id is required (or _id)");
}

#[test]
fn unknown_keys_are_told_by_path_and_do_no_harm() {
    let unknown = |members: &str| parse(item(members).as_bytes(), ZONE).unknown_keys;
    assert_eq!(
        unknown(r#""phase":"human","statusHSM":null,"x":{"y":[1,{"z":2}]}"#),
        ["phase", "statusHSM", "x"]
    );
    assert_eq!(
        unknown(r#""agent":{"shoe_size":44,"session":{"origin_fax":true}}"#),
        ["agent.shoe_size", "agent.session.origin_fax"]
    );
    assert_eq!(
        unknown(r#""talks":[{"_id":"t"},{"options":[{},{"x":1}]},{"_id":"u"}],"events":[{"agent_to":"a"}]"#),
        ["events.agent_to", "talks._id", "talks.options.x"]
    );
    assert_eq!(unknown(r#""partition_column":"not a day","":1"#), [""]);
    let many = (0..10_000).map(|n| format!(r#""k{n}":{n}"#)).collect::<Vec<_>>().join(",");
    assert_eq!(unknown(&many).len(), MAX_UNKNOWN_KEYS);
}

#[test]
fn records_keep_their_index_and_their_order() {
    check(
        r#""talks":[{"message":"a"},null,{},[],{"options":[{"num":1},null]}]"#,
        &json!({"talks": [{"message": "a"}, {}, {}, {}, {"options": [{"num": "1"}, {}]}]}),
    );
    check(r#""talks":null,"events":"","tags":[],"contact_platforms":{}"#, &json!({}));
    check_with(
        r#""talks":[{},true,[1],{"message":"a"}],"tags":false,"contact":{"platforms":5}"#,
        &json!({"talks": [{}, {}, {}, {"message": "a"}]}),
        &[
            ("contact_platforms", "contact.platforms must be a list of objects; what was sent: 5"),
            ("tags", "tags must be a list of objects; what was sent: false"),
            ("talks", "talks[1] must be an object; what was sent: true"),
            ("talks", "talks[2] must be an object; what was sent: [1]"),
        ],
    );
}

#[test]
fn a_list_may_have_a_gap_and_a_record_may_stand_alone_or_be_a_text() {
    check(
        r#""talks":{"10":{"message":"c"},"0":{"message":"a"},"2":{"message":"b","options":{"1":{"num":1}}}}"#,
        &json!({"talks": [{"message": "a"}, {"message": "b", "options": [{"num": "1"}]}, {"message": "c"}]}),
    );
    check(
        r#""talks":{"message":"a","options":{"num":"1","text":"x"}},"contact":{"platforms":{"platform":"w"}}"#,
        &json!({"contact_platforms": [{"platform": "w"}], "talks": [{"message": "a", "options": [{"num": "1", "text": "x"}]}]}),
    );
    check(
        r#""talks":[{"options":["Suporte","Vendas",3]}],"events":"humanStart","tags":["vip"]"#,
        &json!({
            "events": [{"event": "humanStart"}], "tags": [{"tag": "vip"}],
            "talks": [{"options": [{"text": "Suporte"}, {"text": "Vendas"}, {"text": "3"}]}],
        }),
    );
    check(r#""agents_conference":{"0":"a","3":"b"}"#, &json!({"agents_conference": "a, b"}));
    let place = r#"{"latitude": -23.5}"#;
    check(&format!(r#""talks":[{{"message":{place}}}]"#), &json!({"talks": [{"message": place}]}));
}

#[test]
fn a_value_that_cannot_be_read_is_left_out_with_a_warning() {
    check_with(
        r#""talks":[{},{"created_at":"ontem","message":"a"}],"timerOnWait":"2026-10-03 14:06:01.816217""#,
        &json!({"talks": [{}, {"message": "a"}]}),
        &[
            (
                "talks.created_at",
                r#"talks[1].created_at is not a date and time: send yyyy-mm-dd hh:mm:ss, dd/mm/yyyy hh:mm:ss or ISO 8601; what was sent: "ontem""#,
            ),
            (
                "timerOnWait",
                r#"timerOnWait must be a number of seconds, or hh:mm:ss; what was sent: "2026-10-03 14:06:01.816217""#,
            ),
        ],
    );
    // Where a field comes in two shapes, the one that can be read counts.
    check_with(
        r#""campaign_timer_days":"muitos","campaign":{"timer":{"days":3}}"#,
        &json!({"campaign_timer_days": 3}),
        &[("campaign_timer_days", r#"campaign_timer_days must be a whole number; what was sent: "muitos""#)],
    );
    check_with(
        r#""campaign":{"timer":{"days":1e400}},"x":{"y":[0,-1e999]},"protocol":1e999,"z":"\"1e5""#,
        &json!({"protocol": "1e999"}),
        &[("campaign_timer_days", "campaign.timer.days must be a whole number; what was sent: 1e400")],
    );
    let long = format!(r#""updated_at":"{}""#, "é".repeat(300));
    let told = parse(item(&long).as_bytes(), ZONE).warnings[0].message(Lang::Pt);
    assert!(
        told.ends_with("é…") && told.contains("foi enviado: \"é") && told.chars().count() < 200,
        "{told}"
    );
    let many = vec![r#"{"created_at":"x"}"#; 300].join(",");
    assert_eq!(parse(item(&format!(r#""talks":[{many}]"#)).as_bytes(), ZONE).warnings.len(), MAX_WARNINGS);
}
