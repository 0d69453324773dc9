//! Tests that every error is told in Portuguese and in English, as `Accept-Language` says.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, answer};

/// Words that a sentence of the other language hardly does without.
const ENGLISH: [&str; 14] =
    ["the", "must", "is", "not", "of", "it", "and", "or", "with", "be", "has", "this", "there", "send"];
const PORTUGUESE: [&str; 12] =
    ["é", "não", "deve", "um", "uma", "ou", "para", "este", "há", "envie", "foi", "confira"];

/// The tokens of a test.
struct Tokens {
    admin: String,
    console: String,
    ingest: String,
    report: String,
}

/// A request that is refused: its method, its path, whose token it has, and its body.
type Wrong = (&'static str, String, &'static str, Body);

/// A body as it is sent.
enum Body {
    None,
    Json(Value),
    Text(&'static str),
}

use Body::{Json, None as Nothing, Text};

fn of_everybody() -> Vec<Wrong> {
    let path = |text: &str| text.to_owned();
    vec![
        ("GET", path("/nothing"), "", Nothing),
        ("PUT", path("/v1/me"), "report", Nothing),
        ("GET", path("/v1/me"), "", Nothing),
        ("GET", path("/v1/me"), "wrong", Nothing),
        ("GET", path("/v1/schema?x=1"), "report", Nothing),
        ("GET", path("/v1/schema?account=NO"), "report", Nothing),
        ("GET", path("/v1/schema?lang=fr"), "report", Nothing),
        ("GET", path("/v1/schema?lang=pt&lang=en"), "report", Nothing),
        ("GET", path("/v1/schema?account=other"), "report", Nothing),
        ("GET", path("/v1/schema"), "admin", Nothing),
        ("POST", path("/v1/data"), "report", Text("")),
        ("POST", path("/v1/data"), "report", Text("{1: 2}")),
        ("POST", path("/v1/data"), "report", Text("[]")),
    ]
}

fn of_tokens() -> Vec<Wrong> {
    let issue = |body: Value| ("POST", "/v1/tokens".to_owned(), "admin", Json(body));
    let change = |body: Value| ("PATCH", "/v1/account?account=demo".to_owned(), "admin", Json(body));
    let path = |text: &str| text.to_owned();
    vec![
        issue(json!({})),
        issue(json!({"scope": 5, "account": "NO", "label": [], "privacy": "x", "colour": 1})),
        issue(json!({"scope": "owner"})),
        issue(json!({"scope": "report"})),
        issue(json!({"scope": "report", "account": "demo", "label": "x".repeat(101)})),
        issue(json!({"scope": "ingest", "account": "demo", "privacy": "masked"})),
        issue(json!({"scope": "admin", "account": "demo"})),
        issue(json!({"scope": "console", "account": "demo", "expires_in_days": 1, "expires_in_minutes": 1})),
        issue(json!({"scope": "report", "account": "demo", "expires_in_minutes": 1})),
        issue(json!({"scope": "report", "account": "demo", "expires_in_days": 0})),
        (
            "POST",
            path("/v1/tokens?account=other"),
            "admin",
            Json(json!({"scope": "report", "account": "demo"})),
        ),
        ("POST", path("/v1/tokens"), "console", Json(json!({"scope": "ingest"}))),
        ("POST", path("/v1/tokens"), "ingest", Json(json!({"scope": "report"}))),
        ("GET", path("/v1/tokens?limit=0"), "console", Nothing),
        ("GET", path("/v1/tokens?cursor=x"), "console", Nothing),
        ("GET", path("/v1/tokens"), "report", Nothing),
        ("DELETE", path("/v1/tokens/x"), "admin", Nothing),
        ("DELETE", path("/v1/tokens/x"), "report", Nothing),
        change(json!({"timezone": "Mars", "starts_on": "soon", "retention_days": 0})),
        change(json!({"confidential": ["agent.name", "colour"]})),
        change(json!({"confidential": vec!["x"; 200]})),
        change(json!({"starts_on": "2999-01-01"})),
        change(json!({"starts_on": "2026-01-01"})),
        ("PATCH", path("/v1/account"), "console", Json(json!({"retention_days": 1}))),
        ("GET", path("/v1/account"), "report", Nothing),
        ("GET", path("/v1/accounts"), "console", Nothing),
        ("GET", path("/v1/accounts?limit=0&cursor=x&account=demo"), "admin", Nothing),
    ]
}

fn of_data() -> Vec<Wrong> {
    let rows = |body: Value| ("POST", "/v1/data".to_owned(), "report", Json(body));
    let fields = json!([{"name": "status"}]);
    let export = |query: &str| ("GET", format!("/v1/export?{query}"), "report", Nothing);
    let receipts = |query: &str| ("GET", format!("/v1/receipts?{query}"), "console", Nothing);
    let range = |start: &str, end: &str| json!({"startDate": start, "endDate": end});
    vec![
        ("POST", "/v1/data".to_owned(), "ingest", Json(json!({"fields": fields}))),
        ("POST", "/v1/data?account=a".to_owned(), "report", Json(json!({"account": "b"}))),
        rows(json!({})),
        rows(json!({"fields": 1})),
        rows(json!({"fields": [{}]})),
        rows(json!({"configParams": [], "fields": fields})),
        rows(json!({"fields": [{"name": "agent.name"}, {"name": "talks.message"}, {"name": "colour"}]})),
        rows(json!({"configParams": {"report_type": "tags"}, "fields": [{"name": "finished_at"}]})),
        rows(json!({"configParams": {"report_type": "x", "date_field": "y"}, "limit": 0, "fields": fields})),
        rows(
            json!({"configParams": {"report_type": "summary"}, "fields": vec![json!({"name": "status"}); 21]}),
        ),
        rows(json!({"fields": fields, "dateRange": range("x", "")})),
        rows(json!({"fields": fields, "dateRange": range("2026-10-02", "2026-10-01")})),
        rows(json!({"fields": fields, "cursor": "x"})),
        export("fields=status&format=pdf&lang=fr&header=x&colour=red"),
        export("fields=status&start=2026-10-02&end=2026-10-01"),
        (
            "POST",
            "/v1/export".to_owned(),
            "report",
            Json(json!({"fields": fields, "dimensionsFilters": [[
                {"fieldName": "status", "operator": "LIKE", "type": "INCLUDE", "values": ["x"]}
            ]]})),
        ),
        receipts("start=2026-01-01&end=2026-10-01"),
        receipts("days=1"),
        ("GET", "/v1/receipts?start=2026-10-01&end=2026-10-01".to_owned(), "report", Nothing),
    ]
}

fn of_media() -> Vec<Wrong> {
    let path = |text: &str| text.to_owned();
    vec![
        ("POST", path("/v1/media"), "ingest", Json(json!({}))),
        ("POST", path("/v1/media"), "ingest", Json(json!({"filename": "", "content_type": "x", "size": 0}))),
        ("POST", path("/v1/media"), "report", Json(json!({}))),
        ("DELETE", path("/v1/media/x"), "ingest", Nothing),
        ("DELETE", path("/v1/media/%ff?account=demo"), "admin", Nothing),
        ("DELETE", format!("/v1/media/{}?account=demo", "x".repeat(257)), "admin", Nothing),
        ("GET", path("/m/x"), "", Nothing),
    ]
}

fn of_the_console() -> Vec<Wrong> {
    let path = |text: &str| text.to_owned();
    let add =
        |url: &str| ("POST", "/v1/reports".to_owned(), "console", Json(json!({"title": "a", "url": url})));
    let set = |body: Value| ("PUT", "/v1/settings".to_owned(), "admin", Json(body));
    let prices = json!({
        "currency": "reais", "per_million_requests": -1, "per_gb_month_storage": 1, "per_million_writes": 1,
        "per_million_reads": 1, "per_visit": 1,
    });
    let mut amounts = prices.clone();
    amounts.as_object_mut().unwrap().remove("per_visit");
    vec![
        ("GET", path("/assets/x/y"), "", Nothing),
        ("POST", path("/v1/console/session"), "report", Nothing),
        ("POST", path("/v1/reports"), "console", Json(json!({"title": "", "url": 1, "colour": 1}))),
        ("PUT", path("/v1/reports/x"), "console", Json(json!({"position": -1}))),
        ("DELETE", path("/v1/reports/x"), "console", Nothing),
        ("GET", path("/v1/reports"), "report", Nothing),
        add("painel"),
        add("http://lookerstudio.google.com/s/abcdefgh"),
        add("https://a.example/s/abcdefgh"),
        add("https://lookerstudio.google.com/datasources/0123456789"),
        add("https://lookerstudio.google.com/explorer/0123456789"),
        add("https://lookerstudio.google.com/reporting/create"),
        add("https://lookerstudio.google.com/gallery"),
        add("https://lookerstudio.google.com/s/abc"),
        add("https://lookerstudio.google.com/s/abcdefgh?params=1"),
        add("<iframe></iframe>"),
        add(&"x".repeat(9_000)),
        set(json!({"connector_id": 1, "templates": {"vendas": "x", "agentes": "x"}, "prices": 1})),
        set(json!({"prices": {"currency": "BRL"}})),
        set(json!({"prices": prices})),
        set(json!({"prices": amounts})),
        ("PUT", path("/v1/settings"), "console", Json(json!({}))),
    ]
}

fn of_ingest() -> Vec<Wrong> {
    let send = |text| ("POST", "/v1/sessions".to_owned(), "ingest", Text(text));
    vec![
        send("{a: 1}"),
        send("[1,"),
        send(""),
        send("{} x"),
        send(r#"{"session_id":"s","created_at":"soon"}"#),
        send("[{},1]"),
        ("POST", "/v1/sessions".to_owned(), "report", Text("{}")),
        ("POST", "/v1/sessions?mapping=zap".to_owned(), "ingest", Text("{}")),
        ("POST", "/v1/sessions?validate=sim".to_owned(), "ingest", Text("{}")),
    ]
}

/// Returns the sentences of a problem: its detail, and what it says of each error.
fn sentences(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().into_iter().flatten();
    let told = errors.map(|error| error["message"].as_str().unwrap());
    [problem["detail"].as_str().unwrap()].into_iter().chain(told).collect()
}

/// Returns the words of a language that a sentence has.
fn foreign<'w>(sentence: &str, words: &[&'w str]) -> BTreeSet<&'w str> {
    let sentence = sentence.to_lowercase();
    let spoken: BTreeSet<&str> = sentence.split(|c: char| !c.is_alphabetic()).collect();
    words.iter().copied().filter(|word| spoken.contains(word)).collect()
}

async fn refused(world: &World, tokens: &Tokens, wrong: &Wrong, lang: &str) -> (StatusCode, Value) {
    let (method, path, token, body) = wrong;
    let token = match *token {
        "admin" => &tokens.admin,
        "console" => &tokens.console,
        "ingest" => &tokens.ingest,
        "report" => &tokens.report,
        other => other,
    };
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = world.request(method, path, token).header("accept-language", lang);
    let (status, problem) = answer(match body {
        Nothing => request,
        Json(body) => request.json(body),
        Text(text) => request.body(*text),
    })
    .await;
    assert!(status.is_client_error(), "{path}: {status} {problem}");
    (status, problem)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_is_told_in_portuguese_and_in_english() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let tokens =
        Tokens { admin: world.admin.clone(), console: world.token("demo", "console").await, ingest, report };
    let every = [of_everybody(), of_tokens(), of_data(), of_media(), of_the_console(), of_ingest()];
    let mut faults = Vec::new();
    for wrong in every.iter().flatten() {
        let (status, pt) = refused(&world, &tokens, wrong, "pt-BR,pt;q=0.9,en;q=0.8").await;
        let (same, en) = refused(&world, &tokens, wrong, "en").await;
        assert_eq!((status, sentences(&pt).len()), (same, sentences(&en).len()), "{pt} {en}");
        for (pt, en) in sentences(&pt).into_iter().zip(sentences(&en)) {
            let (english, portuguese) = (foreign(pt, &ENGLISH), foreign(en, &PORTUGUESE));
            if pt == en || !english.is_empty() || !portuguese.is_empty() {
                faults.push(format!("{} {}: {english:?} {portuguese:?}\n  {pt}\n  {en}", wrong.0, wrong.1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_says_what_to_do_about_it() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let told = async |token: &str, body: Value| {
        let request = world.request(Method::POST, "/v1/data", token).header("accept-language", "pt-BR");
        answer(request.json(&body)).await.1["detail"].as_str().unwrap().to_owned()
    };
    let asked = |name: &str| json!({"fields": [{"name": name}]});
    assert_eq!(
        told(&ingest, asked("status")).await,
        "este endereço pede um token report ou console; este é ingest"
    );
    assert_eq!(
        told(&report, asked("agent.name")).await,
        "agent.name não é um campo do tipo de relatório sessions: use agent_name; /v1/schema?report_type=sessions lista os campos"
    );
    let request = world.request(Method::POST, "/v1/data", &report).header("accept-language", "pt-BR");
    let (_, problem) = answer(request.body("{\n  fields: 1}")).await;
    assert_eq!(
        problem["detail"],
        "o corpo não é JSON: há uma chave que não está entre aspas duplas (linha 2, coluna 3)"
    );
}
