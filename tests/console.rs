//! The console: what it answers to people, programs and monitors.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn it_says_that_it_is_up_and_which_version_it_is() {
    let world = World::start().await;
    let (status, health) = world.get("/healthz", "").await;
    assert_eq!(
        (status, health),
        (StatusCode::OK, json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_runs_only_its_own_script() {
    let world = World::start().await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let response = world.request(Method::GET, "/", "").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert_eq!(
            (header("referrer-policy"), header("x-content-type-options")),
            ("no-referrer".into(), "nosniff".into())
        );
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let page = response.text().await.unwrap();
        assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), 2);
        assert_eq!((page.matches("<script").count(), page.matches("<style").count()), (1, 1));
        assert!(!page.contains("{script}") && !page.contains("{style}") && !page.contains("{nonce}"));
        for elsewhere in ["src=\"http", "href=\"http", "@import", "url(http"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_described_route_is_there_and_nothing_else_answers() {
    let world = World::start().await;
    let (status, document) = world.get("/v1/openapi.json", "").await;
    assert_eq!((status, &document["openapi"]), (StatusCode::OK, &json!("3.1.0")));
    for (path, item) in document["paths"].as_object().unwrap() {
        let at = path.replace("{link}", "x").replace("{id}", "x").replace("{storage_id}", "x");
        for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters") {
            let method: Method = method.to_uppercase().parse().unwrap();
            let response = world.request(method.clone(), &at, "").send().await.unwrap();
            let status = response.status().as_u16();
            // Without a token: refused where one is needed, else answered as described.
            let open = operation["security"] == json!([]);
            let expected = if open { [200, 404].contains(&status) } else { status == 401 };
            assert!(expected, "{method} {at}: {status}");
            assert!(
                !operation["responses"][status.to_string()].is_null(),
                "{method} {at}: {status} is not described"
            );
        }
        let odd = world.request(Method::TRACE, &at, "").send().await.unwrap();
        assert_eq!(odd.status(), StatusCode::METHOD_NOT_ALLOWED, "{at}");
        assert_eq!(odd.headers()["content-type"], "application/problem+json");
    }
    for nowhere in ["/v2", "/v1", "/v1/", "/m", "/console", "/%00", "/../etc/passwd"] {
        let response = world.request(Method::GET, nowhere, "").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{nowhere}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["status"], json!(404), "{nowhere}");
    }
}
