//! Tests of large bodies in S3: those that a session's item names stay, and all others are deleted after 26
//! hours.

use std::collections::BTreeSet;
use std::time::Duration;

use archive::App;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use domain::account::Account;
use domain::id::{AccountId, SessionId};
use domain::session::Session;
use domain::time::Instant;
use faults::{Fault, Proxy, Service};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use store::key;
use store::{BODY_OBJECT, Delivery, Store, TouchedDays, text};

use crate::dynamodb_local::{Endpoints, Servers};
use crate::event_source::{EventSource, to_archive};
use crate::lake::{delete, demo, rebuild, session_key};
use crate::world::{World, query};

const HOUR: i64 = 3_600;

/// A version of a session with about `length` random hex digits of text, which compression at most halves.
fn version(id: &str, minute: u32, length: usize) -> Value {
    json!({
        "session_id": id,
        "created_at": "2026-09-20 12:00:00",
        "updated_at": format!("2026-09-20 12:{minute:02}:00"),
        "protocol": minute.to_string(),
        "talks": (0..length / 2_000).map(|_| json!({"message": domain::id::random_hex(1_000)})).collect::<Vec<_>>(),
    })
}

/// A version of a session that is too large for its item.
fn large(id: &str, minute: u32) -> Value {
    version(id, minute, 800_000)
}

/// Returns the keys of all bodies.
async fn bodies(store: &Store) -> BTreeSet<String> {
    let bucket = &store.names().lake_bucket;
    let page = store.list_objects(bucket, &key::body_objects(&demo()), "").await.unwrap();
    assert!(!page.more);
    page.objects.into_iter().map(|object| object.key).collect()
}

/// Returns the keys of the bodies that the items of these sessions name.
async fn named(store: &Store, sessions: &[Value]) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for session in sessions {
        let item = store.get(session_key(session)).await.unwrap().unwrap_or_default();
        named.extend(text(&item, BODY_OBJECT).map(str::to_owned));
    }
    named
}

/// Deletes all bodies that may be deleted at `now`, and returns how many these were.
async fn sweep(store: &Store, now: Instant) -> usize {
    let noted = store.sweep_replaced_bodies(&demo(), now).await.unwrap();
    let all = store.sweep_orphaned_bodies(&demo(), "", now).await.unwrap();
    assert!(!noted.more && all.done);
    noted.deleted + all.deleted
}

async fn notes(store: &Store) -> usize {
    store.partition(key::garbage(&demo())).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_its_session_names_no_more_goes_after_26_hours() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let store = world.store();
    let first = ["changes", "shrinks", "goes", "stays"].map(|id| large(id, 1));
    world.ingest_all(&ingest, &first, "accepted").await;
    world.ingest_all(&ingest, &[large("changes", 2), version("shrinks", 2, 0)], "accepted").await;
    world.ingest_all(&ingest, &[large("changes", 3)], "accepted").await;
    let gone = session_key(&first[2]);
    delete(&store, &gone.pk, &gone.sk).await;
    let asked = query("sessions", &["session_id", "protocol"]);
    world.rows_once(&report, &asked, 3).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while notes(&store).await < 4 {
        assert!(tokio::time::Instant::now() < deadline, "{} of 4 are noted", notes(&store).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    assert_eq!(bodies(&store).await.len(), 6);
    let now = Instant::now();
    assert_eq!(sweep(&store, now.plus_seconds(25 * HOUR)).await, 0, "a record of the stream may name them");
    let named = named(&store, &first).await;
    assert_eq!((named.len(), sweep(&store, now.plus_seconds(27 * HOUR)).await), (2, 4));
    assert_eq!((bodies(&store).await, notes(&store).await), (named, 0));
    assert_eq!(sweep(&store, now.plus_seconds(90 * HOUR)).await, 0);

    let rebuilt = rebuild(&world, &first[0]).await;
    assert_eq!((rebuilt.sessions, rebuilt.receipts[0].served), (3, 3));
    assert_eq!(rebuilt.receipts[0].unserved, [], "every body that is needed is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_whose_delivery_was_cut_goes_after_26_hours_and_the_next_delivery_s_stays() {
    let servers = Servers::embedded().await;
    let proxy = Proxy::start(&servers.endpoints.dynamodb, Service::DynamoDb, 1).await.unwrap();
    let endpoints = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let world = World::over(servers.clients_at(&endpoints, RetryConfig::disabled()).store()).await;
    let (ingest, _) = world.account("demo").await;
    let (store, session) = (servers.store(), large("cut", 1));
    proxy.set_rate_of("UpdateItem", Fault::InternalError, 1.0);
    let (status, said) = world.ingest(&ingest, std::slice::from_ref(&session)).await;
    assert_eq!(status, reqwest::StatusCode::SERVICE_UNAVAILABLE, "{said}");
    assert_eq!(bodies(&store).await.len(), 1);
    proxy.switch_off();
    world.ingest_all(&ingest, std::slice::from_ref(&session), "accepted").await;
    assert_eq!(bodies(&store).await.len(), 2);

    let now = Instant::now();
    assert_eq!(sweep(&store, now.plus_seconds(25 * HOUR)).await, 0);
    assert_eq!(sweep(&store, now.plus_seconds(27 * HOUR)).await, 1);
    assert_eq!(bodies(&store).await, named(&store, &[session]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_comes_again_notes_nothing_new_and_a_body_named_again_stays() {
    let servers = Servers::embedded().await;
    let world = World::over(servers.store()).await;
    let (ingest, _) = world.account("demo").await;
    let store = servers.store();
    for minute in 1..=3 {
        world.ingest_all(&ingest, &[large("one", minute)], "accepted").await;
    }
    let mut source = EventSource::new(1, 1);
    source.pull(&servers.clients()).await;
    let app = App::new(servers.store());
    for _ in 0..3 {
        assert_eq!(to_archive(app.clone(), source.everything(0)).await.unwrap(), [""; 0]);
        assert_eq!(notes(&store).await, 2);
    }
    // After a restore of the table, an item may name a body that was noted as replaced.
    let last = named(&store, &[large("one", 3)]).await.into_iter().next().unwrap();
    let one = SessionId::try_from("one".to_owned()).unwrap();
    let now = Instant::now();
    store.note_replaced_body(&demo(), &one, &last, now).await.unwrap();
    assert_eq!(sweep(&store, now.plus_seconds(27 * HOUR)).await, 2);
    assert_eq!((bodies(&store).await, notes(&store).await), (BTreeSet::from([last]), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_goes_through_the_bodies_of_an_account_and_looks_at_each_once() {
    let servers = Servers::embedded().await;
    let store = servers.store();
    let (account, now) = (Account::new(demo()), Instant::now());
    let put = async |id: &str, minute: i64, at: Instant| {
        let noise = domain::id::random_hex(400_000);
        let json =
            json!({"session_id": id, "created_at": 0, "updated_at": minute, "talks": [{"message": noise}]});
        let session = Session::from_json(json.to_string().as_bytes()).unwrap();
        store
            .put_session(
                &account,
                &session.identity().unwrap(),
                &session,
                Delivery { receipt: "test", now: at },
            )
            .await
            .unwrap();
    };
    let long_ago = now.plus_seconds(-30 * HOUR);
    put("replaced", 1, long_ago).await;
    put("replaced", 2, long_ago).await;
    put("noted", 1, now).await;
    let noted = SessionId::try_from("noted".to_owned()).unwrap();
    let object = key::body_object(&demo(), now, "00000000", &noted);
    store.s3().put_object().bucket(&store.names().lake_bucket).key(&object).send().await.unwrap();
    store.note_replaced_body(&demo(), &noted, &object, long_ago).await.unwrap();
    // A key of the older form, which does not tell its session.
    let old = key::body_objects(&demo()) + &"f".repeat(64);
    store.s3().put_object().bucket(&store.names().lake_bucket).key(&old).send().await.unwrap();
    store.note_due(&demo(), &TouchedDays::none(), long_ago).await.unwrap();
    assert_eq!(bodies(&store).await.len(), 5);

    let answer = maintain::handle(&maintain::App::new(store.clone()), now.plus_seconds(60)).await.unwrap();
    assert_eq!((answer.failures, answer.done.values().sum::<usize>()), (0, 2), "{answer:?}");
    assert!(bodies(&store).await.contains(&old));
    assert_eq!(bodies(&store).await.len(), 3);
    // The next round begins where this one met bodies that were too young.
    let first = store.sweep_orphaned_bodies(&demo(), "", now).await.unwrap();
    assert!(first.done && first.after < object && first.after > key::body_objects_from(&demo(), long_ago));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_notes_with_long_ids_is_not_taken_for_the_last() {
    let servers = Servers::embedded().await;
    let (store, now) = (servers.store(), Instant::now());
    // The longest keys there may be: a step's do not fit a page.
    let account = AccountId::try_from("a".repeat(63)).unwrap();
    let note = |at: usize| {
        let (store, account) = (&store, &account);
        async move {
            let session = SessionId::try_from(format!("{at:03}{}", "😀".repeat(125))).unwrap();
            let object = key::body_object(account, now, &domain::id::random_hex(8), &session);
            store.note_replaced_body(account, &session, &object, now).await.unwrap();
        }
    };
    stream::iter((0..500).map(note).collect::<Vec<_>>()).buffer_unordered(16).collect::<Vec<_>>().await;
    let later = now.plus_seconds(27 * HOUR);
    let swept = store.sweep_replaced_bodies(&account, later).await.unwrap();
    assert!(swept.deleted < 500 && swept.more, "the page held all: {swept:?}");
    while store.sweep_replaced_bodies(&account, later).await.unwrap().more {}
    assert_eq!(store.partition(key::garbage(&account)).await.unwrap().len(), 0);
}
