//! Tests of the audit log: what is noted, by whom it is read, and that it holds no secret.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, answer, query};

async fn entries(world: &World, token: &str, rest: &str) -> Vec<Value> {
    let (mut entries, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = world.get(&format!("/v1/audit?limit=3{rest}{cursor}"), token).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let own = page["entries"].as_array().unwrap();
        assert!(own.len() <= 3);
        entries.extend(own.iter().cloned());
        let Some(next) = page["nextCursor"].as_str() else { return entries };
        cursor = format!("&cursor={next}");
    }
}

fn actions(entries: &[Value]) -> Vec<&str> {
    let mut actions: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    actions
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_an_account_is_noted_with_who_did_it_and_no_secret() {
    let world = World::start().await;
    let order = |scope: &str| json!({"account": "demo", "scope": scope});
    let mut tokens = Vec::new();
    for scope in ["ingest", "report", "console"] {
        let (_, issued) = world.post("/v1/tokens", &world.admin, &order(scope)).await;
        tokens.push((issued["id"].clone(), issued["token"].as_str().unwrap().to_owned()));
    }
    let (report, console) = (&tokens[1], &tokens[2]);
    let send = async |method: Method, path: &str, token: &str, body: Value| {
        answer(world.request(method, path, token).json(&body)).await.0
    };
    world.request(Method::POST, "/v1/console/session", &console.1).send().await.unwrap();
    send(Method::PATCH, "/v1/account", &console.1, json!({"timezone": "Europe/Lisbon"})).await;
    let url = "https://lookerstudio.google.com/s/abcdefgh";
    send(Method::POST, "/v1/reports", &console.1, json!({"title": "Painel", "url": url})).await;
    for _ in 0..5 {
        let path = "/v1/export?report_type=sessions&fields=session_id";
        world.request(Method::GET, path, &report.1).send().await.unwrap();
    }
    send(Method::DELETE, "/v1/media/file?account=demo", &world.admin, Value::Null).await;
    send(Method::DELETE, &format!("/v1/tokens/{}", report.0.as_str().unwrap()), &console.1, Value::Null)
        .await;
    // Reading a report is no event, and what was refused did not happen.
    world.post("/v1/data", &console.1, &query("sessions", &["session_id"])).await;
    send(Method::PATCH, "/v1/account", &console.1, json!({"retention_days": 1})).await;

    let seen = entries(&world, &console.1, "").await;
    assert_eq!(
        actions(&seen),
        [
            "account_changed",
            "exported",
            "file_deleted",
            "reports_changed",
            "signed_in",
            "token_issued",
            "token_issued",
            "token_issued",
            "token_revoked"
        ]
    );
    assert_eq!(seen, entries(&world, &world.admin, "&account=demo").await);
    let one = |action: &str| seen.iter().find(|entry| entry["action"] == action).unwrap();
    assert_eq!((&one("exported")["count"], &one("exported")["by"]), (&json!(5), &report.0));
    assert_eq!(
        (&one("account_changed")["about"], &one("account_changed")["by"]),
        (&json!("timezone"), &console.0)
    );
    assert_eq!((&one("token_revoked")["about"], &one("token_revoked")["by"]), (&report.0, &console.0));
    let newest_first = |entries: &[Value]| {
        let events = entries.iter().filter(|entry| entry["action"] != "exported");
        events.map(|entry| entry["at"].as_str().unwrap()).is_sorted_by(|a, b| a >= b)
    };
    assert!(newest_first(&seen), "{seen:?}");
    let text = serde_json::to_string(&seen).unwrap();
    for (_, token) in &tokens {
        assert!(!text.contains(token.rsplit('.').next().unwrap()), "a token's signature");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_read_by_its_account_s_console_and_the_operator() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let other = world.token("other", "console").await;
    assert_eq!(actions(&entries(&world, &other, "").await), ["token_issued"]);
    for token in [&ingest, &report] {
        assert_eq!(world.get("/v1/audit", token).await.0, StatusCode::FORBIDDEN);
    }
    assert_eq!(world.get("/v1/audit?account=demo", &other).await.0, StatusCode::FORBIDDEN);
    let settings = world.request(Method::PUT, "/v1/settings", &world.admin).json(&json!({"templates": {}}));
    settings.send().await.unwrap();
    let own = entries(&world, &world.admin, "").await;
    assert_eq!(actions(&own), ["settings_changed", "token_issued"], "{own:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_of_the_log_is_read_and_odd_parameters_are_refused() {
    let world = World::start().await;
    world.token("demo", "ingest").await;
    let today = chrono::Utc::now().date_naive();
    let day = |days: i64| today + chrono::TimeDelta::days(days);
    for (start, end, count) in [(-400, 1, 1), (-40, -2, 0), (-1_800, -1_000, 0), (2, 3, 0)] {
        let rest = format!("&account=demo&start={}&end={}", day(start), day(end));
        assert_eq!(entries(&world, &world.admin, &rest).await.len(), count, "{rest}");
    }
    let outside = |after: &str| {
        use base64::Engine;
        let place = json!({"month": "2026-01-01", "after": after});
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(place.to_string())
    };
    for odd in [
        "limit=0".to_owned(),
        "limit=101".to_owned(),
        "start=2026-1-1".to_owned(),
        "start=2026-01-02&end=2026-01-01".to_owned(),
        "page=2".to_owned(),
        "cursor=x".to_owned(),
        "cursor=e30".to_owned(),
        format!("start=2026-01-05&end=2026-01-09&cursor={}", outside("2026-01-01T00:00:00Z#1")),
        format!("start=2026-02-05&end=2026-02-09&cursor={}", outside("2026-02-06T00:00:00Z#1")),
    ] {
        let (status, problem) = world.get(&format!("/v1/audit?account=demo&{odd}"), &world.admin).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}: {problem}");
    }
}
