//! What an attacker makes of a request that was right.

use fastrand::Rng;
use serde_json::{Value, json};

/// Texts that parsers, patterns, paths, dates and spreadsheets may fall over.
const TEXTS: [&str; 40] = [
    "",
    " ",
    "\u{0}",
    "\u{feff}",
    "😕é",
    "x",
    "null",
    "true",
    "NaN",
    "-1",
    "1e999",
    "0x10",
    "9223372036854775808",
    "1,5",
    "00:00:00",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31T23:59:60Z",
    "-292277022657-01-27",
    "2026-11-01T00:00:00+99:99",
    "(",
    "(a+)+$",
    "(?P<x>",
    "[[:alpha:]",
    "\\u{110000}",
    "a{1000}{1000}{1000}",
    "%00",
    "%zz",
    "../../etc/passwd",
    "//host",
    "http://[::1",
    "javascript:alert(1)",
    "=1+1",
    "@SUM(A1)",
    "{{7*7}}",
    "' OR 1=1 --",
    "<script>",
    "eyJhbGciOiJub25lIn0.e30.",
    "session_id,session_id",
    "\r\nX-Odd: 1",
];

/// A value of any kind.
pub(crate) fn odd(rng: &mut Rng) -> Value {
    match rng.u8(0..14) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i64(..)),
        3 => json!(rng.u64(..)),
        4 => json!(f64::from_bits(rng.u64(..))),
        5 => json!(text(rng).repeat(rng.usize(1..2_000))),
        6 => json!([]),
        7 => json!({}),
        8 => {
            let one = json!(text(rng));
            Value::Array(vec![one; rng.usize(1..300)])
        }
        9 => {
            let mut deep = json!(text(rng));
            for _ in 0..rng.usize(1..200) {
                deep = if rng.bool() { json!([deep]) } else { json!({"a": deep}) };
            }
            deep
        }
        10 => json!({text(rng): text(rng), "$date": odd_number(rng), "name": {"name": []}}),
        _ => json!(text(rng)),
    }
}

fn odd_number(rng: &mut Rng) -> Value {
    let numbers = [
        json!(0),
        json!(-1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e308),
        json!(-1e-308),
        json!(253_402_300_800_i64),
    ];
    numbers[rng.usize(..numbers.len())].clone()
}

/// A text, now and then of random characters.
pub(crate) fn text(rng: &mut Rng) -> String {
    if rng.u8(0..8) == 0 {
        return (0..rng.usize(1..40)).map(|_| rng.char(..)).collect();
    }
    TEXTS[rng.usize(..TEXTS.len())].to_owned()
}

/// Puts something odd into a value: in the place of a part of it, beside one, or many times.
pub(crate) fn harm(value: &mut Value, rng: &mut Rng) {
    match value {
        Value::Object(members) if !members.is_empty() && rng.u8(0..10) > 0 => {
            let names: Vec<String> = members.keys().cloned().collect();
            let name = &names[rng.usize(..names.len())];
            match rng.u8(0..12) {
                0 => drop(members.remove(name)),
                1 => {
                    let moved = members.remove(name).unwrap_or_default();
                    members.insert(text(rng), moved);
                }
                2 => drop(members.insert(text(rng), odd(rng))),
                _ => harm(&mut members[name.as_str()], rng),
            }
        }
        Value::Array(items) if !items.is_empty() && rng.u8(0..10) > 0 => {
            let at = rng.usize(..items.len());
            match rng.u8(0..12) {
                0 => drop(items.remove(at)),
                1 => {
                    // Few enough that what is sent of sessions is not work for seconds because it is right.
                    let one = items[at].clone();
                    items.extend(std::iter::repeat_n(one, rng.usize(1..40)));
                }
                2 => items.insert(at, odd(rng)),
                _ => harm(&mut items[at], rng),
            }
        }
        value => *value = odd(rng),
    }
}

/// Harms bytes: cut, flipped, doubled, or with others between them.
pub(crate) fn harm_bytes(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.usize(..=bytes.len());
    match rng.u8(0..5) {
        0 => bytes.truncate(at),
        1 => {
            let end = rng.usize(at..=bytes.len()).min(at + 4_096);
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        2 => {
            let noise: Vec<u8> = (0..rng.usize(1..20)).map(|_| rng.u8(..)).collect();
            bytes.splice(at..at, noise);
        }
        3 => {
            let marks = b"{}[]\",:\\\n0e-";
            let noise: Vec<u8> = (0..rng.usize(1..6)).map(|_| marks[rng.usize(..marks.len())]).collect();
            bytes.splice(at..at, noise);
        }
        _ => {
            for _ in 0..rng.usize(1..4) {
                if let Some(at) = (!bytes.is_empty()).then(|| rng.usize(..bytes.len())) {
                    bytes[at] ^= 1 << rng.u8(0..8);
                }
            }
        }
    }
}

/// Changes one character of a text that has no others than those of a token or a link.
pub(crate) fn change_one(text: &str, rng: &mut Rng) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = text.as_bytes().to_vec();
    let at = rng.usize(..bytes.len());
    let old = bytes[at];
    while bytes[at] == old {
        bytes[at] = ALPHABET[rng.usize(..ALPHABET.len())];
    }
    String::from_utf8(bytes).unwrap()
}
