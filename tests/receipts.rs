//! Tests of completeness receipts: what was acknowledged, stored and served, and where these differ.

use ::lake::{Entry, Lake};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::SessionId;
use domain::lang::Words;
use domain::time::Instant;
use domain::zone::Zone;
use maintain::Rebuild;
use reqwest::StatusCode;
use serde_json::{Value, json};
use store::key;
use store::{Rejection, Store};

use crate::expected::{self, id, moment};
use crate::lake::{delete, demo, far_off, filled, session_key};
use crate::world::{World, query, readable_by_all};

const PERIOD: &str = "start=2026-09-05&end=2026-10-04";

async fn receipts(world: &World) -> Value {
    let (status, answer) = world.get(&format!("/v1/receipts?{PERIOD}&account=demo"), &world.admin).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

/// Returns the receipts, once no session is on its way.
async fn without_pending(world: &World) -> Value {
    loop {
        let answer = receipts(world).await;
        if answer["days"].as_array().unwrap().iter().all(|day| day["pending"] == 0) {
            return answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
}

/// Returns the local day on which a session began.
fn day(session: &Value) -> String {
    moment(&session["created_at"]).unwrap().date_naive().to_string()
}

/// Returns the receipt of a day.
fn of<'a>(answer: &'a Value, day: &str) -> &'a Value {
    answer["days"].as_array().unwrap().iter().find(|receipt| receipt["day"] == day).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_day_says_how_many_sessions_were_received_stored_and_served() {
    let (world, ingest, _, mut sessions) = filled(61, 400).await;
    // All sessions are sent again, and one of them moves to a day where it is alone.
    world.ingest_all(&ingest, &sessions, "unchanged").await;
    sessions[7]["created_at"] = "2026-09-05T12:00:00-03:00".into();
    sessions[7]["updated_at"] = "2026-10-04 09:00:00".into();
    world.ingest_all(&ingest, &sessions[7..=7], "accepted").await;

    let answer = without_pending(&world).await;
    assert_eq!(answer["gaps"], json!([]), "{answer}");
    assert!(answer["lake_bytes"].as_u64().unwrap() > 10_000, "{answer}");
    let days = answer["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    for receipt in days {
        let expected = sessions.iter().filter(|session| receipt["day"] == day(session).as_str()).count();
        for witness in ["received", "stored", "served"] {
            assert_eq!(receipt[witness], expected, "{witness} of {receipt}");
        }
        assert_eq!(receipt["stored_hash"], receipt["served_hash"], "{receipt}");
        assert_eq!(
            (&receipt["agrees"], receipt["stored_hash"] == "0000000000000000"),
            (&json!(true), expected == 0)
        );
    }
    assert_eq!(of(&answer, "2026-09-05")["stored"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_is_named_and_a_rebuild_brings_it_back() {
    let (world, _, report, sessions) = filled(62, 120).await;
    let store = world.store();
    // The session is deleted from the table by hand. The stream removes it from the lake, but the receipt
    // still has it.
    let lost = session_key(&sessions[40]);
    delete(&store, &lost.pk, &lost.sk).await;
    world.rows_once(&report, &query("sessions", &["session_id"]), 119).await;
    let answer = without_pending(&world).await;
    let gap = of(&answer, &day(&sessions[40]));
    assert_eq!(answer["gaps"], json!([day(&sessions[40])]), "{answer}");
    assert_eq!((&gap["missing"], &gap["agrees"]), (&json!([id(&sessions[40])]), &json!(false)));

    // The whole manifest is deleted, so nothing is served, and the session was not stored recently.
    for segment in store.partition(key::manifest(&demo())).await.unwrap() {
        delete(&store, segment["pk"].as_s().unwrap(), segment["sk"].as_s().unwrap()).await;
    }
    backdate(&store, &sessions[50]).await;
    let answer = receipts(&world).await;
    let gap = of(&answer, &day(&sessions[50]));
    assert_eq!((&gap["unserved"], &gap["served"]), (&json!([id(&sessions[50])]), &json!(0)), "{gap}");

    let days = sessions.iter().map(|session| moment(&session["created_at"]).unwrap().to_utc().date_naive());
    let (start, end) = (days.clone().min().unwrap(), days.max().unwrap());
    let order = Rebuild { rebuild: demo(), start, end };
    let rebuilt = maintain::rebuild(&maintain::App::new(store), &order, far_off()).await.unwrap();
    assert_eq!((rebuilt.sessions, rebuilt.agrees), (119, false), "the lost session is still missing");
    assert_eq!(rebuilt.receipts.iter().map(|receipt| receipt.served).sum::<usize>(), 119);
    assert!(
        rebuilt
            .receipts
            .iter()
            .all(|receipt| receipt.unserved.is_empty() && receipt.stored == receipt.served)
    );
}

/// Makes a session look as if it had been stored long ago.
async fn backdate(store: &Store, session: &Value) {
    let key = session_key(session);
    let update = store.dynamo().update_item().table_name(&store.names().table);
    let update = update
        .key("pk", AttributeValue::S(key.pk))
        .key("sk", AttributeValue::S(key.sk))
        .update_expression("SET stored_at = :long_ago")
        .expression_attribute_values(":long_ago", AttributeValue::N("0".to_owned()));
    update.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_differs_from_the_table_is_told_in_the_receipt() {
    let (world, _, _, sessions) = filled(63, 60).await;
    let store = world.store();
    backdate(&store, &sessions[5]).await;
    assert_eq!(without_pending(&world).await["gaps"], json!([]));
    // Other contents are appended to the lake, and the table is not changed.
    let changed = SessionId::try_from(id(&sessions[5]).to_owned()).unwrap();
    let stored = store.session(&demo(), &changed).await.unwrap().unwrap();
    let mut other = stored.session;
    other.talks.clear();
    let content_hash = other.content_hash();
    let entry = Entry {
        content_hash,
        sequence: "9".repeat(40),
        created_at: stored.identity.created_at,
        id: stored.identity.id,
        session: Some(other),
    };
    Lake::new(store).append(&demo(), vec![entry]).await.unwrap();
    readable_by_all().await;
    let answer = receipts(&world).await;
    let gap = of(&answer, &day(&sessions[5]));
    assert_eq!((&gap["unserved"], &gap["stored"]), (&json!([id(&sessions[5])]), &gap["served"]), "{gap}");
    assert_ne!(gap["stored_hash"], gap["served_hash"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_kept_with_its_reason_and_without_what_it_said() {
    let world = World::start().await;
    let (ingest, _) = world.account("demo").await;
    let console = world.token("demo", "console").await;
    let mut sessions = expected::sessions(64, 3);
    sessions[1]["created_at"] = "Segredo do cliente".into();
    let today = days_from(Instant::now(), Zone::SAO_PAULO);
    let (status, _) = world.ingest(&ingest, &sessions).await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    let (_, answer) = world.get(&format!("/v1/receipts?{today}"), &console).await;
    let rejected = answer["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), 1, "{answer}");
    assert_eq!(
        (&rejected[0]["session_id"], &rejected[0]["field"]),
        (&json!(id(&sessions[1])), &json!("created_at"))
    );
    assert!(!answer.to_string().contains("Segredo"), "{answer}");
}

/// Returns parameters for the local day of an instant, and for the next day if that begins within a minute.
fn days_from(at: Instant, zone: Zone) -> String {
    format!("start={}&end={}", at.day(zone), at.plus_seconds(60).day(zone))
}

#[tokio::test(flavor = "multi_thread")]
async fn rejections_belong_to_the_day_that_it_was_in_the_account_s_zone() {
    let world = World::start().await;
    world.account("demo").await;
    let day = Instant::now().plus_seconds(-86_400).day(Zone::SAO_PAULO);
    let midnight = Instant::start_of_day(day, Zone::SAO_PAULO);
    for (id, seconds) in [("before", -1), ("first", 0), ("last", 86_399), ("after", 86_400)] {
        let id = SessionId::try_from(id.to_owned()).unwrap();
        let rejection = Rejection::new(Some(id), None, Words::new("é estranho", "is odd"));
        world.store().note_rejections(&demo(), &[rejection], midnight.plus_seconds(seconds)).await.unwrap();
    }
    let path = format!("/v1/receipts?account=demo&start={day}&end={day}");
    let (_, answer) = world.get(&path, &world.admin).await;
    let refused = answer["rejected"].as_array().unwrap().iter();
    assert_eq!(refused.map(|one| &one["session_id"]).collect::<Vec<_>>(), ["last", "first"], "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_for_the_console_of_their_account_and_for_at_most_a_month() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let console = world.token("demo", "console").await;
    let ask =
        async |parameters: &str, token: &str| world.get(&format!("/v1/receipts?{parameters}"), token).await;
    assert_eq!(ask(PERIOD, &ingest).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(PERIOD, &report).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&format!("{PERIOD}&account=other"), &console).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&format!("{PERIOD}&account=demo"), &world.admin).await.0, StatusCode::OK);
    for (parameters, named) in [
        ("", "start"),
        ("start=2026-09-01", "end"),
        ("start=2026-09-02&end=2026-09-01", "start"),
        ("start=2026-09-01&end=2026-10-02", "end"),
        ("start=2026-09-01&end=2026-09-02&days=1", "days"),
    ] {
        let (status, problem) = ask(parameters, &console).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{parameters}");
        assert!(problem["detail"].as_str().unwrap().contains(named), "{problem}");
    }
    assert_eq!(ask("start=2026-09-01&end=2026-10-01", &console).await.0, StatusCode::OK);
}
