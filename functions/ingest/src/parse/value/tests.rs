//! Tests of every kind of field, in every way in which its values are sent.

use domain::dictionary;

use super::super::instant::NO_INSTANT;
use super::super::text::LONG_TEXT;
use super::*;
use crate::limits::MAX_TEXT;

const ZONE: Zone = Zone::SAO_PAULO;

fn value(kind: Kind, json: &str) -> Result<Option<Value>, Wrong> {
    let is_plain = |field: &&Field| field.kind == kind && !field.required && field.vocabulary.is_none();
    let field = dictionary::fields().iter().find(is_plain).unwrap();
    read(field, serde_json::from_str(json).unwrap(), ZONE)
}

fn check(kind: Kind, json: &str, expected: Value) {
    assert_eq!(value(kind, json), Ok(Some(expected)), "{json}");
}

fn refuse(kind: Kind, json: &str, wrong: Text) {
    assert_eq!(value(kind, json), Err(Wrong::Unreadable(wrong)), "{json}");
}

#[test]
fn empty_values_are_nothing_for_every_kind() {
    for kind in [Kind::Text, Kind::Integer, Kind::Seconds, Kind::Boolean, Kind::Instant] {
        for json in ["null", r#""""#, "[]", "{}", "[ ]"] {
            assert_eq!(value(kind, json), Ok(None), "{kind:?} {json}");
        }
    }
    for kind in [Kind::Integer, Kind::Seconds, Kind::Boolean, Kind::Instant] {
        assert_eq!(value(kind, r#""  ""#), Ok(None), "{kind:?}");
    }
    assert_eq!(value(Kind::Text, r#"[null,"",[]]"#), Ok(None));
    for json in [r#""0000-00-00""#, r#""0000-00-00 00:00:00""#, r#"{"$date":null}"#, r#"{"$date":""}"#] {
        assert_eq!(value(Kind::Instant, json), Ok(None), "{json}");
    }
}

#[test]
fn a_text_is_kept_as_it_was_sent() {
    let check = |json, text: &str| check(Kind::Text, json, Value::Text(text.to_owned()));
    check(r#"" olá \"x\" 😕 ""#, " olá \"x\" 😕 ");
    check(r#""\ud83d\ude15\u0000""#, "😕\0");
    check("1.50", "1.50");
    check("2026100300017000000000000001", "2026100300017000000000000001");
    check("-0", "-0");
    check("true", "true");
    check(r#""0000-00-00""#, "0000-00-00");
    check(r#"{"$oid":"65f0"}"#, "65f0");
}

#[test]
fn a_list_is_joined_and_an_object_is_its_json() {
    let check = |json, text: &str| check(Kind::Text, json, Value::Text(text.to_owned()));
    check(r#"["a","b, c",1.50,false]"#, "a, b, c, 1.50, false");
    check(r#"["a",null,"",{},"b"]"#, "a, b");
    check(r#"{"0":"a","10":"c","3":"b"}"#, "a, b, c");
    check(r#"[{"_id":1,"name":"Ana"},{"name":"Rui"},{"name":null}]"#, "Ana, Rui");
    check(r#"[{"$oid":"65f0"},{"$oid":"65f1"}]"#, "65f0, 65f1");
    for json in [r#"{"name":"a"}"#, r#"{"$oid":["a"]}"#, r#"{"$oid":"a","b":1}"#, r#"{"latitude": -23.5}"#] {
        check(json, json);
    }
    check(r#"["a",["b"],{"id":1},{"name":["c"]}]"#, r#"a, ["b"], {"id":1}, {"name":["c"]}"#);
}

#[test]
fn a_text_may_be_as_long_as_the_contract_says() {
    let longest = format!(r#""{}""#, "x".repeat(MAX_TEXT));
    assert!(value(Kind::Text, &longest).is_ok());
    let longer = format!(r#""{}é""#, "x".repeat(MAX_TEXT - 1));
    assert_eq!(value(Kind::Text, &longer), Err(Wrong::Unacceptable(LONG_TEXT)));
    let parts = vec![format!(r#""{}""#, "x".repeat(1000)); 1100].join(",");
    for json in [format!("[{parts}]"), format!(r#"{{"a":[{parts}]}}"#)] {
        assert_eq!(value(Kind::Text, &json), Err(Wrong::Unacceptable(LONG_TEXT)));
    }
}

#[test]
fn a_whole_number_comes_as_a_number_or_as_text() {
    for (json, number) in [
        ("3", 3),
        ("-1", -1),
        ("3.0", 3),
        ("1e3", 1000),
        (r#"" 12 ""#, 12),
        (r#""12.0""#, 12),
        ("9223372036854775807", i64::MAX),
        (r#""-9223372036854775808""#, i64::MIN),
        (r#"{"$numberInt":"5"}"#, 5),
        (r#""12,0""#, 12),
        ("[1]", 1),
    ] {
        check(Kind::Integer, json, Value::Integer(number));
    }
    for json in [
        "3.5",
        "9223372036854775808",
        "-9223372036854775809",
        "1e300",
        "true",
        r#""três""#,
        r#""NaN""#,
        r#""inf""#,
        r#""1,5""#,
        "[1,2]",
        r#"{"a":1}"#,
    ] {
        refuse(Kind::Integer, json, NO_INTEGER);
    }
}

#[test]
fn seconds_may_be_fractional_and_negative_and_are_always_finite() {
    for (json, seconds) in [
        ("1473.5", 1473.5),
        ("74", 74.0),
        (r#""74""#, 74.0),
        (r#"" 0.25 ""#, 0.25),
        ("-12.5", -12.5),
        (r#""1473,5""#, 1473.5),
        (r#""00:01:14""#, 74.0),
        (r#""125:00:00""#, 450_000.0),
        (r#""00:00:01,5""#, 1.5),
        (r#""-00:01:00""#, -60.0),
        ("[1.5]", 1.5),
        ("999999999.5", 999_999_999.5),
    ] {
        check(Kind::Seconds, json, Value::Seconds(seconds));
    }
    for json in [
        r#""NaN""#,
        r#""inf""#,
        r#""-infinity""#,
        r#""1e999""#,
        "1e999",
        "false",
        "[1.5,2]",
        r#""1,2,3""#,
        r#""00:60:00""#,
        r#""00:00:60""#,
        r#""00:00""#,
        r#""00:00:00:00""#,
        r#""00:+1:00""#,
        r#""::""#,
        r#""2026-10-03 14:06:01.816217""#,
        // Instants, in seconds and in milliseconds.
        "1791047122",
        r#""1791047122123""#,
        "-1e9",
    ] {
        refuse(Kind::Seconds, json, NO_SECONDS);
    }
    for json in [r#""0000-00-00 00:00:00""#, r#""0001-01-01T00:00:00Z""#, r#""00/00/0000""#] {
        assert_eq!(value(Kind::Seconds, json).ok(), Some(None), "{json}");
    }
    let Ok(Some(Value::Seconds(zero))) = value(Kind::Seconds, "-0.0") else { panic!("zero is a number") };
    assert!(zero.is_sign_positive(), "0 and -0 would have two hashes");
}

#[test]
fn a_flag_comes_as_a_flag_a_number_or_a_text() {
    for json in
        ["true", "1", r#""true""#, r#""TRUE""#, r#"" 1 ""#, r#""Sim""#, r#""on""#, r#""yes""#, "[true]"]
    {
        check(Kind::Boolean, json, Value::Boolean(true));
    }
    for json in ["false", "0", r#""False""#, r#""0""#, r#""NÃO""#, r#""nao""#, r#""off""#, r#""no""#] {
        check(Kind::Boolean, json, Value::Boolean(false));
    }
    for json in ["2", "-1", r#""talvez""#, "[true,false]", r#"{"a":true}"#] {
        refuse(Kind::Boolean, json, NO_BOOLEAN);
    }
}

#[test]
fn an_instant_comes_in_every_format_of_the_platform() {
    for (json, expected) in [
        (r#""2026-10-03 14:05:22""#, "2026-10-03T17:05:22Z"),
        (r#"" 2026-10-03 14:05:22.123 ""#, "2026-10-03T17:05:22.123Z"),
        (r#""2026-10-03 14:05:22.123456""#, "2026-10-03T17:05:22.123456Z"),
        (r#""2026-10-03T14:05:22.000000Z""#, "2026-10-03T14:05:22Z"),
        (r#""2026-10-03T14:05:22-03:00""#, "2026-10-03T17:05:22Z"),
        (r#"{"$date":"2026-10-03T14:05:22Z"}"#, "2026-10-03T14:05:22Z"),
        (r#"{"$date":"2026-10-03 14:05:22"}"#, "2026-10-03T17:05:22Z"),
        (r#"{"$date":1791047122123}"#, "2026-10-03T17:05:22.123Z"),
        (r#"{"$date":{"$numberLong":"1791047122123"}}"#, "2026-10-03T17:05:22.123Z"),
        (r#"{"$date":-1}"#, "1969-12-31T23:59:59.999Z"),
        ("1791047122", "2026-10-03T17:05:22Z"),
        ("1791047122123", "2026-10-03T17:05:22.123Z"),
        (r#""1791047122""#, "2026-10-03T17:05:22Z"),
        (r#""03/10/2026 14:05:22""#, "2026-10-03T17:05:22Z"),
        (r#""2026-10-03 17:05:22 UTC""#, "2026-10-03T17:05:22Z"),
        (r#"["2026-10-03 14:05:22"]"#, "2026-10-03T17:05:22Z"),
        (r#"{"date":"2026-10-03 14:05:22.000000"}"#, "2026-10-03T17:05:22Z"),
        (
            r#"{"date":"2026-10-03 14:05:22.5","timezone_type":3,"timezone":"America/Manaus"}"#,
            "2026-10-03T18:05:22.500Z",
        ),
        (r#"{"date":"2026-10-03 14:05:22","timezone_type":3,"timezone":"UTC"}"#, "2026-10-03T14:05:22Z"),
        (r#"{"date":"2026-10-03 14:05:22","timezone_type":2,"timezone":"Z"}"#, "2026-10-03T14:05:22Z"),
        (r#"{"date":"2026-10-03 14:05:22","timezone_type":1,"timezone":"+02:00"}"#, "2026-10-03T12:05:22Z"),
        // The hour that a clock change skipped, and the one it gave twice.
        (r#""2018-11-04 00:30:00""#, "2018-11-04T03:30:00Z"),
        (r#""2018-02-17 23:30:00""#, "2018-02-18T01:30:00Z"),
    ] {
        let Ok(Some(Value::Instant(instant))) = value(Kind::Instant, json) else { panic!("{json}") };
        assert_eq!(instant.to_rfc3339(), expected, "{json}");
    }
}

#[test]
fn what_is_no_instant_is_refused() {
    for json in [
        r#""ontem""#,
        r#""20260-10-03 14:05:22""#,
        r#""2026-02-30 00:00:00""#,
        r#""31/02/2026 14:05""#,
        "17",
        "true",
        r#"["2026-10-03","2026-10-04"]"#,
        r#"{"date":"2026-10-03 14:05:22","timezone":"Marte/Base"}"#,
        r#"{"date":7,"timezone":"UTC"}"#,
        r#"{"$date":"ontem"}"#,
        r#"{"$date":true}"#,
        r#"{"$date":[1]}"#,
        r#"{"$date":9223372036854775807}"#,
        r#"{"$date":577000000000000}"#,
        r#"{"$date":{"$numberLong":"x"}}"#,
        r#""-262143-01-01 00:00:00""#,
        r#""+262142-12-31 23:59:59""#,
    ] {
        refuse(Kind::Instant, json, NO_INSTANT);
    }
}
