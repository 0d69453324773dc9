//! Tests of bodies that are made to fill the memory. Their cost is measured in a process of its own, where
//! nothing else runs.

use std::fmt::Write;
use std::process::Command;

use super::*;
use crate::item::Item;
use crate::mapping::Mapping;
use crate::split::{Layout, split};

/// The largest body after decompression, in bytes.
const INFLATED: usize = 20 << 20;
/// The most memory that the process may take: a quarter of the least that the function can be given.
const MAX_PEAK_KIB: usize = 128 << 10;

const HEAD: &str = r#"{"session_id":"s","created_at":"2026-10-03","#;

/// A function that writes the body, and how the answer must end. Bodies are written one at a time, because
/// each is large.
type Bomb = (fn(&mut String), &'static str);

const BOMBS: &[Bomb] = &[
    (|b| fill(b, "[", r#"{"":0},"#, "]"), "413"),
    (|b| fill(b, r#""talks":["#, "{},", "]}"), "talks is a list of more than 50000 values"),
    (
        |b| fill(b, r#""talks":[{"options":["#, r#"{"num":1},"#, "]}]}"),
        "talks[0].options is a list of more than 50000 values",
    ),
    (
        |b| fill(b, r#""tags":["#, r#"{"tag":"a","type":"c"},"#, "]}"),
        "tags is a list of more than 50000 values",
    ),
    (
        |b| fill(b, r#""tags":[{}"#, r#",{"tag":"aaaaaaaaa"}"#, "]}"),
        "tags is a list of more than 50000 values",
    ),
    (
        |b| fill(b, r#""agents_conference":["#, "0,", "]}"),
        "agents_conference is a list of more than 50000 values",
    ),
    (|b| fill(b, r#""x":["#, "0,", "]}"), ""),
    (|b| fill(b, r#""x":"#, "[", ""), "400"),
    (|b| fill(b, r#""x":"#, r#"{"z":"#, "0"), "400"),
    (|b| fill(b, r#""talks":[{"message":""#, r"\u0001", r#""}]}"#), "talks[0].message is longer than 1 MiB"),
    (|b| many_keys(b, ""), "is one key too many (more than 20000)"),
    (|b| many_keys(b, r#""agent":{"#), "is one key too many (more than 20000)"),
    (nested_sets, "is nested too deeply (more than 32 levels)"),
    (small_values, ""),
    (
        |b| {
            fill(b, r#""x":"#, "[", "");
            b.truncate(INFLATED / 2);
            b.extend(std::iter::repeat_n(']', b.len() - HEAD.len() - 4));
            b.push('}');
        },
        "is nested too deeply (more than 32 levels)",
    ),
];

/// Bombs in the place of another platform's documents.
const MAPPED_BOMBS: &[Bomb] = &[
    (|b| fill_in(b, r#"{"payload":["#, r#"{"meta":{"a":0}},"#, "]}"), r#"{"meta":{"a":0}},…"#),
    (
        |b| {
            b.push_str(r#"{"payload":["#);
            b.push_str(&r#"{"meta":{"a":0}},"#.repeat(49_999));
            b.push_str("0]}");
        },
        "413",
    ),
    (
        |b| fill_mapped(b, r#""messages":["#, r#"{"content":"a"},"#, "]}"),
        "messages is a list of more than 50000 values",
    ),
    (
        |b| fill_mapped(b, r#""messages":[{"content":""#, r"\u0001", r#""}]}"#),
        "messages[0].content is longer than 1 MiB",
    ),
    (|b| fill_mapped(b, r#""labels":["#, r#""a","#, "]}"), "is larger than 3 MiB once parsed"),
    (|b| fill_mapped(b, r#""timestamp":""#, "a", r#""}"#), "is larger than 3 MiB once parsed"),
    (
        |b| fill_mapped(b, r#""messages":[{"attachments":["#, r#"{"data_url":"a"},"#, "]}]}"),
        "is larger than 3 MiB once parsed",
    ),
    (|b| fill_mapped(b, r#""x":["#, r#"{"y":"a"},"#, "]}"), ""),
];

fn fill_mapped(bomb: &mut String, head: &str, part: &str, tail: &str) {
    let begin = r#"{"id":1,"inbox_id":1,"created_at":1791047122,"meta":{"a":0},"#;
    fill_in(bomb, &format!("{begin}{head}"), part, tail);
}

/// Writes `head`, then `part` as often as it fits in a decompressed body, then `tail`.
fn fill_in(bomb: &mut String, head: &str, part: &str, tail: &str) {
    bomb.push_str(head);
    while bomb.len() + part.len() + tail.len() <= INFLATED {
        bomb.push_str(part);
    }
    bomb.truncate(bomb.trim_end_matches(',').len());
    bomb.push_str(tail);
}

/// Writes `head`, then `part` as often as it fits in a decompressed body, then `tail`.
fn fill(bomb: &mut String, head: &str, part: &str, tail: &str) {
    bomb.push_str(if head == "[" { "" } else { HEAD });
    fill_in(bomb, head, part, tail);
}

fn many_keys(bomb: &mut String, inside: &str) {
    bomb.push_str(HEAD);
    bomb.push_str(inside);
    for n in 0..1_500_000 {
        write!(bomb, r#""{n:x}":0,"#).unwrap();
    }
    bomb.push_str(if inside.is_empty() { r#""z":0}"# } else { r#""z":0}}"# });
}

/// Writes the accepted session that takes most memory: nearly 3 MiB of values of one letter.
fn small_values(bomb: &mut String) {
    fill(bomb, r#""tags":["#, r#"{"tag":"a","type":"b","question":"c","answer":"d"},"#, "");
    bomb.truncate(bomb[..49_000 * 51].rfind('}').unwrap() + 1);
    bomb.push_str("]}");
}

/// Writes objects within objects with many keys each, so that all keys would have to be remembered at once.
fn nested_sets(bomb: &mut String) {
    bomb.push_str(HEAD);
    bomb.push_str(r#""x":"#);
    for _ in 0..90 {
        bomb.push('{');
        for n in 0..19_000 {
            write!(bomb, r#""{n:x}":0,"#).unwrap();
        }
        bomb.push_str(r#""z":"#);
    }
    bomb.push('0');
    bomb.extend(std::iter::repeat_n('}', 91));
}

#[test]
fn a_bomb_costs_little_memory() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "parse::tests::bombs::child", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{told}{}", String::from_utf8_lossy(&child.stderr));
    let peak: usize =
        told.split("peak KiB ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(peak < MAX_PEAK_KIB, "{peak} KiB");
}

#[test]
#[ignore = "it is measured by the test above"]
fn child() {
    let mut bomb = String::with_capacity(INFLATED);
    // It stands for the compressed body and the unused part of the decoder's buffer, which are in memory too.
    let rest = vec![1_u8; 16 << 20];
    for (make, expected) in BOMBS {
        bomb.clear();
        make(&mut bomb);
        assert!(bomb.len() <= INFLATED, "{expected}: {}", bomb.len());
        let told = match split(bomb.as_bytes(), Layout::Json) {
            Err(problem) => problem.status().as_u16().to_string(),
            Ok(items) => {
                assert_eq!(id_of(items[0]).map_or_else(|| "s".to_owned(), String::from), "s");
                // In memory at once are a session that is being written and one more that waits.
                let waiting = parse(items[0], ZONE);
                parse(items[0], ZONE).session.map_or_else(
                    |faults| faults[0].message(Lang::En),
                    |read| {
                        let written = (read.session.hash(), read.session.to_json());
                        assert!(written.1.len() <= MAX_SESSION && waiting.session.is_ok());
                        String::new()
                    },
                )
            }
        };
        assert!(told.ends_with(expected) && told.is_empty() == expected.is_empty(), "{told}");
    }
    for (make, expected) in MAPPED_BOMBS {
        bomb.clear();
        make(&mut bomb);
        assert!(bomb.len() <= INFLATED, "{expected}: {}", bomb.len());
        let documents = split(bomb.as_bytes(), Layout::Json).unwrap();
        let mapping = Mapping::named("chatwoot").unwrap();
        let told = match Item::all(&documents, Some(mapping)) {
            Err(problem) => problem.status().as_u16().to_string(),
            Ok(items) => match items[0].parse(ZONE).session {
                Ok(_) => String::new(),
                Err(faults) => faults[0].message(Lang::En),
            },
        };
        assert!(told.ends_with(expected) && told.is_empty() == expected.is_empty(), "{told}");
    }
    assert!(rest.iter().all(|byte| *byte == 1));
    println!("peak KiB {}", peak_kib());
}

/// Returns the most memory that this process ever had, in KiB.
fn peak_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_session_may_be_as_large_as_the_contract_says() {
    let with = |talks: usize, text: usize| {
        let talk = format!(r#"{{"message":"{}"}}"#, "x".repeat(text));
        item(&format!(r#""talks":[{}]"#, vec![talk; talks].join(",")))
    };
    assert!(parse(with(3, 1 << 20).as_bytes(), ZONE).session.is_err());
    let large = parse(with(3, 1_000_000).as_bytes(), ZONE).session.unwrap();
    assert_eq!(large.session.talks.len(), 3);
    refuse_item(with(4, 1_000_000).as_bytes(), None, "the session is larger than 3 MiB once parsed");
    let many = parse(with(10_000, 200).as_bytes(), ZONE).session.unwrap();
    assert_eq!(many.session.talks.len(), 10_000);
    refuse_item(with(50_001, 1).as_bytes(), Some("talks"), "talks is a list of more than 50000 values");
    let one = with(1, (1 << 20) + 1);
    refuse_item(one.as_bytes(), Some("talks.message"), "talks[0].message is longer than 1 MiB");
}

#[test]
fn the_size_counted_is_about_that_of_the_canonical_json() {
    let escaped = r#"\u0001\n\"\\é"#.repeat(1_000);
    for text in [FLAT, NESTED, &item(&format!(r#""talks":[{{"message":"{escaped}"}},{{}},{{}}]"#))] {
        let parsed = parse(text.as_bytes(), ZONE).session.unwrap();
        let exact = parsed.session.to_json().len();
        assert!(parsed.size.abs_diff(exact) < 300, "{} counted, {exact} in truth", parsed.size);
    }
}

#[test]
fn records_of_all_lists_are_counted_together() {
    let many = |name: &str| format!(r#""{name}":[{}]"#, vec!["{}"; 20_000].join(","));
    let members = ["events", "tags", "talks"].map(many).join(",");
    refuse(&members, "talks", "talks makes the session longer than 50000 records");
}
