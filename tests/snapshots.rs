//! Tests of sessions that change while they are read: a reader sees one snapshot, and each session once.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use chrono::{Days, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::expected::{self, id, moment};
use crate::world::{World, query};

/// A newer version of a session, sent `minutes` later and with another tabulation.
fn newer(session: &Value, minutes: i64) -> Value {
    let mut newer = session.clone();
    let version = moment(&session["updated_at"]).unwrap() + chrono::Duration::minutes(minutes);
    newer["updated_at"] = version.to_rfc3339().into();
    newer["tabulation"] = format!("Corrigido {minutes}").into();
    newer
}

/// A newer version of a session, which began `days` days earlier than the version before it.
fn moved(session: &Value, minutes: i64, days: u64) -> Value {
    let mut moved = newer(session, minutes);
    let began = moment(&session["created_at"]).unwrap() - Days::new(days);
    moved["created_at"] = began.format("%Y-%m-%d %H:%M:%S").to_string().into();
    moved
}

/// The ids of the new sessions that `churn` has posted, each with when it was acknowledged.
type Posted = Mutex<Vec<(Instant, String)>>;

/// Posts new, changed and moved sessions for ever.
async fn churn(world: &World, token: &str, old: &[Value], new: &[Value], posted: &Posted) {
    for (round, new) in (1..).zip(new.chunks(5).cycle()) {
        let some = old.iter().skip(round % 50).step_by(50).take(10);
        let changed = some.enumerate().map(|(at, session)| {
            let minutes = i64::try_from(round).unwrap();
            if at % 2 == 0 { newer(session, minutes) } else { moved(session, minutes, 1 + round as u64 % 9) }
        });
        let batch: Vec<Value> = changed.chain(new.iter().cloned()).collect();
        let (status, answer) = world.ingest(token, &batch).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let now = Instant::now();
        posted.lock().unwrap().extend(new.iter().map(|session| (now, id(session).to_owned())));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Reads all rows in pages of a hundred rows, with a pause after each page.
async fn chain(world: &World, token: &str, query: &Value) -> Vec<Vec<Value>> {
    let (mut rows, mut query) = (Vec::new(), query.clone());
    query["limit"] = json!(100);
    loop {
        let (status, page) = world.post("/v1/data", token, &query).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let values = |row: &Value| row["values"].as_array().unwrap().clone();
        rows.extend(page["rows"].as_array().unwrap().iter().map(values));
        if page["nextCursor"].is_null() {
            return rows;
        }
        query["cursor"] = page["nextCursor"].clone();
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
}

fn column(rows: &[Vec<Value>], at: usize) -> Vec<&str> {
    rows.iter().map(|row| row[at].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_pages_sees_one_snapshot_whatever_comes_in_meanwhile() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let (old, new) = (expected::sessions(3, 700), expected::sessions(4, 5_000));
    world.ingest_all(&ingest, &old, "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), old.len()).await;

    let fields = ["session_id", "created_at", "tabulation"];
    let since = json!({"lastRefresh": Utc::now().timestamp_millis().to_string()});
    let mut refreshed = query("sessions", &fields);
    refreshed["scriptParams"] = since.clone();
    let mut otherwise = query("sessions", &["agent_name", "campaign_name", "session_id"]);
    otherwise["scriptParams"] = since;

    let posted = Posted::default();
    let reading = async {
        let snapshot = chain(&world, &report, &refreshed).await;
        let same = chain(&world, &report, &otherwise).await;
        let asked = Instant::now();
        let now = chain(&world, &report, &query("sessions", &fields)).await;
        (snapshot, same, asked, now)
    };
    let (snapshot, same, asked, now) = tokio::select! {
        () = churn(&world, &ingest, &old, &new, &posted) => panic!("it does not end"),
        read = reading => read,
    };
    let posted = posted.into_inner().unwrap();

    // The snapshot of the refresh lies before everything that `churn` posted, so its rows are the first
    // sessions.
    let columns = expected::columns(&world, &report, "sessions").await;
    let of = |name: &str| columns.iter().find(|column| column.id == name).unwrap().clone();
    assert_eq!(snapshot, expected::rows("sessions", &fields.map(of), &old));
    assert_eq!(column(&same, 2), column(&snapshot, 0));

    // The later chain has every session once and in order, including all that were acknowledged at least ten
    // seconds before it began.
    assert!(now.is_sorted_by_key(|row| (row[1].to_string(), row[0].to_string())));
    let ids = column(&now, 0);
    let served: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(served.len(), ids.len());
    let known: BTreeSet<&str> = old.iter().map(id).chain(posted.iter().map(|(_, id)| id.as_str())).collect();
    assert!(served.is_subset(&known));
    let long_ago = posted.iter().filter(|(at, _)| *at + Duration::from_secs(10) <= asked);
    let due: BTreeSet<&str> = old.iter().map(id).chain(long_ago.map(|(_, id)| id.as_str())).collect();
    assert!(due.len() > old.len(), "sessions came in while the first chains were read");
    assert!(due.is_subset(&served), "{:?}", due.difference(&served));
    let changed = now.iter().filter(|row| row[2].as_str().is_some_and(|text| text.starts_with("Corrigido")));
    assert!(changed.count() > 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_moved_is_found_once_and_in_its_new_place() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let mut sessions = expected::sessions(5, 60);
    world.ingest_all(&ingest, &sessions, "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;

    let at = 40;
    let (day, hence) = (moment(&sessions[at]["created_at"]).unwrap().date_naive(), Days::new(6));
    let on = |report_type: &str, first, last| {
        let mut query = query(report_type, &["session_id"]);
        query["dateRange"] = json!({"startDate": first, "endDate": last});
        query["dimensionsFilters"] = json!([[
            {"fieldName": "session_id", "type": "INCLUDE", "operator": "EQUALS", "values": [id(&sessions[at])]}
        ]]);
        query
    };
    let new_day = day - hence;
    let types = [("sessions", 1), ("talks", sessions[at]["talks"].as_array().unwrap().len())];
    let [in_old, in_new, in_both] = [(day, day), (new_day, new_day), (new_day, day)]
        .map(|(first, last)| types.map(|(report_type, _)| on(report_type, first, last)));
    for (((_, count), old), new) in types.iter().zip(&in_old).zip(&in_new) {
        assert_eq!(world.rows(&report, old).await.len(), *count);
        assert_eq!(world.rows(&report, new).await.len(), 0);
    }

    let before = chrono::Utc::now().timestamp_millis();
    sessions[at] = moved(&sessions[at], 10, 6);
    world.ingest_all(&ingest, &sessions[at..=at], "accepted").await;
    for (at, (_, count)) in types.iter().enumerate() {
        world.rows_once(&report, &in_new[at], *count).await;
        assert_eq!(world.rows(&report, &in_old[at]).await.len(), 0);
        assert_eq!(world.rows(&report, &in_both[at]).await.len(), *count);
        // A reader with an earlier refresh still finds the session where it was.
        let mut pinned = in_old[at].clone();
        pinned["scriptParams"] = json!({"lastRefresh": before.to_string()});
        assert_eq!(world.rows(&report, &pinned).await.len(), *count);
    }
    expected::assert_served(&world, &report, &sessions).await;
}
