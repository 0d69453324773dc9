//! Tests of the quarantine: what could not be read is tried again, and what leaves the quarantine yields to
//! later records.

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::time::Instant;
use faults::{Fault, Proxy, Service};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::key;
use store::{Quarantined, text};

use crate::dynamodb_local::Endpoints;
use crate::lake::{delete, far_off};
use crate::scene::{Scene, account, days_ago, id, session};
use crate::world::{World, answer, query, readable_by_all};

/// A version of a session that is too large for its item.
fn large(name: &str, days: u64, version: u32) -> Value {
    let mut session = session(name, days, version);
    session["talks"] = (0..200).map(|_| json!({"message": domain::id::random_hex(2_000)})).collect();
    session
}

/// Returns the key and the bytes of the large body of a session of `demo`.
async fn body(scene: &Scene, name: &str) -> (String, Vec<u8>) {
    let store = scene.servers.store();
    let item = store.get(key::session(&account("demo"), &id(name))).await.unwrap().unwrap();
    let object = text(&item, "body_object").unwrap().to_owned();
    let got = store.s3().get_object().bucket(&store.names().lake_bucket).key(&object).send().await.unwrap();
    (object, got.body.collect().await.unwrap().to_vec())
}

/// Deletes the large body of a session, and returns its key and its bytes.
async fn lose(scene: &Scene, name: &str) -> (String, Vec<u8>) {
    let (object, bytes) = body(scene, name).await;
    let store = scene.servers.store();
    store.delete_objects(&store.names().lake_bucket, vec![object.clone()]).await.unwrap();
    (object, bytes)
}

async fn bring_back(scene: &Scene, (object, bytes): (String, Vec<u8>)) {
    let store = scene.servers.store();
    let put = store.s3().put_object().bucket(&store.names().lake_bucket).key(object).body(bytes.into());
    put.send().await.unwrap();
}

async fn quarantined(scene: &Scene) -> Vec<Quarantined> {
    scene.servers.store().quarantined(&account("demo")).await.unwrap()
}

/// Makes all quarantined records due, as if time had passed, and runs maintain.
async fn wait_and_maintain(scene: &Scene) -> maintain::RunSummary {
    let store = scene.servers.store();
    for record in quarantined(scene).await {
        let past = AttributeValue::N(Instant::now().plus_seconds(-1).0.to_string());
        scene.set(key::quarantined(&account("demo"), &record.sequence), "next_at", past).await;
    }
    store.note_due(&account("demo"), &store::TouchedDays::none(), Instant::now()).await.unwrap();
    let answer = scene.maintain().await;
    assert_eq!((answer.failures, answer.busy), (0, 0), "{answer:?}");
    answer
}

/// Returns the versions of a session that the account's rows have.
async fn served(scene: &Scene, report: &str, name: &str) -> Vec<Value> {
    readable_by_all().await;
    let rows = scene.world.rows(report, &query("sessions", &["session_id", "status"])).await;
    rows.into_iter().filter(|row| row[0] == name).map(|row| row[1].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_missing_for_a_while_is_served_once_it_is_back() {
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    scene.world.ingest_all(&ingest, &[large("large", 3, 1)], "accepted").await;
    let lost = lose(&scene, "large").await;
    // Archive is the first to note the account as due.
    delete(&scene.servers.store(), "due#demo", "due").await;
    scene.archive().await;
    let store = scene.servers.store();
    assert_eq!(store.due(Instant::now(), 9).await.unwrap().len(), 1, "archive notes what it quarantines");
    let wait = |record: &Quarantined| (record.next_at.0 - Instant::now().0 + 999_999) / 1_000_000;
    let first = quarantined(&scene).await;
    assert_eq!((first.len(), first[0].attempts), (1, 0));
    assert!((50..=60).contains(&wait(&first[0])), "{first:?}");
    assert_eq!(scene.maintain().await.quarantined, 0);
    assert_eq!(quarantined(&scene).await, first, "it waits for its time");

    for (attempts, seconds) in [(1, 120), (2, 240), (3, 480)] {
        let done = wait_and_maintain(&scene).await;
        assert_eq!(done.quarantined, 1, "{done:?}");
        let kept = quarantined(&scene).await;
        assert_eq!((kept.len(), kept[0].attempts), (1, attempts));
        assert!((seconds - 10..=seconds).contains(&wait(&kept[0])), "{kept:?}");
    }
    let (start, end) = (days_ago(5), days_ago(1));
    let path = format!("/v1/receipts?account=demo&start={start}&end={end}");
    let (_, said) = scene.world.get(&path, &scene.world.admin).await;
    let waiting = &said["set_aside"][0];
    assert_eq!((&waiting["session_id"], &waiting["attempts"]), (&json!("large"), &json!(3)), "{said}");
    assert!(waiting["next_at"].as_str().unwrap() > waiting["at"].as_str().unwrap(), "{said}");

    bring_back(&scene, lost).await;
    let done = wait_and_maintain(&scene).await;
    assert_eq!(done.quarantined, 0, "{done:?}");
    assert_eq!(quarantined(&scene).await, []);
    assert_eq!(served(&scene, &report, "large").await, ["v1"]);
    let (_, said) = scene.world.get(&path, &scene.world.admin).await;
    let counts = |day: &&Value| (day["received"] == 1) && (day["stored"] == 1) && (day["served"] == 1);
    assert_eq!(said["days"].as_array().unwrap().iter().filter(counts).count(), 1, "{said}");
    assert_eq!(
        (&said["gaps"], &said["set_aside"], &said["set_aside_more"]),
        (&json!([]), &json!([]), &json!(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_that_was_archived_meanwhile_wins_wherever_it_lies() {
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    scene.world.ingest_all(&ingest, &[session("mover", 40, 1)], "accepted").await;
    scene.archive().await;
    scene.world.ingest_all(&ingest, &[large("mover", 30, 2)], "accepted").await;
    lose(&scene, "mover").await;
    scene.archive().await;
    scene.world.ingest_all(&ingest, &[session("mover", 20, 3)], "accepted").await;
    scene.archive().await;
    assert_eq!(quarantined(&scene).await.len(), 1);
    // No tombstone of a later record lies where the first version's row lies.
    wait_and_maintain(&scene).await;
    assert_eq!(quarantined(&scene).await, []);
    assert_eq!(served(&scene, &report, "mover").await, ["v3"]);
    // Later records of the stream win over what left the quarantine.
    scene.world.ingest_all(&ingest, &[session("mover", 20, 4)], "accepted").await;
    scene.archive().await;
    assert_eq!(served(&scene, &report, "mover").await, ["v4"]);
    scene.world.ingest_all(&ingest, &[session("mover", 10, 5)], "accepted").await;
    scene.archive().await;
    assert_eq!(served(&scene, &report, "mover").await, ["v5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_deleted_while_quarantined_leaves_no_row() {
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    scene.world.ingest_all(&ingest, &[session("gone", 40, 1), session("kept", 40, 1)], "accepted").await;
    scene.archive().await;
    scene.world.ingest_all(&ingest, &[large("gone", 30, 2)], "accepted").await;
    lose(&scene, "gone").await;
    scene.archive().await;
    let key = key::session(&account("demo"), &id("gone"));
    delete(&scene.servers.store(), &key.pk, &key.sk).await;
    scene.archive().await;
    wait_and_maintain(&scene).await;
    assert_eq!(quarantined(&scene).await, []);
    assert_eq!(served(&scene, &report, "gone").await, [""; 0]);
    assert_eq!(served(&scene, &report, "kept").await, ["v1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_key_cannot_be_unwrapped_holds_up_no_other() {
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    let (well_ingest, well_report) = scene.world.account("well").await;
    let sessions = |days| ["gone", "kept"].map(|name| session(name, days, 1));
    scene.world.ingest_all(&ingest, &sessions(40), "accepted").await;
    scene.archive().await;
    let at = key::account_key(&account("demo"));
    let wrapped = scene.servers.store().get(at.clone()).await.unwrap().unwrap()["wrapped"].clone();
    scene.set(at.clone(), "wrapped", AttributeValue::B(Blob::new(b"damaged"))).await;

    // One moves, one moves and is deleted, which takes no body to be read; and the other account sends on.
    scene.world.ingest_all(&ingest, &["gone", "kept"].map(|name| session(name, 30, 2)), "accepted").await;
    scene.world.ingest_all(&well_ingest, &sessions(30), "accepted").await;
    let gone = key::session(&account("demo"), &id("gone"));
    delete(&scene.servers.store(), &gone.pk, &gone.sk).await;
    scene.archive().await;
    assert_eq!(quarantined(&scene).await.len(), 3);
    assert_eq!(served(&scene, &well_report, "kept").await, ["v1"]);
    wait_and_maintain(&scene).await;
    assert_eq!(quarantined(&scene).await.iter().filter(|record| record.attempts == 1).count(), 3);

    scene.set(at, "wrapped", wrapped).await;
    wait_and_maintain(&scene).await;
    assert_eq!(quarantined(&scene).await, []);
    assert_eq!(served(&scene, &report, "gone").await, [""; 0]);
    assert_eq!(served(&scene, &report, "kept").await, ["v2"]);
}

/// The sums of the receipts of an answer: sessions received, stored and served.
fn sums(said: &Value) -> [u64; 3] {
    let days = said["days"].as_array().unwrap();
    ["received", "stored", "served"]
        .map(|witness| days.iter().map(|day| day[witness].as_u64().unwrap()).sum::<u64>())
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_tell_that_a_key_cannot_be_unwrapped_and_what_is_quarantined_for_it() {
    let mut scene = Scene::start().await;
    let (ingest, _) = scene.world.account("demo").await;
    scene.world.ingest_all(&ingest, &[session("archived", 4, 1)], "accepted").await;
    scene.archive().await;
    scene.world.ingest_all(&ingest, &[session("waiting", 3, 1)], "accepted").await;
    let at = key::account_key(&account("demo"));
    let wrapped = scene.servers.store().get(at.clone()).await.unwrap().unwrap()["wrapped"].clone();
    scene.set(at.clone(), "wrapped", AttributeValue::B(Blob::new(b"damaged"))).await;
    scene.archive().await;

    // Another process, which has no key in memory.
    let proxy = Proxy::start(&scene.servers.endpoints.kms, Service::Kms, 1).await.unwrap();
    let endpoints = Endpoints { kms: proxy.endpoint().to_owned(), ..scene.servers.endpoints.clone() };
    let other = World::over(scene.servers.clients_at(&endpoints, RetryConfig::disabled()).store()).await;
    let path = format!("/v1/receipts?account=demo&start={}&end={}", days_ago(5), days_ago(1));
    let told = async |lang: &str| {
        answer(other.request(Method::GET, &path, &other.admin).header("accept-language", lang)).await
    };
    for (lang, words) in
        [("pt-BR", "O KMS não abre a chave da conta."), ("en", "KMS does not open the account's key.")]
    {
        let (status, said) = told(lang).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        assert!(said["key_fault"].as_str().unwrap().starts_with(words), "{said}");
        assert_eq!(said["set_aside"][0]["session_id"], "waiting", "{said}");
        assert_eq!(sums(&said), [2, 2, 0], "{said}");
    }
    // Where KMS fails for a moment, nothing is known of the key.
    proxy.set_rate_of("Decrypt", Fault::InternalError, 1.0);
    assert_eq!(told("en").await.0, StatusCode::SERVICE_UNAVAILABLE);
    proxy.switch_off();

    scene.set(at, "wrapped", wrapped).await;
    wait_and_maintain(&scene).await;
    readable_by_all().await;
    let (status, said) = told("en").await;
    assert_eq!((status, &said["key_fault"], &said["set_aside"]), (StatusCode::OK, &Value::Null, &json!([])));
    assert_eq!(sums(&said), [2, 2, 2], "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_an_earlier_version_quarantined_are_tried_again_page_by_page() {
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    let sessions: Vec<Value> = (0..120).map(|at| session(&format!("s{at}"), 3, 1)).collect();
    scene.world.ingest_all(&ingest, &sessions, "accepted").await;
    for at in 0..120 {
        let record = key::quarantined(&account("demo"), &format!("{at:021}"));
        let pk = key::session(&account("demo"), &id(&format!("s{at}"))).pk;
        for (name, value) in
            [("item", pk.as_str()), ("reason", "Broken"), ("set_aside_at", "2026-11-01T00:00:00Z")]
        {
            scene.set(record.clone(), name, AttributeValue::S(value.to_owned())).await;
        }
    }
    assert_eq!(quarantined(&scene).await.len(), 120);
    let (start, end) = (days_ago(5), days_ago(1));
    let path = format!("/v1/receipts?account=demo&start={start}&end={end}");
    let (_, said) = scene.world.get(&path, &scene.world.admin).await;
    assert_eq!((said["set_aside"].as_array().unwrap().len(), &said["set_aside_more"]), (100, &json!(true)));
    wait_and_maintain(&scene).await;
    assert_eq!(quarantined(&scene).await, []);
    assert_eq!(scene.world.rows_once(&report, &query("sessions", &["session_id"]), 120).await.len(), 120);
    // The stream delivers the same sessions again.
    scene.archive().await;
    assert_eq!(served(&scene, &report, "s7").await, ["v1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_of_its_new_day_does_not_end_the_attempts_for_a_session_that_moved() {
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    scene.world.ingest_all(&ingest, &[session("moved", 3, 1)], "accepted").await;
    scene.archive().await;
    scene.world.ingest_all(&ingest, &[large("moved", 5, 2)], "accepted").await;
    let lost = lose(&scene, "moved").await;
    scene.archive().await;
    bring_back(&scene, lost).await;
    let day = days_ago(5);
    let order = maintain::Rebuild { rebuild: account("demo"), start: day, end: day };
    let app = maintain::App::new(scene.servers.store());
    let rebuilt = maintain::rebuild(&app, &order, far_off()).await.unwrap();
    assert_eq!((rebuilt.agrees, rebuilt.healed), (true, 0), "it still lies where it lay before: {rebuilt:?}");
    wait_and_maintain(&scene).await;
    assert_eq!(quarantined(&scene).await, []);
    assert_eq!(served(&scene, &report, "moved").await, ["v2"]);
}
