//! Tests of which token allows what, and of the settings of an account.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, answer};

const SCOPES: [&str; 4] = ["admin", "ingest", "report", "console"];

/// How long a token may still be accepted after its revocation.
const REFUSED_WITHIN: Duration = Duration::from_secs(60);

async fn issue(world: &World, by: &str, order: Value) -> (u16, Value) {
    let (status, body) = world.post("/v1/tokens", by, &order).await;
    (status.as_u16(), body)
}

async fn patch(world: &World, by: &str, change: Value) -> (u16, Value) {
    let (status, body) = answer(world.request(Method::PATCH, "/v1/account", by).json(&change)).await;
    (status.as_u16(), body)
}

async fn revoke(world: &World, by: &str, id: &str) -> u16 {
    answer(world.request(Method::DELETE, &format!("/v1/tokens/{id}"), by)).await.0.as_u16()
}

fn days(token: &Value) -> i64 {
    let time = |name: &str| token[name].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    (time("expires_at") - time("created_at") + chrono::TimeDelta::seconds(1)).num_days()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_says_what_it_is() {
    let world = World::start().await;
    let order = json!({"account": "demo", "scope": "report", "label": "Painel"});
    let request = world.request(Method::POST, "/v1/tokens", &world.admin).json(&order).send().await.unwrap();
    assert_eq!(
        (request.status(), &request.headers()["cache-control"]),
        (StatusCode::CREATED, &"no-store".parse().unwrap())
    );
    let issued: Value = request.json().await.unwrap();
    assert_eq!((&issued["account"], &issued["scope"]), (&json!("demo"), &json!("report")));
    assert_eq!(
        (&issued["privacy"], &issued["label"], days(&issued)),
        (&json!("full"), &json!("Painel"), 1826)
    );

    let token = issued["token"].as_str().unwrap();
    let (status, me) = world.get("/v1/me", token).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&me["account"], &me["scope"], &me["expires_at"]),
        (&json!("demo"), &json!("report"), &issued["expires_at"])
    );
    let today = Utc::now().with_timezone(&chrono::FixedOffset::west_opt(3 * 3600).unwrap()).date_naive();
    assert_eq!(me["starts_on"], json!(today.to_string()));

    let (status, list) = world.get("/v1/tokens?account=demo", &world.admin).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!list.to_string().contains(token));
    let listed = &list["tokens"][0];
    assert_eq!((&listed["id"], &listed["revoked_at"]), (&issued["id"], &Value::Null));
    assert!(listed["last_used_on"].is_string(), "{listed}");

    let (_, me) = world.get("/v1/me", &world.admin).await;
    assert_eq!(
        (&me["account"], &me["scope"], &me["starts_on"]),
        (&Value::Null, &json!("admin"), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_do_not_fit_are_refused_by_name() {
    let world = World::start().await;
    for (order, field) in [
        (json!({"scope": "report"}), "account"),
        (json!({"account": "Demo", "scope": "report"}), "account"),
        (json!({"account": "demo", "scope": "admin"}), "account"),
        (json!({"account": "demo", "scope": "report", "label": "x".repeat(101)}), "label"),
        (json!({"account": "demo", "scope": "report", "expires_in_days": 0}), "expires_in_days"),
        (json!({"account": "demo", "scope": "report", "expires_in_days": 1827}), "expires_in_days"),
        (json!({"account": "demo", "scope": "report", "expires_in_days": 1.5}), "expires_in_days"),
        (json!({"account": "demo", "scope": "report", "expires_in_days": "30"}), "expires_in_days"),
        (json!({"account": "demo", "scope": "report", "expires_in_minutes": 5}), "expires_in_minutes"),
        (json!({"account": "demo", "scope": "report", "privacy": "none"}), "privacy"),
        (json!({"account": "demo", "scope": "ingest", "privacy": "anonymous"}), "privacy"),
    ] {
        let (status, problem) = issue(&world, &world.admin, order.clone()).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{order}: {problem}");
    }
    for order in [
        json!({"account": "demo"}),
        json!({"account": "demo", "scope": "root"}),
        json!({"account": "demo", "scope": "report", "x": 1}),
        json!([]),
    ] {
        assert_eq!(issue(&world, &world.admin, order.clone()).await.0, 422, "{order}");
    }
    let broken = world.request(Method::POST, "/v1/tokens", &world.admin).body("{");
    assert_eq!(answer(broken).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_as_long_as_was_asked_for() {
    let world = World::start().await;
    for (scope, more, expected) in [
        ("report", json!({}), 1826),
        ("ingest", json!({}), 365),
        ("console", json!({}), 365),
        ("report", json!({"expires_in_days": 1}), 1),
        ("ingest", json!({"expires_in_days": 1826}), 1826),
        ("console", json!({"expires_in_minutes": 2880}), 2),
    ] {
        let mut order = json!({"account": "demo", "scope": scope});
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, issued) = issue(&world, &world.admin, order.clone()).await;
        assert_eq!((status, days(&issued)), (201, expected), "{order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scope_has_its_routes_and_no_others() {
    let world = World::start().await;
    let mut tokens = vec![world.admin.clone()];
    for scope in &SCOPES[1..] {
        tokens.push(world.token("demo", scope).await);
    }
    // Each line has a route, a body, and the status for each scope.
    let calls = [
        (Method::GET, "/v1/me", Value::Null, [200, 200, 200, 200]),
        (Method::GET, "/v1/account?account=demo", Value::Null, [200, 403, 403, 200]),
        (Method::GET, "/v1/accounts", Value::Null, [200, 403, 403, 403]),
        (Method::PATCH, "/v1/account?account=demo", json!({"timezone": "UTC"}), [200, 403, 403, 200]),
        (Method::PATCH, "/v1/account?account=demo", json!({"confidential": []}), [200, 403, 403, 200]),
        (Method::PATCH, "/v1/account?account=demo", json!({"starts_on": "2020-01-01"}), [200, 403, 403, 403]),
        (Method::PATCH, "/v1/account?account=demo", json!({"retention_days": 30}), [200, 403, 403, 403]),
        (Method::GET, "/v1/tokens?account=demo", Value::Null, [200, 403, 403, 200]),
        (Method::POST, "/v1/tokens?account=demo", json!({"scope": "report"}), [201, 403, 403, 201]),
        (Method::POST, "/v1/tokens?account=demo", json!({"scope": "ingest"}), [201, 403, 403, 403]),
        (Method::POST, "/v1/tokens?account=demo", json!({"scope": "console"}), [201, 403, 403, 403]),
        (Method::POST, "/v1/tokens", json!({"scope": "admin"}), [201, 403, 403, 403]),
        (Method::DELETE, "/v1/tokens/00000000000000000000000000000000", Value::Null, [404, 403, 403, 404]),
        (Method::POST, "/v1/sessions?account=demo", json!([]), [200, 200, 403, 403]),
        (Method::GET, "/v1/schema?account=demo", Value::Null, [200, 200, 200, 200]),
        (Method::GET, "/v1/report-types?account=demo", Value::Null, [200, 403, 200, 200]),
    ];
    for (method, path, body, expected) in calls {
        for ((token, scope), expected) in tokens.iter().zip(SCOPES).zip(expected) {
            let mut request = world.request(method.clone(), path, token);
            if !body.is_null() {
                request = request.json(&body);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status().as_u16(), expected, "{method} {path} {body} as {scope}");
            if expected == 403 {
                let challenge = response.headers()["www-authenticate"].to_str().unwrap();
                assert!(challenge.starts_with("Bearer ") && challenge.contains("insufficient_scope"));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_minds_the_report_tokens_of_its_own_account_only() {
    let world = World::start().await;
    let (_, console) = issue(&world, &world.admin, json!({"account": "demo", "scope": "console"})).await;
    let (_, report) = issue(&world, &world.admin, json!({"account": "demo", "scope": "report"})).await;
    let (_, foreign) = issue(&world, &world.admin, json!({"account": "other", "scope": "report"})).await;
    let id = |token: &Value| token["id"].as_str().unwrap().to_owned();
    let by = console["token"].as_str().unwrap();

    for path in ["/v1/tokens?account=other", "/v1/account?account=other"] {
        assert_eq!(world.get(path, by).await.0, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(issue(&world, by, json!({"account": "other", "scope": "report"})).await.0, 403);
    assert_eq!(patch(&world, by, json!({"account": "other", "timezone": "UTC"})).await.0, 403);
    assert_eq!(revoke(&world, by, &id(&foreign)).await, 404);
    assert_eq!(revoke(&world, by, &id(&console)).await, 403);

    let (status, own) = issue(&world, by, json!({"scope": "report"})).await;
    assert_eq!(status, 201);
    let (_, list) = world.get("/v1/tokens", by).await;
    let ids: Vec<&Value> = list["tokens"].as_array().unwrap().iter().map(|token| &token["id"]).collect();
    assert_eq!(ids.len(), 2, "{list}");
    assert!(ids.contains(&&report["id"]) && ids.contains(&&own["id"]));

    assert_eq!(revoke(&world, by, &id(&report)).await, 204);
    assert_eq!(revoke(&world, by, &id(&report)).await, 204);
    assert_eq!(revoke(&world, &world.admin, &id(&foreign)).await, 204);
    for odd in ["x", "%FF", "..%2F..", "00000000000000000000000000000000"] {
        assert_eq!(revoke(&world, &world.admin, odd).await, 404, "{odd}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_everywhere_within_a_minute() {
    let world = World::start().await;
    let (_, issued) = issue(&world, &world.admin, json!({"account": "demo", "scope": "report"})).await;
    let token = issued["token"].as_str().unwrap();
    let routes = ["/v1/me", "/v1/schema"];
    for route in routes {
        assert_eq!(world.get(route, token).await.0, StatusCode::OK, "{route}");
    }
    assert_eq!(revoke(&world, &world.admin, issued["id"].as_str().unwrap()).await, 204);
    let deadline = tokio::time::Instant::now() + REFUSED_WITHIN;
    for route in routes {
        while world.get(route, token).await.0 != StatusCode::UNAUTHORIZED {
            assert!(tokio::time::Instant::now() < deadline, "{route} still lets it in");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_complete_tokens_of_this_stack_are_accepted() {
    let world = World::start().await;
    let good = world.token("demo", "report").await;
    let parts: Vec<&str> = good.split('.').collect();
    // These are the header {"typ":"premium+jwt","alg":"none","kid":"0123456789abcdef"} and the claims of an
    // operator.
    let none = "eyJ0eXAiOiJwcmVtaXVtK2p3dCIsImFsZyI6Im5vbmUiLCJraWQiOiIwMTIzNDU2Nzg5YWJjZGVmIn0";
    let operator = "eyJzdWIiOiIqIiwic2NvcGUiOiJhZG1pbiJ9";
    let forged = [
        String::new(),
        "x".to_owned(),
        good[1..].to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}."),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{operator}.{}", parts[0], parts[2]),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{operator}.{}", parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
        "0".repeat(64),
        "a".repeat(5_000),
    ];
    let refused = async |header: Option<String>| {
        let mut request = world.request(Method::GET, "/v1/me", "");
        if let Some(value) = &header {
            request = request.header("authorization", value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{header:?}");
        assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: Value = response.json().await.unwrap();
        for member in ["type", "title", "status", "detail", "request_id"] {
            assert!(!problem[member].is_null(), "{member}: {problem}");
        }
    };
    refused(None).await;
    for token in forged {
        refused(Some(format!("Bearer {token}"))).await;
        // The route that accepts the bootstrap secret accepts nothing else instead of it.
        let order = json!({"scope": "admin"});
        assert_eq!(issue(&world, &token, order).await.0, 401, "{token}");
    }
    for header in [format!("Basic {good}"), good.clone(), "Bearer".to_owned()] {
        refused(Some(header)).await;
    }
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request =
            world.request(Method::GET, "/v1/me", "").header("authorization", format!("{scheme} {good}"));
        assert_eq!(answer(request).await.0, StatusCode::OK, "{scheme}");
    }
    let in_query = format!("/v1/me?access_token={good}");
    assert_eq!(world.get(&in_query, "").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_settings_from_its_first_use() {
    let world = World::start().await;
    let (_, settings) = world.get("/v1/account?account=demo", &world.admin).await;
    assert_eq!(
        settings,
        json!({"account": "demo", "timezone": "America/Sao_Paulo", "starts_on": null, "retention_days": 1826, "confidential": []})
    );
    let change = json!({"account": "demo", "timezone": "Europe/Lisbon", "starts_on": "2026-01-31",
        "retention_days": 3650, "confidential": ["campaign_name", "talks_message"]});
    let (status, changed) = patch(&world, &world.admin, change.clone()).await;
    assert_eq!((status, &changed), (200, &change));
    assert_eq!(world.get("/v1/account?account=demo", &world.admin).await.1, change);

    world.token("demo", "report").await;
    assert_eq!(world.get("/v1/account?account=demo", &world.admin).await.1["starts_on"], json!("2026-01-31"));
    let back = json!({"account": "demo", "starts_on": "2020-02-29"});
    assert_eq!(patch(&world, &world.admin, back).await.1["starts_on"], json!("2020-02-29"));

    for (field, value) in [
        ("starts_on", json!("2020-03-01")),
        ("starts_on", json!("2020-02-30")),
        ("timezone", json!("Mars/Olympus")),
        ("retention_days", json!(0)),
        ("retention_days", json!(36_501)),
        ("confidential", json!(["talks.message"])),
    ] {
        let (status, problem) = patch(&world, &world.admin, json!({"account": "demo", field: value})).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{value}: {problem}");
    }
    assert_eq!(patch(&world, &world.admin, json!({"timezone": "UTC"})).await.0, 422);
    assert_eq!(patch(&world, &world.admin, json!({"account": "demo", "colour": "red"})).await.0, 422);
    assert_eq!(world.get("/v1/account?account=demo", &world.admin).await.1["retention_days"], json!(3650));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_fit_is_refused_by_the_name_of_its_field() {
    let world = World::start().await;
    let order = |body: &'static str| world.request(Method::POST, "/v1/tokens", &world.admin).body(body);
    for (body, expected, field) in [
        (r#"{"account":"demo","scope":5}"#, 422, json!("scope")),
        (r#"{"account":"demo","scope":"ingest","privacy":5}"#, 422, json!("privacy")),
        (r#"["demo","ingest",null,null,null,null]"#, 422, json!(null)),
        (r#"{"account":"demo""#, 400, json!(null)),
        ("", 400, json!(null)),
    ] {
        let (status, problem) = answer(order(body)).await;
        assert_eq!(
            (status.as_u16(), &problem["errors"][0]["field"]),
            (expected, &field),
            "{body}: {problem}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_cannot_start_in_the_future() {
    let world = World::start().await;
    let tomorrow = (chrono::Utc::now() + chrono::TimeDelta::days(2)).date_naive().to_string();
    let change = json!({"account": "new", "starts_on": tomorrow});
    let (status, problem) =
        answer(world.request(Method::PATCH, "/v1/account", &world.admin).json(&change)).await;
    assert_eq!((status.as_u16(), &problem["errors"][0]["field"]), (422, &json!("starts_on")), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_with_a_request_is_told_at_once() {
    let world = World::start().await;
    let ingest = world.token("demo", "ingest").await;
    let report = world.token("demo", "report").await;
    let order = json!({"account": "NO", "scope": "owner", "label": 5, "expires_in_days": 0, "colour": "red"});
    let change = json!({"account": "demo", "timezone": "Mars", "retention_days": 0, "confidential": ["x", "session_id", "y"]});
    let file = json!({"filename": "", "size": -1, "colour": "red"});
    let rows = json!({
        "configParams": {"report_type": "talks", "date_field": "x"},
        "dateRange": {"startDate": "a", "endDate": "b"},
        "limit": 0,
        "fields": [{"name": "x"}],
    });
    let unknown = json!({
        "fields": [{"name": "x"}, {"name": "session_id"}, {"name": "y"}],
        "dimensionsFilters": [[{"fieldName": "z", "values": ["1"], "type": "INCLUDE", "operator": "EQUALS"}]],
    });
    let dates = ["date_field", "dateRange.startDate", "dateRange.endDate", "limit"];
    let labels = ["scope", "colour", "account", "label", "expires_in_days"];
    let settings = ["timezone", "retention_days", "confidential", "confidential"];
    for (method, path, token, body, fields) in [
        (Method::POST, "/v1/tokens", &world.admin, order, labels.as_slice()),
        (Method::PATCH, "/v1/account", &world.admin, change, &settings),
        (Method::POST, "/v1/media", &ingest, file, &["filename", "content_type", "size", "colour"]),
        (Method::POST, "/v1/data", &report, rows, &dates),
        (Method::POST, "/v1/data", &report, unknown, &["x", "y", "z"]),
    ] {
        let (status, problem) = answer(world.request(method, path, token).json(&body)).await;
        let told: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str()).collect();
        let expected: Vec<_> = fields.iter().map(|field| Some(*field)).collect();
        assert_eq!((status.as_u16(), told), (422, expected), "{path}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_answered_and_not_cut_off() {
    let world = World::start().await;
    for path in ["/v1/tokens", "/v1/media", "/v1/data"] {
        let body = vec![b' '; 20 << 20];
        let (status, problem) = answer(world.request(Method::POST, path, &world.admin).body(body)).await;
        assert_eq!((status.as_u16(), &problem["status"]), (413, &json!(413)), "{path}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_two_authorizations_is_refused() {
    let world = World::start().await;
    let request = world.request(Method::GET, "/v1/me", &world.admin);
    assert_eq!(answer(request.header("authorization", "Bearer x")).await.0, StatusCode::UNAUTHORIZED);
}
