//! Upkeep: which accounts are due, who works on them, and what a run of maintain does.

use std::collections::BTreeSet;
use std::time::Duration;

use ::lake::{CompactionPolicy, Entry, Lake};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::dictionary::{self, Record};
use domain::id::{AccountId, SessionId};
use domain::session::{Session, Value};
use domain::time::Instant;
use infra::endpoints::{Clients, Endpoints};
use infra::template;
use maintain::{App, RunSummary};
use store::key;
use store::{Store, TouchedDays, number, text};

use crate::world::World;

/// Appends that make a compaction.
const FAN_IN: usize = 8;

fn account(name: &str) -> AccountId {
    AccountId::try_from(name.to_owned()).unwrap()
}

/// An app that compacts segments as soon as they are there.
fn app(store: Store) -> App {
    let policy = CompactionPolicy { min_age_seconds: -1, ..CompactionPolicy::default() };
    App { policy, ..App::new(store) }
}

async fn run(app: &App, seconds: i64) -> RunSummary {
    maintain::handle(app, Instant::now().plus_seconds(seconds)).await.unwrap()
}

/// Stores on a table of their own beside the stack's, which nobody's upkeep knows; each has its own memory.
async fn stores<const N: usize>(world: &World) -> [Store; N] {
    let clients = || {
        let mut clients: Clients = Endpoints::to(world.data()).unwrap().clients();
        "apart".clone_into(&mut clients.names.table);
        clients
    };
    template::create_table(&clients().dynamo, "apart").await.unwrap();
    std::array::from_fn(|_| clients().store())
}

fn names(due: &[store::Due]) -> Vec<&str> {
    due.iter().map(|one| one.account.as_str()).collect()
}

/// Appends a segment of one session.
async fn append(lake: &Lake, account: &AccountId, number: usize) {
    let (id, created_at) =
        (format!("s{number}"), Instant(1_787_220_000_000_000 + i64::try_from(number).unwrap()));
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
async fn an_account_is_due_from_its_first_note_until_it_is_released() {
    let world = World::start().await;
    let [store, other] = stores(&world).await;
    let now = Instant::now();
    let (early, late) = (now.plus_seconds(-500), now.plus_seconds(-400));
    store.note_due(&account("late"), &TouchedDays::Every, late).await.unwrap();
    store.note_due(&account("early"), &TouchedDays::Every, early).await.unwrap();
    // A second note leaves it its place, whoever makes it.
    store.note_due(&account("early"), &TouchedDays::Every, now).await.unwrap();
    other.note_due(&account("early"), &TouchedDays::Every, late).await.unwrap();
    assert_eq!(names(&store.due(now, 10).await.unwrap()), ["early", "late"]);
    assert_eq!(names(&store.due(now, 1).await.unwrap()), ["early"]);
    assert!(store.due(early.plus_seconds(-1), 10).await.unwrap().is_empty());

    // Released for later, it is due again then; so it is a registry too.
    let lease = store.lease(&account("early"), "run", now, now.plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!((lease.noted_at, lease.memory.as_str()), (late, ""));
    let later = now.plus_seconds(3_600);
    assert!(store.release(&lease, later, "what it remembers", &TouchedDays::none(), now).await.unwrap());
    assert_eq!(names(&store.due(now, 10).await.unwrap()), ["late"]);
    assert_eq!(names(&store.due(later, 10).await.unwrap()), ["late", "early"]);
    // The index may still name it: its item says that it is not due.
    let again = store.lease(&account("early"), "run", now, now.plus_seconds(60)).await.unwrap();
    assert_eq!(again, None);
    let lease = store.lease(&account("early"), "run", later, later.plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!(lease.memory, "what it remembers");
    assert_eq!(store.lease(&account("never-noted"), "run", now, later).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_one_run_s_until_it_ends() {
    let world = World::start().await;
    let [store, other] = stores(&world).await;
    let (demo, now) = (account("demo"), Instant::now());
    let until = now.plus_seconds(60);
    store.note_due(&demo, &TouchedDays::Every, now).await.unwrap();
    for round in 0..20 {
        let runs: Vec<String> = (0..6).map(|run| format!("{round}-{run}")).collect();
        let asked = runs.iter().enumerate().map(|(at, run)| {
            let store = if at % 2 == 0 { &store } else { &other };
            store.lease(&demo, run, now, until)
        });
        let leases = futures::future::try_join_all(asked).await.unwrap();
        let leases: Vec<_> = leases.into_iter().flatten().collect();
        assert_eq!(leases.len(), 1, "round {round}");
        assert!(store.release(&leases[0], now, "", &TouchedDays::none(), now).await.unwrap());
    }

    let first = store.lease(&demo, "first", now, until).await.unwrap().unwrap();
    // Asked again, for the answer was lost, it is given again; to others it is not, until it ends.
    assert_eq!(store.lease(&demo, "first", now, until).await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.lease(&demo, "second", until.plus_seconds(-1), until).await.unwrap(), None);
    let second = store.lease(&demo, "second", until, until.plus_seconds(60)).await.unwrap().unwrap();
    // Whoever comes too late changes nothing.
    assert!(
        !store
            .release(&first, now.plus_seconds(9_000), "of the first", &TouchedDays::none(), until)
            .await
            .unwrap()
    );
    assert!(store.release(&second, until, "of the second", &TouchedDays::none(), until).await.unwrap());
    assert!(
        !store.release(&second, now.plus_seconds(9_000), "twice", &TouchedDays::none(), until).await.unwrap()
    );
    let third = store.lease(&demo, "third", until, until.plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!(third.memory, "of the second");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_during_a_lease_is_not_lost() {
    let world = World::start().await;
    let [store, other] = stores(&world).await;
    let (demo, now) = (account("demo"), Instant::now());
    let (ago, later) = (now.plus_seconds(-1_000), now.plus_seconds(9_000));
    let lease =
        async |at: Instant| store.lease(&demo, "run", at, at.plus_seconds(60)).await.unwrap().unwrap();
    store.note_due(&demo, &TouchedDays::Every, ago).await.unwrap();
    let first = lease(now).await;
    other.note_due(&demo, &TouchedDays::Every, now).await.unwrap();
    let released = now.plus_seconds(5);
    assert!(store.release(&first, later, "kept", &TouchedDays::none(), released).await.unwrap());
    // Due still, and behind those that have waited since before it was released.
    assert!(store.due(now, 10).await.unwrap().is_empty());
    assert_eq!(store.due(released, 10).await.unwrap()[0].since, released);
    // What it was noted for is seen now, but appends may have followed that were not noted.
    let second = lease(released).await;
    assert_eq!(second.memory, "kept");
    assert!(store.release(&second, later, "", &TouchedDays::none(), released).await.unwrap());
    assert!(store.due(released.plus_seconds(59), 10).await.unwrap().is_empty());
    let soon = released.plus_seconds(60);
    assert_eq!(store.due(soon, 10).await.unwrap().len(), 1);
    let third = lease(soon.plus_seconds(60)).await;
    assert!(store.release(&third, later, "", &TouchedDays::none(), soon.plus_seconds(61)).await.unwrap());
    assert!(store.due(later.plus_seconds(-1), 10).await.unwrap().is_empty());
    assert_eq!(store.due(later, 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_remembered_until_they_are_closed_long_after_their_last_note() {
    let world = World::start().await;
    let [store, other] = stores(&world).await;
    let (demo, now) = (account("demo"), Instant::now());
    let day = |day: u32| chrono::NaiveDate::from_ymd_opt(2026, 10, day).unwrap();
    let named = |days: &[u32]| TouchedDays::Named(days.iter().map(|one| day(*one)).collect());
    let lease =
        async |at: Instant| store.lease(&demo, "run", at, at.plus_seconds(60)).await.unwrap().unwrap();
    let (long_ago, shortly) = (now.plus_seconds(-900), now.plus_seconds(-60));
    store.note_due(&demo, &named(&[1, 2]), long_ago).await.unwrap();
    // Another process knows of no note; this one makes one, for a day of it is new.
    other.note_due(&demo, &named(&[2]), long_ago).await.unwrap();
    store.note_due(&demo, &named(&[2, 3]), long_ago).await.unwrap();
    let first = lease(now).await;
    assert_eq!(first.days, named(&[1, 2, 3]));
    assert!(store.release(&first, now, "", &named(&[1, 3]), now).await.unwrap());
    let second = lease(now).await;
    assert_eq!(second.days, named(&[2]));
    // Noted a minute ago, appends may follow that are not noted: nothing is forgotten yet.
    other.note_due(&demo, &named(&[4]), shortly).await.unwrap();
    assert!(store.release(&second, now, "", &named(&[2]), now).await.unwrap());
    let third = lease(now).await;
    assert_eq!(third.days, named(&[2, 4]));
    assert!(store.release(&third, now, "", &named(&[2, 4]), now).await.unwrap());
    assert_eq!(lease(now).await.days, named(&[2, 4]));

    // An account that is touched everywhere is not listed day by day.
    let many = (0..1_500).map(|days| day(1) - chrono::Days::new(days)).collect();
    let old = account("old");
    store.note_due(&old, &TouchedDays::Named(many), long_ago).await.unwrap();
    store.note_due(&old, &named(&[9]), long_ago).await.unwrap();
    let lease = store.lease(&old, "run", now, now.plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!(lease.days, TouchedDays::Every);
    assert!(store.release(&lease, now, "", &TouchedDays::Every, now).await.unwrap());
    let lease = store.lease(&old, "run", now, now.plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!(lease.days, TouchedDays::none());
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
    // A segment whose description cannot be read; a file that is gone would be an erasure.
    let put = store.dynamo().put_item().table_name(&store.names().table);
    let at = key::segment_before_parts(&broken, "damaged");
    let put = put.item("pk", AttributeValue::S(at.pk)).item("sk", AttributeValue::S(at.sk));
    put.item("segment", AttributeValue::S("no segment".to_owned())).send().await.unwrap();
    // Long ago, so that no note says that it is due earlier than it asks for.
    store.note_due(&broken, &TouchedDays::Every, Instant::now().plus_seconds(-900)).await.unwrap();
    store.note_due(&well, &TouchedDays::Every, Instant::now().plus_seconds(-800)).await.unwrap();

    let app = app(store.clone());
    let answer = run(&app, 60).await;
    assert_eq!((answer.failures, answer.left_due), (4, Some(0)), "four duties read the manifest: {answer:?}");
    assert_eq!(lake.live(&well).await.unwrap().len(), 1);
    // A minute, then two: the item is made due again each time, as if the time had passed.
    for minutes in 1..=3 {
        let item = store.get(key::due(&broken)).await.unwrap().unwrap();
        let next = Instant(text(&item, "listing_sk").unwrap().parse().unwrap());
        let wait = next.0 - Instant::now().0;
        let expected = 60_000_000 << (minutes - 1);
        assert!((expected - 20_000_000..=expected).contains(&wait), "{wait} instead of {expected}");
        assert!(number(&item, "lease_until").is_none());
        // The duties failed one after the other: the last of them waits a moment longer than the first.
        pass_time(&store, &broken, wait + 5_000_000).await;
        assert_eq!(run(&app, 60).await.failures, 4);
    }
}

/// Makes everything that an account's upkeep remembers as much older, and its notes and its lease.
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
async fn an_account_that_goes_quiet_has_its_day_closed() {
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

/// The keys of the lake's objects that begin so.
async fn objects(store: &Store, prefix: &str) -> BTreeSet<String> {
    let list = store.s3().list_objects_v2().bucket(&store.names().lake_bucket).prefix(prefix);
    let answer = list.send().await.unwrap();
    answer.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}
