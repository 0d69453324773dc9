//! Tests of the operator's list of accounts: which there are, when each last sent something, and how much it sent today.

use std::time::Duration;

use archive::App;
use chrono::{NaiveDate, Timelike};
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

/// How long it may take until archive has noted what was received, or the index lists an account.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

async fn list(world: &World, parameters: &str) -> Value {
    let (status, page) = world.get(&format!("/v1/accounts?{parameters}"), &world.admin).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page
}

/// The accounts of the stack once they are as `told` says.
async fn accounts_once(world: &World, told: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = tokio::time::Instant::now() + TOLD_WITHIN;
    loop {
        let page = list(world, "").await;
        let accounts = page["accounts"].as_array().unwrap();
        if told(accounts) {
            return accounts.clone();
        }
        assert!(tokio::time::Instant::now() < deadline, "not told within {TOLD_WITHIN:?}: {page}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn ids(accounts: &[Value]) -> Vec<&str> {
    accounts.iter().map(|account| account["id"].as_str().unwrap()).collect()
}

/// A zone in which it is between noon and one o'clock, so that no midnight comes during a test.
fn zone_at_noon(now: Instant) -> Zone {
    let offset = i64::from(now.to_utc().hour()) - 12;
    Zone::named(&format!("Etc/GMT{}{}", if offset < 0 { '-' } else { '+' }, offset.abs())).unwrap()
}

async fn change(world: &World, body: Value) {
    let request = world.request(Method::PATCH, "/v1/account", &world.admin).json(&body);
    let (status, settings) = answer(request).await;
    assert_eq!(status, StatusCode::OK, "{settings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_tells_which_accounts_there_are_and_what_each_sends() {
    let world = World::start().await;
    let now = Instant::now();
    let zone = zone_at_noon(now);
    let (today, began) = (now.day(zone), Instant::start_of_day(now.day(zone), zone));
    let (ingest, _) = world.account("loja").await;
    change(&world, json!({"account": "loja", "timezone": zone.name()})).await;
    world.token("aberta", "report").await;
    change(&world, json!({"account": "antecipada", "starts_on": "2026-01-31"})).await;
    // Nobody has opened this one yet.
    world.token("fechada", "ingest").await;

    let session = |id: &str, seconds: i64| {
        let created_at = began.plus_seconds(seconds).to_rfc3339();
        json!({"session_id": id, "created_at": created_at})
    };
    let sessions =
        [session("a", 1), session("b", 40_000), session("yesterday", -1), session("long-ago", -90_000)];
    world.ingest_all(&ingest, &sessions, "accepted").await;
    world.ingest_all(&ingest, &sessions, "unchanged").await;

    let told = |accounts: &[Value]| {
        let received = accounts.iter().any(|account| !account["last_received_at"].is_null());
        received && accounts.len() == 3
    };
    let accounts = accounts_once(&world, told).await;
    assert_eq!(ids(&accounts), ["aberta", "antecipada", "loja"]);
    let of = |starts_on: &str, sessions: usize| (json!(starts_on), json!(sessions));
    let own = Instant::now().day(Zone::SAO_PAULO).to_string();
    let found: Vec<_> =
        accounts.iter().map(|one| (one["starts_on"].clone(), one["sessions_today"].clone())).collect();
    assert!([own, now.day(Zone::SAO_PAULO).to_string()].contains(&found[0].0.as_str().unwrap().to_owned()));
    assert_eq!(found[1..], [of("2026-01-31", 0), of("2015-01-01", 2)], "today is {today}");
    let received = Instant::from_rfc3339(accounts[2]["last_received_at"].as_str().unwrap()).unwrap();
    assert!(received > now && received < Instant::now(), "{accounts:?}");
    assert_eq!(
        (&accounts[0]["last_received_at"], &accounts[1]["last_received_at"]),
        (&Value::Null, &Value::Null)
    );

    // Page by page it is the same list.
    let (mut walked, mut rest) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = list(&world, &format!("limit=1{rest}")).await;
        assert_eq!(page["accounts"].as_array().unwrap().len(), 1, "{page}");
        walked.extend(page["accounts"].as_array().unwrap().clone());
        rest = page["nextCursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!((walked, rest.as_str()), (accounts, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_operator_lists_accounts_and_odd_parameters_are_refused() {
    let world = World::start().await;
    for scope in ["ingest", "report", "console"] {
        let token = world.token("demo", scope).await;
        let (status, problem) = world.get("/v1/accounts", &token).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{scope}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains("admin"), "{problem}");
    }
    assert_eq!(world.get("/v1/accounts", "").await.0, StatusCode::UNAUTHORIZED);
    // The last two are places of other lists: an object, and an id that no account has.
    for odd in
        ["limit=0", "limit=101", "limit=x", "cursor=x", "account=demo", "page=2", "cursor=e30", "cursor=IkEi"]
    {
        let (status, problem) = world.get(&format!("/v1/accounts?{odd}"), &world.admin).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}: {problem}");
    }
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
