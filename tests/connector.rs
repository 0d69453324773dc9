//! Runs the connector's own tests in Node against a stack with sessions.

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::expected;
use crate::world::{World, answer, query};

/// How long a token may still be accepted after it was revoked.
const REVOKED_WITHIN: Duration = Duration::from_secs(60);

/// Returns a token that was used and then revoked. It may still be accepted for a while.
async fn revoked(world: &World) -> String {
    let order = json!({"account": "demo", "scope": "report"});
    let (_, issued) = world.post("/v1/tokens", &world.admin, &order).await;
    let token = issued["token"].as_str().unwrap().to_owned();
    assert_eq!(world.get("/v1/schema", &token).await.0, StatusCode::OK);
    let path = format!("/v1/tokens/{}", issued["id"].as_str().unwrap());
    let (status, body) = answer(world.request(Method::DELETE, &path, &world.admin)).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    token
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connector_s_tests_pass_against_a_stack_with_sessions() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let revoked = revoked(&world).await;
    let deadline = Instant::now() + REVOKED_WITHIN;
    let sessions = expected::sessions(12, 300);
    world.ingest_all(&ingest, &sessions, "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;
    // The tests ask for the snapshot at their beginning, which must be a later one than that in which the
    // rows were first seen.
    sleep(Duration::from_secs(4)).await;
    for path in ["/v1/me", "/v1/schema"] {
        while world.get(path, &revoked).await.0 != StatusCode::UNAUTHORIZED {
            assert!(Instant::now() < deadline, "{path} still answers a revoked token");
            sleep(Duration::from_secs(1)).await;
        }
    }

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("connector");
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", "test:stack"])
        .current_dir(folder)
        .env("PREMIUM_STACK_URL", &world.url)
        .env("PREMIUM_STACK_ADMIN", &world.admin)
        .env("PREMIUM_STACK_TOKEN", &report)
        .env("PREMIUM_STACK_REVOKED", &revoked);
    let output = npm.output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
