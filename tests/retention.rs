//! Tests of retention: a change, up or down, affects what is kept already in the table, the lake and the
//! media.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::time::Instant;
use domain::zone::Zone;
use faults::{Fault, Proxy, Service};
use maintain::App;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::key;
use store::{Store, number};

use crate::dynamodb_local::{Endpoints, Servers, on_both};
use crate::maintenance::pass_time;
use crate::scene::{DAY, HOLD, Scene, account, days_ago, id, session};
use crate::world::{answer, query, readable_by_all};

on_both!(
    a_lowered_retention_reaches_table_lake_and_media_and_no_other_account,
    a_raised_retention_frees_sessions_of_the_expiry_that_they_were_given,
    what_came_while_the_retention_was_raised_goes_when_it_is_lowered_again,
    the_lake_keeps_what_the_table_could_not_delete_before_the_retention_was_raised_again,
    a_session_that_moves_into_the_kept_days_meanwhile_stays,
    sessions_of_any_age_are_found_by_maintenance_that_remembers_nothing,
);

async fn a_lowered_retention_reaches_table_lake_and_media_and_no_other_account(servers: Servers) {
    let mut scene = Scene::on(servers).await;
    let days = [2, 10, 29, 32, 40, 60];
    let sessions: Vec<Value> = days.iter().map(|days| session(&format!("s{days}"), *days, 1)).collect();
    let mut files = Vec::new();
    for name in ["demo", "other"] {
        let (ingest, _) = scene.account(name, 90).await;
        scene.world.ingest_all(&ingest, &sessions, "accepted").await;
        scene.world.ingest_all(&ingest, &sessions[4..], "unchanged").await;
        files.push((scene.file(name, "old", 40).await, scene.file(name, "young", 20).await));
    }
    scene.archive().await;
    let everything = scene.stored("other").await;
    assert_eq!(everything.len(), 6);
    scene.follow("demo").await;
    scene.follow("other").await;
    assert_eq!(scene.stored("demo").await, everything, "nothing is past its retention");
    assert_eq!(scene.files("demo").await.len(), 2);

    scene.keep("demo", 30).await;
    scene.maintain().await;
    assert_eq!(scene.stored("demo").await, everything, "earlier requests may still be under way");
    scene.follow("demo").await;
    scene.archive().await;
    assert_eq!(scene.stored("demo").await, ["s10", "s2", "s29"]);
    // What the stream appended about the deletions leaves the lake with the next round.
    pass_time(&scene.servers.store(), &account("demo"), DAY * 1_000_000).await;
    scene.age("demo").await;
    scene.maintain().await;
    assert_eq!(scene.files("demo").await, [files[0].1.clone()]);
    let earliest = scene.earliest("demo").await.unwrap();
    assert!(earliest.day(Zone::UTC) >= days_ago(31), "{earliest:?}");
    let (_, report) = (scene.stored("other").await, scene.world.token("demo", "report").await);
    assert_eq!(scene.world.rows_once(&report, &query("sessions", &["session_id"]), 3).await.len(), 3);
    assert_eq!(scene.stored("other").await, everything);
    assert_eq!(scene.files("other").await.len(), 2);

    // When the retention is raised again, nothing reports the deleted sessions as missing, and none of them
    // comes back.
    scene.keep("demo", 90).await;
    scene.follow("demo").await;
    readable_by_all().await;
    assert_eq!(scene.receipts("demo", 61).await, (0, 0, 0, json!([])));
    assert_eq!(scene.receipts("demo", 31).await, (3, 3, 3, json!([])));
    assert_eq!(scene.receipts("other", 61).await, (3, 3, 3, json!([])));
    assert_eq!(scene.world.rows(&report, &query("sessions", &["session_id"])).await.len(), 3);
}

async fn a_raised_retention_frees_sessions_of_the_expiry_that_they_were_given(servers: Servers) {
    let mut scene = Scene::on(servers).await;
    let (ingest, _) = scene.account("demo", 30).await;
    // These are more sessions of the same instant than one page has.
    let many: Vec<Value> = (0..520).map(|at| session(&format!("s{at:03}"), 20, 1)).collect();
    let few: Vec<Value> = (1..29).map(|days| session(&format!("d{days}"), days, 1)).collect();
    scene.world.ingest_all(&ingest, &many, "accepted").await;
    scene.world.ingest_all(&ingest, &few, "accepted").await;
    scene.follow("demo").await;
    let (demo, store) = (account("demo"), scene.servers.store());
    let expiry = async |name: &str| {
        let item = store.get(key::session(&demo, &id(name))).await.unwrap().unwrap();
        number(&item, "expires_at")
    };
    assert_eq!(expiry("d3").await, None, "a session has no expiry of its own");
    // The earlier version left an expiry with each session; that of one session is late enough.
    let late = Instant::now().plus_seconds(400 * DAY).seconds();
    for one in many.iter().chain(&few) {
        let name = one["session_id"].as_str().unwrap();
        let at = if name == "d9" { late } else { late - 390 * DAY };
        let at = AttributeValue::N(at.to_string());
        scene.set(key::session(&demo, &id(name)), "expires_at", at).await;
    }
    // A newer version of a session removes the expiry by itself.
    scene.world.ingest_all(&ingest, &[session("d5", 5, 2)], "accepted").await;
    assert_eq!(expiry("d5").await, None);
    scene.archive().await;
    let manifest = async || store.partition(key::manifest(&demo)).await.unwrap().len();
    let before = manifest().await;

    scene.keep("demo", 90).await;
    scene.follow("demo").await;
    for one in many.iter().chain(&few) {
        let name = one["session_id"].as_str().unwrap();
        assert_eq!(expiry(name).await, (name == "d9").then_some(late), "{name}");
    }
    assert_eq!(scene.stored("demo").await.len(), 548);
    // A change of nothing but the expiry appends nothing to the lake.
    let compacted = manifest().await;
    scene.archive().await;
    assert_eq!(manifest().await, compacted, "{before} before");
    // A change of anything else, together with the expiry, is appended.
    scene.set(key::session(&demo, &id("d9")), "version", AttributeValue::N("0".to_owned())).await;
    scene.world.ingest_all(&ingest, &[session("d9", 9, 2)], "accepted").await;
    scene.archive().await;
    assert!(manifest().await > compacted);
    assert_eq!(expiry("d9").await, None);
}

async fn what_came_while_the_retention_was_raised_goes_when_it_is_lowered_again(servers: Servers) {
    let mut scene = Scene::on(servers).await;
    let (ingest, _) = scene.account("demo", 30).await;
    scene.world.ingest_all(&ingest, &[session("young", 5, 1)], "accepted").await;
    scene.archive().await;
    scene.follow("demo").await;

    // All of it before maintenance may follow the first change.
    scene.keep("demo", 90).await;
    scene.world.ingest_all(&ingest, &[session("old", 60, 1)], "accepted").await;
    scene.archive().await;
    scene.keep("demo", 30).await;
    scene.maintain().await;
    assert_eq!(scene.stored("demo").await, ["old", "young"], "requests may still be under way");
    scene.follow("demo").await;
    assert_eq!(scene.stored("demo").await, ["young"]);
    scene.archive().await;
    pass_time(&scene.servers.store(), &account("demo"), DAY * 1_000_000).await;
    scene.age("demo").await;
    scene.maintain().await;
    let earliest = scene.earliest("demo").await.unwrap();
    assert!(earliest.day(Zone::UTC) >= days_ago(31), "{earliest:?}");
}

async fn the_lake_keeps_what_the_table_could_not_delete_before_the_retention_was_raised_again(
    servers: Servers,
) {
    let mut scene = Scene::on(servers).await;
    let (ingest, _) = scene.account("demo", 90).await;
    let sessions: Vec<Value> = (0..20).map(|at| session(&format!("s{at}"), 40 + at % 3, 1)).collect();
    scene.world.ingest_all(&ingest, &sessions, "accepted").await;
    scene.archive().await;
    scene.follow("demo").await;

    // The table deletes nothing while the retention is too short, however often it is tried.
    let proxy = Proxy::start(&scene.servers.endpoints.dynamodb, Service::DynamoDb, 1).await.unwrap();
    proxy.set_rate_of("DeleteItem", Fault::Throttle, 1.0);
    let endpoints = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..scene.servers.endpoints.clone() };
    let app = App::new(scene.servers.clients_at(&endpoints, RetryConfig::disabled()).store());
    scene.keep("demo", 30).await;
    for _ in 0..3 {
        pass_time(&scene.servers.store(), &account("demo"), HOLD).await;
        maintain::handle(&app, Instant::now().plus_seconds(20)).await.unwrap();
    }
    assert!(proxy.count("DeleteItem").faults > 0);
    scene.keep("demo", 90).await;
    scene.follow("demo").await;
    readable_by_all().await;
    assert_eq!(scene.receipts("demo", 50).await, (20, 20, 20, json!([])));
}

async fn a_session_that_moves_into_the_kept_days_meanwhile_stays(servers: Servers) {
    let scene = Scene::on(servers).await;
    let (ingest, _) = scene.account("demo", 90).await;
    let sessions: Vec<Value> = (0..20).map(|at| session(&format!("s{at}"), 60, 1)).collect();
    scene.world.ingest_all(&ingest, &sessions, "accepted").await;
    scene.follow("demo").await;

    // The answer of the index arrives late.
    let proxy = Proxy::start(&scene.servers.endpoints.dynamodb, Service::DynamoDb, 1).await.unwrap();
    proxy.set_delay(Duration::from_millis(1_500));
    proxy.set_rate_of("Query", Fault::Slow, 1.0);
    let endpoints = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..scene.servers.endpoints.clone() };
    let late = scene.servers.clients_at(&endpoints, RetryConfig::disabled()).store();
    let demo = account("demo");
    let running = late.delete_day(&demo, days_ago(60), 500);
    let moving = async {
        tokio::time::sleep(Duration::from_millis(2_200)).await;
        let moved: Vec<Value> = (0..10).map(|at| session(&format!("s{at}"), 5, 2)).collect();
        scene.world.ingest_all(&ingest, &moved, "accepted").await;
    };
    let (deleted, ()) = tokio::join!(running, moving);
    assert_eq!(deleted.unwrap().sessions, 10);
    let mut left: Vec<String> = (0..10).map(|at| format!("s{at}")).collect();
    left.sort();
    assert_eq!(scene.stored("demo").await, left);
}

async fn sessions_of_any_age_are_found_by_maintenance_that_remembers_nothing(servers: Servers) {
    let mut scene = Scene::on(servers).await;
    let (ingest, _) = scene.world.account("demo").await;
    let start = json!({"account": "demo", "starts_on": "1900-01-01"});
    let changed =
        answer(scene.world.request(Method::PATCH, "/v1/account", &scene.world.admin).json(&start)).await;
    assert_eq!(changed.0, StatusCode::OK, "{}", changed.1);
    let sessions = [("old", 35_400), ("older", 35_800)].map(|(name, days)| session(name, days, 1));
    scene.world.ingest_all(&ingest, &sessions, "accepted").await;
    scene.archive().await;
    let store = scene.servers.store();
    let is_there = async |name: &str| store.stored_at(&account("demo"), &id(name)).await.unwrap().is_some();
    scene.keep("demo", 35_600).await;
    scene.maintain().await;
    pass_time(&store, &account("demo"), HOLD).await;
    scene.maintain().await;
    assert!(is_there("old").await && !is_there("older").await);
    scene.keep("demo", 300).await;
    for _ in 0..4 {
        pass_time(&store, &account("demo"), HOLD).await;
        scene.maintain().await;
    }
    assert!(!is_there("old").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_is_followed_however_often_storage_fails() {
    let mut scene = Scene::start().await;
    let (ingest, _) = scene.account("demo", 90).await;
    let days = |at: u64| if at < 60 { 2 + at % 28 } else { 32 + at % 28 };
    let sessions: Vec<Value> = (0..120).map(|at| session(&format!("s{at}"), days(at), 1)).collect();
    scene.world.ingest_all(&ingest, &sessions, "accepted").await;
    let (old, young) = (scene.file("demo", "old", 40).await, scene.file("demo", "young", 20).await);
    scene.archive().await;
    scene.keep("demo", 30).await;
    scene.maintain().await;

    let dynamo = Proxy::start(&scene.servers.endpoints.dynamodb, Service::DynamoDb, 7).await.unwrap();
    let s3 = Proxy::start(&scene.servers.endpoints.s3, Service::S3, 7).await.unwrap();
    let endpoints = Endpoints {
        dynamodb: dynamo.endpoint().to_owned(),
        s3: s3.endpoint().to_owned(),
        ..scene.servers.endpoints.clone()
    };
    let failing: Store = scene.servers.clients_at(&endpoints, RetryConfig::disabled()).store();
    let app = App::new(failing);
    dynamo.fail_calls(0.05);
    dynamo.set_rate_of("DeleteItem", Fault::TimeoutAfter, 0.1);
    dynamo.set_rate_of("DeleteItem", Fault::Throttle, 0.1);
    s3.fail_calls(0.2);
    let mut runs = 0;
    while runs < 20 || dynamo.count("DeleteItem").faults == 0 {
        // A duty that failed waits at most an hour.
        pass_time(&scene.servers.store(), &account("demo"), 3_600 * 1_000_000).await;
        // The run may fail, where it cannot even read which accounts are due.
        drop(maintain::handle(&app, Instant::now().plus_seconds(20)).await);
        runs += 1;
        assert!(runs < 300, "{:?}", dynamo.counts());
    }
    assert!(dynamo.count("Query").faults > 0);
    for _ in 0..3 {
        pass_time(&scene.servers.store(), &account("demo"), 3_600 * 1_000_000).await;
        scene.maintain().await;
        scene.archive().await;
    }
    assert_eq!(scene.stored("demo").await.len(), 60);
    assert_eq!(scene.files("demo").await, [young], "{old} is past its retention");
    readable_by_all().await;
    assert_eq!(scene.receipts("demo", 30).await, (60, 60, 60, json!([])));
}
