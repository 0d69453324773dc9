//! Much garbage at once, as after a day of many batches: runs of maintain collect it while appends go on.
//!
//! By default there are 1,200 replaced segments. `PREMIUM_REPLACED_SEGMENTS=28000` makes as many.

use std::sync::atomic::{AtomicBool, Ordering};

use ::lake::Lake;
use domain::dictionary::Record;
use domain::time::Instant;
use futures::{StreamExt, stream};
use maintain::App;
use serde_json::json;
use store::key::{self, Key};
use store::{TouchedDays, text};

use crate::dynamodb_local::Servers;
use crate::garbage::{entry, objects, put_replaced};
use crate::lake::demo;

/// For how many seconds each of the segments was live, and how long ago it was replaced: longer than its object stays.
const LIVED: i64 = 60;
const REPLACED: i64 = 26 * 3_600;
/// For how many seconds a run of maintain goes on at most.
const RUN: i64 = 60;

/// Returns how many replaced segments there are.
fn size() -> i64 {
    runtime::config::parsed("PREMIUM_REPLACED_SEGMENTS").unwrap().unwrap_or(1_200)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_garbage_is_collected_in_bounded_runs_while_appends_go_on() {
    let servers = Servers::embedded().await;
    let store = servers.store();
    let lake = Lake::new(servers.store());
    lake.append(&demo(), vec![entry(0, 1, 0)]).await.unwrap();
    let item = store.partition(key::manifest(&demo())).await.unwrap().remove(0);
    let now = Instant::now();
    let replaced: Vec<(Key, Instant, Instant)> = (0..size())
        .map(|number| {
            let removed_at = now.plus_seconds(-REPLACED - number % 3_600);
            let added_at = removed_at.plus_seconds(-LIVED);
            // An id as segments have it: when it was made, and eight digits.
            let id = format!("{:016x}{number:08x}", added_at.0);
            (key::replaced_segment(&demo(), added_at, removed_at, &id), added_at, removed_at)
        })
        .collect();
    put_replaced(&store, &item, &replaced).await;
    let put = |key: &Key| {
        let id = key.sk.rsplit('#').next().unwrap();
        let put = store.s3().put_object().bucket(&store.names().lake_bucket);
        put.key(key::segment_object(&demo(), id)).body(b"garbage".to_vec().into()).send()
    };
    let puts = stream::iter(replaced.iter().map(|(key, ..)| put(key)).collect::<Vec<_>>());
    puts.buffer_unordered(16).map(Result::unwrap).collect::<Vec<_>>().await;
    assert_eq!(objects(&store, &demo()).await.len(), replaced.len() + 1);

    let done = AtomicBool::new(false);
    let appending = async {
        let mut appended = 1;
        while !done.load(Ordering::Relaxed) {
            store.note_due(&demo(), &TouchedDays::Every, Instant::now()).await.unwrap();
            lake.append(&demo(), vec![entry(appended, 1, 0)]).await.unwrap();
            appended += 1;
        }
        appended
    };
    let collecting = async {
        let app = App::new(servers.store());
        let (mut runs, mut collected) = (0, 0);
        while !left(&store).await.is_empty() {
            let run = maintain::handle(&app, Instant::now().plus_seconds(RUN)).await.unwrap();
            assert_eq!(run.failures, 0, "{run:?}");
            collected += json!(run)["done"]["garbage"].as_u64().unwrap_or_default();
            runs += 1;
        }
        done.store(true, Ordering::Relaxed);
        (runs, collected)
    };
    let (appended, (runs, collected)) = tokio::join!(appending, collecting);
    println!(
        "{collected} replaced segments collected in {runs} runs, while {appended} segments were appended"
    );
    assert_eq!(collected, replaced.len() as u64);
    let live = lake.live(&demo()).await.unwrap();
    assert_eq!(live.iter().map(|one| one.rows(Record::Session)).sum::<u64>(), appended);
    let objects = objects(&store, &demo()).await;
    for (key, ..) in &replaced {
        let id = key.sk.rsplit('#').next().unwrap();
        assert!(!objects.contains(&key::segment_object(&demo(), id)), "{id}");
    }
}

/// Returns the sort keys of the segments whose time is over.
async fn left(store: &store::Store) -> Vec<String> {
    let limit = Instant::now().plus_seconds(-REPLACED + 3_600 / 2);
    let items = store.partition(key::manifest(&demo())).await.unwrap();
    let sort_keys = items.iter().map(|item| text(item, "sk").unwrap().to_owned());
    sort_keys.filter(|sk| key::replaced_at(sk).is_some_and(|at| at < limit)).collect()
}
