//! What is due: who has noted it, who holds a lease, and which days were noted.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use domain::time::Instant;
use faults::{Proxy, Service};
use store::TouchedDays;
use store::key;

use crate::dynamodb_local::{Endpoints, Servers};
use crate::maintenance::{account, stores};
use crate::world::World;

fn names(due: &[store::Due]) -> Vec<&str> {
    due.iter().map(|one| one.account.as_str()).collect()
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
    assert!(store.release(&lease, later, "what it remembers", false, now).await.unwrap());
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
async fn a_lease_belongs_to_one_run_until_it_ends() {
    let world = World::start().await;
    let [store, other] = stores(&world).await;
    let (demo, now) = (account("demo"), Instant::now());
    // A lease ends ten seconds after its run.
    let (deadline, until) = (now.plus_seconds(50), now.plus_seconds(60));
    store.note_due(&demo, &TouchedDays::Every, now).await.unwrap();
    for round in 0..20 {
        let runs: Vec<String> = (0..6).map(|run| format!("{round}-{run}")).collect();
        let asked = runs.iter().enumerate().map(|(at, run)| {
            let store = if at % 2 == 0 { &store } else { &other };
            store.lease(&demo, run, now, deadline)
        });
        let leases = futures::future::try_join_all(asked).await.unwrap();
        let leases: Vec<_> = leases.into_iter().flatten().collect();
        assert_eq!(leases.len(), 1, "round {round}");
        assert!(store.release(&leases[0], now, "", false, now).await.unwrap());
    }

    let first = store.lease(&demo, "first", now, deadline).await.unwrap().unwrap();
    // Asked again, for the answer was lost, it is given again; to others it is not, until it ends.
    assert_eq!(store.lease(&demo, "first", now, deadline).await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.lease(&demo, "second", until.plus_seconds(-1), deadline).await.unwrap(), None);
    let second = store.lease(&demo, "second", until, until.plus_seconds(60)).await.unwrap().unwrap();
    // Whoever comes too late changes nothing.
    assert!(!store.release(&first, now.plus_seconds(9_000), "of the first", false, until).await.unwrap());
    assert!(store.release(&second, until, "of the second", false, until).await.unwrap());
    assert!(!store.release(&second, now.plus_seconds(9_000), "twice", false, until).await.unwrap());
    let third = store.lease(&demo, "third", until, until.plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!(third.memory, "of the second");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_at_which_every_run_ends_leaves_time_for_the_others() {
    let world = World::start().await;
    let [store, _] = stores(&world).await;
    let (demo, now) = (account("demo"), Instant::now());
    store.note_due(&demo, &TouchedDays::Every, now).await.unwrap();
    let lease = async |run: &str, at: i64| {
        let at = now.plus_seconds(at);
        store.lease(&demo, run, at, at.plus_seconds(60)).await.unwrap()
    };
    // No run gives it back: each waits longer for it.
    assert!(lease("first", 0).await.is_some());
    assert!(lease("second", 71).await.is_some());
    assert!(lease("third", 71 + 189).await.is_none());
    assert!(lease("third", 71 + 191).await.is_some());
    assert!(lease("fourth", 71 + 191 + 309).await.is_none());
    let fourth = lease("fourth", 71 + 191 + 311).await.unwrap();
    // One does: then it is as if nothing had been.
    assert!(store.release(&fourth, now, "", false, now).await.unwrap());
    assert!(lease("fifth", 2_000).await.is_some());
    assert!(lease("sixth", 2_071).await.is_some());
    assert!(lease("seventh", 2_071 + 191).await.is_some());
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
    assert!(store.release(&first, later, "kept", false, released).await.unwrap());
    // Due still, and behind those that have waited since before it was released.
    assert!(store.due(now, 10).await.unwrap().is_empty());
    assert_eq!(store.due(released, 10).await.unwrap()[0].since, released);
    // What it was noted for is seen now, but appends may have followed that were not noted.
    let second = lease(released).await;
    assert_eq!(second.memory, "kept");
    assert!(store.release(&second, later, "", false, released).await.unwrap());
    assert!(store.due(released.plus_seconds(59), 10).await.unwrap().is_empty());
    let soon = released.plus_seconds(60);
    assert_eq!(store.due(soon, 10).await.unwrap().len(), 1);
    let third = lease(soon.plus_seconds(60)).await;
    assert!(store.release(&third, later, "", false, soon.plus_seconds(61)).await.unwrap());
    assert!(store.due(later.plus_seconds(-1), 10).await.unwrap().is_empty());
    assert_eq!(store.due(later, 10).await.unwrap().len(), 1);
}

/// Days of October.
fn days(days: &[u32]) -> TouchedDays {
    TouchedDays::Named(days.iter().map(|day| NaiveDate::from_ymd_opt(2026, 10, *day).unwrap()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_of_days_stay_until_a_run_takes_them_over_long_after_they_were_made() {
    let world = World::start().await;
    let [store, other] = stores(&world).await;
    let (demo, now) = (account("demo"), Instant::now());
    let lease =
        async |at: Instant| store.lease(&demo, "run", at, at.plus_seconds(60)).await.unwrap().unwrap();
    let (long_ago, shortly) = (now.plus_seconds(-900), now.plus_seconds(-60));
    store.note_due(&demo, &days(&[1, 2]), long_ago).await.unwrap();
    // Another process knows of no note; this one makes one, for a day of it is new.
    other.note_due(&demo, &days(&[2]), long_ago).await.unwrap();
    store.note_due(&demo, &days(&[2, 3]), long_ago).await.unwrap();
    let first = lease(now).await;
    assert_eq!(first.notes.touched(), days(&[1, 2, 3]));
    assert!(store.release(&first, now, "", false, now).await.unwrap());
    let second = lease(now).await;
    assert_eq!(second.notes, first.notes, "nobody has taken them over");
    // Noted a minute ago, appends may follow that are not noted: such a note stays. It comes during the lease here.
    other.note_due(&demo, &days(&[3, 4]), shortly).await.unwrap();
    assert!(store.release(&second, now, "", true, now).await.unwrap());
    let third = lease(now).await;
    assert_eq!(third.notes.touched(), days(&[3, 4]));
    assert!(store.release(&third, now, "", true, now).await.unwrap());
    let later = now.plus_seconds(600);
    let fourth = lease(later).await;
    assert_eq!(fourth.notes, third.notes);
    assert!(store.release(&fourth, now, "", true, later).await.unwrap());
    assert_eq!(lease(later).await.notes.touched(), TouchedDays::none());

    // An account that is touched everywhere is not listed day by day.
    let first_day = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
    let many = (0..1_500).map(|days| first_day - chrono::Days::new(days)).collect();
    let old = account("old");
    store.note_due(&old, &TouchedDays::Named(many), long_ago).await.unwrap();
    store.note_due(&old, &days(&[9]), long_ago).await.unwrap();
    let lease = store.lease(&old, "run", now, now.plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!(lease.notes.touched(), TouchedDays::Every);
    assert!(store.release(&lease, now, "", true, now).await.unwrap());
    let lease = store.lease(&old, "run", now, now.plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!(lease.notes.touched(), TouchedDays::none());
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_an_earlier_version_noted_without_a_time_are_taken_over_too() {
    let world = World::start().await;
    let [store] = stores(&world).await;
    let (demo, now) = (account("demo"), Instant::now());
    let set = async |name: &str, value: AttributeValue| {
        let at = key::due(&demo);
        let update = store.dynamo().update_item().table_name(&store.names().table);
        let update = update.key("pk", AttributeValue::S(at.pk)).key("sk", AttributeValue::S(at.sk));
        let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
        update.expression_attribute_values(":value", value).send().await.unwrap();
    };
    let lease =
        async |at: Instant| store.lease(&demo, "run", at, at.plus_seconds(60)).await.unwrap().unwrap();
    store.note_due(&demo, &days(&[7]), now.plus_seconds(-900)).await.unwrap();
    for (every, touched) in [(false, days(&[1, 2, 7])), (true, TouchedDays::Every)] {
        set("compact_days", AttributeValue::Ss(vec!["2026-10-01".to_owned(), "2026-10-02".to_owned()])).await;
        if every {
            set("compact_every_day", AttributeValue::Bool(true)).await;
        }
        // An append may still follow such a note: it stays for as long as one that is made when it is taken over.
        for at in [now, now.plus_seconds(60)] {
            let held = lease(at).await;
            assert_eq!(held.notes.touched(), touched);
            assert!(store.release(&held, now, "", true, at).await.unwrap());
        }
        let item = store.get(key::due(&demo)).await.unwrap().unwrap();
        assert!(!item.contains_key("compact_days") && !item.contains_key("compact_every_day"), "{item:?}");
        let later = now.plus_seconds(600);
        let held = lease(later).await;
        assert!(store.release(&held, now, "", true, later).await.unwrap());
        assert_eq!(lease(later).await.notes.touched(), TouchedDays::none());
        assert!(store.release(&lease(later).await, now, "", true, now).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_an_account_has_no_room_for_notes_one_of_every_day_takes_their_place() {
    let servers = Servers::embedded().await;
    let proxy = Proxy::start(&servers.endpoints.dynamodb, Service::DynamoDb, 1).await.unwrap();
    let endpoints = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let store = servers.clients_at(&endpoints, store::aws::retries()).store();
    let (demo, now) = (account("demo"), Instant::now());
    let first = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
    let many = (0..1_000).map(|day| first - chrono::Days::new(day)).collect();
    store.note_due(&demo, &TouchedDays::Named(many), now).await.unwrap();
    proxy.reset_counts();
    let later = now.plus_seconds(600);
    store.note_due(&demo, &days(&[2]), later).await.unwrap();
    assert_eq!(proxy.count("UpdateItem").requests, 3);
    store.note_due(&demo, &days(&[3]), later).await.unwrap();
    assert_eq!(proxy.count("UpdateItem").requests, 4, "there is room again");
    let item = store.get(key::due(&demo)).await.unwrap().unwrap();
    assert_eq!(item["day_notes"].as_ss().unwrap().len(), 2, "{item:?}");
    assert_eq!(store.due(later, 5).await.unwrap()[0].since, now, "it keeps its place");
    let lease = store.lease(&demo, "run", later, later.plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!(lease.notes.touched(), TouchedDays::Every);
}
