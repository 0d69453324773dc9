//! Tests of maintenance: which accounts are due, which run works on them, and what a run of maintain does.

use std::collections::BTreeSet;
use std::time::Duration;

use ::lake::{CompactionPolicy, Entry, Lake};
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use domain::dictionary::{self, Record};
use domain::id::{AccountId, SessionId};
use domain::session::{Session, Value};
use domain::time::Instant;
use domain::zone::Zone;
use faults::{Fault, Proxy, Service};
use infra::endpoints::{Clients, Endpoints as OfFolder};
use infra::template;
use maintain::{App, RunSummary};
use store::key;
use store::{Store, TouchedDays, number, text};

use crate::dynamodb_local::{Endpoints, Servers};
use crate::world::World;

/// How many appends make a compaction.
const FAN_IN: usize = 8;

pub(crate) fn account(name: &str) -> AccountId {
    AccountId::try_from(name.to_owned()).unwrap()
}

/// Returns an app that compacts segments as soon as they are there.
fn app(store: Store) -> App {
    let policy = CompactionPolicy { min_age_seconds: -1, ..CompactionPolicy::default() };
    App { policy, ..App::new(store) }
}

async fn run(app: &App, seconds: i64) -> RunSummary {
    maintain::handle(app, Instant::now().plus_seconds(seconds)).await.unwrap()
}

/// Stores on a table of their own beside the stack's, which nobody's maintenance knows; each has its own memory.
pub(crate) async fn stores<const N: usize>(world: &World) -> [Store; N] {
    let clients = || {
        let mut clients: Clients = OfFolder::to(world.data()).unwrap().clients();
        "apart".clone_into(&mut clients.names.table);
        clients
    };
    template::create_table(&clients().dynamo, "apart").await.unwrap();
    std::array::from_fn(|_| clients().store())
}

/// When the first session of these tests began.
const BEGAN: Instant = Instant(1_787_220_000_000_000);
const DAY: i64 = 86_400;

/// The UTC day of a session that began so many seconds after the first.
fn day_of(seconds: i64) -> NaiveDate {
    BEGAN.plus_seconds(seconds).day(Zone::UTC)
}

/// Appends a segment of one session.
async fn append(lake: &Lake, account: &AccountId, number: usize) {
    append_at(lake, account, number, 0).await;
}

/// Appends a segment of one session that began so many seconds after the first.
async fn append_at(lake: &Lake, account: &AccountId, number: usize, seconds: i64) {
    let id = format!("s{number}");
    let created_at = Instant(BEGAN.plus_seconds(seconds).0 + i64::try_from(number).unwrap());
    let mut session = Session::default();
    for (field, value) in
        [("session_id", Value::Text(id.clone())), ("created_at", Value::Instant(created_at))]
    {
        session.fields.set(dictionary::ordinal(Record::Session, field).unwrap(), Some(value));
    }
    let id = SessionId::try_from(id).unwrap();
    let (sequence, content_hash) = (format!("{number:0>40}"), session.content_hash());
    let entry = Entry { sequence, created_at, id, session: Some(session), content_hash };
    lake.append(account, vec![entry]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_account_that_sends_all_the_time_maintenance_reads_the_days_that_are_open() {
    let servers = Servers::embedded().await;
    let proxy = Proxy::start(&servers.endpoints.dynamodb, Service::DynamoDb, 1).await.unwrap();
    let endpoints = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let store = servers.clients_at(&endpoints, store::aws::retries()).store();
    let (lake, demo) = (Lake::new(servers.store()), account("demo"));
    // Days that nothing may be joined with, which count as closed after a second.
    for number in 0..150 {
        append_at(&lake, &demo, number, (i64::try_from(number).unwrap() - 400) * DAY).await;
    }
    let policy = CompactionPolicy {
        segments_per_compaction: 1_000,
        max_rows: 1,
        min_age_seconds: -1,
        quiet_seconds: 1,
        idle_seconds: 1,
        ..CompactionPolicy::default()
    };
    let app = App { policy, ..App::new(store) };
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (today, yesterday) = (day_of(0), day_of(-DAY));
    append_at(&lake, &demo, 200, -DAY).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut read = Vec::new();
    for round in 0..3 {
        append_at(&lake, &demo, 201 + round, 0).await;
        // Each time another process of archive, as it were; and a day that is done is noted once.
        let noted = if round == 0 { BTreeSet::from([today, yesterday]) } else { BTreeSet::from([today]) };
        servers.store().note_due(&demo, &TouchedDays::Named(noted), Instant::now()).await.unwrap();
        proxy.reset_counts();
        let answer = run(&app, 60).await;
        assert_eq!((answer.failures, answer.turns > 0), (0, true), "{answer:?}");
        read.push(proxy.count("Query").answer_bytes);
        pass_time(&servers.store(), &demo, 600 * 1_000_000).await;
    }
    assert!(
        read[1] * 5 < read[0] && read[2] * 5 < read[0],
        "bytes of the first look and of the others: {read:?}"
    );
    let item = servers.store().get(key::due(&demo)).await.unwrap().unwrap();
    let notes = item["day_notes"].as_ss().unwrap();
    assert!(notes.iter().all(|note| note.starts_with(&today.to_string())), "{notes:?}");
    let memory: serde_json::Value = serde_json::from_str(text(&item, "memory").unwrap()).unwrap();
    assert_eq!(memory["open_days"], serde_json::json!([[today, today]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_has_no_time_for_stays_due_and_is_no_failure() {
    let servers = Servers::embedded().await;
    let proxy = Proxy::start(&servers.endpoints.s3, Service::S3, 1).await.unwrap();
    let endpoints = Endpoints { s3: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let (store, demo) = (servers.store(), account("demo"));
    for number in 0..FAN_IN {
        append(&Lake::new(store.clone()), &demo, number).await;
    }
    store.note_due(&demo, &TouchedDays::Every, Instant::now().plus_seconds(-900)).await.unwrap();
    proxy.set_delay(Duration::from_secs(20));
    proxy.set_rate_of("GetObject", Fault::Slow, 1.0);
    let late = app(servers.clients_at(&endpoints, store::aws::retries()).store());
    let answer = run(&late, 4).await;
    assert_eq!(
        (answer.turns, answer.failures, answer.busy, answer.left_due),
        (1, 0, 1, Some(1)),
        "{answer:?}"
    );
    // What was put off waits a minute, and the others nothing.
    let answer = run(&app(store.clone()), 60).await;
    assert_eq!((answer.failures, answer.busy, answer.done.len()), (0, 0, 7), "{answer:?}");
    pass_time(&store, &demo, 60 * 1_000_000).await;
    assert!(run(&app(store.clone()), 60).await.done.values().sum::<usize>() > 0);
    assert_eq!(Lake::new(store).live(&demo).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_race_compact_every_account_and_lose_nothing() {
    let world = World::start().await;
    let stores: [Store; 4] = stores(&world).await;
    let accounts: Vec<AccountId> = (0..6).map(|number| account(&format!("racer-{number}"))).collect();
    let lake = Lake::new(stores[0].clone());
    for one in &accounts {
        for number in 0..FAN_IN {
            append(&lake, one, number).await;
        }
        stores[0].note_due(one, &TouchedDays::Every, Instant::now()).await.unwrap();
    }
    let apps = stores.clone().map(app);
    let answers = futures::future::join_all(apps.iter().map(|app| run(app, 60))).await;
    let compactions: usize = answers.iter().flat_map(|answer| answer.done.values()).sum();
    assert_eq!(compactions, accounts.len(), "{answers:?}");
    assert!(answers.iter().all(|answer| answer.failures == 0), "{answers:?}");
    assert!(answers.iter().filter(|answer| answer.turns > 0).count() > 1, "they share the work: {answers:?}");
    let left = run(&apps[0], 60).await;
    assert_eq!((left.left_due, left.oldest_due_seconds), (Some(0), Some(0)), "{left:?}");
    for one in &accounts {
        let live = lake.live(one).await.unwrap();
        assert_eq!(live.len(), 1, "{one}");
        assert_eq!(live[0].rows(Record::Session), FAN_IN as u64, "{one}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_fails_holds_up_no_other_and_is_tried_again_later_each_time() {
    let world = World::start().await;
    let [store] = stores(&world).await;
    let lake = Lake::new(store.clone());
    let (broken, well) = (account("broken"), account("well"));
    for number in 0..FAN_IN {
        append(&lake, &broken, number).await;
        append(&lake, &well, number).await;
    }
    // The item of this segment cannot be read. A missing file would not do, because it counts as an erasure.
    let put = store.dynamo().put_item().table_name(&store.names().table);
    let at = key::segment_before_sections(&broken, "damaged");
    let put = put.item("pk", AttributeValue::S(at.pk)).item("sk", AttributeValue::S(at.sk));
    put.item("segment", AttributeValue::S("no segment".to_owned())).send().await.unwrap();
    // The notes are old, so that the accounts are not due earlier than their runs ask for.
    store.note_due(&broken, &TouchedDays::Every, Instant::now().plus_seconds(-900)).await.unwrap();
    store.note_due(&well, &TouchedDays::Every, Instant::now().plus_seconds(-800)).await.unwrap();

    let app = app(store.clone());
    let answer = run(&app, 60).await;
    assert_eq!((answer.failures, answer.left_due), (4, Some(0)), "four duties read the manifest: {answer:?}");
    assert_eq!(lake.live(&well).await.unwrap().len(), 1);
    // The pause is a minute, then two, then four. Each time, the account is made due as if that time had
    // passed.
    for minutes in 1..=3 {
        let item = store.get(key::due(&broken)).await.unwrap().unwrap();
        let next = Instant(text(&item, "listing_sk").unwrap().parse().unwrap());
        let wait = next.0 - Instant::now().0;
        let expected = 60_000_000 << (minutes - 1);
        assert!((expected - 20_000_000..=expected).contains(&wait), "{wait} instead of {expected}");
        assert!(number(&item, "lease_until").is_none());
        // The duties failed one after the other, so the last of them waits a moment longer than the first.
        pass_time(&store, &broken, wait + 5_000_000).await;
        assert_eq!(run(&app, 60).await.failures, 4);
    }
}

/// Makes everything that an account's maintenance remembers older by some microseconds, including its notes and
/// its lease.
pub(crate) async fn pass_time(store: &Store, account: &AccountId, micros: i64) {
    let mut item = store.get(key::due(account)).await.unwrap().unwrap();
    let mut memory: serde_json::Value = serde_json::from_str(text(&item, "memory").unwrap()).unwrap();
    for plan in memory["duties"].as_object_mut().unwrap().values_mut() {
        for time in ["next", "stepped_at"] {
            plan[time] = (plan[time].as_i64().unwrap() - micros).into();
        }
    }
    for time in ["noted_at", "retention_noted_at", "lease_until"] {
        if let Some(at) = number(&item, time) {
            item.insert(time.to_owned(), AttributeValue::N((at - micros).to_string()));
        }
    }
    // The two minutes in which each was made.
    if let Some(notes) = item.get("day_notes").and_then(|notes| notes.as_ss().ok()) {
        let earlier = |note: &String| {
            let (day, made) = note.split_once('@').unwrap();
            format!("{day}@{}", made.parse::<i64>().unwrap() - micros / 120_000_000)
        };
        let notes = notes.iter().map(earlier).collect();
        item.insert("day_notes".to_owned(), AttributeValue::Ss(notes));
    }
    let sort = text(&item, "listing_sk").unwrap().parse::<i64>().unwrap() - micros;
    item.insert("listing_sk".to_owned(), AttributeValue::S(format!("{sort:020}")));
    item.insert("memory".to_owned(), AttributeValue::S(memory.to_string()));
    let put = store.dynamo().put_item().table_name(&store.names().table).set_item(Some(item));
    put.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_time_leaves_all_that_is_due_and_says_since_when() {
    let world = World::start().await;
    let [store] = stores(&world).await;
    store.note_due(&account("one"), &TouchedDays::Every, Instant::now().plus_seconds(-70)).await.unwrap();
    store.note_due(&account("two"), &TouchedDays::Every, Instant::now()).await.unwrap();
    let app = App::new(store);
    let answer = run(&app, 0).await;
    assert_eq!((answer.turns, answer.left_due), (0, Some(2)));
    assert!((70..80).contains(&answer.oldest_due_seconds.unwrap()), "{answer:?}");
    let answer = run(&app, 60).await;
    assert_eq!((answer.turns, answer.left_due, answer.oldest_due_seconds), (2, Some(0), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_day_of_an_account_that_goes_quiet_is_compacted() {
    let world = World::start().await;
    let [store] = stores(&world).await;
    let (lake, demo) = (Lake::new(store.clone()), account("demo"));
    for number in 0..3 {
        append(&lake, &demo, number).await;
    }
    store.note_due(&demo, &TouchedDays::Every, Instant::now().plus_seconds(-900)).await.unwrap();
    let quiet = App {
        policy: CompactionPolicy { min_age_seconds: -1, quiet_seconds: 2, ..CompactionPolicy::default() },
        ..App::new(store.clone())
    };
    run(&quiet, 60).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    pass_time(&store, &demo, 86_400_000_000).await;
    run(&quiet, 60).await;
    assert_eq!(lake.live(&demo).await.unwrap().len(), 1);
    let listed: BTreeSet<String> = objects(&store, "segments/demo/").await;
    assert_eq!(listed.len(), 4, "three are kept for those who still read them: {listed:?}");
}

/// Returns the keys of the lake's objects that begin with `prefix`.
async fn objects(store: &Store, prefix: &str) -> BTreeSet<String> {
    let list = store.s3().list_objects_v2().bucket(&store.names().lake_bucket).prefix(prefix);
    let answer = list.send().await.unwrap();
    answer.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}
