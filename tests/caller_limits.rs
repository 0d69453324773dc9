//! Tests of the limits per caller: what a token may send and read in a minute, and how often an address may show tokens
//! that are not valid. Limits that hold for one request are tested in `limits`.

use std::net::Ipv4Addr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::time::Instant;
use faults::{Fault, Proxy, Service};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use store::Store;
use store::key::{Usage, usage};
use web::limit::Limits;

use crate::dynamodb_local::{Endpoints, Servers};
use crate::world::{World, query};

const OK: StatusCode = StatusCode::OK;
const UNKNOWN: StatusCode = StatusCode::UNAUTHORIZED;
const LIMITED: StatusCode = StatusCode::TOO_MANY_REQUESTS;

/// Waits for a minute of which `seconds` are left: what is counted in it must not begin anew within a test.
async fn minute_with(seconds: i64) {
    let left = 60 - Instant::now().seconds().rem_euclid(60);
    if left < seconds {
        tokio::time::sleep(Duration::from_secs(u64::try_from(left).unwrap())).await;
    }
}

fn sessions(name: &str, count: usize) -> Vec<Value> {
    let session =
        |at: usize| json!({"session_id": format!("{name}-{at}"), "created_at": "2026-10-02 10:00:00"});
    (0..count).map(session).collect()
}

/// Asserts that a request was refused by a limit, in the client's language, and returns how long it is to wait.
async fn limited(answer: Response, said: &str) -> Duration {
    assert_eq!(answer.status(), LIMITED);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    let problem: Value = answer.json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(said) && detail.contains(&format!("{seconds} s")), "{detail}");
    Duration::from_secs(seconds)
}

/// A token that nobody issued, of a key that nobody made.
fn forged(number: usize) -> String {
    let header = format!(r#"{{"alg":"ES256","kid":"{number:016x}","typ":"premium+jwt"}}"#);
    format!("{}.e30.AAAA", BASE64_URL_SAFE_NO_PAD.encode(header))
}

/// A client whose requests come from another address of this machine.
fn client_at(address: Ipv4Addr) -> reqwest::Client {
    client::net::client().local_address(Some(address.into())).build().unwrap()
}

async fn shown(client: &reqwest::Client, world: &World, token: &str) -> Response {
    client.get(format!("{}/v1/me", world.url)).bearer_auth(token).send().await.unwrap()
}

/// The routers on a store whose requests to the table are counted.
async fn counted(servers: &Servers, limits: Limits) -> (World, Proxy) {
    let proxy = Proxy::start(&servers.endpoints.dynamodb, Service::DynamoDb, 1).await.unwrap();
    let endpoints = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let store = servers.clients_at(&endpoints, store::aws::retries()).store();
    (World::over_limited(store, limits).await, proxy)
}

fn requests(proxy: &Proxy) -> u64 {
    proxy.counts().values().map(|count| count.requests).sum()
}

/// How many items count what callers have used.
async fn counts(store: &Store) -> usize {
    let items = store.dynamo().scan().table_name(&store.names().table).into_paginator().items().send();
    let items: Vec<_> = items.collect::<Result<_, _>>().await.unwrap();
    items.iter().filter(|item| item["pk"].as_s().unwrap().starts_with("used-")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_sends_too_much_waits_and_the_others_go_on() {
    let servers = Servers::embedded().await;
    let limits = Limits { sessions: Some(100), ..Limits::default() };
    let world = World::over_limited(servers.store(), limits).await;
    let (busy, report) = world.account("busy").await;
    let (calm, _) = world.account("calm").await;
    minute_with(30).await;
    world.ingest_all(&busy, &sessions("a", 99), "accepted").await;
    // What is left is less than this batch has: it is taken as a whole.
    world.ingest_all(&busy, &sessions("b", 60), "accepted").await;
    let post = |batch: &[Value]| world.request(Method::POST, "/v1/sessions", &busy).json(&json!(batch));
    let portuguese = |request: RequestBuilder| request.header("accept-language", "pt-BR");
    limited(portuguese(post(&sessions("c", 1))).send().await.unwrap(), "as 100 sessões").await;
    // As large as a body may be: it is read all the same, so that its sender sees the answer.
    let large = json!([{"session_id": "c-0", "created_at": "2026-10-02 10:00:00", "tabulation_note": "x".repeat(3 << 20)}]);
    let large = world.request(Method::POST, "/v1/sessions?validate=true", &busy).json(&large);
    limited(large.send().await.unwrap(), "the 100 sessions").await;
    // Other tokens, other routes, and other things than sending go on.
    world.ingest_all(&calm, &sessions("a", 60), "accepted").await;
    assert_eq!(world.get("/v1/me", &busy).await.0, OK);
    assert_eq!(world.post("/v1/data", &report, &query("sessions", &["session_id"])).await.0, OK);
    let wait = limited(post(&sessions("c", 1)).send().await.unwrap(), "the 100 sessions").await;
    tokio::time::sleep(wait).await;
    // What was refused was not stored.
    world.ingest_all(&busy, &sessions("c", 1), "accepted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_reads_too_much_waits_and_the_others_go_on() {
    let world = World::start_limited(Limits { rows: Some(100), ..Limits::default() }).await;
    let (ingest, busy) = world.account("demo").await;
    let calm = world.token("demo", "report").await;
    world.ingest_all(&ingest, &sessions("a", 60), "accepted").await;
    let unlimited = World::over(world.store()).await;
    let ids = query("sessions", &["session_id"]);
    unlimited.rows_once(&busy, &ids, 60).await;
    minute_with(30).await;
    let read = |token: &str| world.request(Method::POST, "/v1/data", token).json(&ids);
    for (token, rows) in [(&busy, 60), (&busy, 60), (&calm, 60)] {
        let page: Value = read(token).send().await.unwrap().json().await.unwrap();
        assert_eq!(page["rows"].as_array().unwrap().len(), rows);
    }
    let export = "/v1/export?report_type=sessions&fields=session_id";
    let wait = limited(read(&busy).send().await.unwrap(), "the 100 rows").await;
    let export = world.request(Method::GET, export, &busy).header("accept-language", "pt");
    limited(export.send().await.unwrap(), "as 100 linhas").await;
    assert_eq!(read(&calm).send().await.unwrap().status(), OK);
    assert_eq!(world.get("/v1/schema?report_type=sessions", &busy).await.0, OK);
    tokio::time::sleep(wait).await;
    assert_eq!(read(&busy).send().await.unwrap().status(), OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_shows_wrong_tokens_costs_the_table_nothing_and_locks_nobody_out() {
    let servers = Servers::embedded().await;
    let limits = Limits { failures: Some(10), ..Limits::default() };
    let (neighbour, _) = World::over(servers.store()).await.account("demo").await;
    let (stranger, elsewhere) = (client_at([127, 0, 0, 2].into()), client_at([127, 0, 0, 3].into()));
    minute_with(30).await;
    let (world, proxy) = counted(&servers, limits).await;
    for number in 0..10 {
        assert_eq!(shown(&stranger, &world, &forged(number)).await.status(), UNKNOWN, "{number}");
    }
    proxy.reset_counts();
    let mut wait = Duration::ZERO;
    for number in 10..60 {
        let request = stranger.get(format!("{}/v1/me", world.url)).bearer_auth(forged(number));
        let forwarded = request.header("x-forwarded-for", format!("198.51.100.{number}"));
        wait = limited(forwarded.send().await.unwrap(), "10 tokens that are not valid").await;
    }
    // The list of signing keys, which is read once in 30 s.
    assert!(requests(&proxy) <= 2, "{:?}", proxy.counts());
    assert_eq!(requests(&proxy), proxy.count("Query").requests, "{:?}", proxy.counts());
    // A valid token of the same address goes on, though no valid one was ever seen by this instance, and so does every other
    // address.
    assert_eq!(shown(&stranger, &world, &neighbour).await.status(), OK);
    assert_eq!(shown(&elsewhere, &world, &forged(1)).await.status(), UNKNOWN);
    // Whoever shows no token has not failed to authenticate.
    let nobody = stranger.get(format!("{}/v1/me", world.url)).send().await.unwrap();
    assert_eq!(nobody.status(), UNKNOWN);
    // A browser is signed out whatever its cookie says.
    let sign_out = stranger.delete(format!("{}/v1/console/session", world.url)).bearer_auth(forged(1));
    assert_eq!(sign_out.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    // The functions of this process are instances of their own: the next one learns at its first share.
    let sign_in = async || {
        let request = stranger.post(format!("{}/v1/console/session", world.url)).bearer_auth(forged(1));
        request.send().await.unwrap().status()
    };
    assert_eq!(sign_in().await, LIMITED);
    tokio::time::sleep(wait).await;
    assert_eq!(shown(&stranger, &world, &forged(1)).await.status(), UNKNOWN);
}

/// Of two instances each may have let through a share, a fiftieth of the limit, of which the other does not know.
#[tokio::test(flavor = "multi_thread")]
async fn instances_hold_a_limit_together() {
    const LIMIT: u64 = 100;
    let servers = Servers::embedded().await;
    let limits = Limits { sessions: Some(LIMIT), ..Limits::default() };
    let first = World::over_limited(servers.store(), limits).await;
    let second = World::over_limited(servers.store(), limits).await;
    let (ingest, _) = first.account("demo").await;
    minute_with(45).await;
    let (mut taken, mut is_refused) = (0, [false; 2]);
    for number in 0..2 * LIMIT {
        for (world, is_refused) in [&first, &second].into_iter().zip(&mut is_refused) {
            let name = format!("{number}-{}", world.url);
            let (status, answer) = world.ingest(&ingest, &sessions(&name, 1)).await;
            taken += u64::from(status == OK);
            *is_refused |= status == LIMITED;
            assert!(matches!(status, OK | LIMITED), "{answer}");
        }
        if is_refused == [true; 2] {
            break;
        }
    }
    let share = LIMIT / 50;
    assert!((LIMIT..=LIMIT + 2 * share).contains(&taken), "{taken}");
    // One that starts now knows of none of this, and learns it at its first share.
    let third = World::over_limited(servers.store(), limits).await;
    let mut late = 0;
    while third.ingest(&ingest, &sessions(&format!("late-{late}"), 1)).await.0 == OK {
        late += 1;
    }
    assert!(late < share, "{late}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_below_its_limit_costs_the_table_next_to_nothing() {
    let servers = Servers::embedded().await;
    let template = Limits { sessions: Some(60_000), rows: Some(2_000_000), failures: Some(300) };
    let (limited, with) = counted(&servers, template).await;
    let (unlimited, without) = counted(&servers, Limits::default()).await;
    let (ingest, _) = unlimited.account("demo").await;
    minute_with(45).await;
    let mut requests_of = Vec::new();
    for (world, proxy) in [(&unlimited, &without), (&limited, &with)] {
        // The first post reads what is kept in memory from then on.
        assert_eq!(world.ingest(&ingest, &sessions("first", 1)).await.0, OK);
        proxy.reset_counts();
        for number in 0..100 {
            world.ingest_all(&ingest, &sessions(&format!("{number}-{}", world.url), 1), "accepted").await;
        }
        requests_of.push(requests(proxy));
    }
    // A post counts as 20 sessions, and the table is told once 1,200 are counted.
    assert_eq!(requests_of[1] - requests_of[0], 1, "{requests_of:?}");
    assert_eq!(counts(&servers.store()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_fails_nobody_where_the_table_does_not_count() {
    let servers = Servers::embedded().await;
    let limits = Limits { failures: Some(3), ..Limits::default() };
    let (world, proxy) = counted(&servers, limits).await;
    minute_with(30).await;
    proxy.set_rate_of("UpdateItem", Fault::Throttle, 1.0);
    for number in 0..3 {
        assert_eq!(world.get("/v1/me", &forged(number)).await.0, UNKNOWN, "{number}");
    }
    // What this instance has counted it knows all the same.
    assert_eq!(world.get("/v1/me", &forged(3)).await.0, LIMITED);
    assert_eq!(world.get("/v1/me", &world.admin).await.0, OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_limits_are_set_by_default() {
    let world = World::start().await;
    let (ingest, _) = world.account("demo").await;
    for number in 0..500 {
        assert_eq!(world.get("/v1/me", &forged(number)).await.0, UNKNOWN, "{number}");
    }
    world.ingest_all(&ingest, &sessions("s", 1_000), "accepted").await;
    assert_eq!(counts(&world.store()).await, 0);
}

/// On AWS DynamoDB deletes what it counted, by the time that stands in the item.
#[tokio::test(flavor = "multi_thread")]
async fn counts_are_added_up_and_leave_the_table_by_themselves() {
    let servers = Servers::embedded().await;
    let store = servers.store();
    for (units, expected) in [(3, 3), (4, 7)] {
        assert_eq!(store.count_usage(Usage::Rows, "t1", 29_000_000, units).await.unwrap(), expected);
    }
    assert_eq!(store.count_usage(Usage::Rows, "t1", 29_000_001, 1).await.unwrap(), 1);
    let item = store.get(usage(Usage::Rows, "t1", 29_000_000)).await.unwrap().unwrap();
    assert_eq!(store::number(&item, "expires_at"), Some(29_000_001 * 60 + 3_600));
}
