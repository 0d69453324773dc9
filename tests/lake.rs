//! Tests of the lake: it follows the table, is compacted, and can be rebuilt.

use std::slice;
use std::time::Duration;

use ::lake::{CompactionPolicy, Lake, SNAPSHOT_MARGIN, Segment};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::dictionary::Record;
use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use maintain::{Rebuild, Rebuilt};
use serde_json::Value;
use store::key::{self, Key};
use store::{Store, text};

use crate::dynamodb_local::{Servers, on_both};
use crate::event_source::EventSource;
use crate::expected::{self, id, moment};
use crate::world::{World, query};

const GARBAGE: &[u8] = b"this is no session";

pub(crate) fn demo() -> AccountId {
    AccountId::try_from("demo".to_owned()).unwrap()
}

pub(crate) fn session_key(session: &Value) -> Key {
    key::session(&demo(), &SessionId::try_from(id(session).to_owned()).unwrap())
}

pub(crate) async fn delete(store: &Store, pk: &str, sk: &str) {
    let delete = store.dynamo().delete_item().table_name(&store.names().table);
    let delete = delete.key("pk", AttributeValue::S(pk.to_owned()));
    delete.key("sk", AttributeValue::S(sk.to_owned())).send().await.unwrap();
}

/// Starts a stack with readable made-up sessions of the account `demo`. Also returns its `ingest` and its
/// `report` token and the sessions.
pub(crate) async fn filled(seed: u64, count: usize) -> (World, String, String, Vec<Value>) {
    fill(World::start().await, seed, count).await
}

/// The same on these servers.
async fn filled_on(servers: &Servers, seed: u64, count: usize) -> (World, String, String, Vec<Value>) {
    fill(World::followed(servers.clients()).await, seed, count).await
}

async fn fill(world: World, seed: u64, count: usize) -> (World, String, String, Vec<Value>) {
    let (ingest, report) = world.account("demo").await;
    let sessions = expected::sessions(seed, count);
    world.ingest_all(&ingest, &sessions, "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), count).await;
    (world, ingest, report, sessions)
}

on_both!(
    a_session_that_leaves_the_table_leaves_the_reports,
    many_small_segments_are_merged_into_few_and_say_the_same,
    a_lake_that_was_lost_is_rebuilt_from_the_table,
);

async fn a_session_that_leaves_the_table_leaves_the_reports(servers: Servers) {
    let (world, _, report, mut sessions) = filled_on(&servers, 6, 100).await;
    let store = world.store();
    let gone = session_key(&sessions.remove(30));
    delete(&store, &gone.pk, &gone.sk).await;
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;
    expected::assert_served(&world, &report, &sessions).await;
}

async fn many_small_segments_are_merged_into_few_and_say_the_same(servers: Servers) {
    let world = World::over(servers.store()).await;
    let (ingest, report) = world.account("demo").await;
    let mut sessions = expected::sessions(7, 40);
    world.ingest_all(&ingest, &sessions, "accepted").await;
    // All sessions are of one day, because what becomes of a day's segments does not depend on other days.
    let mut more = expected::sessions(8, 300);
    for (at, session) in more.iter_mut().enumerate() {
        session["created_at"] = format!("2026-08-20 {:02}:{:02}:30", at / 60 + 9, at % 60).into();
    }
    let batches = more.chunks(5);
    let posted = batches.len();
    // What comes with each batch becomes a segment.
    let (mut stream, clients) = (EventSource::new(1, 7), servers.clients());
    let archive = archive::App::new(servers.store());
    for batch in batches {
        world.ingest_all(&ingest, batch, "accepted").await;
        stream.drain(&clients, slice::from_ref(&archive)).await;
    }
    sessions.extend(more);
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;

    let store = world.store();
    let lake = Lake::new(store.clone());
    let policy = CompactionPolicy { min_age_seconds: -1, ..CompactionPolicy::default() };
    lake.compact_all(&demo(), &policy).await.unwrap();
    let all = store.partition(key::manifest(&demo())).await.unwrap();
    let live = lake.live(&demo()).await.unwrap();
    let (all, live_rows) = (all.len(), live.iter().map(|one| one.rows(Record::Session)).sum::<u64>());
    assert!(all > posted / 4, "{all} segments came of {posted} batches");
    assert_eq!(live_rows, sessions.len() as u64);
    // There are fewer than eight segments of about the same size, in at most two sizes.
    let that_day =
        |segment: &&Segment| segment.created().max.to_utc().date_naive().to_string() == "2026-08-20";
    let of_day = live.iter().filter(that_day).count();
    assert!(of_day <= 14, "{of_day} segments of one day are live");
    expected::assert_served(&world, &report, &sessions).await;
}

async fn a_lake_that_was_lost_is_rebuilt_from_the_table(servers: Servers) {
    let (world, _, report, sessions) = filled_on(&servers, 9, 300).await;
    let before = expected::everything(&world, &report).await;
    let store = world.store();
    for segment in store.partition(key::manifest(&demo())).await.unwrap() {
        delete(&store, text(&segment, "pk").unwrap(), text(&segment, "sk").unwrap()).await;
    }
    let ids = query("sessions", &["session_id"]);
    world.rows_once(&report, &ids, 0).await;

    let days = sessions.iter().map(|session| moment(&session["created_at"]).unwrap().to_utc().date_naive());
    let (start, end) = (days.clone().min().unwrap(), days.max().unwrap());
    let order = Rebuild { rebuild: demo(), start, end };
    let rebuilt = maintain::rebuild(&maintain::App::new(store), &order, far_off()).await.unwrap();
    assert_eq!(
        (rebuilt.sessions, i64::try_from(rebuilt.days).unwrap()),
        (sessions.len(), (end - start).num_days() + 1)
    );
    world.rows_once(&report, &ids, sessions.len()).await;
    assert_eq!(expected::everything(&world, &report).await, before);
}

/// A deadline that leaves time for every day of an order.
pub(crate) fn far_off() -> Instant {
    Instant::now().plus_seconds(600)
}

/// Rebuilds the day of a session from the table.
pub(crate) async fn rebuild(world: &World, session: &Value) -> Rebuilt {
    let day = moment(&session["created_at"]).unwrap().to_utc().date_naive();
    let order = Rebuild { rebuild: demo(), start: day, end: day };
    maintain::rebuild(&maintain::App::new(world.store()), &order, far_off()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_body_is_gone_stops_no_rebuild() {
    let (world, _, report, sessions) = filled(12, 40).await;
    let store = world.store();
    let Key { pk, sk } = session_key(&sessions[7]);
    let update = store.dynamo().update_item().table_name(&store.names().table);
    let update = update.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk));
    let update = update.update_expression("SET body_object = :gone REMOVE body");
    let update =
        update.expression_attribute_values(":gone", AttributeValue::S("bodies/demo/gone".to_owned()));
    update.send().await.unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while store.quarantined(&demo()).await.unwrap().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "it is not quarantined");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(rebuild(&world, &sessions[7]).await.healed, 0);
    tokio::time::sleep(SNAPSHOT_MARGIN * 2).await;
    expected::assert_served(&world, &report, &sessions).await;
    // Once the session is deleted, its record leaves the quarantine.
    let Key { pk, sk } = session_key(&sessions[7]);
    delete(&store, &pk, &sk).await;
    assert_eq!(rebuild(&world, &sessions[7]).await.healed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_read_is_quarantined_and_holds_up_nothing() {
    let (world, ingest, report, mut sessions) = filled(10, 100).await;
    let store = world.store();
    let poisoned = session_key(&sessions[50]);
    let overwrite = store.dynamo().update_item().table_name(&store.names().table);
    let overwrite = overwrite
        .key("pk", AttributeValue::S(poisoned.pk.clone()))
        .key("sk", AttributeValue::S(poisoned.sk))
        .update_expression("SET body = :garbage")
        .expression_attribute_values(":garbage", AttributeValue::B(Blob::new(GARBAGE)));
    overwrite.send().await.unwrap();

    sessions.extend(expected::sessions(11, 1));
    world.ingest_all(&ingest, &sessions[100..], "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;
    // The session whose record cannot be read is still served in its earlier version.
    expected::assert_served(&world, &report, &sessions).await;

    let quarantined = store.quarantined(&demo()).await.unwrap();
    assert_eq!(
        quarantined.iter().map(|one| one.session_id.as_str()).collect::<Vec<_>>(),
        [id(&sessions[50])]
    );
    let reason = &quarantined[0].reason;
    assert!(reason.contains("Broken") && !reason.contains("this is no"), "{reason}");
    // A rebuild of its day neither loses the session nor ends the quarantine.
    assert_eq!(rebuild(&world, &sessions[50]).await.healed, 0);
    assert_eq!(store.quarantined(&demo()).await.unwrap(), quarantined);
    tokio::time::sleep(SNAPSHOT_MARGIN * 2).await;
    expected::assert_served(&world, &report, &sessions).await;

    // A newer version can be read again.
    sessions[50]["updated_at"] = "2026-10-04 09:00:00".into();
    sessions[50]["tabulation"] = "Corrigido".into();
    world.ingest_all(&ingest, &sessions[50..=50], "accepted").await;
    let mut healed = query("sessions", &["session_id"]);
    healed["dimensionsFilters"] = serde_json::json!([[
        {"fieldName": "tabulation", "type": "INCLUDE", "operator": "EQUALS", "values": ["Corrigido"]}
    ]]);
    world.rows_once(&report, &healed, 1).await;
    let rebuilt = rebuild(&world, &sessions[50]).await;
    assert_eq!((rebuilt.healed, rebuilt.agrees), (1, true));
    assert!(store.quarantined(&demo()).await.unwrap().is_empty());
    tokio::time::sleep(SNAPSHOT_MARGIN * 2).await;
    expected::assert_served(&world, &report, &sessions).await;
}
