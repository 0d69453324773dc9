//! Tests of ingest: the answers to batches, and that every acknowledged session is stored, whatever its
//! neighbours were.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, answer, query};

const FLAT: &str = include_str!("../functions/ingest/samples/flat.json");
const NESTED: &str = include_str!("../functions/ingest/samples/nested.json");

/// Posts a body without changing it.
async fn post(world: &World, token: &str, kind: &str, body: impl Into<Vec<u8>>) -> (u16, Value) {
    let request =
        world.request(Method::POST, "/v1/sessions", token).header("content-type", kind).body(body.into());
    let (status, body) = answer(request).await;
    (status.as_u16(), body)
}

async fn post_json(world: &World, token: &str, body: &Value) -> (u16, Value) {
    post(world, token, "application/json", body.to_string()).await
}

fn session(id: &str) -> Value {
    json!({"session_id": id, "created_at": "2026-10-03 14:05:22"})
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Returns the ids of all sessions of an account, once there are as many as expected.
async fn ids(world: &World, report: &str, count: usize) -> Vec<String> {
    let rows = world.rows_once(report, &query("sessions", &["session_id"]), count).await;
    rows.into_iter().map(|row| row[0].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_comes_in_both_shapes_in_any_order_and_any_number_of_times() {
    let world = World::start().await;
    let (ingest, report) = world.account("shapes").await;
    let counts = |accepted: u8, unchanged: u8, stale: u8, results: Value| {
        json!({
            "received": 1, "accepted": accepted, "unchanged": unchanged, "stale": stale, "ignored": 0,
            "rejected": 0, "results": results, "warned": 0, "warnings": [],
        })
    };
    // What the dictionary does not know of the sample, which its two shapes differ in.
    let without_unknown_keys = |(status, mut body): (u16, Value)| {
        for member in ["unknown_keys", "unknown_key_hints"] {
            assert!(body.as_object_mut().unwrap().remove(member).unwrap().is_array());
        }
        (status, body)
    };
    let id = "65f0c0ffee00000000000001";
    let unchanged = json!([{"index": 0, "session_id": id, "outcome": "unchanged"}]);
    let message = "a version of this session that counts as newer is kept already, of 2026-10-03T17:32:00Z: to correct the session, send it with an updated_at after that time";
    let stale = json!([{"index": 0, "session_id": id, "outcome": "stale", "message": message}]);
    let json = "application/json";
    assert_eq!(
        without_unknown_keys(post(&world, &ingest, json, NESTED).await),
        (200, counts(1, 0, 0, json!([])))
    );
    let again = without_unknown_keys(post(&world, &ingest, json, FLAT).await);
    assert_eq!(again, (200, counts(0, 1, 0, unchanged)));
    let mut older: Value = serde_json::from_str(FLAT).unwrap();
    older["updated_at"] = json!("2026-10-03 14:31:59");
    let older = without_unknown_keys(post_json(&world, &ingest, &older).await);
    assert_eq!(older, (200, counts(0, 0, 1, stale)));
    let mut newer: Value = serde_json::from_str(NESTED).unwrap();
    newer["updated_at"] = json!("2026-10-04 08:00:00");
    newer["tabulation"] = json!("Corrigido");
    let newer = without_unknown_keys(post_json(&world, &ingest, &newer).await);
    assert_eq!(newer, (200, counts(1, 0, 0, json!([]))));

    let fields = ["session_id", "tabulation", "agent_name", "channel", "attendance_timer_tma", "created_at"];
    let asked = query("sessions", &fields);
    let expected = vec![json!(id), json!("Corrigido"), json!("Atendente Exemplo"), json!("WhatsApp Suporte")];
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let rows = world.rows_once(&report, &asked, 1).await;
        if rows[0][..4] == expected {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{rows:?}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_contents_with_one_version_the_same_wins_in_either_order() {
    let world = World::start().await;
    let version = |name: &str| json!({"session_id": "s", "created_at": "2026-10-03", "agent_name": name});
    let mut kept = Vec::new();
    for (account, order) in [("forth", ["a", "b"]), ("back", ["b", "a"])] {
        let (ingest, report) = world.account(account).await;
        for name in order {
            assert_eq!(post_json(&world, &ingest, &version(name)).await.0, 200);
        }
        // Sending each of them again changes nothing.
        for name in order {
            let (_, body) = post_json(&world, &ingest, &version(name)).await;
            assert_eq!(body["accepted"], 0, "{body}");
        }
        // When the second session is readable, both versions of the first one have reached the lake.
        assert_eq!(post_json(&world, &ingest, &session("t")).await.0, 200);
        let rows = world.rows_once(&report, &query("sessions", &["session_id", "agent_name"]), 2).await;
        kept.push(rows.into_iter().find(|row| row[0] == "s").unwrap());
    }
    assert_eq!(kept[0], kept[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn faulty_items_are_told_one_by_one_and_their_neighbours_are_stored() {
    let world = World::start().await;
    let (ingest, report) = world.account("neighbours").await;
    let good = |id: &str| session(id).to_string();
    let items: Vec<Vec<u8>> = vec![
        good("a#1").into_bytes(),
        b"{\"session_id\":\"x1\",\"created_at\":\"2026-10-03\",\"agent_name\":\"\xFF\xC3\"}".to_vec(),
        good("b/../é😕").into_bytes(),
        br#"{"session_id":"x3","created_at":"2026-10-03","agent_name":"\ud800"}"#.to_vec(),
        br#"{"session_id":"x4","created_at":"2026-10-03","attendance_timer":{"tma":1e400}}"#.to_vec(),
        br#"{"session_id":"x5","created_at":"2026-10-03","status":"a","status":"a"}"#.to_vec(),
        b"7".to_vec(),
        br#"{"session_id":"x7","created_at":"20260-10-03 00:00:00"}"#.to_vec(),
        br#"{"created_at":"2026-10-03"}"#.to_vec(),
        br#"{"session_id":"x9","created_at":"2026-10-03","talks":[{},{"message":"a","message":"b"}]}"#
            .to_vec(),
        good("..").into_bytes(),
    ];
    let body = [b"[".as_slice(), &items.join(&b","[..]), b"]"].concat();
    let (status, body) = post(&world, &ingest, "application/json", body).await;
    assert_eq!((status, &body["accepted"], &body["rejected"]), (207, &json!(4), &json!(7)), "{body}");
    let told =
        |name: &str| body["results"].as_array().unwrap().iter().map(|line| line[name].clone()).collect();
    let (indexes, ids_told, fields): (Vec<_>, Vec<_>, Vec<_>) =
        (told("index"), told("session_id"), told("field"));
    assert_eq!(json!(indexes), json!([1, 3, 5, 6, 7, 8, 9]));
    assert_eq!(json!(ids_told), json!(["x1", "x3", "x5", null, "x7", null, "x9"]));
    assert_eq!(
        json!(fields),
        json!([null, "agent_name", "status", null, "created_at", "session_id", "talks.message"])
    );
    let message = "attendance_timer.tma must be a number of seconds, or hh:mm:ss; what was sent: 1e400; \
                   the value was left out and the session was stored";
    let warning =
        json!({"index": 4, "session_id": "x4", "field": "attendance_timer_tma", "message": message});
    assert_eq!((&body["warned"], &body["warnings"]), (&json!(1), &json!([warning])));
    assert_eq!(ids(&world, &report, 4).await, ["x4", "..", "a#1", "b/../é😕"], "by when they began");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_line_is_one_item_and_blank_lines_are_none() {
    let world = World::start().await;
    let (ingest, report) = world.account("lines").await;
    let lines = format!("\n{}\r\n\n{{\"session_id\":\n\n{}", session("l0"), session("l2"));
    for (kind, encoded) in [("application/x-ndjson", false), ("application/x-ndjson; charset=utf-8", true)] {
        let request = world.request(Method::POST, "/v1/sessions", &ingest).header("content-type", kind);
        let request = if encoded {
            request.header("content-encoding", "gzip").body(gzip(lines.as_bytes()))
        } else {
            request.body(lines.clone())
        };
        let (status, body) = answer(request).await;
        assert_eq!(
            (status.as_u16(), &body["received"], &body["rejected"]),
            (207, &json!(3), &json!(1)),
            "{body}"
        );
        let rejected = body["results"].as_array().unwrap().iter().find(|line| line["outcome"] == "rejected");
        assert_eq!(rejected.unwrap()["index"], 1);
    }
    assert_eq!(ids(&world, &report, 2).await, ["l0", "l2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_twice_in_one_batch_is_as_if_posted_one_after_the_other() {
    let world = World::start().await;
    let (ingest, _) = world.account("twice").await;
    let version = |day: &str| json!({"session_id": "s", "created_at": "2026-10-03", "updated_at": day});
    let batch = json!([
        version("2026-10-05"),
        version("2026-10-05"),
        version("2026-10-04"),
        session("t"),
        version("2026-10-06"),
    ]);
    let (status, body) = post_json(&world, &ingest, &batch).await;
    assert_eq!((status, &body["accepted"]), (200, &json!(3)), "{body}");
    let expected = json!([
        {"index": 1, "session_id": "s", "outcome": "unchanged"},
        {
            "index": 2, "session_id": "s", "outcome": "stale",
            "message": "a version of this session that counts as newer is kept already, of 2026-10-05T03:00:00Z: to correct the session, send it with an updated_at after that time",
        },
    ]);
    assert_eq!(body["results"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_before_the_start_or_past_the_retention_is_ignored() {
    let world = World::start().await;
    let ingest = world.token("fresh", "ingest").await;
    let batch = json!([session("before")]);
    let (status, body) = post_json(&world, &ingest, &batch).await;
    assert_eq!(
        (status, &body["ignored"]),
        (200, &json!(1)),
        "nothing is kept before the first report token: {body}"
    );
    let message = "the account keeps no sessions yet: issue its first report token";
    assert_eq!(body["results"][0]["message"], message);
    let request =
        world.request(Method::POST, "/v1/sessions", &ingest).header("accept-language", "pt-BR, en;q=0.5");
    let (_, body) = answer(request.json(&batch)).await;
    let message = "a conta ainda não guarda sessões: emita o seu primeiro token de relatório (report)";
    assert_eq!(body["results"][0]["message"], message);

    let report = world.token("fresh", "report").await;
    let change = json!({"account": "fresh", "starts_on": "2026-10-03", "retention_days": 36_000});
    let patch = world.request(Method::PATCH, "/v1/account", &world.admin).json(&change);
    assert_eq!(answer(patch).await.0, StatusCode::OK);
    // What counts is the local day of the last interaction: 02:59 in UTC is the evening before in São Paulo.
    let batch = json!([
        {"session_id": "old", "created_at": "2026-10-03T02:59:59Z"},
        {"session_id": "late", "created_at": "2026-10-02 10:00:00", "lastInteraction": "2026-10-03T03:00:00Z"},
        {"session_id": "ancient", "created_at": "1900-01-01", "lastInteraction": "2026-10-04"},
    ]);
    let (status, body) = post_json(&world, &ingest, &batch).await;
    let before = "before starts_on 2026-10-03: an admin may move starts_on back (PATCH /v1/account), then send it again";
    let past =
        "past the retention of 36000 days: the account's retention_days says how long sessions are kept";
    let expected = json!([
        {"index": 0, "session_id": "old", "outcome": "ignored", "message": before},
        {"index": 2, "session_id": "ancient", "outcome": "ignored", "message": past},
    ]);
    assert_eq!((status, &body["accepted"], &body["results"]), (200, &json!(1), &expected), "{body}");
    assert_eq!(ids(&world, &report, 1).await, ["late"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_taken_is_refused_as_a_whole() {
    let world = World::start().await;
    let (ingest, report) = world.account("whole").await;
    let (json, lines) = ("application/json", "application/x-ndjson");
    let many = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    let cases: Vec<(u16, &str, Vec<u8>)> = vec![
        (200, json, b"[]".to_vec()),
        (200, lines, b" \n\n".to_vec()),
        (400, json, b"".to_vec()),
        (400, json, b"not json".to_vec()),
        (400, json, format!("[{},{}", session("w1"), session("w2")).into_bytes()),
        (400, json, format!("{}\n{}", session("w1"), session("w2")).into_bytes()),
        (413, json, many(5_001).into_bytes()),
        (422, json, many(5_000).into_bytes()),
        (422, lines, b"not json".to_vec()),
        (413, json, vec![b' '; (4 << 20) + 1]),
        (413, json, vec![b' '; 20 << 20]),
    ];
    for (expected, kind, body) in cases {
        let shown = format!("{} bytes: {}", body.len(), String::from_utf8_lossy(&body[..body.len().min(60)]));
        let (status, answer) = post(&world, &ingest, kind, body).await;
        assert_eq!(status, expected, "{shown}");
        if expected >= 400 {
            let title = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                (&answer["status"], &answer["title"]),
                (&json!(status), &json!(title.canonical_reason()))
            );
            assert!(!answer["request_id"].as_str().unwrap().is_empty(), "{answer}");
        }
    }
    let encoded = |encoding: &str, body: Vec<u8>| {
        let request = world.request(Method::POST, "/v1/sessions", &ingest);
        answer(request.header("content-encoding", encoding).body(body))
    };
    let good = session("w3").to_string();
    assert_eq!(encoded("gzip", gzip(good.as_bytes())).await.0, 200);
    assert_eq!(encoded("gzip", gzip(&vec![b' '; (20 << 20) + 1])).await.0, 413);
    assert_eq!(encoded("gzip", good.clone().into_bytes()).await.0, 400);
    assert_eq!(encoded("br", good.into_bytes()).await.0, 415);
    assert_eq!(ids(&world, &report, 1).await, ["w3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_item_can_be_read_the_problem_says_what_the_answer_would_have() {
    let world = World::start().await;
    let (ingest, _) = world.account("none").await;
    let request = world.request(Method::POST, "/v1/sessions", &ingest).json(&json!([{"session_id": "s"}, 7]));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["received"], &body["accepted"], &body["rejected"]), (&json!(2), &json!(0), &json!(2)));
    let first = "created_at is required: when the session began, for example 2026-10-03 14:05:22";
    let second = "the session is not a JSON object: send each session as {…}; what was sent: 7";
    let results = json!([
        {
            "index": 0, "session_id": "s", "outcome": "rejected", "field": "created_at", "message": first,
            "errors": [{"field": "created_at", "message": first}],
        },
        {"index": 1, "outcome": "rejected", "message": second, "errors": [{"message": second}]},
    ]);
    assert_eq!(body["results"], results);
    let errors =
        json!([{"index": 0, "field": "created_at", "message": first}, {"index": 1, "message": second}]);
    assert_eq!(body["errors"], errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ingest_and_admin_tokens_post_and_only_into_their_account() {
    let world = World::start().await;
    let (ingest, report) = world.account("mine").await;
    let console = world.token("mine", "console").await;
    let post = |path: &'static str, token: &str| {
        let request = world.request(Method::POST, path, token).json(&json!([]));
        async { request.send().await.unwrap() }
    };
    let missing = post("/v1/sessions", "").await;
    assert_eq!(missing.status(), 401);
    assert!(missing.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    for (path, token, expected) in [
        ("/v1/sessions", "nonsense", 401),
        ("/v1/sessions", report.as_str(), 403),
        ("/v1/sessions", console.as_str(), 403),
        ("/v1/sessions?account=other", ingest.as_str(), 403),
        ("/v1/sessions?account=mine", ingest.as_str(), 200),
        ("/v1/sessions", world.admin.as_str(), 422),
        ("/v1/sessions?account=Bad!", world.admin.as_str(), 422),
        ("/v1/sessions?account=mine", world.admin.as_str(), 200),
    ] {
        assert_eq!(post(path, token).await.status(), expected, "{path}");
    }
    let get = answer(world.request(Method::GET, "/v1/sessions", &ingest)).await;
    assert_eq!((get.0.as_u16(), &get.1["status"]), (405, &json!(405)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_may_be_large_and_no_larger() {
    let world = World::start().await;
    let (ingest, report) = world.account("large").await;
    // The text does not compress, so that the body does not fit in an item of the table.
    let mut seed = 7_u64;
    let mut noise = |length: usize| -> String {
        let letter = |_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'!' + u8::try_from((seed >> 33) % 90).unwrap())
        };
        (0..length)
            .map(letter)
            .map(|letter| if matches!(letter, '"' | '\\') { 'x' } else { letter })
            .collect()
    };
    let with = |id: &str, texts: Vec<String>| {
        let talks: Vec<Value> = texts.into_iter().map(|text| json!({"message": text})).collect();
        json!({"session_id": id, "created_at": "2026-10-03", "talks": talks})
    };
    let large = with("fits", vec![noise(1_000_000), noise(1_000_000), noise(1_000_000)]);
    let many = with("many", vec!["oi".to_owned(); 10_000]);
    let (status, body) = post_json(&world, &ingest, &json!([large, many])).await;
    assert_eq!((status, &body["accepted"]), (200, &json!(2)), "{body}");
    let over = with("over", vec!["x".repeat(800_000); 4]);
    let long = with("long", vec!["x".repeat((1 << 20) + 1)]);
    for (item, field) in [(over, Value::Null), (long, json!("talks.message"))] {
        let (status, body) = post_json(&world, &ingest, &json!([item])).await;
        assert_eq!((status, &body["results"][0]["field"]), (422, &field), "{body}");
    }
    assert_eq!(ids(&world, &report, 2).await, ["fits", "many"]);
    let mut messages = query("talks", &["talks_message"]);
    messages["dimensionsFilters"] =
        json!([[{"fieldName": "session_id", "values": ["fits"], "type": "INCLUDE", "operator": "EQUALS"}]]);
    let rows = world.rows(&report, &messages).await;
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[2][0], large["talks"][2]["message"]);
}
