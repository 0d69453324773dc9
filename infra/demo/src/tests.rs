//! What the made-up sessions promise.

use std::collections::BTreeSet;

use chrono::Duration;
use domain::dictionary::Record;
use domain::session::Session;
use domain::time::Instant;
use serde_json::Value;

use super::*;

fn end() -> Instant {
    Instant::parse("2026-10-03T20:00:00Z", ZONE).unwrap().unwrap()
}

fn generated(seed: u64, sessions: usize) -> Vec<Value> {
    Generator::new(Options { seed, sessions, end: end(), days: 28, media: Vec::new() }).collect()
}

#[test]
fn the_same_seed_and_end_give_the_same_sessions() {
    assert_eq!(generated(1, 50), generated(1, 50));
    assert_ne!(generated(1, 50), generated(2, 50));
}

#[test]
fn sessions_lie_within_the_days_asked_for_and_nothing_is_in_the_future() {
    let sessions: Vec<Session> = generated(3, 500).iter().map(canonical).collect();
    let first = end().day(ZONE) - Duration::days(27);
    for session in &sessions {
        let identity = session.identity().unwrap();
        assert!(identity.created_at.day(ZONE) >= first && identity.created_at <= end());
        assert!(session.version(Instant(i64::MAX)).at <= end() && identity.last_interaction <= end());
        let moments =
            session.talks.iter().map(|talk| &talk.fields).map(|row| row.instant(Record::Talk, "created_at"));
        assert!(moments.flatten().all(|at| at <= end()));
    }
    assert!(sessions.is_sorted_by_key(|session| session.identity().unwrap().created_at));
    let ids: BTreeSet<String> =
        sessions.iter().map(|s| s.identity().unwrap().id.as_str().to_owned()).collect();
    assert_eq!(ids.len(), sessions.len());
}

#[test]
fn every_kind_of_session_occurs_about_as_often_as_in_life() {
    let sessions = generated(4, 3_000);
    let share = |is: &dyn Fn(&Value) -> bool| {
        f64::from(u32::try_from(sessions.iter().filter(|s| is(s)).count()).unwrap()) / 3_000.0
    };
    let event = |session: &Value, name: &str| {
        session["events"].as_array().is_some_and(|events| events.iter().any(|event| event["event"] == name))
    };
    let attended = share(&|s| s.get("agent").is_some());
    let lost = share(&|s| s.get("agent").is_none() && event(s, "waitStart"));
    let transferred = share(&|s| event(s, "humanTransferAgent"));
    let expired = share(&|s| s["expired"] == true);
    let open = share(&|s| s["status"] == "active");
    assert!((0.4..0.75).contains(&attended), "attended: {attended}");
    assert!((0.05..0.25).contains(&lost), "lost: {lost}");
    assert!((0.03..0.15).contains(&transferred), "transferred: {transferred}");
    assert!((0.03..0.25).contains(&expired), "expired: {expired}");
    assert!(open < 0.02, "open: {open}");
    assert!(share(&|s| event(s, "humanStartConfer")) > 0.0);
    assert!(share(&|s| s["talks"].to_string().contains("\"hsm\":true")) > 0.03);
}

#[test]
fn conversations_are_of_believable_length() {
    let lengths: Vec<usize> =
        generated(5, 2_000).iter().map(|session| session["talks"].as_array().unwrap().len()).collect();
    let sum = lengths.iter().sum::<usize>();
    assert!((8 * 2_000..15 * 2_000).contains(&sum), "{sum} messages in 2,000 conversations");
    assert!(lengths.iter().all(|length| (1..=60).contains(length)), "{:?}", lengths.iter().max());
}

#[test]
fn everybody_is_recognisably_made_up() {
    for session in generated(6, 500) {
        let text = session.to_string();
        for address in text.split(['"', ' ', ':', '/']).filter(|part| part.contains('@')) {
            assert!(address.ends_with("@exemplo.com.br"), "{address}");
        }
        assert!(session["contact"]["name"].as_str().unwrap().contains("Exemplo"));
        let phone = session["platform_id"].as_str().unwrap();
        assert!(!phone.starts_with('+') || phone.starts_with("+55119000"), "{phone}");
        assert_eq!(session["tags"][0]["answer"], "dados inventados");
    }
}

#[test]
fn the_flat_shape_says_the_same_under_the_dictionary_s_names() {
    for session in generated(7, 200) {
        let flat = flat(&session);
        let names = flat.as_object().unwrap();
        assert!(names.keys().all(|name| domain::dictionary::field(name).is_some()));
        assert_eq!(flat["channel"], session["channel"]["name"]);
        assert_eq!(flat["channel_id"], session["channel"]["_id"]);
        assert_eq!(flat["contact_platforms"], session["contact"]["platforms"]);
        assert_eq!(super::flat(&flat), flat);
        assert_eq!(canonical(&flat), canonical(&session));
    }
}

#[test]
fn files_are_what_their_names_say() {
    let files = files();
    assert_eq!(files.len(), 6);
    for file in files {
        let magic: &[u8] = match file.content_type {
            "image/png" => b"\x89PNG\r\n\x1a\n",
            "audio/wav" => b"RIFF",
            _ => b"%PDF-1.4",
        };
        assert!(file.bytes.starts_with(magic), "{}", file.filename);
        assert!(file.bytes.len() < 64 << 10, "{} has {} bytes", file.filename, file.bytes.len());
    }
}
