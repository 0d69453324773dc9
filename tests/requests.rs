//! Tests how many requests to storage a chart takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::lake::{CompactionPolicy, Lake};
use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use demo::{Generator, Options, ZONE};
use domain::dictionary::Record;
use domain::id::AccountId;
use domain::time::Instant;
use infra::endpoints::Endpoints;
use serde_json::Value;

use crate::world::{World, query};

/// How many sessions there are: enough for a file that is not fetched whole.
const COUNT: usize = 2_500;

/// Counts the answers of S3.
#[derive(Clone, Debug, Default)]
struct Answers(Arc<AtomicU64>);

impl Intercept for Answers {
    fn name(&self) -> &'static str {
        "answers"
    }

    fn read_before_deserialization(
        &self,
        _: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_a_segment_brings_what_most_charts_ask_for() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let end = Instant::parse("2026-10-03T20:00:00Z", ZONE).unwrap().unwrap();
    let options = Options { seed: 7, sessions: COUNT, end, days: 1, media: Vec::new() };
    for sessions in Generator::new(options).collect::<Vec<Value>>().chunks(500) {
        world.ingest_all(&ingest, sessions, "accepted").await;
    }
    world.rows_once(&report, &query("sessions", &["session_id"]), COUNT).await;
    let account = AccountId::try_from("demo".to_owned()).unwrap();
    let mut clients = Endpoints::to(world.data()).unwrap().clients();
    let answers = Answers::default();
    clients.s3 =
        aws_sdk_s3::Client::from_conf(clients.s3.config().to_builder().interceptor(answers.clone()).build());
    let store = clients.store();
    let lake = Lake::new(store.clone());
    lake.compact_all(&account, &CompactionPolicy::at_once()).await.unwrap();
    let segments = lake.live(&account).await.unwrap();
    let parts = segments.iter().flat_map(|segment| &segment.parts);
    let part = parts.max_by_key(|part| part.bytes(Record::Session)).unwrap();
    assert!(part.bytes(Record::Session) > 300_000, "{part:?}");

    let reader = Lake::new(store);
    let requests = async |columns: &[&str]| {
        let before = answers.0.load(Ordering::Relaxed);
        let batch = reader.read(part, Record::Session, columns).await.unwrap();
        assert_eq!(batch.num_rows() as u64, part.rows(Record::Session));
        answers.0.load(Ordering::Relaxed) - before
    };
    assert_eq!(requests(&["campaign_name", "agent_name", "channel", "status"]).await, 1, "cold");
    assert_eq!(requests(&["campaign_name", "agent_name", "channel", "status"]).await, 0, "warm");
    assert_eq!(requests(&["tabulation"]).await, 0, "lies beside them");
    assert_eq!(requests(&["agent_name", "session_id"]).await, 1, "ids lie elsewhere");
    assert_eq!(requests(&["session_id", "campaign_name"]).await, 0);
}
