//! Bad inputs: whatever is sent, the answer comes, is no 5xx, costs little memory and tells no secret to the log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::json;
use tokio::task::JoinSet;

use crate::requests::{self, Right};
use crate::target::Target;
use crate::{seed, setting};

/// How many requests are under way at once.
const CLIENTS: u64 = 4;
/// The longest address that API Gateway lets through, in bytes.
const LONGEST_URL: usize = 8_000;
/// An answer that takes longer hangs.
const HANGS: Duration = Duration::from_secs(30);
/// What the engine keeps of columns and of summaries between requests, in MiB.
const ENGINE_MIB: u64 = 64 + 64;
/// What the rest may take over that, in MiB.
const MORE_MIB: u64 = 256;

#[derive(Default)]
struct Counted {
    answers: BTreeMap<&'static str, u64>,
    by_status: BTreeMap<u16, u64>,
    sent_again: u64,
    slowest: Duration,
    slowest_of: String,
}

/// The status and the body of an answer. A connection that the server had closed while it was idle may be taken for one more
/// request, as HTTP has it; that is sent again once, and counted.
async fn send(
    target: &Target,
    request: reqwest::Request,
    sent_again: &mut u64,
) -> reqwest::Result<(u16, Vec<u8>)> {
    let again = request.try_clone();
    let answer = match (target.client.execute(request).await, again) {
        (Err(error), Some(again)) if error.is_request() => {
            *sent_again += 1;
            target.client.execute(again).await
        }
        (answer, _) => answer,
    }?;
    let status = answer.status().as_u16();
    Ok((status, answer.bytes().await?.to_vec()))
}

/// One client's share of the requests.
async fn attack(target: Arc<Target>, all: Arc<Vec<Right>>, count: u64, mut rng: Rng) -> Counted {
    let mut counted = Counted::default();
    for _ in 0..count {
        let right = &all[rng.usize(..all.len())];
        let state = rng.get_seed();
        // What no client can send, or no gateway lets through, is no input.
        let Ok(request) = right.harmed(&target, &mut rng).build() else { continue };
        if request.url().as_str().len() > LONGEST_URL {
            continue;
        }
        let path: String = request.url().path().chars().take(200).collect();
        let bytes = request.body().and_then(reqwest::Body::as_bytes).map_or(0, <[u8]>::len);
        let shown = format!("{} {path} ({bytes} bytes, state {state:#x})", request.method());
        let since = Instant::now();
        let sent = tokio::time::timeout(HANGS, send(&target, request, &mut counted.sent_again)).await;
        let (status, body) = sent
            .unwrap_or_else(|_| panic!("{shown} hangs"))
            .unwrap_or_else(|error| panic!("{shown}: {error:?}"));
        let took = since.elapsed();
        assert!(status < 500, "{shown}: {status} {}", String::from_utf8_lossy(&body));
        if took > counted.slowest {
            (counted.slowest, counted.slowest_of) = (took, shown);
        }
        *counted.answers.entry(right.kind).or_default() += 1;
        *counted.by_status.entry(status).or_default() += 1;
    }
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn no_input_makes_the_stack_fail_hang_grow_or_tell() {
    let (seed, count) = (seed(), setting("PREMIUM_BAD_INPUTS", 4_000));
    println!("seed {seed}");
    let target = Arc::new(Target::start().await);
    let all = Arc::new(requests::all(&target));
    let (before, began, mut rng) = (target.peak_mib(), Instant::now(), Rng::with_seed(seed));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(attack(Arc::clone(&target), Arc::clone(&all), count.div_ceil(CLIENTS), rng.fork()));
    }
    let mut whole = Counted::default();
    for counted in clients.join_all().await {
        counted
            .answers
            .into_iter()
            .for_each(|(kind, count)| *whole.answers.entry(kind).or_default() += count);
        counted
            .by_status
            .into_iter()
            .for_each(|(status, count)| *whole.by_status.entry(status).or_default() += count);
        whole.sent_again += counted.sent_again;
        if counted.slowest > whole.slowest {
            (whole.slowest, whole.slowest_of) = (counted.slowest, counted.slowest_of);
        }
    }
    let (told, logged) = target.logged();
    let grown = target.peak_mib().saturating_sub(before);
    println!(
        "{}",
        json!({
            "bad_inputs": whole.answers.values().sum::<u64>(), "by_kind": whole.answers, "by_status": whole.by_status, "seed": seed,
            "sent_again": whole.sent_again, "slowest_ms": whole.slowest.as_millis(), "slowest": whole.slowest_of, "grown_mib": grown, "peak_mib": target.peak_mib(),
            "log_bytes": logged, "seconds": began.elapsed().as_secs(),
        })
    );
    assert!(told.is_empty(), "the log tells {told:?}");
    assert!(grown <= ENGINE_MIB + MORE_MIB, "{before} MiB and {grown} more");
    // It still serves who asks for what is right.
    let me = target.request(reqwest::Method::GET, "/v1/me", &target.tokens.report);
    assert_eq!(target.ok(me).await["account"], "demo");
}
