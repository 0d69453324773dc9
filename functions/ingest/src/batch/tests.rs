//! Tests of a batch when storage pushes back, against a server that speaks as much of AWS's protocols as a
//! write needs.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use axum::Router;
use axum::routing::post;
use http::StatusCode;
use serde_json::{Value, json};
use store::Names;

use super::*;

/// Partition keys and versions, in the order in which they were written.
type Written = Arc<Mutex<Vec<(String, String)>>>;

/// Storage that treats a session by words in its id: it pushes back for `busy`, refuses `denied`, and does
/// not answer for `never`.
async fn storage() -> (Store, Written) {
    let written = Written::default();
    let log = Arc::clone(&written);
    let answer = move |headers: HeaderMap, body: axum::body::Bytes| async move {
        let request: Value = serde_json::from_slice(&body).unwrap();
        let action = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
        let key = "A".repeat(43) + "=";
        match action.as_str() {
            "GetItem" => (StatusCode::OK, json!({"Item": {"wrapped": {"B": key}}}).to_string()),
            "Decrypt" => (StatusCode::OK, json!({"Plaintext": key}).to_string()),
            "UpdateItem" => {
                let pk = request["Key"]["pk"]["S"].as_str().unwrap().to_owned();
                if pk.starts_with("receipt#demo#") {
                    // No receipt can be kept for this day.
                    if pk.contains("#2026-12-24") {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                    }
                    return (StatusCode::OK, "{}".to_owned());
                }
                if pk.contains("busy") {
                    let throttled = json!({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"});
                    return (StatusCode::BAD_REQUEST, throttled.to_string());
                }
                if pk.contains("denied") {
                    let denied = json!({"__type": "com.amazon.coral.service#AccessDeniedException"});
                    return (StatusCode::BAD_REQUEST, denied.to_string());
                }
                if pk.contains("never") {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
                let mut written = log.lock().unwrap();
                let version = request["ExpressionAttributeValues"][":version"]["N"].as_str().unwrap();
                written.push((pk, version.to_owned()));
                (StatusCode::OK, "{}".to_owned())
            }
            "PutItem" => {
                let item = request["Item"].to_string();
                assert!(item.contains("rejection#demo#"), "{item}");
                (StatusCode::OK, "{}".to_owned())
            }
            other => panic!("{other} is no part of a write"),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
    (store(&url).await, written)
}

async fn store(url: &str) -> Store {
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let config = store::aws::builder("sa-east-1", credentials)
        .retry_config(RetryConfig::disabled())
        .endpoint_url(url)
        .build();
    let name = || "name".to_owned();
    Store::new(&config, Names { table: name(), lake_bucket: name(), media_bucket: name(), key: name() })
}

fn account() -> Account {
    let id = AccountId::try_from("demo".to_owned()).unwrap();
    Account { starts_on: "2026-01-01".parse().ok(), retention_days: 36_500, ..Account::new(id) }
}

fn session(id: &str, day: &str) -> String {
    json!({"session_id": id, "created_at": day}).to_string()
}

fn soon(millis: u64) -> tokio::time::Instant {
    tokio::time::Instant::now() + Duration::from_millis(millis)
}

/// Writes a batch, and returns its report as JSON with the results in the order of the items.
async fn written(store: &Store, items: &[String], deadline: tokio::time::Instant) -> Value {
    let documents: Vec<&[u8]> = items.iter().map(String::as_bytes).collect();
    let items = Item::all(&documents, None).unwrap();
    let mut batch = Batch::new(store, &items, Lang::En, deadline);
    batch.write(&account()).await;
    let mut report = serde_json::to_value(&batch.answer).unwrap();
    let results = report["results"].as_array_mut().unwrap();
    results.sort_by_key(|line| line["index"].as_u64());
    report
}

#[tokio::test]
async fn exactly_the_items_that_were_not_stored_have_the_outcome_retry() {
    let (store, log) = storage().await;
    let items = [
        session("s0", "2026-10-03"),
        session("busy1", "2026-10-03"),
        session("s2", "ontem"),
        session("s3", "2025-12-31"),
        session("busy4", "2026-10-03"),
        session("s5", "2026-10-04"),
    ];
    let report = written(&store, &items, soon(20_000)).await;
    let outcomes: Vec<_> =
        report["results"].as_array().unwrap().iter().map(|line| (&line["index"], &line["outcome"])).collect();
    let expected = json!([[1, "retry"], [2, "rejected"], [3, "ignored"], [4, "retry"]]);
    assert_eq!(json!(outcomes), expected, "{report}");
    assert_eq!(report["accepted"], 2);
    assert_eq!(log.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_batch_ends_in_time_whatever_storage_does() {
    let (store, log) = storage().await;
    let mut items =
        vec![session("never", "2026-10-03"), session("s1", "2026-10-03"), session("never", "2026-10-04")];
    items.extend((3..100).map(|n| session(&format!("s{n}"), "2026-10-03")));
    items.push("broken".to_owned());
    let started = std::time::Instant::now();
    let report = written(&store, &items, soon(500)).await;
    // This is before the SDK gives up the call by itself, which it does after 3 s.
    assert!(started.elapsed() < Duration::from_millis(2_500), "{:?}", started.elapsed());
    let (accepted, results) = (report["accepted"].as_u64().unwrap(), report["results"].as_array().unwrap());
    assert_eq!(accepted, log.lock().unwrap().len() as u64);
    // The second version of a session waits for the first one, and so do all items after it.
    assert_eq!((accepted, report["rejected"].as_u64(), results.len()), (1, Some(1), 100));
}

#[tokio::test]
async fn items_that_are_stored_without_a_receipt_have_the_outcome_retry() {
    let (store, log) = storage().await;
    let items = [session("s0", "2026-12-24"), session("s1", "2026-12-24")];
    let report = written(&store, &items, soon(500)).await;
    assert_eq!(
        (&report["accepted"], report["results"].as_array().unwrap().len()),
        (&json!(0), 2),
        "{report}"
    );
    assert!(report["results"].as_array().unwrap().iter().all(|line| line["outcome"] == "retry"), "{report}");
    assert_eq!(log.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn versions_of_one_session_are_written_in_the_order_of_the_batch() {
    let (store, log) = storage().await;
    let days = ["2026-10-05", "2026-10-03", "2026-10-04"];
    let mut items: Vec<_> = days.iter().map(|day| session("s", day)).collect();
    items.insert(1, session("t", "2026-10-06"));
    let report = written(&store, &items, soon(20_000)).await;
    assert_eq!(report["accepted"], 4, "{report}");
    let log = log.lock().unwrap();
    let version = |day: &str| Instant::parse(day, account().zone).unwrap().unwrap().0.to_string();
    let of_s: Vec<_> =
        log.iter().filter(|(pk, _)| pk.ends_with('s')).map(|(_, version)| version.clone()).collect();
    assert_eq!(of_s, days.map(version), "{log:?}");
}

#[tokio::test]
async fn every_item_has_the_outcome_retry_when_storage_cannot_be_read() {
    let store = store("http://127.0.0.1:1").await;
    let error = store.account(&account().id).await.unwrap_err();
    let items = [session("s0", "2026-10-03"), "broken".to_owned()];
    let documents: Vec<&[u8]> = items.iter().map(String::as_bytes).collect();
    let items = Item::all(&documents, None).unwrap();
    let mut batch = Batch::new(&store, &items, Lang::En, soon(1_000));
    batch.postpone(&error);
    let results = serde_json::to_value(&batch.answer).unwrap()["results"].clone();
    let message = "could not be stored now: send this session again";
    let expected = json!([
        {"index": 0, "session_id": "s0", "outcome": "retry", "message": message},
        {"index": 1, "outcome": "retry", "message": message},
    ]);
    assert_eq!(results, expected);
}

#[tokio::test]
async fn a_refusal_of_storage_is_answered_with_500_and_not_503() {
    let (store, _) = storage().await;
    for (ids, status) in [(["s0", "busy1"], 503), (["busy1", "denied"], 500), (["denied", "s0"], 500)] {
        let items = ids.map(|id| session(id, "2026-10-03"));
        let documents: Vec<&[u8]> = items.iter().map(String::as_bytes).collect();
        let items = Item::all(&documents, None).unwrap();
        let mut batch = Batch::new(&store, &items, Lang::En, soon(20_000));
        batch.write(&account()).await;
        let response = axum::response::IntoResponse::into_response(batch.answer);
        let problem = response.extensions().get::<Problem>().unwrap();
        assert_eq!(problem.status().as_u16(), status, "{ids:?}");
        assert_eq!(problem.detail().contains("request_id"), status == 500, "{}", problem.detail());
    }
}
