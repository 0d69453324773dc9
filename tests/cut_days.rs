//! Segments of many days are cut by days, and say the same however they are cut; and a day has all of its moments.

use ::lake::{Compacted, CompactionPolicy, Lake};
use chrono::{Days, NaiveDate};
use domain::time::Instant;
use serde_json::{Value, json};

use crate::expected;
use crate::lake::demo;
use crate::scene::Scene;
use crate::world::{World, query};

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_many_days_say_the_same_however_they_were_cut() {
    // No maintenance of the stack's own must compact beside the test.
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    let mut sessions = expected::sessions(12, 120);
    for (day, session) in sessions.iter_mut().enumerate() {
        let date = NaiveDate::from_ymd_opt(2026, 5, 1).unwrap() + Days::new(day as u64);
        session["created_at"] = format!("{date} 10:00:00").into();
    }
    let lake = Lake::new(scene.servers.store());
    // There are never enough segments of one size, so what is appended is only cut by days, and what comes
    // late is merged into its days.
    let policy = CompactionPolicy { segments_per_compaction: 1_000, ..CompactionPolicy::at_once() };
    let shared_by_days =
        async || lake.live(&demo()).await.unwrap().iter().filter(|one| one.parts.len() > 1).count();
    let ids = query("sessions", &["session_id"]);
    for (wave, of_some_days) in sessions.chunks(60).enumerate() {
        scene.world.ingest_all(&ingest, of_some_days, "accepted").await;
        scene.archive().await;
        scene.world.rows_once(&report, &ids, 60 * (wave + 1)).await;
        assert!(shared_by_days().await > 0, "of more days than a segment has parts");
        lake.compact_all(&demo(), &policy).await.unwrap();
        assert_eq!(shared_by_days().await, 0);
    }
    let of_own_days = lake.live(&demo()).await.unwrap().len();
    assert!(of_own_days > 16, "{of_own_days} segments");

    for session in &mut sessions {
        session["status"] = "transferred".into();
        session["updated_at"] = "2026-10-30 10:00:00".into();
    }
    scene.world.ingest_all(&ingest, &sessions, "accepted").await;
    scene.archive().await;
    let mut changed = ids;
    changed["dimensionsFilters"] = json!([[
        {"fieldName": "status", "type": "INCLUDE", "operator": "EQUALS", "values": ["transferred"]}
    ]]);
    scene.world.rows_once(&report, &changed, sessions.len()).await;
    expected::assert_served(&scene.world, &report, &sessions).await;
    // The first commit cuts them into pieces that several days share.
    let first = lake.compact(&demo(), None, &policy, Instant::now()).await.unwrap();
    assert!(matches!(first, Compacted::Segments { .. }), "{first:?}");
    assert!(shared_by_days().await > 0);
    expected::assert_served(&scene.world, &report, &sessions).await;
    lake.compact_all(&demo(), &policy).await.unwrap();
    assert!(lake.live(&demo()).await.unwrap().len() <= of_own_days);
    expected::assert_served(&scene.world, &report, &sessions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_its_first_and_its_last_moment_and_no_more() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let moments = [
        "2026-02-28 23:59:59.999999",
        "2026-03-01 00:00:00",
        "2026-03-01 23:59:59.999999",
        "2026-03-02 00:00:00",
    ];
    let session = |(number, at): (usize, &&str)| json!({"session_id": format!("s{number}"), "created_at": at, "finished_at": at, "lastInteraction": at});
    let sessions: Vec<Value> = moments.iter().enumerate().map(session).collect();
    world.ingest_all(&ingest, &sessions, "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;
    for date_field in ["created_at", "finished_at", "lastInteraction"] {
        let mut asked = query("sessions", &["session_id"]);
        asked["configParams"]["date_field"] = date_field.into();
        asked["dateRange"] = json!({"startDate": "2026-03-01", "endDate": "2026-03-01"});
        assert_eq!(world.rows(&report, &asked).await, [[json!("s1")], [json!("s2")]], "{date_field}");
    }
}
