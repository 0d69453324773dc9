//! Tests of the stream poller on a stream of several shards, as on AWS. A server in front of the embedded
//! table shows its only shard as three, of which one continues another, and lets iterators expire.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use archive::App;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use infra::stream_poller::StreamPoller;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::dynamodb_local::{Endpoints, Servers};
use crate::expected;
use crate::world::{World, query, readable_by_all};

/// The ids of the shards. The second one continues the first.
const SHARDS: [&str; 3] = ["shard-older", "shard-newer", "shard-beside"];
/// How many records the first shard has. All later ones that do not belong to the third shard are in the
/// second.
const OLDER: usize = 60;
/// One in so many reads finds that its iterator has expired.
const EXPIRES: usize = 5;

/// The server in front of the table.
struct Sharded {
    client: reqwest::Client,
    origin: String,
    /// What it signs its own requests with.
    credentials: Credentials,
    asked: Mutex<Requests>,
}

#[derive(Default)]
struct Requests {
    readings: usize,
    /// The shards that were read, in order, each with how many records were returned.
    given: Vec<(usize, usize)>,
    /// The iterators that were asked for: the shard and the kind.
    iterators: Vec<(usize, String)>,
    /// Whether the next request for an iterator at a record is refused, because the stream no longer has that
    /// record.
    trims: bool,
}

impl Sharded {
    async fn start(servers: &Servers) -> (Arc<Sharded>, String) {
        let client = client::net::client().build().unwrap();
        let (origin, credentials) = (servers.endpoints.dynamodb.clone(), servers.credentials());
        let sharded = Sharded { client, origin, credentials, asked: Mutex::default() };
        let sharded = Arc::new(sharded);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&sharded));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (sharded, endpoint)
    }

    async fn forward(&self, target: &str, body: Value) -> (StatusCode, Value) {
        let body = body.to_string();
        let origin = format!("{}/", self.origin);
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)];
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder().identity(&identity).region("sa-east-1").name("dynamodb");
        let params = params.time(SystemTime::now()).settings(SigningSettings::default()).build().unwrap();
        let signed = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", &origin, headers.into_iter(), signed).unwrap();
        let (instructions, _) = sign(signable, &params.into()).unwrap().into_parts();
        let mut request = http::Request::post(&origin).body(body).unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        instructions.apply_to_request_http1x(&mut request);
        let sent = self.client.execute(request.try_into().unwrap()).await.unwrap();
        let status = sent.status();
        (status, serde_json::from_slice(&sent.bytes().await.unwrap()).unwrap_or_default())
    }

    /// Returns the records of one of the three shards.
    async fn records(&self, arn: &str, shard: usize) -> Vec<Value> {
        let ask =
            async |name: &str, body| self.forward(&format!("DynamoDBStreams_20120810.{name}"), body).await.1;
        let described = ask("DescribeStream", json!({"StreamArn": arn})).await;
        let only = &described["StreamDescription"]["Shards"][0]["ShardId"];
        let order = json!({"StreamArn": arn, "ShardId": only, "ShardIteratorType": "TRIM_HORIZON"});
        let mut iterator = ask("GetShardIterator", order).await["ShardIterator"].clone();
        let mut all: Vec<Value> = Vec::new();
        loop {
            let page = ask("GetRecords", json!({"ShardIterator": iterator})).await;
            let records = page["Records"].as_array().unwrap();
            if records.is_empty() {
                break;
            }
            all.extend(records.iter().cloned());
            iterator = page["NextShardIterator"].clone();
        }
        let is_beside = |record: &Value| {
            let mut hasher = DefaultHasher::new();
            record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap().hash(&mut hasher);
            hasher.finish().is_multiple_of(2)
        };
        let (beside, mut older): (Vec<Value>, Vec<Value>) = all.into_iter().partition(is_beside);
        let newer = older.split_off(OLDER.min(older.len()));
        [older, newer, beside].into_iter().nth(shard).unwrap()
    }
}

fn refusal(name: &str) -> Response {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{name}");
    (StatusCode::BAD_REQUEST, json!({"__type": kind, "message": ""}).to_string()).into_response()
}

fn number(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap()
}

async fn answer(State(sharded): State<Arc<Sharded>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers["x-amz-target"].to_str().unwrap().to_owned();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let shard_of = |id: &Value| SHARDS.iter().position(|shard| id == shard).unwrap();
    let said = match target.rsplit('.').next().unwrap() {
        "DescribeStream" => {
            let (_, mut described) = sharded.forward(&target, body).await;
            let shards = SHARDS.map(|id| {
                let parent = if id == SHARDS[1] { json!(SHARDS[0]) } else { json!("shard-forgotten") };
                json!({"ShardId": id, "ParentShardId": parent, "SequenceNumberRange": {}})
            });
            // The shard that continues another is listed first, so that the order of the list does not decide
            // which is read first.
            described["StreamDescription"]["Shards"] = json!([shards[1], shards[0], shards[2]]);
            described
        }
        "GetShardIterator" => {
            let shard = shard_of(&body["ShardId"]);
            let kind = body["ShardIteratorType"].as_str().unwrap().to_owned();
            let trims = {
                let mut asked = sharded.asked.lock().unwrap();
                asked.iterators.push((shard, kind.clone()));
                kind != "TRIM_HORIZON" && std::mem::take(&mut asked.trims)
            };
            if trims {
                return refusal("TrimmedDataAccessException");
            }
            let records = sharded.records(body["StreamArn"].as_str().unwrap(), shard).await;
            let named = body["SequenceNumber"].as_str();
            let at = named.map_or(0, |named| records.iter().position(|one| number(one) == named).unwrap());
            let at = at + usize::from(kind == "AFTER_SEQUENCE_NUMBER");
            json!({"ShardIterator": format!("{} {shard} {at}", body["StreamArn"].as_str().unwrap())})
        }
        "GetRecords" => {
            let iterator = body["ShardIterator"].as_str().unwrap();
            let [arn, shard, at] = iterator.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let (shard, at): (usize, usize) = (shard.parse().unwrap(), at.parse().unwrap());
            let records = sharded.records(arn, shard).await;
            let mut asked = sharded.asked.lock().unwrap();
            asked.readings += 1;
            if asked.readings.is_multiple_of(EXPIRES) {
                return refusal("ExpiredIteratorException");
            }
            // Few records are returned at a time, so that there are many reads.
            let end = records.len().min(at + 25);
            asked.given.push((shard, end - at));
            let is_over = shard == 0 && end == OLDER;
            let next = (!is_over).then(|| format!("{arn} {shard} {end}"));
            json!({"Records": records[at..end], "NextShardIterator": next})
        }
        _ => {
            let (status, said) = sharded.forward(&target, body).await;
            return (status, said.to_string()).into_response();
        }
    };
    ([("content-type", "application/x-amz-json-1.0")], said.to_string()).into_response()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shard_is_read_after_its_parent_and_goes_on_where_it_stopped() {
    let servers = Servers::embedded().await;
    let world = World::over(servers.store()).await;
    let (ingest, report) = world.account("demo").await;
    let sessions = expected::sessions(81, 200);
    world.ingest_all(&ingest, &sessions[..150], "accepted").await;

    let (sharded, endpoint) = Sharded::start(&servers).await;
    let endpoints = Endpoints { dynamodb: endpoint, ..servers.endpoints.clone() };
    let data = tempfile::tempdir().unwrap();
    let poll = || {
        let clients = servers.clients_at(&endpoints, RetryConfig::disabled());
        let (app, table) = (App::new(servers.store()), clients.names.table.clone());
        let poller = StreamPoller::new(app, clients.dynamo, clients.streams, &table, data.path());
        tokio::spawn(async move { poller.run().await })
    };
    let ids = query("sessions", &["session_id"]);
    let first = poll();
    world.rows_once(&report, &ids, 150).await;
    // The poller writes its position just after it has handed over the last batch.
    tokio::time::sleep(Duration::from_millis(500)).await;
    first.abort();
    {
        let mut asked = sharded.asked.lock().unwrap();
        let of = |shard| move |(read, count): &(usize, usize)| *read == shard && *count > 0;
        let last_of_older = asked.given.iter().rposition(of(0)).unwrap();
        let first_of_newer = asked.given.iter().position(of(1)).unwrap();
        assert!(last_of_older < first_of_newer, "{:?}", asked.given);
        let sum: usize = asked.given.iter().filter(|(read, _)| *read == 0).map(|(_, count)| count).sum();
        assert_eq!(sum, OLDER, "{:?}", asked.given);
        *asked = Requests { trims: true, ..Requests::default() };
    }

    world.ingest_all(&ingest, &sessions[150..], "accepted").await;
    let second = poll();
    world.rows_once(&report, &ids, 200).await;
    second.abort();
    readable_by_all().await;
    expected::assert_served(&world, &report, &sessions).await;
    let asked = sharded.asked.lock().unwrap();
    // The finished shard is not read again. Of the others, one went on where it was, and one found its record
    // trimmed and began anew.
    let read: BTreeSet<usize> = asked.given.iter().map(|(shard, _)| *shard).collect();
    assert_eq!(read, BTreeSet::from([1, 2]), "{:?}", asked.given);
    let kinds: Vec<&str> = asked.iterators.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds[..2], ["AFTER_SEQUENCE_NUMBER"; 2], "{kinds:?}");
    assert!(kinds.contains(&"TRIM_HORIZON"), "{kinds:?}");
}
