//! Tests of erasure: a person is found, exported and taken out of everything that is kept, and nobody else is.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use arrow_array::cast::AsArray;
use chrono::{DateTime, TimeDelta, Utc};
use domain::dictionary::{self, Kind, Record};
use domain::id::AccountId;
use domain::time::Instant;
use lake::{Lake, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::{Store, key};

use crate::world::{World, answer, query};

/// What no byte of may be left.
const CANARY: &str = "canario7Q";
/// How long an erasure may take here: it waits for what is on its way, and for readers.
const DONE_WITHIN: Duration = Duration::from_secs(120);
/// How long a test lasts at most.
const LASTS: Duration = Duration::from_secs(300);

/// A session of a contact that says the canary wherever it can.
fn session(name: &str, contact: &str, phone: &str, version: u32) -> Value {
    static BEGAN: LazyLock<DateTime<Utc>> = LazyLock::new(|| Utc::now() - TimeDelta::hours(30));
    let at = |minutes: i64| (*BEGAN + TimeDelta::minutes(minutes)).to_rfc3339();
    json!({
        "session_id": name, "protocol": format!("p-{name}"), "created_at": at(0), "finished_at": at(20),
        "updated_at": at(20 + i64::from(version)), "status": "finished", "channel": "WhatsApp", "tabulation": "Venda",
        "agent_id": "a1", "agent_name": "Rui", "campaign_name": "Suporte", "platform_id": phone,
        "contact_id": contact, "contact_name": format!("Maria {CANARY}"), "contact_created_at": at(-5),
        "contact_platforms": [{"platform": "WhatsappBusiness", "platform_id": phone}],
        "events": [{"event": "waitStart", "created_at": at(1)}, {"event": "humanStart", "created_at": at(2)}],
        "tags": [{"tag": "motivo", "question": "?", "answer": format!("{CANARY} {version}")}],
        "talks": [
            {"origin": "contact", "type": "text", "message": format!("{CANARY} {version}"), "created_at": at(1)},
            {"origin": "agent", "type": "image", "storage_id": format!("f-{CANARY}-{name}"), "filename": format!("{CANARY}.png"),
             "created_at": at(3)},
        ],
    })
}

/// An account with sessions of a person in several versions and sizes, and with one of another.
struct Demo {
    world: World,
    ingest: String,
    report: String,
    console: String,
}

const PHONE: &str = "+55 (11) 90000-1234";
const SHOWN: [&str; 3] = ["session_id", "contact_name", "updated_at"];

impl Demo {
    async fn start() -> Demo {
        let world = World::start().await;
        let (ingest, report) = world.account("demo").await;
        let console = world.token("demo", "console").await;
        // An earlier version lies in the lake, in a segment of its own; a large one is an object.
        world.ingest_all(&ingest, &[session("s1", "c1", PHONE, 0)], "accepted").await;
        world.rows_once(&report, &query("sessions", &SHOWN), 1).await;
        let mut large = session("s2", "c1", PHONE, 1);
        let noise: String = (0..700_000).map(|_| fastrand::alphanumeric()).collect();
        large["talks"][0]["message"] = json!(format!("{CANARY} {noise}"));
        let mut other = session("o1", "c9", "11977776666", 0);
        other["contact_name"] = json!("Maria Outra");
        other["talks"] = json!([{"origin": "contact", "message": "fica"}]);
        other["tags"] = json!([{"tag": "motivo", "answer": "fica"}]);
        let sessions = [session("s1", "c1", PHONE, 1), large, session("s3", "c2", "11900001234", 1), other];
        world.ingest_all(&ingest, &sessions, "accepted").await;
        world.rows_once(&report, &query("sessions", &SHOWN), 4).await;
        Demo { world, ingest, report, console }
    }

    async fn counts(&self) -> Vec<Vec<Value>> {
        let fields = "created_date sessions finished_sessions messages messages_media messages_contact lost_sessions \
                      attended_sessions tabulation agent_name campaign_name channel";
        let fields: Vec<&str> = fields.split(' ').collect();
        self.world.rows(&self.report, &query("summary", &fields)).await
    }

    async fn person(&self) -> String {
        found(&self.world, &self.console, "c1").await[0]["person"].as_str().unwrap().to_owned()
    }
}

async fn found(world: &World, token: &str, q: &str) -> Vec<Value> {
    let (status, people) = answer(world.request(Method::GET, "/v1/people", token).query(&[("q", q)])).await;
    assert_eq!(status, StatusCode::OK, "{people}");
    people["people"].as_array().unwrap().clone()
}

/// Waits until the receipt says that it is done.
async fn done(world: &World, token: &str, receipt: &str) -> Value {
    let until = tokio::time::Instant::now() + DONE_WITHIN;
    loop {
        let (status, erasure) = world.get(&format!("/v1/erasures/{receipt}"), token).await;
        assert_eq!(status, StatusCode::OK, "{erasure}");
        if !erasure["done_at"].is_null() {
            return erasure;
        }
        assert!(tokio::time::Instant::now() < until, "not done: {erasure}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn erase(world: &World, token: &str, person: &str) -> String {
    let (status, ordered) =
        answer(world.request(Method::DELETE, &format!("/v1/people/{person}"), token)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{ordered}");
    ordered["receipt_id"].as_str().unwrap().to_owned()
}

/// All parts that the lake of an account shows now or showed at any second since the test began. What was replaced is among
/// them as long as it is kept.
async fn parts(lake: &Lake, account: &AccountId) -> Vec<Part> {
    let (always, now) = (Instant(i64::MIN)..Instant(i64::MAX), Instant::now());
    let mut parts = BTreeMap::new();
    for ago in 0..i64::try_from(LASTS.as_secs()).unwrap() {
        for part in lake.parts(account, &always, now.plus_seconds(-ago)).await.unwrap() {
            parts.insert((part.segment.clone(), part.number), part);
        }
    }
    parts.into_values().collect()
}

/// Everything that is kept of an account in the table and the lake, decrypted, as text.
async fn everything(store: &Store, account: &AccountId) -> String {
    let mut all = String::new();
    let items = store.dynamo().scan().table_name(&store.names().table).into_paginator().items().send();
    let items: Vec<store::Item> = items.collect::<Result<_, _>>().await.unwrap();
    for item in &items {
        all += &format!("{item:?}\n");
        if let Some(stored) = store.read_session(item).await.unwrap() {
            all += &String::from_utf8(stored.session.to_json()).unwrap();
        }
    }
    let lake = Lake::new(store.clone());
    for part in &parts(&lake, account).await {
        for record in Record::ALL {
            let texts: Vec<&str> = dictionary::columns(record)
                .iter()
                .filter(|field| field.kind == Kind::Text)
                .map(|field| field.leaf())
                .collect();
            let rows = lake.read(part, record, &texts).await.unwrap();
            for column in rows.columns() {
                let column = match column.as_any_dictionary_opt() {
                    Some(coded) => coded.values(),
                    None => column,
                };
                all += &column.as_string::<i32>().iter().flatten().collect::<Vec<_>>().join("\n");
            }
        }
    }
    all
}

/// How many objects there are in the lake's bucket, and how many segments the manifest names, of which so many were replaced.
async fn objects(store: &Store, account: &AccountId) -> (usize, usize) {
    let bucket = &store.names().lake_bucket;
    let listed = store.list_objects(bucket, "", "").await.unwrap();
    (listed.objects.len(), store.partition(key::manifest(account)).await.unwrap().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_and_exported_by_those_who_may() {
    let Demo { world, ingest, report, console } = &Demo::start().await;
    for q in ["900001234", "5511900001234", "MARIA CANÁRIO7q", "c1", "c2"] {
        let people = found(world, console, q).await;
        let [person] = people.as_slice() else { panic!("{q}: {people:?}") };
        assert_eq!((&person["contact_ids"], &person["sessions"]), (&json!(["c1", "c2"]), &json!(3)), "{q}");
        assert_eq!(person["media"], 3);
    }
    assert_eq!(found(world, console, "maria").await.len(), 2);
    assert_eq!(found(world, console, "ninguém").await.len(), 0);
    // A number that many contacts have is nobody's own.
    let many: Vec<Value> =
        (0..9).map(|n| session(&format!("z{n}"), &format!("z{n}"), "00000000", 0)).collect();
    world.ingest_all(ingest, &many, "accepted").await;
    world.rows_once(report, &query("sessions", &SHOWN), 13).await;
    assert_eq!(found(world, console, "z3").await[0]["contact_ids"], json!(["z3"]));
    assert_eq!(found(world, console, "0000-0000").await.len(), 9);
    assert_eq!(world.get("/v1/people?q=maria", report).await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.get("/v1/people?q=m", console).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    for nobody in ["x", &"0".repeat(32)] {
        let path = format!("/v1/people/{nobody}");
        assert_eq!(answer(world.request(Method::DELETE, &path, console)).await.0, StatusCode::NOT_FOUND);
        let (status, _) = world.post(&format!("{path}/export"), console, &Value::Null).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    let person = found(world, console, "c1").await[0]["person"].as_str().unwrap().to_owned();
    let path = format!("/v1/people/{person}/export?limit=2");
    let page = world.request(Method::POST, &path, console).send().await.unwrap();
    let link = page.headers()["link"].to_str().unwrap().to_owned();
    let next = link.strip_prefix('<').unwrap().split('>').next().unwrap().to_owned();
    let first = page.text().await.unwrap();
    let rest = world.client.post(next).bearer_auth(console).send().await.unwrap();
    assert!(rest.headers().get("link").is_none());
    let lines = first + &rest.text().await.unwrap();
    let documents: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&Value> = documents.iter().map(|one| &one["session_id"]).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert!(documents.iter().all(|one| one["talks"][1]["media_url"].as_str().unwrap().contains("/m/")));
    let (_, audit) = world.get("/v1/audit", console).await;
    let did = |action: &str| audit["entries"].as_array().unwrap().iter().any(|one| one["action"] == action);
    assert!(did("people_searched") && did("person_exported") && !did("person_erased"), "{audit}");
    assert!(!audit.to_string().contains("aria"), "nobody is named: {audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_leaves_everything_that_is_kept_but_the_counts() {
    let demo = Demo::start().await;
    let Demo { world, report, console, .. } = &demo;
    let (before, person) = (demo.counts().await, demo.person().await);
    let mut paged = query("sessions", &SHOWN);
    paged["limit"] = json!(1);
    let (_, page) = world.post("/v1/data", report, &paged).await;
    let receipt = erase(world, console, &person).await;
    assert_eq!(erase(world, console, &person).await, receipt, "erasing twice is the first receipt");
    let erasure = done(world, console, &receipt).await;
    assert_eq!((&erasure["person"], &erasure["sessions"]), (&json!(person), &json!(3)), "{erasure}");
    assert_eq!(erasure["files"], 3, "{erasure}");
    assert!(erasure["segments_rewritten"].as_u64().unwrap() >= 1, "{erasure}");

    let (store, account) = (world.store(), AccountId::try_from("demo".to_owned()).unwrap());
    let left = everything(&store, &account).await;
    println!("{}", json!({"searched_bytes": left.len(), "erased_sessions": erasure["sessions"]}));
    assert!(left.contains("Maria Outra") && left.contains("fica"), "what is not erased is found");
    for gone in [CANARY, "90000-1234", "11900001234", "900001234"] {
        assert!(!left.contains(gone), "{gone} is left");
    }
    let (objects, named) = objects(&store, &account).await;
    assert_eq!(objects, named, "no object is left that the manifest does not name, large bodies included");

    assert_eq!(demo.counts().await, before);
    assert!(found(world, console, "c1").await.is_empty());
    assert_eq!(found(world, console, "maria").await.len(), 1);
    assert_eq!(erase(world, console, &person).await, receipt, "nothing has come since");
    paged["cursor"] = page["nextCursor"].clone();
    let (status, refused) = world.post("/v1/data", report, &paged).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    let day = |days| (Utc::now() - TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let path = format!("/v1/receipts?account=demo&start={}&end={}", day(3), day(0));
    let (_, health) = world.get(&path, &world.admin).await;
    assert!(health["days"].as_array().unwrap().iter().all(|day| day["agrees"] == json!(true)), "{health}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_an_erasure_is_emptied_if_it_is_erased_and_whole_if_it_is_new() {
    let demo = Demo::start().await;
    let Demo { world, ingest, report, console } = &demo;
    let receipt = erase(world, console, &demo.person().await).await;
    done(world, console, &receipt).await;
    for (version, outcome) in [(1, "unchanged"), (0, "stale"), (2, "accepted"), (2, "unchanged")] {
        let (_, answer) = world.ingest(ingest, &[session("s1", "c1", PHONE, version)]).await;
        assert_eq!(answer[outcome], 1, "{version}: {answer}");
    }
    world.ingest_all(ingest, &[session("s4", "c1", PHONE, 0)], "accepted").await;
    world.rows_once(report, &query("sessions", &SHOWN), 5).await;
    let (store, account) = (world.store(), AccountId::try_from("demo".to_owned()).unwrap());
    let people = found(world, console, "c1").await;
    assert_eq!((people.len(), &people[0]["sessions"]), (1, &json!(1)), "{people:?}");
    let anew = erase(world, console, people[0]["person"].as_str().unwrap()).await;
    assert_ne!(anew, receipt);
    let erasure = done(world, console, &anew).await;
    assert_eq!(erasure["sessions"], 1, "{erasure}");
    assert!(!everything(&store, &account).await.contains(CANARY));
    let (_, list) = world.get("/v1/erasures?limit=1", console).await;
    assert_eq!(list["erasures"][0]["receipt_id"], json!(anew));
    let next = list["nextCursor"].as_str().unwrap();
    let (_, list) = world.get(&format!("/v1/erasures?limit=1&cursor={next}"), console).await;
    assert_eq!(list["erasures"][0]["receipt_id"], json!(receipt), "{list}");
}
