//! Tests that every acknowledged session is in a receipt, whatever fails, and that sessions which are
//! delivered again and again make receipts no larger.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use fastrand::Rng;
use faults::{Fault, Proxy, Service};
use serde_json::{Value, json};
use store::key;
use store::{Item, Store};

use crate::dynamodb_local::{Endpoints, Servers};
use crate::lake::{demo, session_key};
use crate::world::World;

const DAYS: u32 = 3;

fn session(number: usize, minute: usize) -> Value {
    json!({
        "session_id": format!("s{number}"),
        "created_at": format!("2026-10-{:02} 12:00:00", 1 + number % DAYS as usize),
        "updated_at": format!("2026-11-01 10:{minute:02}:00"),
    })
}

fn days() -> impl Iterator<Item = NaiveDate> {
    (1..=DAYS).filter_map(|day| NaiveDate::from_ymd_opt(2026, 10, day))
}

/// Returns all receipts, by their keys.
async fn receipts(store: &Store) -> BTreeMap<(String, String), Item> {
    let mut all = BTreeMap::new();
    for day in days() {
        for item in store.partition(key::receipts(&demo(), day)).await.unwrap() {
            let of = |name: &str| item[name].as_s().unwrap().clone();
            all.insert((of("pk"), of("sk")), item);
        }
    }
    all
}

/// Returns the ids of all acknowledged sessions, each with how many times it occurs in receipts.
async fn acknowledged(store: &Store) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for day in days() {
        for (id, _) in store.acknowledged(&demo(), day).await.unwrap() {
            *all.entry(id.as_str().to_owned()).or_default() += 1;
        }
    }
    all
}

fn once(numbers: std::ops::Range<usize>) -> BTreeMap<String, usize> {
    numbers.map(|number| (format!("s{number}"), 1)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_come_again_in_any_grouping_leave_the_receipts_as_they_are() {
    let servers = Servers::embedded().await;
    let (world, store) = (World::over(servers.store()).await, servers.store());
    let (ingest, _) = world.account("demo").await;
    let mut sessions: Vec<Value> = (0..90).map(|number| session(number, 1)).collect();
    for batch in sessions.chunks(30) {
        world.ingest_all(&ingest, batch, "accepted").await;
    }
    let before = receipts(&store).await;
    assert_eq!((before.len(), acknowledged(&store).await), (9, once(0..90)));
    let mut rng = Rng::with_seed(1);
    for _ in 0..20 {
        rng.shuffle(&mut sessions);
        for batch in sessions.chunks(rng.usize(1..50)) {
            world.ingest_all(&ingest, batch, "unchanged").await;
        }
    }
    assert_eq!(receipts(&store).await, before);
    // These are more sessions than one receipt holds, and each is in the batch twice.
    let many: Vec<Value> = (90..1_290).chain(90..1_290).map(|number| session(number, 1)).collect();
    let (_, said) = world.ingest(&ingest, &many).await;
    assert_eq!((&said["accepted"], &said["unchanged"]), (&json!(1_200), &json!(1_200)), "{said}");
    assert_eq!(acknowledged(&store).await, once(0..1_290));
    assert_eq!(receipts(&store).await.len(), 9 + 3 * 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_by_an_earlier_version_has_one_receipt_more_however_often_it_comes() {
    let servers = Servers::embedded().await;
    let (world, store) = (World::over(servers.store()).await, servers.store());
    let (ingest, _) = world.account("demo").await;
    let mut sessions: Vec<Value> = (0..40).map(|number| session(number, 1)).collect();
    world.ingest_all(&ingest, &sessions, "accepted").await;
    // In the earlier version, a receipt was one text, and items did not name their receipts.
    for ((pk, sk), item) in receipts(&store).await {
        let lines = item["session_set"].as_ss().unwrap().join("\n");
        let table = &store.names().table;
        let put = store.dynamo().put_item().table_name(table).item("pk", AttributeValue::S(pk));
        let put = put.item("sk", AttributeValue::S(sk));
        put.item("sessions", AttributeValue::B(Blob::new(lines))).send().await.unwrap();
    }
    for session in &sessions {
        let at = session_key(session);
        let update = store.dynamo().update_item().table_name(&store.names().table);
        let update = update.key("pk", AttributeValue::S(at.pk)).key("sk", AttributeValue::S(at.sk));
        update.update_expression("REMOVE receipt").send().await.unwrap();
    }
    assert_eq!(acknowledged(&store).await, once(0..40));
    world.ingest_all(&ingest, &sessions, "unchanged").await;
    let after = receipts(&store).await;
    let mut rng = Rng::with_seed(2);
    for _ in 0..5 {
        rng.shuffle(&mut sessions);
        for batch in sessions.chunks(7) {
            world.ingest_all(&ingest, batch, "unchanged").await;
        }
    }
    assert_eq!(receipts(&store).await, after);
    assert!(acknowledged(&store).await.into_values().all(|times| times == 2));
}

/// Returns the ids of a batch that were acknowledged, and those that must be sent again.
fn outcomes(batch: &[Value], said: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let id = |session: &Value| session["session_id"].as_str().unwrap().to_owned();
    let Some(results) = said["results"].as_array() else {
        return (BTreeSet::new(), batch.iter().map(id).collect());
    };
    let again: BTreeSet<String> = results.iter().filter(|line| line["outcome"] == "retry").map(id).collect();
    (batch.iter().map(id).filter(|id| !again.contains(id)).collect(), again)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_call_fails_nothing_is_acknowledged_without_a_receipt() {
    let servers = Servers::embedded().await;
    let direct = servers.store();
    let mut without_receipt = 0;
    let mut number = 0;
    for seed in 1..=6 {
        let proxy = Proxy::start(&servers.endpoints.dynamodb, Service::DynamoDb, seed).await.unwrap();
        proxy.switch_off();
        let endpoints = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
        let world = World::over(servers.clients_at(&endpoints, RetryConfig::disabled()).store()).await;
        let (ingest, _) = world.account("demo").await;
        for operation in ["UpdateItem", "GetItem"] {
            for fault in [Fault::Throttle, Fault::InternalError, Fault::TimeoutBefore, Fault::TimeoutAfter] {
                proxy.set_rate_of(operation, fault, 0.06);
            }
        }
        let mut left: Vec<Value> = (number..number + 24).map(|number| session(number, 1)).collect();
        number += 24;
        let mut rng = Rng::with_seed(seed);
        for attempt in 0.. {
            assert!(attempt < 200, "{left:?} is never acknowledged");
            rng.shuffle(&mut left);
            let batch = left.split_off(left.len() / 2);
            proxy.switch_on();
            let (_, said) = world.ingest(&ingest, &batch).await;
            proxy.switch_off();
            let (done, again) = outcomes(&batch, &said);
            let kept = acknowledged(&direct).await;
            assert!(done.iter().all(|id| kept.contains_key(id)), "seed {seed}: {done:?} of {kept:?}");
            for session in batch {
                let id = session["session_id"].as_str().unwrap();
                if again.contains(id) {
                    let is_stored = direct.get(session_key(&session)).await.unwrap().is_some();
                    without_receipt += usize::from(is_stored && !kept.contains_key(id));
                    left.push(session);
                }
            }
            if left.is_empty() {
                break;
            }
        }
    }
    assert!(without_receipt > 10, "{without_receipt} were stored without a receipt at first");
    assert_eq!(acknowledged(&direct).await, once(0..number), "each is in one receipt");
}
