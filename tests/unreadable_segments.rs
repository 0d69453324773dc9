//! Segments whose objects are gone or damaged: a rebuild of all their days replaces them, and nothing else does.

use ::lake::{Lake, RebuildError, Segment};
use domain::dictionary::Record;
use domain::id::AccountId;
use maintain::{App, Rebuild};
use reqwest::StatusCode;
use runtime::telemetry::chain;
use serde_json::{Value, json};
use store::key;

use crate::lake::far_off;
use crate::rebuild::{compact, served};
use crate::scene::{Scene, account, days_ago, of_newer_format, session};
use crate::world::{query, readable_by_all};

/// Three sessions of three days, with messages that a reader of keys does not read.
fn three_days() -> Vec<Value> {
    (6..9)
        .map(|days| {
            let mut one = session(&format!("s{days}"), days, 1);
            one["talks"] = (0..20).map(|_| json!({"message": domain::id::random_hex(1_000)})).collect();
            one
        })
        .collect()
}

/// The live segments of an account, as a process sees them that has read nothing before.
async fn live(scene: &Scene, account: &AccountId) -> Vec<Segment> {
    Lake::new(scene.servers.store()).live(account).await.unwrap()
}

/// Takes the object of a segment away.
async fn lose(scene: &Scene, segment: &Segment) {
    let (store, object) = (scene.servers.store(), key::segment_object(&segment.account, &segment.id));
    store.s3().delete_object().bucket(&store.names().lake_bucket).key(object).send().await.unwrap();
}

/// Changes the bytes of the object of a segment.
async fn damage(scene: &Scene, segment: &Segment, how: impl FnOnce(&mut Vec<u8>)) {
    let (store, object) = (scene.servers.store(), key::segment_object(&segment.account, &segment.id));
    let bucket = &store.names().lake_bucket;
    let found = store.s3().get_object().bucket(bucket).key(&object).send().await.unwrap();
    let mut bytes = found.body.collect().await.unwrap().to_vec();
    how(&mut bytes);
    store.s3().put_object().bucket(bucket).key(object).body(bytes.into()).send().await.unwrap();
}

async fn rebuild(scene: &Scene, first: u64, last: u64) -> Result<maintain::Rebuilt, RebuildError> {
    let order = Rebuild { rebuild: account("demo"), start: days_ago(first), end: days_ago(last) };
    maintain::rebuild(&App::new(scene.servers.store()), &order, far_off()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_whose_object_is_gone_is_replaced_by_an_order_of_all_its_days() {
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    scene.world.ingest_all(&ingest, &three_days(), "accepted").await;
    scene.archive_at_once().await;
    scene.world.ingest_all(&ingest, &[session("s7", 7, 2), session("other", 7, 1)], "accepted").await;
    scene.archive().await;
    scene.age("demo").await;
    let before = live(&scene, &account("demo")).await;
    let lost = before.iter().find(|segment| segment.parts.len() == 3).unwrap();
    lose(&scene, lost).await;
    readable_by_all().await;
    let all = query("sessions", &["session_id", "status"]);
    assert_ne!(scene.world.post("/v1/data", &report, &all).await.0, StatusCode::OK);

    let refused = rebuild(&scene, 7, 6).await.unwrap_err();
    match &refused {
        RebuildError::Together { segment, first, last, .. } => {
            assert_eq!((segment, *first, *last), (&lost.id, days_ago(8), days_ago(6)));
        }
        RebuildError::Store(error) => panic!("{error:?}"),
    }
    assert_eq!(live(&scene, &account("demo")).await, before, "nothing was given up");

    let rebuilt = rebuild(&scene, 8, 6).await.unwrap();
    assert_eq!((rebuilt.sessions, rebuilt.agrees), (4, true), "{rebuilt:?}");
    let told = [("other", "v1"), ("s6", "v1"), ("s7", "v2"), ("s8", "v1")]
        .map(|(id, status)| vec![json!(id), json!(status)]);
    assert_eq!(served(&scene, &report).await, told);
    scene.age("demo").await;
    compact(&scene).await;
    assert_eq!(served(&scene, &report).await, told);
    assert!(live(&scene, &account("demo")).await.iter().all(|segment| segment.id != lost.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_is_damaged_anywhere_is_replaced_by_what_the_table_says() {
    let mut scene = Scene::start().await;
    let cuts = [0, 50, 99].map(|percent| (percent, true));
    let flips = (0..12).map(|at| (at * 100 / 11, false));
    for (number, (percent, is_cut)) in cuts.into_iter().chain(flips).enumerate() {
        let name = format!("damaged-{number}");
        let demo = account(&name);
        let (ingest, _) = scene.world.account(&name).await;
        scene.world.ingest_all(&ingest, &three_days(), "accepted").await;
        scene.archive_at_once().await;
        let [whole] = live(&scene, &demo).await.try_into().unwrap();
        scene.age(&name).await;
        let mut at = 0;
        damage(&scene, &whole, |bytes| {
            at = (bytes.len() - 1) * percent / 100;
            if is_cut { bytes.truncate(at) } else { bytes[at] ^= 0x40 }
        })
        .await;
        let ordered = days_ago(8)..=days_ago(6);
        for days in (6..9).rev() {
            let done = Lake::new(scene.servers.store()).rebuild(&demo, days_ago(days), &ordered).await;
            assert_eq!(done.unwrap().sessions, 1, "damaged at {at}, cut: {is_cut}, {days} days ago");
        }
        let store = scene.servers.store();
        let lake = Lake::new(store.clone());
        let rebuilt = live(&scene, &demo).await;
        let mut talks = 0;
        for part in rebuilt.iter().flat_map(|segment| &segment.parts) {
            talks += lake.read(part, Record::Talk, &["message"]).await.unwrap().num_rows();
        }
        assert!(talks >= 60, "{talks} messages, damaged at {at}, cut: {is_cut}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_whose_many_segments_are_all_gone_is_rebuilt() {
    let mut scene = Scene::start().await;
    let (ingest, report) = scene.world.account("demo").await;
    for number in 0..60 {
        let one = session(&format!("s{number:02}"), 5, 1);
        scene.world.ingest_all(&ingest, &[one], "accepted").await;
        scene.archive().await;
    }
    scene.age("demo").await;
    let lost = live(&scene, &account("demo")).await;
    assert_eq!(lost.len(), 60, "more than one commit can replace");
    for segment in &lost {
        lose(&scene, segment).await;
    }
    let rebuilt = rebuild(&scene, 5, 5).await.unwrap();
    assert_eq!((rebuilt.sessions, rebuilt.agrees), (60, true), "{rebuilt:?}");
    assert_eq!(served(&scene, &report).await.len(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_of_a_newer_format_is_refused_by_name_and_never_given_up() {
    let mut scene = Scene::start().await;
    let (ingest, _) = scene.world.account("demo").await;
    scene.world.ingest_all(&ingest, &[session("one", 5, 1)], "accepted").await;
    scene.archive().await;
    scene.age("demo").await;
    let [segment] = live(&scene, &account("demo")).await.try_into().unwrap();
    lose(&scene, &segment).await;
    let manifest = async || scene.servers.store().partition(key::manifest(&account("demo"))).await.unwrap();
    let item = manifest().await.remove(0);
    let sk = store::text(&item, "sk").unwrap().to_owned();
    let key = key::Key { pk: key::manifest(&account("demo")), sk };
    scene.set(key, "parts", of_newer_format(&item)).await;
    let before = manifest().await;
    let reason = chain(&rebuild(&scene, 5, 5).await.unwrap_err());
    assert!(reason.contains("format 5") && reason.contains(&segment.id), "{reason}");
    assert_eq!(manifest().await, before);
}
