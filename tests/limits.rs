//! Tests how much one request may ask for, and that what is allowed is answered.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::{World, query};

/// A query of sessions with these conditions, all of which must hold.
fn filtered(conditions: impl IntoIterator<Item = Value>) -> Value {
    let mut query = query("sessions", &["session_id"]);
    query["dimensionsFilters"] = conditions.into_iter().map(|condition| json!([condition])).collect();
    query
}

fn condition(operator: &str, values: &[String]) -> Value {
    json!({"fieldName": "status", "type": "INCLUDE", "operator": operator, "values": values})
}

/// Asks for rows, and gives the status, and the fields of the faults where it was refused.
async fn asked(world: &World, token: &str, query: &Value) -> (StatusCode, Vec<String>) {
    let (status, answer) = world.post("/v1/data", token, query).await;
    let faults = answer["errors"].as_array().into_iter().flatten();
    (status, faults.map(|fault| fault["field"].as_str().unwrap_or_default().to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_bounded_and_what_is_within_the_bounds_is_applied() {
    let world = World::start().await;
    let (_, report) = world.account("demo").await;
    let many = |count: usize| (0..count).map(|at| at.to_string()).collect::<Vec<_>>();
    let bounds = [
        (filtered(vec![condition("IS_NULL", &[]); 100]), filtered(vec![condition("IS_NULL", &[]); 101])),
        (
            filtered([condition("EQUALS", &many(4_000)), condition("CONTAINS", &many(6_000))]),
            filtered([condition("EQUALS", &many(4_001)), condition("CONTAINS", &many(6_000))]),
        ),
        (
            filtered(vec![condition("REGEXP_PARTIAL_MATCH", &["a".repeat(1 << 10)]); 64]),
            filtered(vec![condition("REGEXP_EXACT_MATCH", &["a".repeat(1_021)]); 65]),
        ),
    ];
    for (within, over) in bounds {
        let (status, answer) = world.post("/v1/data", &report, &within).await;
        assert_eq!((status, &answer["filtersApplied"]), (StatusCode::OK, &json!(true)), "{answer}");
        assert_eq!(
            asked(&world, &report, &over).await,
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["dimensionsFilters".to_owned()])
        );
    }
    // The members of an OR count one by one.
    let mut any_of = filtered([]);
    any_of["dimensionsFilters"] = json!([vec![condition("IS_NULL", &[]); 101]]);
    assert_eq!(asked(&world, &report, &any_of).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    // Expressions that come to much once compiled cannot be applied, however short they are.
    let large = filtered(vec![condition("REGEXP_PARTIAL_MATCH", &[r"(\pL{9}){99}".to_owned()]); 100]);
    let (status, answer) = world.post("/v1/data", &report, &large).await;
    assert_eq!((status, &answer["filtersApplied"]), (StatusCode::OK, &json!(false)), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_asked_for_once_and_all_fields_of_a_type_may_be() {
    let world = World::start().await;
    let (_, report) = world.account("demo").await;
    let twice = query("talks", &["session_id", "talks_text", "session_id"]);
    assert_eq!(
        asked(&world, &report, &twice).await,
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["session_id".to_owned()])
    );
    let mut most = 0;
    for report_type in ["sessions", "talks", "talk_options", "events", "tags", "contact_platforms"] {
        let path = format!("/v1/schema?report_type={report_type}");
        let (_, schema) = world.get(&path, &report).await;
        let listed = schema["schema"].as_array().unwrap();
        let names: Vec<&str> = listed.iter().map(|field| field["name"].as_str().unwrap()).collect();
        let (status, answer) = world.post("/v1/data", &report, &query(report_type, &names)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        most = most.max(names.len());
        let unknown: Vec<String> = (0..=names.len() + 1).map(|at| format!("unknown{at}")).collect();
        let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
        assert_eq!(
            asked(&world, &report, &query(report_type, &unknown)).await,
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["fields".to_owned()])
        );
    }
    let (_, description) = world.get("/v1/openapi.json", "").await;
    let fields = &description["components"]["schemas"]["DataRequest"]["properties"]["fields"];
    assert_eq!(fields["maxItems"], json!(most));
}
