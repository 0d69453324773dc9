//! Orders to rebuild several days: what has no time is left, others may be faster, and what was rebuilt is looked after
//! whatever comes then.

use std::time::Duration;

use ::lake::{CompactionPolicy, Lake};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::time::Instant;
use faults::{Fault, Proxy, Service};
use maintain::{App, Rebuild};
use runtime::telemetry::chain;
use serde_json::json;
use store::key;

use crate::dynamodb_local::Endpoints;
use crate::lake::far_off;
use crate::rebuild::served;
use crate::scene::{Scene, account, days_ago, of_newer_format, session};

/// An order for the days from so many days ago to so many days ago.
fn order(first: u64, last: u64) -> Rebuild {
    Rebuild { rebuild: account("demo"), start: days_ago(first), end: days_ago(last) }
}

/// A lake with a segment of one session for each of these days, all old enough to be replaced.
async fn with_segments_of(days: impl IntoIterator<Item = u64>) -> Scene {
    let mut scene = Scene::start().await;
    let (ingest, _) = scene.world.account("demo").await;
    for (number, days) in days.into_iter().enumerate() {
        let one = session(&format!("s{number}"), days, 1);
        scene.world.ingest_all(&ingest, &[one], "accepted").await;
        scene.archive().await;
    }
    scene.age("demo").await;
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_were_rebuilt_before_one_fails_are_noted_for_maintenance() {
    let scene = with_segments_of([6, 4]).await;
    let (store, demo) = (scene.servers.store(), account("demo"));
    for item in store.partition(key::manifest(&demo)).await.unwrap() {
        let sk = store::text(&item, "sk").unwrap();
        if sk.contains(&days_ago(4).to_string()) {
            let key = key::Key { pk: key::manifest(&demo), sk: sk.to_owned() };
            scene.set(key, "parts", of_newer_format(&item)).await;
        }
    }
    let earlier = AttributeValue::Ss(vec!["2020-01-01@1".to_owned()]);
    scene.set(key::due(&demo), "day_notes", earlier).await;

    let failed = maintain::rebuild(&App::new(scene.servers.store()), &order(6, 3), far_off()).await;
    let reason = chain(&failed.unwrap_err());
    assert!(reason.contains("format 5"), "{reason}");
    let item = store.get(key::due(&demo)).await.unwrap().unwrap();
    let notes = item["day_notes"].as_ss().unwrap();
    let is_noted = |days| notes.iter().any(|note| note.starts_with(&days_ago(days).to_string()));
    assert!(is_noted(6) && is_noted(5), "{notes:?}");
    assert!(!is_noted(3), "it was not come to: {notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_order_has_no_time_for_is_left_for_the_next() {
    let scene = with_segments_of([6, 5, 4]).await;
    let app = App::new(scene.servers.store());
    let first = maintain::rebuild(&app, &order(6, 4), Instant::now()).await.unwrap();
    assert_eq!((first.days, first.left, first.agrees), (1, Some(days_ago(5)), true));
    let receipts: Vec<_> = first.receipts.iter().map(|receipt| receipt.day).collect();
    assert_eq!(receipts, [days_ago(6)], "only what was rebuilt is compared");
    let rest = maintain::rebuild(&app, &order(5, 4), far_off()).await.unwrap();
    assert_eq!((rest.days, rest.left, rest.sessions, rest.agrees), (2, None, 2, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_compacted_a_moment_ago_is_rebuilt_too() {
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    for name in ["one", "two"] {
        scene.world.ingest_all(&ingest, &[session(name, 6, 1)], "accepted").await;
        scene.archive().await;
    }
    scene.world.ingest_all(&ingest, &[session("one", 6, 2)], "accepted").await;
    scene.lose().await;
    scene.age("demo").await;
    let policy = CompactionPolicy { segments_per_compaction: 2, ..CompactionPolicy::at_once() };
    let compactions = Lake::new(scene.servers.store()).compact_all(&account("demo"), &policy).await.unwrap();
    assert_eq!(compactions, 1);
    let rebuilt = maintain::rebuild(&App::new(scene.servers.store()), &order(6, 6), far_off()).await.unwrap();
    assert_eq!((rebuilt.sessions, rebuilt.agrees), (2, true), "{rebuilt:?}");
    assert_eq!(served(&scene, &report).await, [[json!("one"), json!("v2")], [json!("two"), json!("v1")]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tombstone_of_the_day_stays_while_a_row_may_that_it_is_about() {
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    scene.world.ingest_all(&ingest, &[session("one", 6, 1)], "accepted").await;
    scene.archive().await;
    scene.world.ingest_all(&ingest, &[session("one", 4, 2)], "accepted").await;
    scene.archive().await;
    // The first record's segment is young, as where its record was delivered again.
    let young = scene.servers.store().partition(key::manifest(&account("demo"))).await.unwrap();
    scene.age("demo").await;
    for item in young.iter().filter(|item| item["sk"].as_s().unwrap().starts_with("live#0#")) {
        let sk = item["sk"].as_s().unwrap().clone();
        scene.set(key::Key { pk: key::manifest(&account("demo")), sk }, "parts", item["parts"].clone()).await;
    }
    let rebuilt = maintain::rebuild(&App::new(scene.servers.store()), &order(6, 6), far_off()).await.unwrap();
    assert!(rebuilt.agrees, "{rebuilt:?}");
    assert_eq!(served(&scene, &report).await, [[json!("one"), json!("v2")]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_at_which_a_compaction_was_faster_is_tried_again() {
    let scene = with_segments_of([6, 6]).await;
    let s3 = Proxy::start(&scene.servers.endpoints.s3, Service::S3, 1).await.unwrap();
    // Longer than a compaction takes, and shorter than a call may.
    s3.set_delay(Duration::from_secs(2));
    s3.set_rate(Fault::Slow, 1.0);
    let endpoints = Endpoints { s3: s3.endpoint().to_owned(), ..scene.servers.endpoints.clone() };
    let app = App::new(scene.servers.clients_at(&endpoints, store::aws::retries()).store());
    let order = order(6, 6);
    let compaction = async {
        while s3.count("GetObject").requests == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let policy = CompactionPolicy { segments_per_compaction: 2, ..CompactionPolicy::at_once() };
        Lake::new(scene.servers.store()).compact_all(&account("demo"), &policy).await.unwrap()
    };
    let (rebuilt, compactions) = tokio::join!(maintain::rebuild(&app, &order, far_off()), compaction);
    assert_eq!(compactions, 1);
    let rebuilt = rebuilt.unwrap();
    assert_eq!((rebuilt.sessions, rebuilt.agrees), (2, true), "{rebuilt:?}");
}
