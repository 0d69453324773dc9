use axum::body::to_bytes;
use serde_json::json;
use tower::ServiceExt;

use super::*;

fn id(text: &str) -> Option<SessionId> {
    SessionId::try_from(text.to_owned()).ok()
}

fn fault() -> Fault {
    Fault::field("created_at", "created_at", "is required")
}

/// The status and the body, as the host around the routes sends them.
async fn answer(report: Report) -> (u16, Value) {
    let response = report.into_response();
    let status = response.status().as_u16();
    if let Some(problem) = response.extensions().get::<Problem>() {
        return (status, json!({"problem": problem.detail()}));
    }
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn every_item_that_was_not_accepted_is_listed_by_index() {
    let mut report = Report::new(5);
    report.accepted += 1;
    report.leave(4, id("s4"), Outcome::Stale);
    report.leave(2, id("s2"), Outcome::Unchanged);
    report.reject(3, None, fault());
    report.leave(1, id("s1"), Outcome::Ignored);
    let expected = json!({
        "received": 5, "accepted": 1, "unchanged": 1, "stale": 1, "ignored": 1, "rejected": 1,
        "results": [
            {"index": 1, "session_id": "s1", "outcome": "ignored"},
            {"index": 2, "session_id": "s2", "outcome": "unchanged"},
            {"index": 3, "outcome": "rejected", "field": "created_at", "message": "created_at is required"},
            {"index": 4, "session_id": "s4", "outcome": "stale"},
        ],
    });
    assert_eq!(answer(report).await, (207, expected));
}

#[tokio::test]
async fn the_status_tells_the_worst() {
    let empty = json!({
        "received": 0, "accepted": 0, "unchanged": 0, "stale": 0, "ignored": 0, "rejected": 0, "results": [],
    });
    assert_eq!(answer(Report::new(0)).await, (200, empty));

    let mut ignored = Report::new(1);
    ignored.leave(0, id("s"), Outcome::Ignored);
    assert_eq!(answer(ignored).await.0, 200);

    let mut all = Report::new(2);
    all.reject(0, id("s"), fault());
    all.reject(1, None, fault());
    assert_eq!(answer(all).await.0, 422);

    let mut one = Report::new(2);
    one.reject(0, id("s"), fault());
    one.leave(1, id("t"), Outcome::Retry);
    assert_eq!(answer(one).await.0, 503);
}

#[tokio::test]
async fn a_problem_carries_the_same_members() {
    let receive = || async {
        let mut report = Report::new(3);
        report.accepted += 1;
        report.leave(2, id("s2"), Outcome::Retry);
        report.reject(1, id("s1"), fault());
        report
    };
    let routes = web::http::host(axum::Router::new().route("/", axum::routing::get(receive)));
    let response = routes.oneshot(http::Request::new(axum::body::Body::empty())).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let message = "created_at is required";
    assert_eq!(body["status"], 503);
    assert_eq!((&body["received"], &body["accepted"], &body["rejected"]), (&json!(3), &json!(1), &json!(1)));
    let rejected = json!({
        "index": 1, "session_id": "s1", "outcome": "rejected", "field": "created_at", "message": message,
    });
    assert_eq!(body["results"], json!([rejected, {"index": 2, "session_id": "s2", "outcome": "retry"}]));
    assert_eq!(body["errors"], json!([{"index": 1, "field": "created_at", "message": message}]));
}
