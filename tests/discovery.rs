//! Accounts that nobody has noted as due: they have objects, and are found.

use ::lake::{Entry, Lake};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use domain::id::{AccountId, SessionId};
use domain::session::Session;
use domain::time::Instant;
use faults::{Fault, Proxy, Service};
use maintain::{App, RunSummary};
use store::key;
use store::{Store, TouchedDays};

use crate::dynamodb_local::{Endpoints, Servers};
use crate::scene::Scene;

fn account(name: &str) -> AccountId {
    AccountId::try_from(name.to_owned()).unwrap()
}

/// Appends a segment without noting the account as due.
async fn append(lake: &Lake, name: &str) {
    let json = br#"{"session_id":"s","created_at":1787220000000000}"#;
    let session = Session::from_json(json).unwrap();
    let entry = Entry {
        content_hash: session.content_hash(),
        sequence: "1".repeat(40),
        created_at: Instant(1_787_220_000_000_000),
        id: SessionId::try_from("s".to_owned()).unwrap(),
        session: Some(session),
    };
    lake.append(&account(name), vec![entry]).await.unwrap();
}

async fn run(store: &Store) -> RunSummary {
    maintain::handle(&App::new(store.clone()), Instant::now().plus_seconds(60)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_went_quiet_before_there_was_maintenance_are_found_and_no_others() {
    let servers = Servers::embedded().await;
    let store = servers.store();
    let lake = Lake::new(store.clone());
    for name in ["a", "a-b", "a0", "ab", "known"] {
        append(&lake, name).await;
        append(&lake, name).await;
    }
    let later = Instant::now().plus_seconds(9_000);
    store.note_due(&account("known"), &TouchedDays::none(), later).await.unwrap();
    let known = store.get(key::due(&account("known"))).await.unwrap();

    let answer = run(&store).await;
    assert_eq!(
        (answer.discovered, answer.turns, answer.failures, answer.left_due),
        (4, 4, 0, Some(0)),
        "{answer:?}"
    );
    assert_eq!(store.get(key::due(&account("known"))).await.unwrap(), known);
    // An account that comes later is found by the next day's round.
    append(&lake, "late").await;
    assert_eq!(run(&store).await.discovered, 0);
    store.put_discovery_back("", Instant::now()).await.unwrap();
    assert_eq!(run(&store).await.discovered, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_for_accounts_goes_on_where_it_stopped() {
    let servers = Servers::embedded().await;
    let (store, lake) = (servers.store(), Lake::new(servers.store()));
    for number in 0..130 {
        append(&lake, &format!("account-{number:03}")).await;
    }
    let now = Instant::now();
    // Only one run has the round, until it puts the round back or its time is over.
    let soon = now.plus_seconds(60);
    assert_eq!(store.take_discovery(now, soon).await.unwrap().as_deref(), Some(""));
    assert_eq!(store.take_discovery(now, soon).await.unwrap(), None);
    assert_eq!(run(&store).await.discovered, 0);
    assert_eq!(store.take_discovery(soon, now).await.unwrap().as_deref(), Some(""));

    // A round that fails is only put off.
    let proxy = Proxy::start(&servers.endpoints.s3, Service::S3, 1).await.unwrap();
    proxy.set_rate_of("ListObjectsV2", Fault::InternalError, 1.0);
    let endpoints = Endpoints { s3: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let failing = run(&servers.clients_at(&endpoints, RetryConfig::disabled()).store()).await;
    assert_eq!((failing.discovered, failing.busy, failing.failures), (0, 1, 0), "{failing:?}");
    store.put_discovery_back("", now).await.unwrap();

    assert_eq!(run(&store).await.discovered, 100);
    let first = store.get(key::due(&account("account-099"))).await.unwrap();
    assert!(first.is_some() && store.get(key::due(&account("account-100"))).await.unwrap().is_none());
    assert_eq!(run(&store).await.discovered, 30);
    assert_eq!(run(&store).await.discovered, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_bodies_of_accounts_that_never_sent_a_session_go_too() {
    let scene = Scene::start().await;
    let store = scene.servers.store();
    let (old, young) = (scene.file("uploads", "old", 4_000).await, scene.file("uploads", "young", 2).await);
    // A delivery that was cut after it had uploaded the body, and never came again.
    let id = SessionId::try_from("cut".to_owned()).unwrap();
    let body = key::body_object(&account("cut"), Instant::now().plus_seconds(-100 * 3_600), "0000", &id);
    let put = store.s3().put_object().bucket(&store.names().lake_bucket).key(&body);
    put.body(b"bytes".to_vec().into()).send().await.unwrap();
    // One that has objects of two kinds.
    append(&Lake::new(store.clone()), "zone").await;
    scene.file("zone", "young", 2).await;

    let answer = scene.maintain().await;
    assert_eq!((answer.discovered, answer.failures, answer.left_due), (3, 0, Some(0)), "{answer:?}");
    assert_eq!(scene.files("uploads").await, [young], "{old} is past any retention");
    let bodies =
        store.list_objects(&store.names().lake_bucket, &key::body_objects(&account("cut")), "").await;
    assert_eq!(bodies.unwrap().objects.len(), 0);
}
