//! Tests of what an operator sets for the whole stack.

use console::Deployment;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, answer};

async fn put(world: &World, token: &str, change: &Value) -> (u16, Value) {
    let (status, body) = answer(world.request(Method::PUT, "/v1/settings", token).json(change)).await;
    (status.as_u16(), body)
}

fn prices() -> Value {
    json!({"currency": "USD", "per_million_requests": 1.0, "per_gb_month_storage": 0.25,
        "per_million_writes": 0.0, "per_million_reads": 1e-7})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_sets_every_console_reads() {
    let connector_id = Some("AKfycbDeployed".to_owned());
    let world = World::start_in(Deployment { platform_origin: None, connector_id }).await;
    let consoles = [world.token("demo", "console").await, world.token("other", "console").await];
    let nothing = json!({"connector_id": "AKfycbDeployed", "templates": {}, "prices": {}});
    assert_eq!(world.get("/v1/settings", &consoles[0]).await, (StatusCode::OK, nothing.clone()));

    let set = json!({"connector_id": "AKfycbOfTheOperator", "prices": prices(),
        "templates": {"atendimento": "0B_U5RNpwhcE6SF85TENURnc4UjA", "conversas": "1c2d3e4f-aaaa-bbbb-cccc-0123456789ab"}});
    assert_eq!(put(&world, &world.admin, &set).await, (200, set.clone()));
    for token in consoles.iter().chain([&world.admin]) {
        assert_eq!(world.get("/v1/settings", token).await, (StatusCode::OK, set.clone()));
    }
    // Each member is replaced as a whole. Members that are missing or null stay, except that null resets the
    // connector.
    let one = json!({"agentes": "0123456789"});
    let (_, changed) = put(&world, &world.admin, &json!({"templates": one, "prices": null})).await;
    assert_eq!(
        (&changed["templates"], &changed["prices"], &changed["connector_id"]),
        (&one, &set["prices"], &set["connector_id"])
    );
    let (_, changed) =
        put(&world, &world.admin, &json!({"connector_id": null, "templates": {}, "prices": {}})).await;
    assert_eq!(changed, nothing);
    assert_eq!(put(&world, &world.admin, &json!({})).await, (200, nothing));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sets_anything_and_no_program_reads_it() {
    let world = World::start().await;
    let change = json!({"connector_id": "AKfycbOfSomebody"});
    for (scope, reads) in [("console", 200), ("report", 403), ("ingest", 403)] {
        let token = world.token("demo", scope).await;
        assert_eq!(put(&world, &token, &change).await.0, 403, "{scope}");
        assert_eq!(world.get("/v1/settings", &token).await.0.as_u16(), reads, "{scope}");
    }
    assert_eq!(put(&world, "", &change).await.0, 401);
    assert_eq!(world.get("/v1/settings", &world.admin).await.1["connector_id"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_by_name_and_nothing_of_it_is_kept() {
    let world = World::start().await;
    let price = |name: &str, value: Value| {
        let mut prices = prices();
        prices[name] = value;
        json!({"connector_id": "AKfycbOfTheOperator", "prices": prices})
    };
    for (change, field) in [
        (json!({"connector_id": ""}), "connector_id"),
        (json!({"connector_id": 7}), "connector_id"),
        (json!({"connector_id": "AKfycb\"><script>"}), "connector_id"),
        (json!({"connector_id": "a".repeat(201)}), "connector_id"),
        (json!({"templates": []}), "templates"),
        (json!({"templates": {"agentes": null}}), "templates"),
        (json!({"templates": {"vendas": "0123456789"}}), "templates.vendas"),
        (
            json!({"templates": {"agentes": "https://lookerstudio.google.com/s/abcdefgh"}}),
            "templates.agentes",
        ),
        (json!({"prices": {"currency": "USD"}}), "prices"),
        (json!({"prices": 1}), "prices"),
        (price("per_million_reads", json!(-0.01)), "prices.per_million_reads"),
        (price("per_million_writes", json!(1e10)), "prices.per_million_writes"),
        (price("per_million_requests", json!("1")), "prices"),
        (price("per_million_sessions", json!(1)), "prices.per_million_sessions"),
        (price("currency", json!("reais")), "prices.currency"),
        (json!({"connector_id": "AKfycbOfTheOperator", "x": 1}), "x"),
    ] {
        let (status, problem) = put(&world, &world.admin, &change).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{change}: {problem}");
    }
    let kept = world.get("/v1/settings", &world.admin).await.1;
    assert_eq!(kept, json!({"connector_id": null, "templates": {}, "prices": {}}));
}
