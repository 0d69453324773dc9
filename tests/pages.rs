//! Tests of pages that begin and end within a segment, and of chains of pages that cannot go on.

use ::lake::{CompactionPolicy, Lake, SNAPSHOT_MARGIN};
use domain::id::AccountId;
use faults::{Fault, Proxy, Service};
use infra::endpoints::Endpoints;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::data::{COUNT, filter, session, with};
use crate::world::{World, answer, query};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_begins_anywhere_in_a_segment() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    // All sessions are of one day, and two begin at the same minute.
    let at = |n: u32| json!({"created_at": format!("2026-03-01 12:{:02}:00", n / 2)});
    let sessions: Vec<Value> = (0..COUNT).map(|n| with(session(n), &at(n))).collect();
    world.ingest_all(&ingest, &sessions, "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), COUNT as usize).await;
    let (lake, account) = (Lake::new(world.store()), AccountId::try_from("demo".to_owned()).unwrap());
    lake.compact_all(&account, &CompactionPolicy::at_once()).await.unwrap();
    let live = lake.live(&account).await.unwrap();
    assert!(matches!(live.as_slice(), [alone] if matches!(alone.parts.as_slice(), [part] if part.is_unique)));
    tokio::time::sleep(SNAPSHOT_MARGIN * 2).await;

    let reports = [
        ("sessions", "talks"),
        ("talks", "talks_message"),
        ("talk_options", "talks_options_text"),
        ("events", "events_event"),
    ];
    for (report_type, of_records) in reports {
        let whole = query(report_type, &["session_id", "created_at", of_records]);
        let rows = world.rows(&report, &whole).await;
        for limit in [1, 7, 29, 31, 59, 60, 61, 100] {
            let paged = world.rows(&report, &with(whole.clone(), &json!({ "limit": limit }))).await;
            assert_eq!(paged, rows, "{report_type} by {limit}");
        }
        for id in ["s000", "s031", "s059"] {
            let one = json!({"dimensionsFilters": filter("session_id", "INCLUDE", "EQUALS", &[id])});
            let own: Vec<_> = rows.iter().filter(|row| row[0] == id).cloned().collect();
            assert!(!own.is_empty());
            assert_eq!(world.rows(&report, &with(whole.clone(), &one)).await, own, "{report_type} of {id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_other_settings_end_says_to_start_again() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let sessions: Vec<Value> = (0..3).map(session).collect();
    world.ingest_all(&ingest, &sessions, "accepted").await;
    let asked = with(query("sessions", &["session_id"]), &json!({"limit": 1}));
    world.rows_once(&report, &asked, 3).await;
    let masked = world.request(Method::POST, "/v1/tokens", &world.admin);
    let order = json!({"account": "demo", "scope": "report", "privacy": "masked"});
    let masked = answer(masked.json(&order)).await.1["token"].as_str().unwrap().to_owned();

    let page = async |token: &str, cursor: &Value| {
        let asked = with(asked.clone(), &json!({"cursor": cursor}));
        world.post("/v1/data", token, &asked).await
    };
    let (_, first) = page(&report, &Value::Null).await;
    let (_, hidden) = page(&masked, &Value::Null).await;
    let set = async |settings: Value| {
        let order = with(json!({"account": "demo"}), &settings);
        let done = answer(world.request(Method::PATCH, "/v1/account", &world.admin).json(&order)).await;
        assert_eq!(done.0, StatusCode::OK, "{}", done.1);
    };
    set(json!({"confidential": ["status"]})).await;
    assert_eq!(
        page(&report, &first["nextCursor"]).await.0,
        StatusCode::OK,
        "it hides nothing from this reader"
    );
    let ended = async |token: &str, cursor: &Value| {
        let (status, problem) = page(token, cursor).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with("cursor ") && detail.contains("start again"), "{detail}");
    };
    ended(&masked, &hidden["nextCursor"]).await;
    set(json!({"timezone": "America/Manaus"})).await;
    ended(&report, &first["nextCursor"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_whose_data_was_erased_says_to_start_again() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let sessions: Vec<Value> = (0..3).map(session).collect();
    world.ingest_all(&ingest, &sessions, "accepted").await;
    let asked = with(query("sessions", &["session_id"]), &json!({"limit": 1}));
    world.rows_once(&report, &asked, 3).await;
    let (_, first) = world.post("/v1/data", &report, &asked).await;

    let store = world.store();
    let account = AccountId::try_from("demo".to_owned()).unwrap();
    let (bucket, prefix) = (store.names().lake_bucket.clone(), store::key::segment_objects(&account));
    let objects = store.list_objects(&bucket, &prefix, "").await.unwrap().objects;
    let keys = objects.into_iter().map(|object| object.key).collect();
    store.delete_objects(&bucket, keys).await.unwrap();
    // Another process, which has nothing of the files in memory.
    let other = World::over(store).await;
    let next = with(asked, &json!({"cursor": first["nextCursor"]}));
    let (status, problem) = other.post("/v1/data", &report, &next).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("erased") && detail.contains("start again"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_inside_a_segment_is_tried_again_and_breaks_nothing() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let sessions: Vec<Value> = (0..3).map(session).collect();
    world.ingest_all(&ingest, &sessions, "accepted").await;
    let asked = query("sessions", &["session_id"]);
    world.rows_once(&report, &asked, 3).await;

    // Another process, to which S3 sends only half of every answer.
    let mut clients = Endpoints::to(world.data()).unwrap().clients();
    let servers = std::fs::read(world.data().join("aws.json")).unwrap();
    let servers: Value = serde_json::from_slice(&servers).unwrap();
    let proxy = Proxy::start(servers["s3"].as_str().unwrap(), Service::S3, 7).await.unwrap();
    let config = clients.s3.config().to_builder().endpoint_url(proxy.endpoint()).build();
    clients.s3 = aws_sdk_s3::Client::from_conf(config);
    let other = World::over(clients.store()).await;
    proxy.set_rate_of("GetObject", Fault::CutBody, 1.0);
    let (status, problem) = other.post("/v1/data", &report, &asked).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "busy, and not broken: {problem}");
    proxy.switch_off();
    assert_eq!(other.rows(&report, &asked).await.len(), 3);
}
