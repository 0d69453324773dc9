//! Tests of the console: what it answers to people, programs and monitors.

use std::io::Read;

use console::Deployment;
use flate2::read::GzDecoder;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_that_the_program_is_up_and_its_version() {
    let world = World::start().await;
    let (status, health) = world.get("/healthz", "").await;
    assert_eq!(
        (status, health),
        (StatusCode::OK, json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
    );
}

/// Returns the paths of the files that the page names, each with a leading slash.
async fn files_of_the_page(world: &World) -> Vec<String> {
    let page = world.request(Method::GET, "/", "").send().await.unwrap().text().await.unwrap();
    let named = page.split('"').filter(|part| part.starts_with("assets/"));
    named.map(|path| format!("/{path}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_runs_only_its_own_files() {
    let world = World::start().await;
    let response = world.request(Method::GET, "/", "").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(
        (header("referrer-policy"), header("x-content-type-options")),
        ("no-referrer".into(), "nosniff".into())
    );
    assert!(header("permissions-policy").contains("camera=()"));
    let policy = header("content-security-policy");
    let rules: Vec<&str> = policy.split("; ").collect();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-src https://datastudio.google.com https://lookerstudio.google.com",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(rules.contains(&rule), "{rule}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    let page = response.text().await.unwrap();
    for odd in ["src=\"http", "<style", " style=", " onclick=", "{version}"] {
        assert!(!page.contains(odd), "{odd}");
    }
    assert_eq!(page.matches("<script").count(), page.matches("src=\"assets/").count());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_platform_s_site_may_frame_the_page() {
    let platform_origin = Some("https://chat.example.com.br".parse().unwrap());
    let world = World::start_in(Deployment { platform_origin, connector_id: None }).await;
    let response = world.request(Method::GET, "/", "").send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("; frame-ancestors https://chat.example.com.br"), "{policy}");
    assert!(!response.headers().contains_key("x-frame-options"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_s_files_are_kept_for_ever_under_their_version_alone() {
    let world = World::start().await;
    let files = files_of_the_page(&world).await;
    assert!(files.len() >= 2, "{files:?}");
    // This client shows the content coding instead of undoing it.
    let client = client::net::client().no_gzip().build().unwrap();
    for file in files {
        let get = |coding: &str| client.get(format!("{}{file}", world.url)).header("accept-encoding", coding);
        let plain = get("identity").send().await.unwrap();
        assert_eq!(plain.status(), StatusCode::OK, "{file}");
        assert_eq!(plain.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(
            (&plain.headers()["vary"], &plain.headers()["x-content-type-options"]),
            (&"accept-encoding".parse().unwrap(), &"nosniff".parse().unwrap())
        );
        let kind =
            if file.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
        assert_eq!(plain.headers()["content-type"], kind);
        let tag = plain.headers()["etag"].to_str().unwrap().to_owned();
        let text = plain.bytes().await.unwrap();

        let packed = get("br;q=1.0, gzip;q=0.8").send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        assert_eq!(packed.headers()["etag"], tag);
        let mut unpacked = Vec::new();
        GzDecoder::new(&packed.bytes().await.unwrap()[..]).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        let refused = get("gzip;q=0").send().await.unwrap();
        assert_eq!(refused.bytes().await.unwrap(), text);

        let strong = tag.trim_start_matches("W/");
        for (given, expected) in [(tag.as_str(), 304), (strong, 304), ("*", 304), ("\"x\"", 200)] {
            let answer = get("identity").header("if-none-match", given).send().await.unwrap();
            assert_eq!(answer.status(), expected, "{given}");
        }
        let old = file.replace("/assets/", "/assets/0");
        for nowhere in [old.as_str(), &format!("{file}x"), "/assets/x/..%2fpage.html", "/assets/%ff/main.js"]
        {
            let answer = world.request(Method::GET, nowhere, "").send().await.unwrap();
            assert_eq!(
                (answer.status(), &answer.headers()["cache-control"]),
                (StatusCode::NOT_FOUND, &"no-store".parse().unwrap()),
                "{nowhere}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_described_route_is_there_and_nothing_else_answers() {
    let world = World::start().await;
    let (status, document) = world.get("/v1/openapi.json", "").await;
    assert_eq!((status, &document["openapi"]), (StatusCode::OK, &json!("3.1.0")));
    for (path, item) in document["paths"].as_object().unwrap() {
        let at = path.replace("{link}", "x").replace("{id}", "x").replace("{storage_id}", "x");
        let at = at.replace("{version}", "x").replace("{name}", "x");
        for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters") {
            let method: Method = method.to_uppercase().parse().unwrap();
            let response = world.request(method.clone(), &at, "").send().await.unwrap();
            let status = response.status().as_u16();
            // Without a token, a route that needs one refuses, and any other answers as described.
            let open = operation["security"] == json!([]);
            let expected = if open { [200, 204, 404].contains(&status) } else { status == 401 };
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
