//! Tests of the reports that an account shows in its console.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, answer};

const LINK: &str =
    "https://lookerstudio.google.com/u/0/reporting/1c2d3e4f-aaaa-bbbb-cccc-0123456789ab/page/1M/edit?s=x";
const URL: &str = "https://lookerstudio.google.com/reporting/1c2d3e4f-aaaa-bbbb-cccc-0123456789ab/page/1M";
const EMBED: &str =
    "https://lookerstudio.google.com/embed/reporting/1c2d3e4f-aaaa-bbbb-cccc-0123456789ab/page/1M";

async fn add(world: &World, token: &str, title: &str) -> String {
    let (status, report) = world.post("/v1/reports", token, &json!({"title": title, "url": LINK})).await;
    assert_eq!(status, StatusCode::CREATED, "{report}");
    report["id"].as_str().unwrap().to_owned()
}

async fn put(world: &World, token: &str, id: &str, change: &Value) -> (StatusCode, Value) {
    answer(world.request(Method::PUT, &format!("/v1/reports/{id}"), token).json(change)).await
}

async fn remove(world: &World, token: &str, id: &str) -> StatusCode {
    answer(world.request(Method::DELETE, &format!("/v1/reports/{id}"), token)).await.0
}

async fn titles(world: &World, token: &str) -> String {
    let (status, list) = world.get("/v1/reports", token).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    let reports = list["reports"].as_array().unwrap().iter();
    reports.map(|report| report["title"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_link_becomes_a_report_that_can_be_changed_and_removed() {
    let world = World::start().await;
    let token = world.token("demo", "console").await;
    assert_eq!(world.get("/v1/reports", &token).await, (StatusCode::OK, json!({"reports": []})));

    let (status, report) = world.post("/v1/reports", &token, &json!({"title": " Fila ", "url": LINK})).await;
    assert_eq!(status, StatusCode::CREATED, "{report}");
    assert_eq!(
        (&report["title"], &report["url"], &report["embed_url"]),
        (&json!("Fila"), &json!(URL), &json!(EMBED))
    );
    assert!(report["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(report.as_object().unwrap().len(), 5, "{report}");
    assert_eq!(world.get("/v1/reports", &token).await.1, json!({"reports": [report]}));

    let id = report["id"].as_str().unwrap();
    let (status, renamed) = put(&world, &token, id, &json!({"title": "Filas"})).await;
    assert_eq!(
        (status, &renamed["title"], &renamed["url"]),
        (StatusCode::OK, &json!("Filas"), &report["url"])
    );
    let frame = "<iframe src=\"https://datastudio.google.com/embed/s/kV0Jr2mV4Fg\"></iframe>";
    let (_, moved) = put(&world, &token, id, &json!({"url": frame})).await;
    assert_eq!(
        (&moved["title"], &moved["url"], &moved["embed_url"], &moved["created_at"]),
        (
            &json!("Filas"),
            &json!("https://datastudio.google.com/s/kV0Jr2mV4Fg"),
            &json!("https://datastudio.google.com/embed/s/kV0Jr2mV4Fg"),
            &report["created_at"]
        )
    );
    assert_eq!(put(&world, &token, id, &json!({})).await, (StatusCode::OK, moved.clone()));
    assert_eq!(world.get("/v1/reports", &token).await.1, json!({"reports": [moved]}));

    assert_eq!(remove(&world, &token, id).await, StatusCode::NO_CONTENT);
    assert_eq!(titles(&world, &token).await, "");
    assert_eq!(remove(&world, &token, id).await, StatusCode::NOT_FOUND);
    assert_eq!(put(&world, &token, id, &json!({"title": "x"})).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_stand_in_the_order_that_the_account_gives_them() {
    let world = World::start().await;
    let token = world.token("demo", "console").await;
    let mut ids = Vec::new();
    for title in ["a", "b", "c", "d"] {
        ids.push(add(&world, &token, title).await);
    }
    assert_eq!(titles(&world, &token).await, "a b c d");
    for (report, change, expected) in [
        (0, json!({"position": 2}), "b c a d"),
        (3, json!({"position": 0}), "d b c a"),
        (1, json!({"position": 3, "title": "B"}), "d c a B"),
        (2, json!({"position": 1}), "d c a B"),
        (2, json!({"position": null}), "d c a B"),
    ] {
        let (status, report) = put(&world, &token, &ids[report], &change).await;
        assert_eq!(status, StatusCode::OK, "{report}");
        assert_eq!(titles(&world, &token).await, expected, "{change}");
    }
    for position in [json!(4), json!(-1), json!(1.5), json!("0"), json!(u64::MAX)] {
        let change = json!({"position": position, "title": "never"});
        let (status, problem) = put(&world, &token, &ids[0], &change).await;
        let named = &problem["errors"][0]["field"];
        assert_eq!((status.as_u16(), named), (422, &json!("position")), "{position}: {problem}");
    }
    assert_eq!(titles(&world, &token).await, "d c a B");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_by_name_and_in_words() {
    let world = World::start().await;
    let token = world.token("demo", "console").await;
    let id = add(&world, &token, "a").await;
    for (order, fields) in [
        (json!({}), vec!["title", "url"]),
        (json!({"title": "a", "url": "x"}), vec!["url"]),
        (json!({"title": "", "url": LINK}), vec!["title"]),
        (json!({"title": "  ", "url": LINK}), vec!["title"]),
        (json!({"title": "x".repeat(201), "url": LINK}), vec!["title"]),
        (json!({"title": "a\nb", "url": LINK}), vec!["title"]),
        (json!({"title": 1, "url": ["x"], "position": 0, "x": 1}), vec!["title", "url", "position", "x"]),
        (json!({"title": "a", "url": LINK, "account": "Demo"}), vec!["account"]),
    ] {
        let (status, problem) = world.post("/v1/reports", &token, &order).await;
        let errors = problem["errors"].as_array().unwrap().iter();
        let named: Vec<&str> = errors.map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!((status.as_u16(), named), (422, fields), "{order}: {problem}");
    }
    for (url, reason) in [
        ("painel", "não é um link"),
        ("http://lookerstudio.google.com/s/abcdefgh", "https://"),
        ("https://a.example/s/abcdefgh", "não é do Data Studio"),
        ("https://lookerstudio.google.com/datasources/0123456789", "fonte de dados"),
        ("https://lookerstudio.google.com/explorer/0123456789", "exploração"),
        ("<iframe></iframe>", "iframe"),
    ] {
        let change = format!("/v1/reports/{id}");
        for (method, path, order) in [
            (Method::POST, "/v1/reports", json!({"title": "a", "url": url})),
            (Method::PUT, change.as_str(), json!({"url": url})),
        ] {
            let request = world.request(method, path, &token).header("accept-language", "pt-BR");
            let (status, problem) = answer(request.json(&order)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(problem["detail"].as_str().unwrap().contains(reason), "{url}: {problem}");
        }
    }
    assert_eq!(world.post("/v1/reports", &token, &json!([])).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let broken = world.request(Method::POST, "/v1/reports", &token).body("{");
    assert_eq!(answer(broken).await.0, StatusCode::BAD_REQUEST);
    for odd in ["x", "%00", "%ff", "..%2f..%2fsettings", &"x".repeat(5_000)] {
        assert_eq!(remove(&world, &token, odd).await, StatusCode::NOT_FOUND, "{odd}");
    }
    assert_eq!(world.get("/v1/reports?x=1", &token).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(titles(&world, &token).await, "a");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_reports_of_its_own() {
    let world = World::start().await;
    let (ours, theirs) = (world.token("ours", "console").await, world.token("theirs", "console").await);
    let id = add(&world, &ours, "ours").await;
    assert_eq!(titles(&world, &theirs).await, "");
    assert_eq!(put(&world, &theirs, &id, &json!({"title": "x"})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(remove(&world, &theirs, &id).await, StatusCode::NOT_FOUND);
    let order = json!({"title": "x", "url": LINK, "account": "ours"});
    for (status, _) in [
        world.get("/v1/reports?account=ours", &theirs).await,
        world.post("/v1/reports", &theirs, &order).await,
        world.post("/v1/reports?account=ours", &theirs, &json!({"title": "x", "url": LINK})).await,
        put(&world, &theirs, &id, &json!({"account": "ours"})).await,
        answer(world.request(Method::DELETE, &format!("/v1/reports/{id}?account=ours"), &theirs)).await,
    ] {
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    for scope in ["report", "ingest"] {
        let token = world.token("ours", scope).await;
        for (status, _) in [
            world.get("/v1/reports", &token).await,
            world.post("/v1/reports", &token, &json!({"title": "x", "url": LINK})).await,
            put(&world, &token, &id, &json!({})).await,
        ] {
            assert_eq!(status, StatusCode::FORBIDDEN, "{scope}");
        }
        assert_eq!(remove(&world, &token, &id).await, StatusCode::FORBIDDEN, "{scope}");
    }
    // An operator must name the account, in the query or in the body.
    assert_eq!(world.get("/v1/reports", &world.admin).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(remove(&world, &world.admin, &id).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.post("/v1/reports", &world.admin, &order).await.0, StatusCode::CREATED);
    let (status, _) =
        put(&world, &world.admin, &format!("{id}?account=ours"), &json!({"title": "named"})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(titles(&world, &ours).await, "named x");
    assert_eq!(remove(&world, &world.admin, &format!("{id}?account=ours")).await, StatusCode::NO_CONTENT);
    assert_eq!(titles(&world, &ours).await, "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_a_hundred_reports_at_most_and_loses_none_of_those_added_at_once() {
    let world = World::start().await;
    let token = world.token("demo", "console").await;
    // This is the longest address that is accepted, so that a full list is as large as possible.
    let params = format!("params=%7B%22a%22:%22{}%22%7D", "x".repeat(950));
    let url = format!(
        "https://lookerstudio.google.com/reporting/{}/page/{}?{params}",
        "r".repeat(64),
        "p".repeat(32)
    );
    let order = json!({"title": "\u{1f600}".repeat(200), "url": url});
    for batch in [[(); 8]; 12].concat().chunks(8) {
        let adding = batch.iter().map(|()| world.post("/v1/reports", &token, &order));
        for (status, report) in futures::future::join_all(adding).await {
            assert_eq!(status, StatusCode::CREATED, "{report}");
        }
    }
    for _ in 96..100 {
        add(&world, &token, "x").await;
    }
    let (status, problem) = world.post("/v1/reports", &token, &order).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("at most 100"), "{problem}");
    let (_, list) = world.get("/v1/reports", &token).await;
    let reports = list["reports"].as_array().unwrap();
    let ids: std::collections::BTreeSet<&str> =
        reports.iter().map(|report| report["id"].as_str().unwrap()).collect();
    assert_eq!((reports.len(), ids.len()), (100, 100));
    assert_eq!(remove(&world, &token, reports[50]["id"].as_str().unwrap()).await, StatusCode::NO_CONTENT);
    add(&world, &token, "the hundredth").await;
    assert!(titles(&world, &token).await.ends_with(" the hundredth"));
}
