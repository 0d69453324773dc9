//! Rebuilding days of sessions that moved, went and came back: what the table says is what reports show, whatever else the
//! lake remembers of them.

use std::collections::BTreeMap;

use ::lake::{CompactionPolicy, Lake};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::account::Account;
use domain::dictionary::Record;
use domain::session::Session;
use domain::time::Instant;
use domain::zone::Zone;
use faults::{Proxy, Service};
use futures::future::join_all;
use maintain::{Rebuild, Rebuilt};
use serde_json::{Value, json};
use store::Delivery;
use store::key;

use crate::dynamodb_local::{Endpoints, Servers};
use crate::lake::{delete, far_off};
use crate::scene::{Scene, account, days_ago, id, session};
use crate::world::{query, readable_by_all};

/// Compacts all that there is.
pub(crate) async fn compact(scene: &Scene) {
    let lake = Lake::new(scene.servers.store());
    lake.compact_all(&account("demo"), &CompactionPolicy::at_once()).await.unwrap();
}

/// Rebuilds the day so many days ago.
async fn rebuild(scene: &Scene, days: u64) -> Rebuilt {
    scene.age("demo").await;
    let order = Rebuild { rebuild: account("demo"), start: days_ago(days), end: days_ago(days) };
    maintain::rebuild(&maintain::App::new(scene.servers.store()), &order, far_off()).await.unwrap()
}

/// Takes a session out of the table.
async fn take(scene: &Scene, name: &str) {
    let key = key::session(&account("demo"), &id(name));
    delete(&scene.servers.store(), &key.pk, &key.sk).await;
}

/// All sessions that reports show, with their days and versions.
pub(crate) async fn served(scene: &Scene, report: &str) -> Vec<Vec<Value>> {
    readable_by_all().await;
    let mut rows = scene.world.rows(report, &query("sessions", &["session_id", "status"])).await;
    rows.sort_by_key(|row| row[0].to_string());
    rows
}

/// A lake with a segment of eight days, and in it the session `one` ten days ago: the `ingest` and the `report` token.
async fn joined(scene: &mut Scene) -> (String, String) {
    let (ingest, report) = scene.world.account("demo").await;
    let mut sessions: Vec<Value> = (3..13).map(|days| session(&format!("s{days}"), days, 1)).collect();
    sessions.push(session("one", 10, 1));
    scene.world.ingest_all(&ingest, &sessions, "accepted").await;
    scene.archive().await;
    compact(scene).await;
    let live = Lake::new(scene.servers.store()).live(&account("demo")).await.unwrap();
    let day = |at: Instant| at.day(Zone::UTC);
    let has_both = |one: &::lake::Segment| {
        let span = one.parts[0].created;
        day(span.min) <= days_ago(10) && day(span.max) > days_ago(7)
    };
    assert!(live.iter().any(has_both), "{live:?}");
    (ingest, report)
}

/// Has the new day of the session `one` rebuilt, and all compacted: both times it is served in version 2, with all others.
async fn assert_outlives_rebuild(scene: &Scene, report: &str, days: u64) {
    let is_there = |rows: &[Vec<Value>]| rows.len() == 11 && rows[0] == [json!("one"), json!("v2")];
    for _ in 0..2 {
        let rebuilt = rebuild(scene, days).await;
        assert!(rebuilt.agrees, "{rebuilt:?}");
        let rows = served(scene, report).await;
        assert!(is_there(&rows), "after a rebuild: {rows:?}");
    }
    scene.age("demo").await;
    compact(scene).await;
    let rows = served(scene, report).await;
    assert!(is_there(&rows), "after a compaction: {rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_moved_outlives_the_rebuild_of_its_new_day() {
    let mut scene = Scene::start().await;
    let (ingest, report) = joined(&mut scene).await;
    scene.world.ingest_all(&ingest, &[session("one", 7, 2)], "accepted").await;
    scene.archive().await;
    assert_outlives_rebuild(&scene, &report, 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_went_and_came_back_outlives_the_rebuild_of_its_new_day() {
    let mut scene = Scene::start().await;
    let (ingest, report) = joined(&mut scene).await;
    take(&scene, "one").await;
    scene.archive().await;
    scene.world.ingest_all(&ingest, &[session("one", 7, 2)], "accepted").await;
    scene.archive().await;
    assert_outlives_rebuild(&scene, &report, 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_move_was_lost_is_brought_in_by_the_rebuild_of_its_new_day() {
    let mut scene = Scene::start().await;
    let (ingest, report) = joined(&mut scene).await;
    scene.world.ingest_all(&ingest, &[session("one", 20, 2)], "accepted").await;
    scene.lose().await;
    let demo = account("demo");
    scene.set(key::due(&demo), "day_notes", AttributeValue::Ss(vec!["2020-01-01@1".to_owned()])).await;
    assert_outlives_rebuild(&scene, &report, 20).await;
    let item = scene.servers.store().get(key::due(&demo)).await.unwrap().unwrap();
    let notes = item["day_notes"].as_ss().unwrap();
    let is_noted = |days| notes.iter().any(|note| note.starts_with(&days_ago(days).to_string()));
    assert!(is_noted(20) && is_noted(10), "it left a tombstone where it was: {notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_came_back_by_a_lost_move_outdoes_what_it_became_meanwhile() {
    let mut scene = Scene::start().await;
    let (ingest, report) = joined(&mut scene).await;
    let changed = |days, status, minute| {
        let mut one = session("one", days, minute);
        one["status"] = format!("v{status}").into();
        one
    };
    // Its rows of the day to which it comes back are older than the last one of the day from which it comes.
    for (minute, days) in [(1, 20), (2, 7), (3, 7)].map(|(minute, days)| (minute + 1, days)) {
        scene.world.ingest_all(&ingest, &[changed(days, 1, minute)], "accepted").await;
        scene.archive().await;
    }
    scene.world.ingest_all(&ingest, &[changed(20, 2, 9)], "accepted").await;
    scene.lose().await;
    assert_outlives_rebuild(&scene, &report, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_days_of_a_segment_are_mended_by_one_order() {
    let mut scene = Scene::start().await;
    let (ingest, report) = joined(&mut scene).await;
    let changed = [session("s9", 9, 2), session("s7", 7, 2)];
    scene.world.ingest_all(&ingest, &changed, "accepted").await;
    scene.lose().await;
    scene.age("demo").await;
    let order = Rebuild { rebuild: account("demo"), start: days_ago(12), end: days_ago(3) };
    let app = maintain::App::new(scene.servers.store());
    let rebuilt = maintain::rebuild(&app, &order, far_off()).await.unwrap();
    assert!(rebuilt.agrees, "{rebuilt:?}");
    let rows = served(&scene, &report).await;
    let newer = rows.iter().filter(|row| row[1] == "v2").count();
    assert_eq!((rows.len(), newer), (11, 2), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_reads_no_more_than_keys_where_it_keeps_nothing() {
    let mut scene = Scene::start().await;
    let (ingest, _) = scene.world.account("demo").await;
    let mut sessions: Vec<Value> = (0..10).map(|at| session(&format!("s{at}"), 5, 1)).collect();
    for session in &mut sessions {
        // A file of less than a mebibyte is read whole.
        session["talks"] = (0..150).map(|_| json!({"message": domain::id::random_hex(1_000)})).collect();
    }
    scene.world.ingest_all(&ingest, &sessions, "accepted").await;
    scene.archive().await;
    scene.age("demo").await;
    let live = Lake::new(scene.servers.store()).live(&account("demo")).await.unwrap();
    let bytes: u64 = live.iter().map(::lake::Segment::bytes).sum();
    let s3 = Proxy::start(&scene.servers.endpoints.s3, Service::S3, 1).await.unwrap();
    let endpoints = Endpoints { s3: s3.endpoint().to_owned(), ..scene.servers.endpoints.clone() };
    let lake = Lake::new(scene.servers.clients_at(&endpoints, store::aws::retries()).store());
    assert_eq!(
        lake.rebuild(&account("demo"), days_ago(5), &(days_ago(5)..=days_ago(5))).await.unwrap().sessions,
        10
    );
    let read = s3.count("GetObject").answer_bytes;
    assert!(read < bytes / 2, "{read} of {bytes} bytes were read");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_sessions_are_written_in_pieces_that_fit_in_memory() {
    let servers = Servers::embedded().await;
    let (store, owner) = (servers.store(), Account::new(account("demo")));
    let message = "x".repeat(8 << 20);
    for number in 0..12 {
        let created_at = Instant::of_days((days_ago(5), days_ago(5)), Zone::UTC).start.plus_seconds(number);
        let id = format!("s{number:02}");
        let json = json!({"session_id": id, "created_at": created_at.0, "talks": [{"message": &message}]});
        let session = Session::from_json(json.to_string().as_bytes()).unwrap();
        let (identity, delivery) =
            (session.identity().unwrap(), Delivery { receipt: "test", now: Instant::now() });
        store.put_session(&owner, &identity, &session, delivery).await.unwrap();
    }
    let lake = Lake::new(store);
    let day = days_ago(5);
    assert_eq!(lake.rebuild(&owner.id, day, &(day..=day)).await.unwrap().sessions, 12);
    let live = lake.live(&owner.id).await.unwrap();
    let sessions: Vec<u64> = live.iter().map(|segment| segment.rows(Record::Session)).collect();
    assert_eq!(sessions, [8, 4], "64 MiB, and the rest");
}

/// Lets eight sessions change, move, go and come back, with compactions and rebuilds of any day between. Sometimes a change
/// is lost on its way into the lake: then its new day is rebuilt.
async fn live(seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    let (mut told, mut version) = (BTreeMap::new(), 0);
    for round in 0..8 {
        for _ in 0..6 {
            let name = format!("s{}", rng.u8(0..8));
            if told.contains_key(&name) && rng.u8(0..5) == 0 {
                take(&scene, &name).await;
                told.remove(&name);
            } else {
                version += 1;
                let changed = later(session(&name, rng.u64(3..9), version), version);
                scene.world.ingest_all(&ingest, &[changed], "accepted").await;
                told.insert(name, version);
            }
            if rng.bool() {
                scene.archive().await;
            }
        }
        scene.archive().await;
        match (rng.u8(0..4), rng.choice(told.keys().cloned().collect::<Vec<_>>())) {
            (0, _) | (_, None) => compact(&scene).await,
            (1, Some(name)) => {
                version += 1;
                let days = rng.u64(3..12);
                let changed = later(session(&name, days, version), version);
                scene.world.ingest_all(&ingest, &[changed], "accepted").await;
                scene.lose().await;
                told.insert(name, version);
                drop(rebuild(&scene, days).await);
            }
            _ => drop(rebuild(&scene, rng.u64(3..9)).await),
        }
        let row = |(name, version): (&String, &u32)| vec![json!(name), json!(format!("v{version}"))];
        let all: Vec<Vec<Value>> = told.iter().map(row).collect();
        assert_eq!(served(&scene, &report).await, all, "seed {seed}, round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_of_any_day_changes_no_report() {
    join_all((0..4).map(live)).await;
}

/// The session with an `updated_at` that grows with its version.
fn later(mut session: Value, version: u32) -> Value {
    let at = Instant::now().plus_seconds(i64::from(version) - 86_400);
    session["updated_at"] = at.to_rfc3339().into();
    session
}
