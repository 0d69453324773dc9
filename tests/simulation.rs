//! A simulation with six accounts and four shards, in which a fifth of all calls to DynamoDB, S3 and KMS
//! fail. Every acknowledged session ends in the reports, once and in its latest version, and nothing is
//! quarantined because of a fault that passes.
//!
//! By default there are two seeds with 500 records each. `PREMIUM_SIMULATION=20x5000` runs twenty seeds with
//! 5,000.

use std::collections::BTreeMap;
use std::time::Duration;

use archive::App;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use domain::id::AccountId;
use fastrand::Rng;
use faults::{Proxy, Service};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::dynamodb_local::{Endpoints, Servers};
use crate::event_source::{EventSource, to_archive};
use crate::world::{World, answer, query, readable_by_all, with_patience};

const ACCOUNTS: usize = 6;
const SHARDS: usize = 4;
/// The share of calls that fail.
const FAILING: f64 = 0.2;
/// How many rounds of deliveries with faults follow after the last session was acknowledged.
const ROUNDS: usize = 15;
/// For how long the reader asks again where it is told that storage is busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many sessions one post has.
const POST: usize = 20;
/// One session in this many is too large for its item.
const LARGE_ONE_IN: usize = 100;

/// Returns how many seeds there are, and how many records each has.
fn size() -> (u64, usize) {
    let asked = runtime::config::optional("PREMIUM_SIMULATION").unwrap_or_else(|| "2x500".to_owned());
    let (seeds, records) = asked.split_once('x').unwrap_or_else(|| panic!("{asked} is not like 20x5000"));
    (seeds.parse().unwrap(), records.parse().unwrap())
}

/// A version of a session, with its number as the protocol.
fn version(id: &str, number: usize, rng: &mut Rng) -> Value {
    let noise = |rng: &mut Rng, length| -> String { (0..length).map(|_| rng.alphanumeric()).collect() };
    let is_large = rng.usize(..LARGE_ONE_IN) == 0;
    let note = noise(rng, if is_large { 500_000 } else { 30 });
    json!({
        "session_id": id,
        "created_at": format!("2026-10-{:02} 10:00:00", 1 + rng.usize(..4)),
        "updated_at": format!("2026-11-01 {:02}:{:02}:00", number / 60, number % 60),
        "protocol": number.to_string(),
        "talks": [{"origin": "contact", "message": note}],
    })
}

/// One account: what it sends, and the latest version of each of its sessions.
struct Sender {
    account: String,
    ingest: String,
    report: String,
    posts: Vec<Vec<Value>>,
    latest: BTreeMap<String, String>,
}

impl Sender {
    async fn new(world: &World, account: String, records: usize, seed: u64) -> Sender {
        let (ingest, report) = world.account(&account).await;
        let mut rng = Rng::with_seed(seed);
        let mut versions: BTreeMap<String, usize> = BTreeMap::new();
        let mut posts = Vec::new();
        // Each session has about two versions. There are more sessions than a post has, because a post needs
        // different ones.
        let ids = (records / 2).max(2 * POST);
        let mut left = records;
        while left > 0 {
            // Each session is in a post at most once, so that none of its versions is stale.
            let mut post = BTreeMap::new();
            while post.len() < POST.min(left) {
                let id = format!("{account}-{}", rng.usize(..ids));
                if !post.contains_key(&id) {
                    let number = versions.entry(id.clone()).or_default();
                    *number += 1;
                    post.insert(id.clone(), version(&id, *number, &mut rng));
                }
            }
            left -= post.len();
            posts.push(post.into_values().collect());
        }
        let latest = versions.into_iter().map(|(id, number)| (id, number.to_string())).collect();
        Sender { account, ingest, report, posts, latest }
    }

    /// Posts all sessions, and each of them again until it is acknowledged.
    async fn send(&self, world: &World) {
        for post in &self.posts {
            let mut left: Vec<&Value> = post.iter().collect();
            for attempt in 0.. {
                assert!(attempt < 500, "{left:?} is never acknowledged");
                let request = world.request(Method::POST, "/v1/sessions", &self.ingest).json(&left);
                let (status, said) = answer(request).await;
                if status.is_success() {
                    assert_eq!((&said["stale"], &said["ignored"]), (&json!(0), &json!(0)), "{said}");
                    break;
                }
                assert!(status.is_server_error(), "{status}: {said}");
                // Without results, the post itself could not be read, and all of it is sent again.
                if let Some(results) = said["results"].as_array() {
                    let again = |line: &&Value| line["outcome"] == "retry";
                    let index = |line: &Value| usize::try_from(line["index"].as_u64().unwrap()).unwrap();
                    left = results.iter().filter(again).map(|line| left[index(line)]).collect();
                }
            }
        }
    }

    /// Asserts that the reports have each session once, in its latest version.
    async fn check(&self, world: &World, seed: u64) {
        let asked = query("sessions", &["session_id", "protocol"]);
        let rows = world.rows_with_patience(&self.report, &asked, PATIENCE).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let served: BTreeMap<String, String> =
            rows.iter().map(|row| (text(&row[0]), text(&row[1]))).collect();
        let wrong = |(id, number): &(&String, &String)| served.get(*id) != Some(number);
        let wrong: Vec<_> =
            self.latest.iter().filter(wrong).map(|(id, number)| (id, number, served.get(id))).collect();
        assert!(wrong.is_empty(), "seed {seed}: session, latest version, served version: {wrong:?}");
        assert_eq!(served.len(), rows.len(), "seed {seed}: a session is there twice");

        let path = format!("/v1/receipts?start=2026-09-30&end=2026-10-06&account={}", self.account);
        let (_, receipts) = with_patience(PATIENCE, async || world.get(&path, &world.admin).await).await;
        assert_eq!(receipts["gaps"], json!([]), "seed {seed}: {receipts}");
    }
}

/// A proxy in front of each service.
struct Proxies([Proxy; 3]);

impl Proxies {
    async fn start(origins: &Endpoints, seed: u64) -> Proxies {
        let start = |origin, service| async move { Proxy::start(origin, service, seed).await.unwrap() };
        let proxies = Proxies([
            start(&origins.dynamodb, Service::DynamoDb).await,
            start(&origins.s3, Service::S3).await,
            start(&origins.kms, Service::Kms).await,
        ]);
        proxies.0.iter().for_each(|proxy| {
            proxy.fail_calls(FAILING);
            proxy.switch_off();
        });
        proxies
    }

    fn endpoints(&self) -> Endpoints {
        let [dynamodb, s3, kms] = self.0.each_ref().map(|proxy| proxy.endpoint().to_owned());
        Endpoints { dynamodb, s3, kms }
    }

    /// Returns how many requests there were, and how many of them met a fault.
    fn totals(&self) -> (u64, u64) {
        let counts = self.0.iter().flat_map(|proxy| proxy.counts().into_values());
        counts.fold((0, 0), |(requests, faults), one| (requests + one.requests, faults + one.faults))
    }
}

/// Runs one seed, and returns what was counted as a line of JSON.
async fn simulate(seed: u64, records: usize) -> String {
    let servers = Servers::with_dynamodb_local().await;
    let proxies = Proxies::start(&servers.endpoints, seed).await;
    // The SDK does not retry, so every fault reaches the program.
    let store = || servers.clients_at(&proxies.endpoints(), RetryConfig::disabled()).store();
    let world = World::over(store()).await;
    let mut senders = Vec::new();
    for at in 0..ACCOUNTS {
        let seed = seed * 100 + at as u64;
        senders.push(Sender::new(&world, format!("account-{at}"), records / ACCOUNTS, seed).await);
    }
    let apps: Vec<App> = (0..SHARDS).map(|_| App::new(store())).collect();
    let mut source = EventSource::new(SHARDS, seed);
    let stream = servers.clients();

    proxies.0.iter().for_each(|proxy| {
        proxy.reset_counts();
        proxy.switch_on();
    });
    let mut sending = std::pin::pin!(join_all(senders.iter().map(|sender| sender.send(&world))));
    let (mut is_sending, mut rounds) = (true, 0);
    while rounds < ROUNDS {
        if is_sending {
            tokio::select! {
                _ = &mut sending => is_sending = false,
                () = tokio::time::sleep(Duration::from_millis(100)) => {}
            }
        } else {
            rounds += 1;
        }
        source.pull(&stream).await;
        source.deliver(|shard, event| to_archive(apps[shard].clone(), event)).await;
    }
    let (left, (calls, faults)) = (source.waiting(), proxies.totals());
    proxies.0.iter().for_each(Proxy::switch_off);
    source.drain(&stream, &apps).await;

    // Until then, the snapshot of a reader lies before the last segment.
    readable_by_all().await;
    // Whoever reads does so through functions whose SDK tries a call again that was not answered.
    let direct = servers.store();
    let reading = World::over(direct.clone()).await;
    for sender in &senders {
        sender.check(&reading, seed).await;
        let account = AccountId::try_from(sender.account.clone()).unwrap();
        assert_eq!(
            direct.quarantined(&account).await.unwrap(),
            [],
            "seed {seed}: quarantined for a passing fault"
        );
    }
    assert!(faults * 100 > calls * 17 && source.failed > 0, "there were faults");
    let counted = json!({
        "seed": seed, "acknowledged": records / ACCOUNTS * ACCOUNTS, "records": source.records(), "left_when_faults_ended": left,
        "deliveries": source.deliveries, "not_whole": source.failed, "calls": calls, "faults": faults,
    });
    counted.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_every_acknowledged_session_is_served_once_in_its_latest_version() {
    let (seeds, records) = size();
    for seed in 1..=seeds {
        println!("{}", simulate(seed, records).await);
    }
}
