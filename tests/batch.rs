//! Tests of what archive gives back of a batch when something fails for some of its accounts.

use archive::App;
use aws_lambda_events::dynamodb::Event;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use faults::{Fault, Proxy, Service};
use serde_json::{Value, json};

use crate::dynamodb_local::{Endpoints, Servers};
use crate::event_source::{EventSource, to_archive};
use crate::world::{World, query};

fn session(id: &str, number: usize, length: usize) -> Value {
    // The text is random, so compression does not make it shorter.
    let mut noise = fastrand::Rng::with_seed(number as u64);
    let text: String = (0..length).map(|_| noise.alphanumeric()).collect();
    json!({
        "session_id": id,
        "created_at": "2026-10-02 10:00:00",
        "updated_at": format!("2026-11-01 10:{number:02}:00"),
        "protocol": number.to_string(),
        "talks": [{"origin": "contact", "message": text}],
    })
}

/// Returns the stream's records of sessions, with sequence numbers that begin at 9.
async fn sessions_in_stream(servers: &Servers) -> Event {
    let mut source = EventSource::new(1, 1);
    source.pull(&servers.clients()).await;
    let mut event = source.everything(0);
    event.records.retain(|record| {
        let keys: store::Item = record.change.keys.clone().into();
        store::key::parse_session(keys["pk"].as_s().unwrap()).is_some()
    });
    for (number, record) in (9..).zip(&mut event.records) {
        record.change.sequence_number = Some(number.to_string());
    }
    event
}

/// Returns an archive on the servers, with a proxy in front of S3.
async fn behind_proxy(servers: &Servers) -> (App, Proxy) {
    let proxy = Proxy::start(&servers.endpoints.s3, Service::S3, 1).await.unwrap();
    let endpoints = Endpoints { s3: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let store = servers.clients_at(&endpoints, RetryConfig::disabled()).store();
    (App::new(store), proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_given_back_from_the_least_number_of_all_accounts_that_failed() {
    let servers = Servers::embedded().await;
    let world = World::over(servers.store()).await;
    let (zeta, zeta_report) = world.account("zeta").await;
    let (alpha, alpha_report) = world.account("alpha").await;
    world.ingest_all(&zeta, &[session("first", 1, 9)], "accepted").await;
    world.ingest_all(&alpha, &[session("second", 1, 9)], "accepted").await;
    world.ingest_all(&zeta, &[session("third", 1, 9)], "accepted").await;

    let event = sessions_in_stream(&servers).await;
    let (app, proxy) = behind_proxy(&servers).await;
    proxy.set_rate_of("PutObject", Fault::InternalError, 1.0);
    assert_eq!(to_archive(app.clone(), event.clone()).await.unwrap(), ["9"]);
    proxy.switch_off();
    assert_eq!(to_archive(app, event).await.unwrap(), [""; 0]);
    let ids = query("sessions", &["session_id"]);
    assert_eq!(world.rows_once(&alpha_report, &ids, 1).await, [[json!("second")]]);
    assert_eq!(world.rows_once(&zeta_report, &ids, 2).await, [[json!("first")], [json!("third")]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_record_cannot_be_read_now_waits_and_the_others_go_on() {
    let servers = Servers::embedded().await;
    let world = World::over(servers.store()).await;
    let (alpha, alpha_report) = world.account("alpha").await;
    let (zeta, zeta_report) = world.account("zeta").await;
    world.ingest_all(&alpha, &[session("before", 1, 9)], "accepted").await;
    // This session is too large for its item, so its body is an object.
    world.ingest_all(&alpha, &[session("large", 1, 500_000)], "accepted").await;
    world.ingest_all(&zeta, &[session("other", 1, 9)], "accepted").await;
    world.ingest_all(&alpha, &[session("before", 2, 9)], "accepted").await;

    let event = sessions_in_stream(&servers).await;
    let (app, proxy) = behind_proxy(&servers).await;
    proxy.set_rate_of("GetObject", Fault::InternalError, 1.0);
    assert_eq!(to_archive(app.clone(), event.clone()).await.unwrap(), ["10"]);
    let fields = query("sessions", &["session_id", "protocol"]);
    assert_eq!(world.rows_once(&zeta_report, &fields, 1).await, [[json!("other"), json!("1")]]);
    assert_eq!(world.rows_once(&alpha_report, &fields, 1).await, [[json!("before"), json!("1")]]);

    proxy.switch_off();
    let mut rest = event;
    rest.records.drain(..1);
    assert_eq!(to_archive(app, rest).await.unwrap(), [""; 0]);
    let rows = world.rows_once(&alpha_report, &fields, 2).await;
    assert_eq!(rows, [[json!("before"), json!("2")], [json!("large"), json!("1")]]);
}
