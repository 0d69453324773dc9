//! Tests of what is known of all accounts: which there are, when each last sent something, and how much it sent today.

use archive::App;
use chrono::NaiveDate;
use domain::account::Account;
use domain::id::SessionId;
use domain::time::Instant;
use domain::zone::Zone;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::{Emptying, Store, TouchedDays, key, number};

use crate::dynamodb_local::{Servers, on_both};
use crate::event_source::{EventSource, to_archive};
use crate::maintenance::{account, stores};
use crate::world::{World, answer};

on_both!(
    an_account_is_noted_when_it_is_opened_and_at_no_later_token,
    only_what_the_platform_sends_counts_as_received,
    sessions_of_a_local_day_are_counted_once_from_the_receipts_of_both_utc_days,
);

async fn change(world: &World, body: Value) {
    let request = world.request(Method::PATCH, "/v1/account", &world.admin).json(&body);
    let (status, settings) = answer(request).await;
    assert_eq!(status, StatusCode::OK, "{settings}");
}

async fn an_account_is_noted_when_it_is_opened_and_at_no_later_token(servers: Servers) {
    let world = World::over(servers.store()).await;
    let store = world.store();
    let noted = async |name: &str| store.get(key::due(&account(name))).await.unwrap();
    for (name, opens) in [("com-token", true), ("com-dia", false)] {
        world.token(name, "ingest").await;
        assert_eq!(noted(name).await, None, "{name}");
        let start = json!({"account": name, "starts_on": "2026-01-31"});
        if opens {
            world.token(name, "report").await;
        } else {
            change(&world, start.clone()).await;
        }
        let first = noted(name).await;
        assert!(first.is_some(), "{name}");
        world.token(name, "report").await;
        change(&world, start).await;
        assert_eq!(noted(name).await, first, "{name}");
    }
    assert_eq!(
        store.known_accounts().await.unwrap().into_iter().collect::<Vec<_>>(),
        [account("com-dia"), account("com-token")]
    );
    // Maintenance finds nothing to do for them, and nothing wrong.
    let run = maintain::handle(&maintain::App::new(store), Instant::now().plus_seconds(60)).await.unwrap();
    assert_eq!((run.failures, run.busy, run.turns), (0, 0, 2), "{run:?}");
}

/// When the account `demo` last received something.
async fn received(store: &Store) -> Option<Instant> {
    store.last_received(&[account("demo"), account("other")]).await.unwrap().remove(&account("demo"))
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_of_what_nobody_sent_leave_alone_when_something_was_received() {
    let world = World::start().await;
    let [store, other] = stores(&world).await;
    let (demo, now) = (account("demo"), Instant::now());
    let day = TouchedDays::Named([NaiveDate::from_ymd_opt(2026, 10, 1).unwrap()].into());
    let (first, second) = (now.plus_seconds(-50), now.plus_seconds(-5));
    store.note_due(&demo, &day, now).await.unwrap();
    assert_eq!(received(&store).await, None);
    // That the day was noted just now does not hide that something is received.
    store.note_received(&demo, &day, Some(first), now).await.unwrap();
    assert_eq!(received(&store).await, Some(first));
    store.note_received(&demo, &day, Some(second), now).await.unwrap();
    assert_eq!(received(&store).await, Some(first), "within half a minute nothing is written");
    other.note_received(&demo, &day, Some(second), now).await.unwrap();
    assert_eq!(received(&store).await, Some(second));
    for days in [&day, &TouchedDays::Every, &TouchedDays::none()] {
        store.note_due(&demo, days, now.plus_seconds(90)).await.unwrap();
        store.note_received(&demo, days, None, now.plus_seconds(90)).await.unwrap();
    }
    store.note_retention(&demo, now).await.unwrap();
    store.note_erasure(&demo, now).await.unwrap();
    store.note_start(&demo, now).await.unwrap();
    assert_eq!(received(&store).await, Some(second));
}

/// Hands the stream's last `count` records to an archive that remembers nothing.
async fn archive_last(servers: &Servers, count: usize) {
    let mut source = EventSource::new(1, 1);
    source.pull(&servers.clients()).await;
    let mut event = source.everything(0);
    event.records.retain(|record| {
        let keys: store::Item = record.change.keys.clone().into();
        key::parse_session(keys["pk"].as_s().unwrap()).is_some()
    });
    event.records.drain(..event.records.len() - count);
    assert_eq!(to_archive(App::new(servers.store()), event).await.unwrap(), [""; 0]);
}

async fn only_what_the_platform_sends_counts_as_received(servers: Servers) {
    let world = World::over(servers.store()).await;
    let (store, demo) = (world.store(), account("demo"));
    let (ingest, _) = world.account("demo").await;
    let session = |id: &str| json!({"session_id": id, "created_at": "2026-10-02 10:00:00"});
    world.ingest_all(&ingest, &[session("first")], "accepted").await;
    world.ingest_all(&ingest, &[session("second")], "accepted").await;
    archive_last(&servers, 2).await;
    let id = |text: &str| SessionId::try_from(text.to_owned()).unwrap();
    let item = store.get(key::session(&demo, &id("second"))).await.unwrap().unwrap();
    let last = number(&item, "stored_at").map(Instant);
    assert_eq!(received(&store).await, last);

    // An erasure empties a session, and another is deleted.
    let (settings, now) = (store.account(&demo).await.unwrap(), Instant::now());
    let found = store.to_be_emptied(&demo, &id("first"), now).await.unwrap();
    let Emptying::Whole(whole) = found else { panic!("{found:?}") };
    assert!(store.empty_session(&settings, &id("first"), &whole, "p", now).await.unwrap());
    archive_last(&servers, 1).await;
    let gone = key::session(&demo, &id("second"));
    crate::lake::delete(&store, &gone.pk, &gone.sk).await;
    archive_last(&servers, 1).await;
    assert_eq!(received(&store).await, last);

    // What comes next counts again.
    world.ingest_all(&ingest, &[session("third")], "accepted").await;
    archive_last(&servers, 1).await;
    assert!(received(&store).await > last);
}

async fn sessions_of_a_local_day_are_counted_once_from_the_receipts_of_both_utc_days(servers: Servers) {
    let store = servers.store();
    let demo = Account { zone: Zone::SAO_PAULO, ..Account::new(account("demo")) };
    let day = NaiveDate::from_ymd_opt(2026, 10, 2).unwrap();
    let midnight = Instant::start_of_day(day, demo.zone);
    for (receipt, id, seconds) in [
        ("one", "before", -1),
        ("one", "first", 0),
        ("two", "first", 0),
        ("one", "corrected", 60),
        ("two", "corrected", 120),
        ("one", "last", 86_399),
        ("one", "after", 86_400),
    ] {
        let session = (SessionId::try_from(id.to_owned()).unwrap(), midnight.plus_seconds(seconds));
        let at = (session.1.day(Zone::UTC), receipt);
        store.keep_receipt(&demo.id, at, &[session], true).await.unwrap();
    }
    let counted = async |days: i64| {
        let day = day + chrono::TimeDelta::days(days);
        store.acknowledged_on(&demo, day).await.unwrap()
    };
    assert_eq!([counted(-1).await, counted(0).await, counted(1).await, counted(2).await], [1, 3, 1, 0]);
}
