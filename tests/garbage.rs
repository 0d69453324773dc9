//! Tests of what maintenance leaves of a lake: after any races, one object per live segment and nothing else.

use std::collections::BTreeSet;

use ::lake::{CompactionPolicy, Entry, Lake};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use demo::{Generator, Options, ZONE};
use domain::id::{AccountId, SessionId};
use domain::session::Session;
use domain::time::Instant;
use faults::{Proxy, Service};
use futures::{StreamExt, stream};
use store::key;
use store::{Store, TouchedDays};

use crate::dynamodb_local::{Endpoints, Servers, on_both};
use crate::lake::demo;
use crate::scene::with_added_at;
use crate::world::World;

const DAY: i64 = 86_400;

/// An entry of the stream: version `sequence` of session `number`, which began so many hours before the first.
pub(crate) fn entry(number: u64, sequence: u64, hours: i64) -> Entry {
    let began = Instant::parse("2026-10-03T12:00:00Z", ZONE).unwrap().unwrap().plus_seconds(-hours * 3_600);
    let json = format!(r#"{{"session_id":"s{number}","created_at":{},"status":"v{sequence}"}}"#, began.0);
    let session = Session::from_json(json.as_bytes()).unwrap();
    Entry {
        content_hash: session.content_hash(),
        sequence: format!("{sequence:040}"),
        created_at: began,
        id: SessionId::try_from(format!("s{number}")).unwrap(),
        session: Some(session),
    }
}

/// Returns the keys of all objects of an account's segments.
pub(crate) async fn objects(store: &Store, account: &AccountId) -> BTreeSet<String> {
    let bucket = &store.names().lake_bucket;
    let (mut keys, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = store.list_objects(bucket, &key::segment_objects(account), &after).await.unwrap();
        after = page.objects.last().map(|object| object.key.clone()).unwrap_or_default();
        keys.extend(page.objects.into_iter().map(|object| object.key));
        if !page.more {
            return keys;
        }
    }
}

/// Deletes all garbage that there is at `now`.
async fn sweep(lake: &Lake, account: &AccountId, now: Instant) {
    while lake.sweep(account, now).await.unwrap().more {}
    let mut after = String::new();
    loop {
        let step = lake.sweep_orphans(account, &after, now).await.unwrap();
        if step.done {
            return;
        }
        after = step.after;
    }
}

on_both!(
    races_of_appends_and_compactions_leave_an_object_for_each_live_segment,
    a_page_of_large_items_is_not_taken_for_the_last,
    an_append_is_one_object_and_one_item_whatever_days_it_is_of,
    sessions_past_their_retention_leave_the_lake,
    a_segment_whose_append_may_still_be_under_way_waits_for_retention,
    no_deleted_session_comes_back_when_its_tombstone_is_past_its_retention,
    no_deleted_session_comes_back_between_two_steps_of_retention,
    the_demo_s_sessions_read_back_after_all_compactions,
    segments_that_were_replaced_before_keys_told_of_lifetimes_are_seen_and_go,
    the_size_of_a_lake_is_read_where_it_is_small_and_kept_where_it_is_large,
);

async fn races_of_appends_and_compactions_leave_an_object_for_each_live_segment(servers: Servers) {
    let lake = Lake::new(servers.store());
    let at_once = CompactionPolicy { segments_per_compaction: 3, ..CompactionPolicy::at_once() };
    let append = async |shard: u64| {
        for batch in 0..12_u64 {
            // Twelve sessions of three days, each of which comes from all shards' batches again.
            let entries =
                (0..3).map(|at| entry(batch * 3 + at, batch * 10 + shard + 1, at.cast_signed() * 24));
            lake.append(&demo(), entries.collect()).await.unwrap();
        }
    };
    let compact = async || {
        for _ in 0..4 {
            lake.compact_all(&demo(), &at_once).await.unwrap();
        }
    };
    tokio::join!(append(0), append(1), append(2), append(3), compact(), compact());
    lake.compact_all(&demo(), &at_once).await.unwrap();

    let live = lake.live(&demo()).await.unwrap();
    let before = objects(lake.store(), &demo()).await;
    assert!(before.len() > live.len() + 20, "{} objects of {} segments", before.len(), live.len());
    // Nothing is deleted before its time.
    sweep(&lake, &demo(), Instant::now().plus_seconds(24 * 3_600)).await;
    assert_eq!(objects(lake.store(), &demo()).await, before);
    sweep(&lake, &demo(), Instant::now().plus_seconds(27 * 3_600)).await;
    let named: BTreeSet<String> = live.iter().map(|one| key::segment_object(&demo(), &one.id)).collect();
    assert_eq!(objects(lake.store(), &demo()).await, named);
    let kept = servers.store().partition(key::manifest(&demo())).await.unwrap();
    assert_eq!(kept.len(), live.len(), "no item of a replaced segment is left");

    // Each session is there once, in its latest version.
    let rows: u64 = live.iter().map(|one| one.rows(domain::dictionary::Record::Session)).sum();
    assert_eq!(rows, 36, "compaction has left no old version");
}

async fn a_page_of_large_items_is_not_taken_for_the_last(servers: Servers) {
    let lake = Lake::new(servers.store());
    lake.append(&demo(), (0_u8..16).map(|day| entry(day.into(), 1, i64::from(day) * 24)).collect())
        .await
        .unwrap();
    lake.commit(&mut [], &lake.live(&demo()).await.unwrap()).await.unwrap();
    // So large that fewer than a lot's fill a page.
    let store = lake.store();
    let item = store.partition(key::manifest(&demo())).await.unwrap().remove(0);
    let put = |number: usize| {
        let sk = format!("{}{number:03}", item["sk"].as_s().unwrap());
        let put = store.dynamo().put_item().table_name(&store.names().table).set_item(Some(item.clone()));
        let put = put.item("sk", AttributeValue::S(sk));
        put.item("padding", AttributeValue::S("x".repeat(10_000))).send()
    };
    let putting = stream::iter((0..599).map(put).collect::<Vec<_>>()).buffer_unordered(16);
    putting.map(Result::unwrap).collect::<Vec<_>>().await;
    let now = Instant::now().plus_seconds(26 * 3_600);
    let swept = lake.sweep(&demo(), now).await.unwrap();
    assert_eq!((swept.segments, swept.more), (600, false));
    assert_eq!(lake.store().partition(key::manifest(&demo())).await.unwrap().len(), 0);
    assert_eq!(objects(lake.store(), &demo()).await.len(), 0);
}

async fn an_append_is_one_object_and_one_item_whatever_days_it_is_of(servers: Servers) {
    let lake = Lake::new(servers.store());
    let segment =
        lake.append(&demo(), (0..5).map(|at| entry(at, 1, at.cast_signed() * 24)).collect()).await.unwrap();
    let segment = segment.unwrap();
    assert_eq!(segment.parts.len(), 5, "a part a day");
    assert_eq!(objects(lake.store(), &demo()).await.len(), 1);
    assert_eq!(servers.store().partition(key::manifest(&demo())).await.unwrap().len(), 1);
    // A reader of one day reads only the part of that day.
    let now = Instant::now().plus_seconds(60);
    let day = Instant::parse("2026-10-01T00:00:00Z", ZONE).unwrap().unwrap();
    let parts = lake.parts(&demo(), &(day..day.plus_seconds(DAY)), now).await.unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!(lake.parts(&demo(), &(day.plus_seconds(9 * DAY)..now), now).await.unwrap(), []);
}

async fn sessions_past_their_retention_leave_the_lake(servers: Servers) {
    let lake = Lake::new(servers.store());
    let (policy, rows) = (CompactionPolicy::at_once(), |live: &[::lake::Segment]| {
        live.iter().map(|one| one.rows(domain::dictionary::Record::Session)).sum::<u64>()
    });
    // One segment of ten days, and one of each of five days before them.
    lake.append(&demo(), (0..10).map(|at| entry(at, 1, at.cast_signed() * 24)).collect()).await.unwrap();
    for at in 10..15 {
        lake.append(&demo(), vec![entry(at, 1, at.cast_signed() * 24)]).await.unwrap();
    }
    let oldest = Instant::parse("2026-09-30T00:00:00Z", ZONE).unwrap().unwrap();
    while lake.expire(&demo(), oldest, &policy, Instant::now()).await.unwrap() != nothing() {}
    let live = lake.live(&demo()).await.unwrap();
    assert_eq!((live.len(), rows(&live)), (4, 4), "the segment of ten days is cut: {live:?}");
    assert!(live.iter().all(|one| one.created().min >= oldest));
}

async fn a_segment_whose_append_may_still_be_under_way_waits_for_retention(servers: Servers) {
    let lake = Lake::new(servers.store());
    lake.append(&demo(), vec![entry(1, 1, 0)]).await.unwrap();
    let (policy, now) = (CompactionPolicy::default(), Instant::now());
    let expire = async |now: Instant| lake.expire(&demo(), now, &policy, now).await.unwrap();
    let ::lake::Compacted::Nothing { again_at: Some(again_at), .. } = expire(now).await else {
        panic!("it was replaced at once")
    };
    assert_eq!(expire(again_at).await, ::lake::Compacted::Segments { inputs: 1, rows: 0 });
    // Should it be replaced twice nevertheless, it is deleted all the same: the key of an item may be named twice.
    let key = key::manifest(&demo());
    let [item] = &servers.store().partition(key).await.unwrap()[..] else { panic!("one segment") };
    let key = key::Key { pk: item["pk"].as_s().unwrap().clone(), sk: item["sk"].as_s().unwrap().clone() };
    servers.store().delete_all(vec![key.clone(), key]).await.unwrap();
}

async fn no_deleted_session_comes_back_when_its_tombstone_is_past_its_retention(servers: Servers) {
    let lake = Lake::new(servers.store());
    let policy = CompactionPolicy::at_once();
    // Session 1 is deleted. Its tombstone is in a segment that also has a session which is past its retention
    // for longer.
    let deleted = |sequence, session| Entry { session, ..entry(1, sequence, 96) };
    let session = entry(1, 1, 96).session;
    lake.append(&demo(), vec![deleted(1, session), entry(2, 1, 0)]).await.unwrap();
    lake.append(&demo(), vec![deleted(2, None), entry(3, 1, 24 * 10)]).await.unwrap();
    let oldest = Instant::parse("2026-09-30T00:00:00Z", ZONE).unwrap().unwrap();
    while lake.expire(&demo(), oldest, &policy, Instant::now()).await.unwrap() != nothing() {}
    // The retention is raised here, so nothing more is dropped.
    lake.compact_all(&demo(), &policy).await.unwrap();
    let live = lake.live(&demo()).await.unwrap();
    let rows: u64 = live.iter().map(|one| one.rows(domain::dictionary::Record::Session)).sum();
    assert_eq!(rows, 1, "only the session that is not past its retention: {live:?}");
}

async fn no_deleted_session_comes_back_between_two_steps_of_retention(servers: Servers) {
    let lake = Lake::new(servers.store());
    // A tombstone is in the last of the segments that a step takes, and its row in the next.
    for number in 0..40 {
        lake.append(&demo(), vec![entry(number, 1, 2_000 - number.cast_signed())]).await.unwrap();
    }
    let (gone, before) = (entry(50, 2, 1_000), entry(51, 2, 1_001));
    lake.append(&demo(), vec![before, Entry { session: None, ..gone }]).await.unwrap();
    lake.append(&demo(), vec![entry(50, 1, 1_000), entry(52, 1, 999)]).await.unwrap();
    let oldest = Instant::parse("2026-09-30T00:00:00Z", ZONE).unwrap().unwrap();
    let step = lake.expire(&demo(), oldest, &CompactionPolicy::at_once(), Instant::now()).await.unwrap();
    assert_eq!(step, ::lake::Compacted::Segments { inputs: 40, rows: 0 });
    lake.compact_all(&demo(), &CompactionPolicy::at_once()).await.unwrap();
    let live = lake.live(&demo()).await.unwrap();
    let rows: u64 = live.iter().map(|one| one.rows(domain::dictionary::Record::Session)).sum();
    assert_eq!(rows, 2, "what was deleted is there again: {live:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_deleted_session_comes_back_where_its_row_stays_in_another_segment() {
    let servers = Servers::embedded().await;
    let lake = Lake::new(servers.store());
    // Three small segments are compacted beside a large one, in which the deleted session lies.
    lake.append(&demo(), (0..60).map(|number| entry(number, 1, 0)).collect()).await.unwrap();
    lake.append(&demo(), vec![Entry { session: None, ..entry(1, 2, 0) }]).await.unwrap();
    for number in 60..62 {
        lake.append(&demo(), vec![entry(number, 3, 0)]).await.unwrap();
    }
    let policy =
        CompactionPolicy { segments_per_compaction: 3, min_age_seconds: -1, ..CompactionPolicy::default() };
    let done = lake.compact(&demo(), None, &policy, Instant::now()).await.unwrap();
    assert_eq!(done, ::lake::Compacted::Segments { inputs: 3, rows: 3 }, "its tombstone is one of the rows");
}

fn nothing() -> ::lake::Compacted {
    ::lake::Compacted::Nothing { again_at: None, open: BTreeSet::new() }
}

async fn the_demo_s_sessions_read_back_after_all_compactions(servers: Servers) {
    let world = World::followed(servers.clients()).await;
    let lake = Lake::new(world.store());
    let end = Instant::parse("2026-10-03T20:00:00Z", ZONE).unwrap().unwrap();
    let options = Options { seed: 11, sessions: 60, end, days: 20, media: Vec::new() };
    let (ingest, report) = world.account("demo").await;
    let sessions: Vec<serde_json::Value> = Generator::new(options).collect();
    world.ingest_all(&ingest, &sessions, "accepted").await;
    let ids = crate::world::query("sessions", &["session_id"]);
    world.rows_once(&report, &ids, 60).await;
    let before = crate::expected::everything(&world, &report).await;
    lake.compact_all(&demo(), &CompactionPolicy::at_once()).await.unwrap();
    tokio::time::sleep(::lake::SNAPSHOT_MARGIN).await;
    assert_eq!(crate::expected::everything(&world, &report).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_month_reads_of_the_manifest_does_not_grow_with_the_years() {
    let servers = Servers::embedded().await;
    let proxy = Proxy::start(&servers.endpoints.dynamodb, Service::DynamoDb, 1).await.unwrap();
    let counted = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let lake = Lake::new(servers.clients_at(&counted, store::aws::retries()).store());
    // There are five years with one segment per day, and on the last day two minutes of batches that are not
    // compacted yet.
    let appends = (0..1_826).map(|day| day * 24).chain(std::iter::repeat_n(0, 120)).enumerate();
    let appending = appends.map(|(number, hours)| {
        let (lake, entries) = (&lake, vec![entry(number as u64, 1, hours)]);
        async move { lake.append(&demo(), entries).await.map(drop) }
    });
    let appended: Vec<_> = stream::iter(appending.collect::<Vec<_>>()).buffer_unordered(16).collect().await;
    appended.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    let now = Instant::now().plus_seconds(60);
    let end = Instant::parse("2026-10-04T00:00:00Z", ZONE).unwrap().unwrap();
    let reads = async |from: i64, to: i64| {
        proxy.reset_counts();
        let period = end.plus_seconds(-from * DAY)..end.plus_seconds(-to * DAY);
        let parts = lake.parts(&demo(), &period, now).await.unwrap();
        (parts.len(), proxy.counts().values().map(|count| count.answer_bytes).sum::<u64>())
    };
    let (parts, bytes) = reads(28, 0).await;
    assert_eq!(parts, 28 + 120);
    assert!(bytes <= 64 << 10, "{bytes} bytes");
    let (parts, bytes) = reads(1_028, 1_000).await;
    assert_eq!(parts, 28);
    assert!(bytes <= 16 << 10, "{bytes} bytes");
}

/// Puts items of replaced segments into the manifest: each is the given one with another key, live from one instant to
/// another.
pub(crate) async fn put_replaced(
    store: &Store,
    item: &store::Item,
    replaced: &[(key::Key, Instant, Instant)],
) {
    let request = |(key, added_at, _): &(key::Key, Instant, Instant)| {
        let parts = with_added_at(item, |_| added_at.0);
        let mut item = item.clone();
        item.insert("sk".to_owned(), AttributeValue::S(key.sk.clone()));
        item.insert("parts".to_owned(), parts);
        let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    };
    let puts = replaced.chunks(25).map(|some| {
        let requests = some.iter().map(request).collect();
        store.dynamo().batch_write_item().request_items(&store.names().table, requests).send()
    });
    let put: Vec<_> = stream::iter(puts.collect::<Vec<_>>()).buffer_unordered(8).collect().await;
    put.into_iter()
        .for_each(|answer| assert!(answer.unwrap().unprocessed_items.is_none_or(|left| left.is_empty())));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_month_reads_of_the_manifest_does_not_grow_with_the_age_of_its_snapshot() {
    let servers = Servers::embedded().await;
    let proxy = Proxy::start(&servers.endpoints.dynamodb, Service::DynamoDb, 1).await.unwrap();
    let counted = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let lake = Lake::new(servers.clients_at(&counted, store::aws::retries()).store());
    lake.append(&demo(), vec![entry(1, 1, 0)]).await.unwrap();
    let item = servers.store().partition(key::manifest(&demo())).await.unwrap().remove(0);
    // Twelve hours of batches every two seconds, of which a run of maintain makes a segment each minute, and so on.
    let now = Instant::now();
    let mut replaced = Vec::new();
    for (every, lived) in [(2, 30..70), (60, 60..480), (480, 480..4_000), (4_000, 4_000..30_000)] {
        for ago in (0..12 * 3_600).step_by(every) {
            let (span, number) = (lived.end - lived.start, replaced.len());
            let removed_at = now.plus_seconds(-ago);
            let added_at = removed_at.plus_seconds(-lived.start - (ago * 7) % span);
            let key = key::replaced_segment(&demo(), added_at, removed_at, &format!("{number:024x}"));
            replaced.push((key, added_at, removed_at));
        }
    }
    put_replaced(&servers.store(), &item, &replaced).await;
    for ago in [3, 60, 1_800, 6 * 3_600, 11 * 3_600, 24 * 3_600] {
        let snapshot = now.plus_seconds(-ago);
        let seen = |(_, added_at, removed_at): &&(key::Key, Instant, Instant)| {
            *added_at <= snapshot && snapshot < *removed_at
        };
        proxy.reset_counts();
        let parts = lake.parts(&demo(), &(Instant(0)..now), snapshot).await.unwrap();
        assert_eq!(parts.len(), replaced.iter().filter(seen).count(), "{ago} seconds ago");
        let bytes = proxy.counts().values().map(|count| count.answer_bytes).sum::<u64>();
        assert!(bytes <= 64 << 10, "{bytes} bytes {ago} seconds ago");
    }
}

async fn segments_that_were_replaced_before_keys_told_of_lifetimes_are_seen_and_go(servers: Servers) {
    let (store, lake) = (servers.store(), Lake::new(servers.store()));
    lake.append(&demo(), vec![entry(1, 1, 0)]).await.unwrap();
    let item = store.partition(key::manifest(&demo())).await.unwrap().remove(0);
    let (now, ago) = (Instant::now(), |hours: i64| Instant::now().plus_seconds(-hours * 3_600));
    let earlier = |at: Instant, id: &str| key::Key {
        pk: key::manifest(&demo()),
        sk: format!("replaced#{:020}#{id}", at.0),
    };
    let replaced = [(earlier(ago(2), "x"), ago(9), ago(2)), (earlier(ago(1), "y"), ago(2), ago(1))];
    put_replaced(&store, &item, &replaced).await;
    let seen = async |snapshot: Instant| {
        let parts = lake.parts(&demo(), &(Instant(0)..now), snapshot).await.unwrap();
        parts.into_iter().map(|part| part.segment).collect::<Vec<_>>()
    };
    assert_eq!((seen(ago(3)).await, seen(ago(2)).await), (vec!["x".to_owned()], vec!["y".to_owned()]));
    // Their objects are none that nothing names.
    assert_eq!(lake.sweep(&demo(), now.plus_seconds(22 * 3_600)).await.unwrap().segments, 0);
    assert_eq!(lake.sweep(&demo(), now.plus_seconds(26 * 3_600)).await.unwrap().segments, 2);
    assert_eq!(store.partition(key::manifest(&demo())).await.unwrap().len(), 1);
}

async fn the_size_of_a_lake_is_read_where_it_is_small_and_kept_where_it_is_large(servers: Servers) {
    let (lake, store) = (Lake::new(servers.store()), servers.store());
    let segment = lake.append(&demo(), vec![entry(0, 1, 0)]).await.unwrap().unwrap();
    let one = segment.bytes();
    assert_eq!((lake.bytes(&demo()).await.unwrap(), one > 100), (one, true));
    assert!(!lake.measure(&demo()).await.unwrap());

    // These items are more than one page of the manifest, whether or not a page holds the one with which it is full.
    let item = store.partition(key::manifest(&demo())).await.unwrap().remove(0);
    for number in 1..15 {
        let sk = format!("{}{number:02}", item["sk"].as_s().unwrap());
        let put = store.dynamo().put_item().table_name(&store.names().table).set_item(Some(item.clone()));
        let put = put.item("sk", AttributeValue::S(sk));
        put.item("padding", AttributeValue::S("x".repeat(100_000))).send().await.unwrap();
    }
    assert_eq!(lake.bytes(&demo()).await.unwrap(), 15 * one, "nobody has measured it yet");
    store.note_due(&demo(), &TouchedDays::none(), Instant::now().plus_seconds(-900)).await.unwrap();
    assert!(lake.measure(&demo()).await.unwrap());
    let more = lake.append(&demo(), vec![entry(1, 2, 24)]).await.unwrap().unwrap().bytes();
    assert_eq!(lake.bytes(&demo()).await.unwrap(), 15 * one, "as it was measured");
    maintain::handle(&maintain::App::new(servers.store()), Instant::now().plus_seconds(60)).await.unwrap();
    assert_eq!(lake.bytes(&demo()).await.unwrap(), 15 * one + more);
}
