//! Bodies made to fill the memory. Their cost is measured in a process of its own, where nothing else runs.

use std::process::Command;

use super::*;
use crate::split::{Layout, split};

/// What a body may grow to.
const INFLATED: usize = 20 << 20;
/// A quarter of the function's memory.
const MAX_PEAK_KIB: usize = 256 << 10;

/// `head`, then `part` as often as fits into an inflated body, then `tail`.
fn filled(head: &str, part: &str, tail: &str) -> String {
    let times = (INFLATED - head.len() - tail.len()) / part.len();
    format!("{head}{}{tail}", part.repeat(times).trim_end_matches(','))
}

const HEAD: &str = r#"{"session_id":"s","created_at":"2026-10-03","#;

fn bombs() -> Vec<String> {
    let keys = |name: &str| (0..1_500_000).map(|n| format!(r#""{name}{n:x}":0,"#)).collect::<String>();
    let sets = |level: u32| (0..19_000).map(|n| format!(r#""{level}{n:x}":0,"#)).collect::<String>();
    let nested_sets = (0..90).map(|level| format!(r#"{{{}"z":"#, sets(level))).collect::<String>();
    vec![
        filled("[", r#"{"":0},"#, "]"),
        filled(&format!(r#"{HEAD}"talks":["#), "{},", "]}"),
        filled(&format!(r#"{HEAD}"talks":[{{"options":["#), r#"{"num":1},"#, "]}]}"),
        filled(&format!(r#"{HEAD}"tags":["#), r#"{"tag":"a","answer":"b","type":"c"},"#, "]}"),
        filled(&format!(r#"{HEAD}"agents_conference":["#), "0,", "]}"),
        filled(&format!(r#"{HEAD}"x":["#), "0,", "]}"),
        filled(&format!(r#"{HEAD}"x":"#), "[", ""),
        filled(&format!(r#"{HEAD}"talks":[{{"message":""#), r"\u0001", r#""}]}"#),
        format!("{HEAD}{}\"z\":0}}", keys("k")),
        format!(r#"{HEAD}"agent":{{{}"z":0}}}}"#, keys("k")),
        format!("{HEAD}\"x\":{nested_sets}0{}}}", "}".repeat(90)),
        format!(r#"{HEAD}"x":{}{}}}"#, "[".repeat(INFLATED / 2 - 50), "]".repeat(INFLATED / 2 - 50)),
    ]
}

#[test]
fn a_bomb_costs_little_memory() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "parse::tests::bombs::child", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{told}");
    let peak: usize = told.split("peak KiB ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(peak < MAX_PEAK_KIB, "{peak} KiB");
}

#[test]
#[ignore = "it is measured by the test above"]
fn child() {
    for bomb in bombs() {
        assert!(bomb.len() <= INFLATED, "{}", bomb.len());
        // The sent body and what a decoder leaves unused of its buffer are there too.
        let rest = vec![1_u8; 16 << 20];
        let mut held = Vec::new();
        for item in split(bomb.as_bytes(), Layout::Json).unwrap_or_default() {
            let parsed = parse(item, ZONE);
            let id = id_of(item);
            if let Ok(parsed) = parsed {
                held.push((parsed.session.hash(), parsed.session.to_json(), parsed));
            }
            assert!(held.len() <= 1 && id.is_none_or(|id| id.as_str() == "s"));
        }
        assert!(rest.iter().all(|byte| *byte == 1));
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("peak KiB {}", peak.trim());
}

#[test]
fn bombs_are_rejected_for_what_they_are() {
    let message = |bomb: &str| {
        let items = split(bomb.as_bytes(), Layout::Json).unwrap();
        parse(items[0], ZONE).map(|parsed| parsed.size).map_err(|fault| fault.message)
    };
    let told: Vec<_> = bombs().iter().skip(1).filter(|bomb| bomb.ends_with('}')).map(|bomb| message(bomb)).collect();
    let refused = |message: &str| Err(message.to_owned());
    assert_eq!(
        told,
        [
            refused("talks is a list of more than 50000 values"),
            refused("talks[0].options is a list of more than 50000 values"),
            refused("tags is a list of more than 50000 values"),
            refused("agents_conference is a list of more than 50000 values"),
            Ok(58),
            refused("talks[0].message is longer than 1 MiB"),
            refused("k4e1e is one key too many"),
            refused("agent.k4e20 is one key too many"),
            refused("x"),
            refused("x"),
        ]
    );
}

#[test]
fn a_session_may_be_as_large_as_the_contract_says() {
    let with = |talks: usize, text: usize| {
        let talk = format!(r#"{{"message":"{}"}}"#, "x".repeat(text));
        item(&format!(r#""talks":[{}]"#, vec![talk; talks].join(",")))
    };
    assert!(parse(with(3, 1 << 20).as_bytes(), ZONE).is_err());
    let large = parse(with(3, 1_000_000).as_bytes(), ZONE).unwrap();
    assert_eq!(large.session.talks.len(), 3);
    refuse_item(with(4, 1_000_000).as_bytes(), None, "the session is larger than 3 MiB once parsed");
    let many = parse(with(10_000, 200).as_bytes(), ZONE).unwrap();
    assert_eq!(many.session.talks.len(), 10_000);
    refuse_item(with(50_001, 1).as_bytes(), Some("talks"), "talks is a list of more than 50000 values");
    let one = with(1, (1 << 20) + 1);
    refuse_item(one.as_bytes(), Some("talks.message"), "talks[0].message is longer than 1 MiB");
}

#[test]
fn the_size_counted_is_about_that_of_the_canonical_json() {
    for text in [FLAT, NESTED, &item(r#""talks":[{"message":"\u0001\n\"\\é"},{},{}]"#)] {
        let parsed = parse(text.as_bytes(), ZONE).unwrap();
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
