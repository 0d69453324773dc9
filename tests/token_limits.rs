//! Tests of what tokens cannot do: what the bootstrap secret opens, how long a console's tokens live, and that the table
//! alone makes no token show more.

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::StatusCode;
use serde_json::{Value, json};
use store::Store;
use tokio::net::TcpListener;

use crate::dynamodb_local::Servers;
use crate::privacy;
use crate::world::{World, answer};

#[tokio::test(flavor = "multi_thread")]
async fn the_bootstrap_secret_issues_an_admin_token_while_there_is_none() {
    let servers = Servers::embedded().await;
    let secret = "s".repeat(32);
    let router = ::token::router(::token::App::with_bootstrap(servers.store(), Some(&secret)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/tokens", listener.local_addr().unwrap());
    let app = web::http::host(router);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let client = client::net::client().build().unwrap();
    let post =
        async |token: &str, order: Value| answer(client.post(&url).bearer_auth(token).json(&order)).await;

    let other = json!({"account": "demo", "scope": "report"});
    let (status, problem) = post(&secret, other.clone()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
    let (status, first) = post(&secret, json!({"scope": "admin"})).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    for order in [json!({"scope": "admin"}), other.clone()] {
        let (status, problem) = post(&secret, order).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
    }
    // That token issues others, and once all have gone the secret opens the door again.
    let admin = first["token"].as_str().unwrap();
    let (status, second) = post(admin, json!({"scope": "admin"})).await;
    assert_eq!(status, StatusCode::CREATED, "{second}");
    let store = servers.store();
    for issued in [&first, &second] {
        assert_eq!(post(&secret, json!({"scope": "admin"})).await.0, StatusCode::FORBIDDEN);
        store.revoke_token(issued["id"].as_str().unwrap(), domain::time::Instant::now()).await.unwrap();
    }
    assert_eq!(post(&secret, json!({"scope": "admin"})).await.0, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_s_report_tokens_end_with_what_its_account_keeps() {
    let world = World::start().await;
    let console = world.token("demo", "console").await;
    let change = json!({"account": "demo", "retention_days": 90});
    answer(world.request(reqwest::Method::PATCH, "/v1/account", &world.admin).json(&change)).await;
    let lives = |issued: &Value| {
        let time =
            |member: &str| issued[member].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        (time("expires_at") - time("created_at")).num_hours()
    };
    for (days, expected) in [(None, 90 * 24 - 1), (Some(90), 90 * 24 - 1), (Some(7), 7 * 24 - 1)] {
        let order = json!({"scope": "report", "expires_in_days": days});
        let (status, issued) = world.post("/v1/tokens", &console, &order).await;
        assert_eq!((status, lives(&issued)), (StatusCode::CREATED, expected), "{days:?}: {issued}");
    }
    let order = json!({"scope": "report", "expires_in_days": 91});
    let (status, problem) = world.post("/v1/tokens", &console, &order).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert_eq!(problem["errors"][0]["field"], json!("expires_in_days"));
    // An operator may issue one that outlives them.
    let order = json!({"account": "demo", "scope": "report"});
    assert_eq!(lives(&world.post("/v1/tokens", &world.admin, &order).await.1), 1_826 * 24 - 1);
}

/// Changes a text in the row of a listed token.
async fn set(store: &Store, listed: &Value, name: &str, text: &str) {
    let key = store::key::token(listed["id"].as_str().unwrap());
    let update = store.dynamo().update_item().table_name(&store.names().table);
    let update = update.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk));
    let set = update.update_expression("SET #name = :text").expression_attribute_names("#name", name);
    set.expression_attribute_values(":text", AttributeValue::S(text.to_owned())).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_shows_is_signed_and_not_only_a_row_of_the_table() {
    let world = World::start().await;
    let store = world.store();
    for (privacy, after) in [("masked", StatusCode::UNAUTHORIZED), ("full", StatusCode::OK)] {
        let token = privacy::token(&world, "demo", privacy).await;
        let (_, list) = world.get("/v1/tokens?account=demo", &world.admin).await;
        let listed = list["tokens"].as_array().unwrap().iter().find(|one| one["privacy"] == privacy).unwrap();
        set(&store, listed, "privacy", "full").await;
        assert_eq!(world.get("/v1/me", &token).await.0, after, "{privacy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_the_one_of_its_row_is_refused_though_it_is_well_signed() {
    let world = World::start().await;
    for (account, is_own, after) in
        [("demo", true, StatusCode::OK), ("other", false, StatusCode::UNAUTHORIZED)]
    {
        let token = world.token(account, "report").await;
        let (_, list) = world.get(&format!("/v1/tokens?account={account}"), &world.admin).await;
        // All that the token says stands in the row, which is about another signature.
        let digest = domain::token::digest(if is_own { &token } else { "another" });
        set(&world.store(), &list["tokens"][0], "digest", &digest).await;
        assert_eq!(world.get("/v1/me", &token).await.0, after, "{list}");
    }
}
