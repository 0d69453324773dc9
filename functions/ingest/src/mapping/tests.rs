//! Tests of mappings: of the language that they are written in, and of every file.

use domain::dictionary::{self, Kind, Record};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const ZONE: Zone = Zone::SAO_PAULO;

fn mapping(written: &Value) -> Result<Mapping, String> {
    let text = written.to_string();
    let read = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text));
    read.map_err(|error| error.to_string())
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

/// Checks what a rule makes of a record; null where it gives nothing.
fn check(rules: &Value, record: &Value, expected: &Value) {
    let mapping = mapping(&json!({"sessions": [{"each": "."}], "fields": {"status": rules}})).unwrap();
    let written: Value = serde_json::from_str(&mapping.written(&raw(record), ZONE).unwrap()).unwrap();
    assert_eq!(written["status"], *expected, "{rules} of {record}");
}

#[test]
fn a_path_leads_to_members_and_elements() {
    let record = json!({"a": {"b": [{"c": 1}, {"c": [2, 3]}, {}, {"c": ""}]}, "gap": {"0": "x", "7": "y"}, "no": null});
    for (path, expected) in [
        ("a.b[0].c", json!(1)),
        ("a.b[1].c[-1]", json!(3)),
        ("a.b[-4].c", json!(1)),
        ("a.b[-5].c", Value::Null),
        ("a.b[9].c", Value::Null),
        ("a.b[].c", json!([1, [2, 3]])),
        ("a.b[].c[]", json!([2, 3])),
        ("a.b[].d", Value::Null),
        ("gap[]", json!(["x", "y"])),
        ("gap[1]", json!("y")),
        ("a.b.c", Value::Null),
        ("no", Value::Null),
        ("no.more[0]", Value::Null),
        (".", record.clone()),
    ] {
        check(&json!(path), &record, &expected);
    }
    check(&json!("[1]"), &json!([1, 2]), &json!(2));
}

#[test]
fn a_rule_gives_a_value_or_leaves_it_to_the_next() {
    let record = json!({"n": 0, "s": "open", "t": true, "many": ["a", "b", "z"], "empty": "", "ms": 1500, "odd": {"x": 1}});
    for (rules, expected) in [
        (json!({"constant": "c"}), json!("c")),
        (json!({"path": ["empty", "s"]}), json!("open")),
        (json!(["empty", "missing", "s"]), json!("open")),
        (json!({"path": "n", "values": {"0": "contact"}}), json!("contact")),
        (json!({"path": "t", "values": {"true": 7}}), json!(7)),
        (json!({"path": "s", "values": {"closed": "finished"}}), Value::Null),
        (json!([{"path": "s", "values": {"closed": "finished"}}, "s"]), json!("open")),
        (json!({"path": "s", "values": {"*": "any"}}), json!("any")),
        (json!({"path": "odd", "values": {"*": true}}), json!(true)),
        (json!({"path": "empty", "values": {"*": "any"}}), Value::Null),
        (json!({"path": "many[]", "values": {"a": "A", "b": "B"}}), json!(["A", "B"])),
        (json!({"path": "ms", "unit": "milliseconds"}), json!(1.5)),
        (json!({"path": "ms", "unit": "microseconds"}), json!(0.0015)),
        (json!({"path": "s", "unit": "milliseconds"}), json!("open")),
        (json!({"constant": 1, "when": {"s": "open", "t": true, "n": [7, 0]}}), json!(1)),
        (json!({"constant": 1, "when": {"s": ["closed", "*"]}}), json!(1)),
        (json!({"constant": 1, "when": {"empty": null}}), json!(1)),
        (json!({"constant": 1, "when": {"many[]": "b"}}), json!(1)),
        (json!({"constant": 1, "when": {"s": "open", "t": false}}), Value::Null),
        (json!({"constant": 1, "when": {"empty": "*"}}), Value::Null),
    ] {
        check(&rules, &record, &expected);
    }
}

#[test]
fn the_time_between_two_instants_is_in_seconds() {
    let rules = json!({"between": ["from", "to"]});
    for (from, to, expected) in [
        (json!(1_791_047_122), json!("2026-10-03T17:06:36.500Z"), json!(74.5)),
        (json!("2026-10-03 14:05:22"), json!(1_791_047_122), json!(0.0)),
        (json!(1_791_047_122), json!(1_791_047_121), Value::Null),
        (json!(1_791_047_122), json!(0), Value::Null),
        (json!("ontem"), json!(1_791_047_122), Value::Null),
        (Value::Null, json!(1_791_047_122), Value::Null),
    ] {
        check(&rules, &json!({"from": from, "to": to}), &expected);
    }
}

#[test]
fn what_is_no_mapping_says_where_and_why() {
    let with = |rules: Value| json!({"sessions": [{"each": "."}], "fields": {"status": rules}});
    let one_of = "must have one of path, constant and between";
    for (written, expected) in [
        (with(json!("a..b")), "fields.status: \"a..b\" is no path"),
        (with(json!("a[x]")), "fields.status: \"a[x]\" is no path"),
        (with(json!("a[0")), "fields.status: \"a[0\" is no path"),
        (with(json!("")), "fields.status: \"\" is no path"),
        (with(json!(7)), "fields.status: is neither a path, a rule nor a list of them"),
        (with(json!([])), "fields.status: has no rule"),
        (with(json!({})), one_of),
        (with(json!({"path": "a", "constant": 1})), one_of),
        (with(json!({"path": []})), one_of),
        (with(json!({"constant": 1, "unit": "milliseconds"})), "has values or a unit for what is no path"),
        (with(json!({"path": "a", "amounts": {}})), "unknown field `amounts`"),
        (with(json!({"path": "a", "unit": "hours"})), "unknown variant `hours`"),
        (with(json!({"path": "a", "when": {"b": {}}})), "is no condition"),
        (json!({"sessions": [{"each": "."}], "columns": {}}), "unknown field `columns`"),
        (json!({"sessions": [{"each": "["}], "fields": {}}), "sessions[0].each: \"[\" is no path"),
    ] {
        let told = mapping(&written).unwrap_err();
        assert!(told.contains(expected), "{written}: {told}");
    }
}

#[test]
fn an_element_that_is_no_record_is_not_lost() {
    let list = json!({"each": "messages", "fields": {"message": "content"}});
    let tags = json!({"each": "labels", "fields": {"tag": "."}});
    let written =
        json!({"sessions": [{"each": "."}], "fields": {}, "records": {"talks": [list], "tags": [tags]}});
    let mapping = mapping(&written).unwrap();
    let record = json!({"messages": [5, "oi", true, {"content": "olá"}, {}], "labels": ["a", "b"]});
    let written: Value = serde_json::from_str(&mapping.written(&raw(&record), ZONE).unwrap()).unwrap();
    assert_eq!(written["talks"], json!([5, "oi", true, {"message": "olá"}, {}]));
    assert_eq!(written["tags"], json!([{"tag": "a"}, {"tag": "b"}]));
}

#[test]
fn sessions_are_where_the_first_source_has_them() {
    let mapping = mapping(&json!({
        "sessions": [{"each": "data.list", "when": {"k": "*"}}, {"each": "inner", "when": {"k": "*"}}, {"each": ".", "when": {"k": 1}}],
        "fields": {"session_id": "id"},
    }))
    .unwrap();
    let found = |document: Value| {
        let document = raw(&document);
        let found = mapping.sessions(&document)?;
        Some(found.into_iter().map(|one| (one.path, one.is_session)).collect::<Vec<_>>())
    };
    let one = |path: &str, is_session| (path.to_owned(), is_session);
    let listed = json!({"data": {"list": [{"k": 1}, 7, {"k": 2}]}, "k": 1});
    let expected = [one("data.list[0]", true), one("data.list[1]", false), one("data.list[2]", true)];
    assert_eq!(found(listed), Some(expected.to_vec()));
    assert_eq!(found(json!({"data": {"list": {"k": 1}}})), Some(vec![one("data.list", true)]));
    assert_eq!(found(json!({"data": {"list": [7]}, "inner": {"k": 1}})), Some(vec![one("inner", true)]));
    assert_eq!(found(json!({"data": {"list": []}, "k": 1})), Some(vec![one("", true)]));
    assert_eq!(found(json!({"data": {"list": []}})), Some(Vec::new()));
    assert_eq!(found(json!([{"k": 1}])), Some(vec![one("[0]", true)]));
    for nothing in [json!({"k": 2}), json!({"data": {"list": null}}), json!(7), json!(null)] {
        assert_eq!(found(nothing.clone()), None, "{nothing}");
    }
}

#[test]
fn what_is_written_is_traced_to_where_it_was() {
    let mapping = mapping(&json!({
        "sessions": [{"each": "."}],
        "fields": {"session_id": ["uuid", "id"], "status": {"constant": "x"}, "attendance_timer_tta": {"between": ["a", "b"]}},
        "records": {
            "talks": [
                {"each": "first", "fields": {"message": "text"}},
                {
                    "each": "more.list", "when": {"private": null}, "fields": {"message": ["body", "text"]},
                    "records": {"options": [{"each": "choices", "fields": {"text": "."}}]},
                },
            ],
        },
    }))
    .unwrap();
    let session = raw(&json!({
        "id": 7, "first": {"text": "a"}, "a": 1_791_047_122, "b": 1_791_047_123,
        "more": {"list": [{"private": true}, {"text": "b", "choices": ["c", "d"]}]},
    }));
    for (path, expected) in [
        ("session_id", "id"),
        ("status", "status"),
        ("attendance_timer_tta", "b"),
        ("talks", "first"),
        ("talks[0].message", "first.text"),
        ("talks[0]", "first"),
        ("talks[1].message", "more.list[1].text"),
        ("talks[1].options[1].text", "more.list[1].choices[1]"),
        ("talks[9].message", "talks[9].message"),
        ("talks[x]", "talks[x]"),
        ("protocol", "protocol"),
        ("", ""),
    ] {
        assert_eq!(mapping.origin(&session, ZONE, path), expected, "{path}");
    }
    let nothing = raw(&json!({}));
    assert_eq!(mapping.origin(&nothing, ZONE, "session_id"), "uuid");
}

/// Notes the names of a record that the dictionary does not have there.
fn unknown(record: Record, rules: RecordRules<'_>, found: &mut Vec<String>) {
    let named = |name: &str| match record {
        Record::Session => dictionary::field(name),
        record => dictionary::field(&format!("{}.{name}", record.name())),
    };
    for name in rules.fields.keys() {
        let kept = named(name).is_some_and(|field| !matches!(field.kind, Kind::Day | Kind::Records(_)));
        if !kept {
            found.push(name.clone());
        }
    }
    for (name, lists) in rules.records {
        match named(name).map(|field| field.kind) {
            Some(Kind::Records(inner)) => lists.iter().for_each(|list| unknown(inner, list.rules(), found)),
            _ => found.push(name.clone()),
        }
    }
}

#[test]
fn every_file_is_a_mapping_to_fields_of_the_dictionary() {
    for (name, file) in FILES {
        let written = serde_json::from_str(file).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mapping = mapping(&written).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut found = Vec::new();
        unknown(Record::Session, mapping.rules(), &mut found);
        assert_eq!(found, Vec::<String>::new(), "{name}");
        let required = dictionary::fields().iter().filter(|field| field.required);
        assert!(required.map(|field| field.name).all(|field| mapping.fields.contains_key(field)), "{name}");
        assert!(Mapping::named(name).is_ok());
    }
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/mappings")).unwrap();
    assert_eq!(files.count(), FILES.len(), "every file is named");
}

#[test]
fn the_mapping_that_the_page_begins_with_is_one() {
    let pages =
        [include_str!("../../../../docs/mappings.md"), include_str!("../../../../docs/mappings.en.md")];
    let [written, other] =
        pages.map(|page| page.split("```json").nth(1).unwrap().split("```").next().unwrap());
    assert_eq!(written, other);
    let mapping = mapping(&serde_json::from_str(written).unwrap()).unwrap();
    let mut found = Vec::new();
    unknown(Record::Session, mapping.rules(), &mut found);
    assert_eq!(found, Vec::<String>::new());
    let ticket = json!({
        "id": "t1", "opened_at": "2026-10-03", "changed_at": "2026-10-04", "state": 2, "customer": {"name": "Maria"},
        "wait_ms": 1500,
        "messages": [
            {"time": "2026-10-03", "from": {"kind": "customer"}, "text": "oi"}, {"internal": true},
            {"from": {"kind": "robot"}, "text": "olá"},
        ],
    });
    let expected = json!({
        "session_id": "t1", "created_at": "2026-10-03", "updated_at": "2026-10-04", "status": "finished",
        "finished_at": "2026-10-04", "contact_name": "Maria", "attendance_timer_tme": 1.5,
        "talks": [
            {"created_at": "2026-10-03", "origin": "contact", "message": "oi"}, {"origin": "automatic", "message": "olá"},
        ],
    });
    assert_eq!(
        serde_json::from_str::<Value>(&mapping.written(&raw(&ticket), ZONE).unwrap()).unwrap(),
        expected
    );
}

#[test]
fn an_unknown_name_is_answered_with_those_that_there_are() {
    let problem = Mapping::named("zap").unwrap_err();
    assert_eq!(
        (problem.status().as_u16(), problem.detail()),
        (400, "there is no mapping \"zap\"; there are: chatwoot")
    );
}

/// JSON with the keys of a mapping's documents, whatever stands under them.
fn odd_document() -> impl Strategy<Value = Value> {
    let odd = json!([
        null,
        true,
        false,
        0,
        -1,
        3,
        1_791_047_122,
        1e300,
        "",
        "x",
        "resolved",
        "2026-10-03T17:05:22Z",
        [],
        {}
    ]);
    let leaf = proptest::sample::select(odd.as_array().unwrap().clone());
    leaf.prop_recursive(5, 48, 6, |inner| {
        let keys = &[
            "data",
            "payload",
            "conversation",
            "meta",
            "sender",
            "assignee",
            "team",
            "id",
            "inbox_id",
            "status",
            "created_at",
            "updated_at",
            "last_activity_at",
            "messages",
            "attachments",
            "data_url",
            "content",
            "content_attributes",
            "items",
            "labels",
            "message_type",
            "private",
            "0",
            "7",
            "😕",
        ][..];
        let member = (proptest::sample::select(keys).prop_map(str::to_owned), inner.clone());
        prop_oneof![
            vec(inner, 0..5).prop_map(Value::from),
            vec(member, 0..8).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_document_is_what_is_written_is_one_json_object(document in odd_document()) {
        let mapping = Mapping::named("chatwoot").unwrap();
        let document = raw(&document);
        for found in mapping.sessions(&document).unwrap_or_default() {
            let written: Value = serde_json::from_str(&mapping.written(found.raw, ZONE).unwrap()).unwrap();
            prop_assert!(written.is_object());
            for path in ["session_id", "created_at", "talks", "talks[0]", "talks[1].message", "talks[0].options[2].num", "x[", "]["] {
                mapping.origin(found.raw, ZONE, path);
            }
        }
        // Anything at all may also be taken for a session.
        let written = mapping.written(&document, ZONE).unwrap();
        prop_assert!(serde_json::from_str::<Value>(&written).is_ok());
    }
}
