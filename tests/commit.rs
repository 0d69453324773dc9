//! Tests that a commit to the lake is made once, whatever becomes of its answer, and not beside another one.

use std::collections::BTreeMap;

use ::lake::{CompactionPolicy, Lake};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use faults::{Fault, Proxy, Service};
use store::StoreErrorKind;

use crate::dynamodb_local::{Endpoints, Servers};
use crate::event_source::EventSource;
use crate::garbage::entry;
use crate::lake::{demo, far_off};

/// What the table's stream says of the manifest: for each sort key, what happened to its item, in order.
async fn history(servers: &Servers) -> BTreeMap<String, Vec<String>> {
    let mut source = EventSource::new(1, 1);
    source.pull(&servers.clients()).await;
    let mut history: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for record in source.everything(0).records {
        let keys = serde_json::to_value(&record.change.keys).unwrap();
        let [pk, sk] = ["pk", "sk"].map(|name| keys[name]["S"].as_str().unwrap().to_owned());
        if pk.starts_with("manifest#") {
            history.entry(sk).or_default().push(record.event_name.clone());
        }
    }
    history
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_not_made_again() {
    let servers = Servers::embedded().await;
    Lake::new(servers.store()).append(&demo(), vec![entry(0, 1, 0)]).await.unwrap();
    let proxy = Proxy::start(&servers.endpoints.dynamodb, Service::DynamoDb, 7).await.unwrap();
    let endpoints = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    // The commit itself tries again, and not the SDK for it.
    let lake = Lake::new(servers.clients_at(&endpoints, RetryConfig::disabled()).store());
    let policy = CompactionPolicy { segments_per_compaction: 2, ..CompactionPolicy::at_once() };
    for operation in ["PutItem", "TransactWriteItems"] {
        proxy.set_rate_of(operation, Fault::TimeoutAfter, 0.5);
    }
    let mut done = 0;
    for number in 1..40 {
        // After four lost answers the commit is given up, though it was made.
        done += u32::from(lake.append(&demo(), vec![entry(number, 1, 0)]).await.is_ok());
        if number % 4 == 0 {
            drop(lake.compact(&demo(), None, &policy, far_off()).await);
        }
    }
    assert!(done >= 30, "{done} appends were acknowledged");
    for operation in ["PutItem", "TransactWriteItems"] {
        assert!(proxy.count(operation).faults > 2, "{operation}: {:?}", proxy.count(operation));
    }
    let history = history(&servers).await;
    assert!(history.keys().any(|sk| sk.starts_with("replaced#")), "{history:?}");
    for (sk, events) in history {
        let once = [vec!["INSERT"], vec!["INSERT", "REMOVE"]];
        assert!(once.iter().any(|once| events.iter().eq(once)), "{sk}: {events:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_was_replaced_is_not_replaced_again() {
    let servers = Servers::embedded().await;
    let lake = Lake::new(servers.store());
    lake.append(&demo(), vec![entry(0, 1, 0)]).await.unwrap();
    let live = lake.live(&demo()).await.unwrap();
    lake.commit(&mut [], &live).await.unwrap();
    // As a compaction does that read the manifest before another one replaced what it found there.
    let again = lake.commit(&mut [], &live).await.unwrap_err();
    assert_eq!(again.kind, StoreErrorKind::Conflict, "{again:?}");
}
