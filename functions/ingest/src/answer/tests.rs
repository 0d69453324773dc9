use axum::body::to_bytes;
use domain::zone::Zone;
use serde_json::json;
use tower::ServiceExt;

use super::*;

fn id(text: &str) -> Option<SessionId> {
    SessionId::try_from(text.to_owned()).ok()
}

fn fault() -> Fault {
    Fault::at("created_at", Text::new("é obrigatório", "is required"))
}

fn answer(received: usize) -> BatchAnswer {
    BatchAnswer::new(received, Lang::En)
}

/// Returns the status and the body of an answer; for a problem, only its detail.
async fn response(answer: BatchAnswer) -> (u16, Value) {
    let response = answer.into_response();
    let status = response.status().as_u16();
    if let Some(problem) = response.extensions().get::<Problem>() {
        return (status, json!({"problem": problem.detail()}));
    }
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn every_item_that_was_not_accepted_is_listed_by_index() {
    let mut answer = answer(5);
    answer.accepted += 1;
    answer.outdate(4, id("s4").unwrap(), Instant::parse("2026-10-03T17:35:05Z", Zone::UTC).unwrap().unwrap());
    answer.note_outcome(2, id("s2"), Outcome::Unchanged);
    answer.reject(3, None, vec![fault()]);
    answer.ignore(1, id("s1").unwrap(), Unkept::BeforeStart("2026-11-01".parse().unwrap()));
    let told = json!([{"field": "created_at", "message": "created_at is required"}]);
    let before = "before starts_on 2026-11-01: an admin may move starts_on back (PATCH /v1/account), then send it again";
    let newer = "a version of this session that counts as newer is kept already, of 2026-10-03T17:35:05Z: \
                 to correct the session, send it with an updated_at after that time";
    let expected = json!({
        "received": 5, "accepted": 1, "unchanged": 1, "stale": 1, "ignored": 1, "rejected": 1,
        "results": [
            {"index": 1, "session_id": "s1", "outcome": "ignored", "message": before},
            {"index": 2, "session_id": "s2", "outcome": "unchanged"},
            {"index": 3, "outcome": "rejected", "field": "created_at", "message": "created_at is required", "errors": told},
            {"index": 4, "session_id": "s4", "outcome": "stale", "message": newer},
        ],
        "warned": 0, "warnings": [], "unknown_keys": [], "unknown_key_hints": [],
    });
    assert_eq!(response(answer).await, (207, expected));
}

#[tokio::test]
async fn the_status_is_that_of_the_worst_outcome() {
    let empty = json!({
        "received": 0, "accepted": 0, "unchanged": 0, "stale": 0, "ignored": 0, "rejected": 0, "results": [],
        "warned": 0, "warnings": [], "unknown_keys": [], "unknown_key_hints": [],
    });
    assert_eq!(response(answer(0)).await, (200, empty));

    let mut ignored = answer(1);
    ignored.note_outcome(0, id("s"), Outcome::Ignored);
    assert_eq!(response(ignored).await.0, 200);

    let mut all = answer(2);
    all.reject(0, id("s"), vec![fault()]);
    all.reject(1, None, vec![fault()]);
    assert_eq!(response(all).await.0, 422);

    let mut one = answer(2);
    one.reject(0, id("s"), vec![fault()]);
    one.note_outcome(1, id("t"), Outcome::Retry);
    assert_eq!(response(one).await.0, 503);
}

#[tokio::test]
async fn a_problem_has_the_same_members_as_an_answer() {
    let receive = || async {
        let mut answer = super::tests::answer(3);
        answer.accepted += 1;
        answer.note_outcome(2, id("s2"), Outcome::Retry);
        answer.reject(1, id("s1"), vec![fault()]);
        answer
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
        "errors": [{"field": "created_at", "message": message}],
    });
    assert_eq!(
        body["results"],
        json!([rejected, {"index": 2, "session_id": "s2", "outcome": "retry", "message": RETRY.en}])
    );
    assert_eq!(body["errors"], json!([{"index": 1, "field": "created_at", "message": message}]));
}

#[tokio::test]
async fn warnings_and_unknown_keys_are_bounded_and_in_the_language_asked_for() {
    let mut answer = BatchAnswer::new(150, Lang::Pt);
    for index in 0..150 {
        let key = format!("k{index}");
        answer.warn(index, id("s").as_ref(), vec![fault().quoting("7")], vec![key, "same".to_owned()]);
    }
    answer.outdate(0, id("s").unwrap(), Instant(0));
    let (_, body) = response(answer).await;
    let told =
        (&body["warned"], body["warnings"].as_array().unwrap(), body["unknown_keys"].as_array().unwrap());
    assert_eq!((told.0, told.1.len(), told.2.len()), (&json!(150), 100, 50));
    let message = "created_at é obrigatório; foi enviado: 7";
    assert_eq!(told.1[0], json!({"index": 0, "session_id": "s", "field": "created_at", "message": message}));
    assert_eq!(told.2[..3], [json!("k0"), json!("same"), json!("k1")]);
    let stale = body["results"][0]["message"].as_str().unwrap();
    assert!(stale.starts_with(STALE[0].pt) && stale.ends_with(STALE[1].pt), "{stale}");
}

#[test]
fn a_warning_says_that_its_session_was_stored_only_where_it_was() {
    let told = |is_trial: bool| {
        let mut answer = BatchAnswer::new(6, Lang::Pt);
        for index in 0..6 {
            answer.warn(index, id("s").as_ref(), vec![fault().quoting("7")], Vec::new());
        }
        answer.accepted += 1;
        answer.note_outcome(5, id("s"), Outcome::Retry);
        answer.outdate(2, id("s").unwrap(), Instant(0));
        answer.note_outcome(1, id("s"), Outcome::Unchanged);
        answer.ignore(3, id("s").unwrap(), Unkept::BeforeStart("2026-11-01".parse().unwrap()));
        answer.reject(4, id("s"), vec![fault()]);
        let answer = answer.with_fates(is_trial).by_document(|index| index + 10);
        answer.warnings.into_iter().map(|warning| (warning.index, warning.message)).collect::<Vec<_>>()
    };
    let plain = "created_at é obrigatório; foi enviado: 7";
    let stored = format!("{plain}; o valor ficou de fora e a sessão foi gravada");
    let would_be = format!("{plain}; o valor ficaria de fora e a sessão seria gravada");
    let with = |first: [&str; 2]| -> Vec<_> {
        let messages = first.into_iter().chain([plain; 4]);
        (10..).zip(messages.map(str::to_owned)).collect()
    };
    assert_eq!(told(false), with([&stored, &stored]));
    assert_eq!(told(true), with([&would_be, &would_be]));
}

#[tokio::test]
async fn an_unknown_key_is_told_with_the_items_that_have_it() {
    let mut answer = answer(40);
    for index in 0..40 {
        let mut keys = vec!["agent.nome".to_owned()];
        keys.extend((index == 3 || index == 7).then(|| "agent_nome".to_owned()));
        keys.extend((index == 39).then(|| "zzz".to_owned()));
        answer.warn(index, id(&format!("s{index}")).as_ref(), Vec::new(), keys);
    }
    let (_, body) = response(answer.by_document(|index| index / 2)).await;
    let hints = json!([
        {
            "key": "agent.nome", "index": 0, "session_id": "s0", "items": 40, "indexes": [0, 1, 2, 3, 4],
            "message": "agent.nome is not a known key and was not read; perhaps agent.name",
        },
        {
            "key": "agent_nome", "index": 1, "session_id": "s3", "items": 2, "indexes": [1, 3],
            "message": "agent_nome is not a known key and was not read; perhaps agent_name",
        },
        {
            "key": "zzz", "index": 19, "session_id": "s39", "items": 1, "indexes": [19],
            "message": "zzz is not a known key and was not read; /docs lists those that are",
        },
    ]);
    assert_eq!(body["unknown_key_hints"], hints);
}
