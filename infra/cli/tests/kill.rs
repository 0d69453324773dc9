//! `premium serve` is killed at random moments, again and again: what was acknowledged is there afterwards.
//!
//! By default it is killed at least 20 times. `PREMIUM_KILLS=1000` goes on until it was killed a thousand times, with a new
//! stack after every 20 rounds. The last line is what was counted, as JSON.
#![expect(clippy::unwrap_used, reason = "what the test's parts share may fail like a test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fastrand::Rng;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// So many rounds has a stack, each of which kills it at least once.
const ROUNDS: u32 = 20;
/// At least so many versions of sessions are sent to a stack.
const DELIVERIES: u32 = 10_000;
const WRITERS: u32 = 4;
/// How long what was acknowledged may take to be readable, counted from when the stack answers again.
const READABLE_WITHIN: Duration = Duration::from_secs(10);
const LATEST_KILL: u64 = 2_500;

/// A running `premium serve`.
struct Served {
    child: Child,
    client: Client,
    url: String,
    admin: String,
}

impl Served {
    async fn start(data: &Path) -> Served {
        let mut command = Command::new(env!("CARGO_BIN_EXE_premium"));
        command.args(["serve", "--no-demo", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.next_line().await.unwrap().is_some(), "the stack did not start");
        let local: Value = serde_json::from_slice(&std::fs::read(data.join("local.json")).unwrap()).unwrap();
        let text = |name: &str| local[name].as_str().unwrap().to_owned();
        // The other lines are read too, for nobody may wait for a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Served {
            child,
            client: client::net::client().build().unwrap(),
            url: text("url"),
            admin: text("admin_token"),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.admin)
    }

    /// An account that keeps everything, with a report token, which is the beginning of an account.
    async fn account(&self) {
        for (method, path, body) in [
            (Method::POST, "/v1/tokens", json!({"account": "demo", "scope": "report"})),
            (
                Method::PATCH,
                "/v1/account",
                json!({"account": "demo", "starts_on": "2020-01-01", "retention_days": 36_000}),
            ),
        ] {
            let answer = self.request(method, path).json(&body).send().await.unwrap();
            assert!(answer.status().is_success(), "{answer:?}");
        }
    }

    /// All rows of a report, as texts, in the state of the moment.
    async fn rows(&self, report_type: &str, fields: &[&str], refreshed: i64) -> Vec<Vec<String>> {
        let fields: Vec<Value> = fields.iter().map(|name| json!({ "name": name })).collect();
        let mut query = json!({
            "account": "demo", "configParams": {"report_type": report_type}, "fields": fields, "limit": 50_000,
            "scriptParams": {"lastRefresh": refreshed},
        });
        let mut rows = Vec::new();
        loop {
            let answer = self.request(Method::POST, "/v1/data").json(&query).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            let page: Value = answer.json().await.unwrap();
            let texts = |row: &Value| -> Vec<String> {
                row["values"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|value| value.as_str().unwrap().to_owned())
                    .collect()
            };
            rows.extend(page["rows"].as_array().unwrap().iter().map(texts));
            if page["nextCursor"].is_null() {
                return rows;
            }
            query["cursor"] = page["nextCursor"].clone();
        }
    }
}

/// Of each session the last version that was sent, and the last that was acknowledged.
#[derive(Clone, Copy, Default)]
struct Known {
    sent: u32,
    acknowledged: u32,
}

type Sessions = Arc<Mutex<BTreeMap<String, Known>>>;

/// A version of a session: its number is in the session and in both of its messages.
fn version(id: &str, number: u32, noise: &mut Rng) -> Value {
    let filler: String = (0..noise.usize(..400)).map(|_| noise.alphanumeric()).collect();
    let message = format!("{id} {number}");
    json!({
        "session_id": id,
        "created_at": format!("2026-10-{:02} 10:00:00", 1 + id.len() % 28),
        "updated_at": format!("2026-11-01 {:02}:{:02}:00", number / 60, number % 60),
        "protocol": number.to_string(),
        "campaign": {"name": filler},
        "talks": [{"origin": "contact", "message": message}, {"origin": "agent", "message": message}],
    })
}

/// Posts batches of new sessions and new versions of its own ones, until the stack is gone.
async fn write(client: Client, request: RequestBuilder, name: String, sessions: Sessions, mut rng: Rng) {
    let mut own: Vec<String> =
        sessions.lock().unwrap().keys().filter(|id| id.starts_with(&name)).cloned().collect();
    loop {
        let mut batch = Vec::new();
        for _ in 0..rng.usize(1..40) {
            let id = if own.is_empty() || rng.bool() {
                own.push(format!("{name}-{}{}", own.len(), "x".repeat(rng.usize(..20))));
                own[own.len() - 1].clone()
            } else {
                own[rng.usize(..own.len())].clone()
            };
            let number = {
                let mut sessions = sessions.lock().unwrap();
                let known = sessions.entry(id.clone()).or_default();
                known.sent += 1;
                known.sent
            };
            batch.push((version(&id, number, &mut rng), id, number));
        }
        let body: Vec<&Value> = batch.iter().map(|(session, ..)| session).collect();
        let sent = client.execute(request.try_clone().unwrap().json(&body).build().unwrap()).await;
        // An answer that breaks off acknowledges nothing.
        let Ok(answer) = sent else { return };
        let status = answer.status();
        let Ok(answer) = answer.json::<Value>().await else { return };
        assert_eq!((status, &answer["accepted"]), (StatusCode::OK, &json!(batch.len())), "{answer}");
        let mut sessions = sessions.lock().unwrap();
        for (_, id, number) in batch {
            let known = sessions.entry(id).or_default();
            known.acknowledged = known.acknowledged.max(number);
        }
    }
}

/// What is wrong with the rows, or with what is missing in them; nothing once all is as it should be.
async fn wrong(served: &Served, sessions: &BTreeMap<String, Known>) -> Option<String> {
    let refreshed = chrono::Utc::now().timestamp_millis();
    let rows = served.rows("sessions", &["session_id", "protocol"], refreshed).await;
    let talks = served.rows("talks", &["talks_message"], refreshed).await;
    let mut messages: BTreeMap<&str, u32> = BTreeMap::new();
    for row in &talks {
        *messages.entry(row[0].as_str()).or_default() += 1;
    }
    let mut versions: BTreeMap<&str, u32> = BTreeMap::new();
    for row in &rows {
        let (id, number) = (row[0].as_str(), row[1].parse().unwrap());
        assert!(versions.insert(id, number).is_none(), "{id} is there twice");
        assert!(number <= sessions[id].sent, "{id} is at version {number}, which was never sent");
        assert_eq!(messages.get(format!("{id} {number}").as_str()), Some(&2), "messages of {id}");
    }
    assert_eq!(talks.len(), 2 * rows.len(), "messages of no session");
    let missing = |(id, known): &(&String, &Known)| {
        known.acknowledged > versions.get(id.as_str()).copied().unwrap_or_default()
    };
    let count = sessions.iter().filter(missing).count();
    let (id, known) = sessions.iter().find(missing)?;
    let there = versions.get(id.as_str());
    Some(format!(
        "{count} sessions, {id} among them: {} is acknowledged, {there:?} is there",
        known.acknowledged
    ))
}

/// Waits until everything that was acknowledged is served.
async fn check(served: &Served, sessions: &Sessions, round: u32) -> Duration {
    let since = Instant::now();
    let sessions = sessions.lock().unwrap().clone();
    while let Some(wrong) = wrong(served, &sessions).await {
        assert!(since.elapsed() < READABLE_WITHIN, "round {round}: {wrong}");
        sleep(Duration::from_millis(250)).await;
    }
    since.elapsed()
}

/// How many sessions there are, and how many versions of them were sent.
fn deliveries(sessions: &Sessions) -> (usize, u32) {
    let sessions = sessions.lock().unwrap();
    (sessions.len(), sessions.values().map(|known| known.sent).sum())
}

/// The receipts know every session that was acknowledged, and nothing is missing anywhere.
async fn agree(served: &Served, sessions: &BTreeMap<String, Known>) -> String {
    let path = "/v1/receipts?account=demo&start=2026-10-01&end=2026-10-31";
    let answer = served.request(Method::GET, path).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let sum = |witness: &str| -> u64 {
        answer["days"].as_array().unwrap().iter().map(|day| day[witness].as_u64().unwrap()).sum()
    };
    assert_eq!((&answer["gaps"], sum("pending")), (&json!([]), 0), "{answer}");
    assert_eq!(sum("stored"), sum("served"));
    let acknowledged = sessions.values().filter(|known| known.acknowledged > 0).count() as u64;
    // What was stored and never acknowledged, for it was killed in between, has no receipt.
    assert!((acknowledged..=sum("stored")).contains(&sum("received")), "{acknowledged} acknowledged");
    format!("{acknowledged} acknowledged, {} received, {} stored", sum("received"), sum("stored"))
}

/// Kills one stack again and again. Returns how often, and how many versions of how many sessions it was sent.
async fn kill_one(seed: u64, say: impl Fn(String)) -> (u32, u32, usize) {
    say(format!("seed {seed}"));
    let mut rng = Rng::with_seed(seed);
    let data = tempfile::tempdir().unwrap();
    let sessions = Sessions::default();
    let mut served = Served::start(data.path()).await;
    served.account().await;
    let mut kills = 0;
    for round in 1.. {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let request = served.request(Method::POST, "/v1/sessions?account=demo");
            let name = format!("w{writer}");
            writers.spawn(write(served.client.clone(), request, name, Arc::clone(&sessions), rng.fork()));
        }
        let wait = Duration::from_millis(rng.u64(..LATEST_KILL));
        sleep(wait).await;
        served.child.kill().await.unwrap();
        kills += 1;
        // A writer's assertion is the test's.
        writers.join_all().await;
        if rng.bool() {
            // Once more, while it catches up.
            let mut again = Served::start(data.path()).await;
            sleep(Duration::from_millis(rng.u64(..LATEST_KILL / 4))).await;
            again.child.kill().await.unwrap();
            kills += 1;
        }
        served = Served::start(data.path()).await;
        let took = check(&served, &sessions, round).await;
        let (known, deliveries) = deliveries(&sessions);
        say(format!(
            "round {round}: killed after {wait:?}, {deliveries} deliveries of {known} sessions, all there {took:?} after the start"
        ));
        if round >= ROUNDS && deliveries >= DELIVERIES {
            break;
        }
    }
    let (_, deliveries) = deliveries(&sessions);
    let sessions = sessions.lock().unwrap().clone();
    assert!(sessions.values().filter(|known| known.acknowledged > 0).count() > 200);
    say(agree(&served, &sessions).await);
    (kills, deliveries, sessions.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_it_loses_nothing_that_it_acknowledged() {
    let asked = runtime::config::parsed("PREMIUM_KILLS").unwrap().unwrap_or(1);
    let (mut kills, mut deliveries, mut sessions) = (0, 0, 0);
    while kills < asked {
        let one = kill_one(Rng::new().u64(..1 << 48), |line| println!("{line}")).await;
        (kills, deliveries, sessions) = (kills + one.0, deliveries + one.1, sessions + one.2);
    }
    println!("{}", json!({"kills": kills, "deliveries": deliveries, "sessions": sessions}));
}
