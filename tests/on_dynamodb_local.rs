//! Tests on Amazon's DynamoDB Local, a second DynamoDB, with the stream in four shards: sessions, tokens,
//! receipts, the way from the stream to the rows, and rebuilds that race.

use archive::App;
use chrono::NaiveDate;
use domain::id::AccountId;
use futures::future::{join_all, try_join_all};
use maintain::Rebuild;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::dynamodb_local::Servers;
use crate::event_source::EventSource;
use crate::expected::{self, moment};
use crate::lake::{demo, far_off};
use crate::world::{World, answer, query, readable_by_all};

const SHARDS: usize = 4;

/// DynamoDB Local, the functions on it, and one archive per shard of its stream.
struct Stage {
    second: Servers,
    world: World,
    apps: Vec<App>,
    source: EventSource,
}

impl Stage {
    async fn new(seed: u64) -> Stage {
        let second = Servers::with_dynamodb_local().await;
        let world = World::over(second.store()).await;
        let apps = (0..SHARDS).map(|_| App::new(second.store())).collect();
        Stage { second, world, apps, source: EventSource::new(SHARDS, seed) }
    }

    /// Delivers everything that is in the stream.
    async fn drain(&mut self) {
        self.source.drain(&self.second.clients(), &self.apps).await;
    }
}

fn version(number: usize) -> Value {
    json!({
        "session_id": "one",
        "created_at": "2026-10-02 10:00:00",
        "updated_at": format!("2026-11-01 10:{number:02}:00"),
        "protocol": number.to_string(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_session_s_versions_the_latest_stays_in_whatever_order_they_come() {
    let mut stage = Stage::new(1).await;
    let world = &stage.world;
    let (ingest, report) = world.account("demo").await;
    world.ingest_all(&ingest, &[version(20)], "accepted").await;
    world.ingest_all(&ingest, &[version(20)], "unchanged").await;
    world.ingest_all(&ingest, &[version(19)], "stale").await;
    // All versions are sent at the same time, so the table may see them in any order.
    let versions: Vec<Value> = (21..45).map(version).collect();
    let posts = versions.iter().map(|version| world.ingest(&ingest, std::slice::from_ref(version)));
    for (status, said) in join_all(posts).await {
        assert_eq!(status, StatusCode::OK, "{said}");
        assert_eq!(said["accepted"].as_u64().unwrap() + said["stale"].as_u64().unwrap(), 1, "{said}");
    }
    stage.drain().await;
    let rows = stage.world.rows_once(&report, &query("sessions", &["protocol"]), 1).await;
    assert_eq!(rows, [[json!("44")]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_s_key_is_made_once_whoever_makes_it() {
    for servers in [Servers::embedded().await, Servers::with_dynamodb_local().await] {
        // Each store is a process of its own, which remembers no key of another.
        let stores: Vec<store::Store> = (0..16).map(|_| servers.store()).collect();
        let account = AccountId::try_from("demo".to_owned()).unwrap();
        let keys = try_join_all(stores.iter().map(|store| store.body_key(&account))).await.unwrap();
        assert!(keys.iter().all(|key| key.bytes() == keys[0].bytes()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_listed_and_revoked() {
    let stage = Stage::new(2).await;
    let world = &stage.world;
    world.account("demo").await;
    for label in ["a", "b", "c"] {
        let order = json!({"account": "demo", "scope": "report", "label": label});
        assert_eq!(world.post("/v1/tokens", &world.admin, &order).await.0, StatusCode::CREATED);
    }
    world.token("other", "report").await;
    let list = async || {
        let (status, list) = world.get("/v1/tokens?account=demo", &world.admin).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        list["tokens"].as_array().unwrap().clone()
    };
    let before = list().await;
    let labels: Vec<&str> = before.iter().filter_map(|token| token["label"].as_str()).collect();
    assert_eq!((before.len(), labels), (5, vec!["a", "b", "c"]));

    let revoked = before[3]["id"].as_str().unwrap();
    let request = world.request(Method::DELETE, &format!("/v1/tokens/{revoked}"), &world.admin);
    assert!(answer(request).await.0.is_success());
    let ended: Vec<Value> = list()
        .await
        .into_iter()
        .filter(|token| !token["revoked_at"].is_null())
        .map(|token| token["id"].clone())
        .collect();
    assert_eq!(ended, [json!(revoked)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn four_shards_bring_every_session_to_the_rows_and_the_receipts_agree() {
    let mut stage = Stage::new(3).await;
    let (ingest, report) = stage.world.account("demo").await;
    let mut sessions = expected::sessions(71, 250);
    stage.world.ingest_all(&ingest, &sessions, "accepted").await;
    stage.drain().await;
    // Some sessions change, and some of these move to another day.
    for (at, session) in sessions.iter_mut().enumerate().step_by(3) {
        session["updated_at"] = "2026-10-04 09:00:00".into();
        session["tabulation"] = "Corrigido".into();
        if at % 2 == 0 {
            session["created_at"] = format!("2026-09-{:02} 12:00:{:02}", 6 + at % 20, at % 60).into();
        }
    }
    let changed: Vec<Value> = sessions.iter().step_by(3).cloned().collect();
    stage.world.ingest_all(&ingest, &changed, "accepted").await;
    stage.drain().await;
    assert!(stage.source.records() > 250 + changed.len() && stage.source.failed == 0);

    let world = &stage.world;
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;
    readable_by_all().await;
    expected::assert_served(world, &report, &sessions).await;
    let path = "/v1/receipts?start=2026-09-05&end=2026-10-04&account=demo";
    let (_, receipts) = world.get(path, &world.admin).await;
    assert_eq!(receipts["gaps"], json!([]), "{receipts}");
    let sum = |witness: &str| -> u64 {
        receipts["days"].as_array().unwrap().iter().map(|day| day[witness].as_u64().unwrap()).sum()
    };
    assert_eq!((sum("stored"), sum("served")), (250, 250));
    assert_eq!(stage.second.store().quarantined(&demo()).await.unwrap(), []);
}

/// Rebuilds days, and returns whether table and lake agree afterwards; `None` where another rebuild was
/// faster.
async fn rebuild(app: &maintain::App, start: NaiveDate, end: NaiveDate) -> Option<bool> {
    let order = Rebuild { rebuild: demo(), start, end };
    match maintain::rebuild(app, &order, far_off()).await {
        Ok(rebuilt) => Some(rebuilt.agrees),
        Err(error) => {
            assert!(error.is_conflict(), "{error:?}");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuilds_that_race_each_other_and_the_stream_end_in_one_truth() {
    let mut stage = Stage::new(4).await;
    let (ingest, report) = stage.world.account("demo").await;
    let sessions = expected::sessions(72, 150);
    let (first, later) = sessions.split_at(100);
    stage.world.ingest_all(&ingest, first, "accepted").await;
    stage.drain().await;
    stage.world.ingest_all(&ingest, later, "accepted").await;
    let days = sessions.iter().map(|session| moment(&session["created_at"]).unwrap().to_utc().date_naive());
    let (start, end) = (days.clone().min().unwrap(), days.max().unwrap());
    let racing: Vec<_> = (0..SHARDS).map(|_| maintain::App::new(stage.second.store())).collect();
    let rebuilds = join_all(racing.iter().map(|app| rebuild(app, start, end)));
    let (won, ()) = tokio::join!(rebuilds, stage.drain());
    assert!(won.iter().any(Option::is_some), "none came through");

    assert_eq!(rebuild(&racing[0], start, end).await, Some(true));
    let world = &stage.world;
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;
    readable_by_all().await;
    expected::assert_served(world, &report, &sessions).await;
}
