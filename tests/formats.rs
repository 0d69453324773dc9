//! Tests that this version reads what earlier ones wrote. `samples/lake-v1` contains a segment in its first
//! form.

use ::lake::{CompactionPolicy, Lake};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_kms::primitives::Blob;
use domain::dictionary::Record;
use domain::time::Instant;
use faults::{Fault, Proxy, Service};
use futures::{StreamExt, stream};
use infra::endpoints::Endpoints;
use serde_json::{Value, json};
use store::key;

use crate::dynamodb_local::{self, Servers};
use crate::expected::everything;
use crate::lake::demo;
use crate::world::{World, query, readable_by_all};

const SEGMENT: &str = include_str!("samples/lake-v1/segment.json");
/// The key of the account for which the segment was encrypted.
const KEY: &[u8] = include_bytes!("samples/lake-v1/account-key.bin");
const FILES: [(Record, &[u8]); 6] = [
    (Record::Session, include_bytes!("samples/lake-v1/sessions.parquet")),
    (Record::ContactPlatform, include_bytes!("samples/lake-v1/contact_platforms.parquet")),
    (Record::Event, include_bytes!("samples/lake-v1/events.parquet")),
    (Record::Tag, include_bytes!("samples/lake-v1/tags.parquet")),
    (Record::Talk, include_bytes!("samples/lake-v1/talks.parquet")),
    (Record::TalkOption, include_bytes!("samples/lake-v1/talks.options.parquet")),
];

/// The sessions from which the sample was written.
fn sessions() -> Vec<Value> {
    let first: Value = serde_json::from_str(include_str!("samples/session-nested.json")).unwrap();
    let mut second = first.clone();
    for (name, value) in [
        ("session_id", "sample-2"),
        ("_id", "sample-2"),
        ("created_at", "2026-10-03 18:00:00"),
        ("tabulation", "Outra"),
    ] {
        second[name] = value.into();
    }
    vec![first, second]
}

/// Puts the sample into the lake of the account `demo`, which must not be used yet.
async fn bring_in(world: &World) {
    let clients = Endpoints::to(world.data()).unwrap().clients();
    let wrapped = clients
        .kms
        .encrypt()
        .key_id(&clients.names.key)
        .plaintext(Blob::new(KEY))
        .encryption_context("purpose", "account")
        .encryption_context("owner", "demo")
        .send()
        .await
        .unwrap();
    let put = async |at: key::Key, name: &str, value: AttributeValue| {
        let put = clients.dynamo.put_item().table_name(&clients.names.table);
        let put =
            put.item("pk", AttributeValue::S(at.pk)).item("sk", AttributeValue::S(at.sk)).item(name, value);
        put.item("added_at", AttributeValue::N("0".to_owned())).send().await.unwrap();
    };
    let wrapped = wrapped.ciphertext_blob.unwrap().into_inner();
    put(
        key::account_key(&demo()),
        "wrapped",
        AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(wrapped)),
    )
    .await;
    let segment: Value = serde_json::from_str(SEGMENT).unwrap();
    let id = segment["id"].as_str().unwrap();
    for (record, file) in FILES {
        assert_eq!(segment["files"][record.name()]["bytes"], file.len());
        let object = key::segment_file_object(&demo(), id, record);
        let put = clients.s3.put_object().bucket(&clients.names.lake_bucket).key(object);
        put.body(file.to_vec().into()).send().await.unwrap();
    }
    put(key::segment_before_sections(&demo(), id), "segment", AttributeValue::S(SEGMENT.to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_segments_ever_written_are_read_and_merged() {
    let world = World::start().await;
    bring_in(&world).await;
    let (ingest, report) = world.account("demo").await;
    let (other_ingest, other) = world.account("other").await;
    world.ingest_all(&other_ingest, &sessions(), "accepted").await;
    world.rows_once(&other, &query("sessions", &["session_id"]), 2).await;
    let written_now = everything(&world, &other).await;
    assert_eq!(everything(&world, &report).await, written_now);
    // Columns that are younger than the segment are empty in it, and their sums are 0.
    let measures = query("summary", &["sessions", "event_tma_sessions", "sentiment_messages", "contacts"]);
    assert_eq!(world.rows(&report, &measures).await, [[json!(2), json!(0), json!(0), json!(1)]]);

    // One more session, and all segments become one.
    let mut third = sessions().remove(1);
    third["session_id"] = "sample-3".into();
    third["_id"] = "sample-3".into();
    for token in [&ingest, &other_ingest] {
        world.ingest_all(token, &[third.clone()], "accepted").await;
    }
    for token in [&report, &other] {
        world.rows_once(token, &query("sessions", &["session_id"]), 3).await;
    }
    let lake = Lake::new(world.store());
    assert_eq!(lake.compact_all(&demo(), &CompactionPolicy::at_once()).await.unwrap(), 1);
    assert_eq!(lake.live(&demo()).await.unwrap().len(), 1);
    readable_by_all().await;
    assert_eq!(everything(&world, &report).await, everything(&world, &other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_of_the_first_format_is_written_anew_and_its_files_go() {
    let world = World::start().await;
    bring_in(&world).await;
    let (_, report) = world.account("demo").await;
    let before = everything(&world, &report).await;
    let (store, lake) = (world.store(), Lake::new(world.store()));
    assert_eq!(lake.compact_all(&demo(), &CompactionPolicy::at_once()).await.unwrap(), 1);
    readable_by_all().await;
    assert_eq!(everything(&world, &report).await, before);
    lake.sweep(&demo(), Instant::now().plus_seconds(26 * 3_600)).await.unwrap();
    let prefix = key::segment_objects(&demo());
    let page = store.list_objects(&store.names().lake_bucket, &prefix, "").await.unwrap();
    let live = lake.live(&demo()).await.unwrap();
    let named: Vec<String> = live.iter().map(|one| key::segment_object(&demo(), &one.id)).collect();
    let left: Vec<String> = page.objects.into_iter().map(|object| object.key).collect();
    assert_eq!((left.len(), &left), (1, &named));
    assert_eq!(store.partition(key::manifest(&demo())).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_that_the_first_version_replaced_are_deleted_in_steps_that_keep_their_progress() {
    let servers = Servers::embedded().await;
    let put = |number: usize| {
        let store = servers.store();
        async move {
            let item = store.dynamo().put_item().table_name(&store.names().table);
            let at = key::segment_before_sections(&demo(), &format!("{number:024}"));
            let item = item.item("pk", AttributeValue::S(at.pk)).item("sk", AttributeValue::S(at.sk));
            let item = item.item("segment", AttributeValue::S(SEGMENT.to_owned()));
            item.item("removed_at", AttributeValue::N("1".to_owned())).send().await.unwrap();
        }
    };
    stream::iter((0..2_400).map(put).collect::<Vec<_>>()).buffer_unordered(16).collect::<Vec<_>>().await;
    let lake = Lake::new(servers.store());
    let left = async || lake.store().partition(key::manifest(&demo())).await.unwrap().len();
    let now = Instant::now();
    let swept = lake.sweep(&demo(), now).await.unwrap();
    assert!(swept.segments <= 1_000 && swept.more, "more than a step: {swept:?}");

    // Every second request fails, and with it the step: each begins where the last one was cut.
    let s3 = Proxy::start(&servers.endpoints.s3, Service::S3, 3).await.unwrap();
    let endpoints = dynamodb_local::Endpoints { s3: s3.endpoint().to_owned(), ..servers.endpoints.clone() };
    let failing = Lake::new(servers.clients_at(&endpoints, RetryConfig::disabled()).store());
    s3.set_rate(Fault::InternalError, 0.5);
    let mut steps = 0;
    while left().await > 0 {
        steps += 1;
        assert!(steps < 60, "{} are left after {steps} steps", left().await);
        drop(failing.sweep(&demo(), now).await);
    }
}
