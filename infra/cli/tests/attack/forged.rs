//! Forged, foreign and ended credentials: none opens anything.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::time::Instant;
use domain::token::{SigningKey, new_key_pair, sign};
use fastrand::Rng;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::mutation::change_one;
use crate::target::{Target, Tokens};
use crate::{seed, setting};

/// How long a revoked token may still open something.
const REVOKED_WITHIN: Duration = Duration::from_secs(60);

fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

fn parsed(part: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A token that was made from a good one, and how.
fn forged(good: &str, rng: &mut Rng) -> (&'static str, String) {
    let parts: Vec<&str> = good.split('.').collect();
    let (mut header, mut claims) = (parsed(parts[0]), parsed(parts[1]));
    match rng.u8(0..8) {
        0 => ("a character changed", change_one(good, rng)),
        1 => {
            header["alg"] = json!(["none", "None", "HS256", "RS256", "ES384", "EdDSA"][rng.usize(..6)]);
            let signature = if rng.bool() { "" } else { parts[2] };
            ("another algorithm", format!("{}.{}.{signature}", part(&header), parts[1]))
        }
        2 => {
            let names: Vec<String> = claims.as_object().unwrap().keys().cloned().collect();
            let name = &names[rng.usize(..names.len())];
            claims[name] = match &claims[name] {
                Value::Number(number) => json!(number.as_i64().unwrap_or_default() + rng.i64(1..1_000_000)),
                _ => json!(["admin", "other", "*", "full", "console"][rng.usize(..5)]),
            };
            ("a claim changed", format!("{}.{}.{}", parts[0], part(&claims), parts[2]))
        }
        3 => {
            claims["scope"] = json!("admin");
            claims["sub"] = json!("*");
            ("made an operator's", format!("{}.{}.{}", parts[0], part(&claims), parts[2]))
        }
        4 => {
            let kid = if rng.bool() {
                header["kid"].as_str().unwrap().to_owned()
            } else {
                "0123456789abcdef".to_owned()
            };
            ("signed with another key", signed_anew(kid, claims, rng.bool()))
        }
        5 => {
            header["kid"] = json!(["../key", "0123456789abcdef", "", "*"][rng.usize(..4)]);
            ("another key's name", format!("{}.{}.{}", part(&header), parts[1], parts[2]))
        }
        6 => {
            let cut = rng.usize(..good.len());
            ("cut", good[..cut].to_owned())
        }
        _ => {
            let noise: String = (0..parts[2].len()).map(|_| rng.alphanumeric()).collect();
            ("another signature", format!("{}.{}.{noise}", parts[0], parts[1]))
        }
    }
}

/// The claims, an operator's or as they were, under a signature that holds for a key which is none of the stack's.
fn signed_anew(kid: String, mut claims: Value, as_operator: bool) -> String {
    if as_operator {
        (claims["scope"], claims["sub"]) = (json!("admin"), json!("*"));
    }
    let pair = new_key_pair().unwrap();
    let key = SigningKey { kid, created_at: Instant::now(), private: pair.private };
    sign(&key, &serde_json::from_value(claims).unwrap()).unwrap()
}

/// A request that a good credential of another kind, account or state makes: each must be refused.
struct Foreign {
    kind: &'static str,
    method: Method,
    path: String,
    token: String,
    body: Value,
}

impl Foreign {
    fn new(kind: &'static str, token: &str, method: Method, path: &str) -> Foreign {
        Foreign { kind, method, path: path.to_owned(), token: token.to_owned(), body: Value::Null }
    }

    fn body(self, body: &Value) -> Foreign {
        Foreign { body: body.clone(), ..self }
    }
}

/// What a console may read of its own account.
const OF_CONSOLES: [&str; 6] = [
    "/v1/account",
    "/v1/tokens",
    "/v1/people?q=canaria",
    "/v1/audit",
    "/v1/erasures",
    "/v1/receipts?start=2026-11-01&end=2026-11-02",
];

fn foreign(target: &Target, revoked: &str) -> Vec<Foreign> {
    let rows = json!({
        "account": "demo", "configParams": {"report_type": "sessions"}, "fields": [{"name": "session_id"}],
    });
    let mut all = of_other_accounts(target, &rows);
    all.extend(with_other_rights(target, &rows));
    all.push(Foreign::new("revoked", revoked, Method::POST, "/v1/data").body(&rows));
    all.push(Foreign::new("revoked", revoked, Method::GET, "/v1/me"));
    all
}

fn of_other_accounts(target: &Target, rows: &Value) -> Vec<Foreign> {
    let other = target.tokens.other.as_str();
    let mut paged = rows.clone();
    (paged["cursor"], paged["account"]) = (json!(target.cursor), json!("other"));
    let export = "/v1/export?account=demo&report_type=sessions";
    let mut all = vec![
        Foreign::new("another account", other, Method::POST, "/v1/data").body(rows),
        Foreign::new("another account", other, Method::GET, "/v1/schema?account=demo"),
        Foreign::new("another account", other, Method::GET, export),
        Foreign::new("another account's cursor", other, Method::POST, "/v1/data").body(&paged),
    ];
    for path in OF_CONSOLES {
        let joined = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{joined}account=other");
        all.push(Foreign::new("another account", &target.tokens.console, Method::GET, &path));
    }
    all
}

fn with_other_rights(target: &Target, rows: &Value) -> Vec<Foreign> {
    let Tokens { ingest, report, console, .. } = &target.tokens;
    let mut all = vec![Foreign::new("another scope", ingest, Method::POST, "/v1/data").body(rows)];
    for (path, token) in OF_CONSOLES.into_iter().flat_map(|path| [(path, report), (path, ingest)]) {
        all.push(Foreign::new("another scope", token, Method::GET, path));
    }
    let file = json!({"filename": "a.png", "content_type": "image/png", "size": 3});
    for token in [report, console] {
        all.push(Foreign::new("another scope", token, Method::POST, "/v1/sessions").body(&json!([])));
        all.push(Foreign::new("another scope", token, Method::POST, "/v1/media").body(&file));
        all.push(Foreign::new("another scope", token, Method::DELETE, "/v1/media/x"));
        for scope in ["admin", "ingest", "console"] {
            let order = json!({"account": "demo", "scope": scope});
            all.push(Foreign::new("more rights", token, Method::POST, "/v1/tokens").body(&order));
        }
    }
    let retention = json!({"retention_days": 1});
    all.push(Foreign::new("more rights", console, Method::PATCH, "/v1/account").body(&retention));
    all.push(Foreign::new("more rights", console, Method::PUT, "/v1/settings").body(&json!({})));
    all
}

/// A link that was made from a good one.
fn forged_link(target: &Target, rng: &mut Rng) -> String {
    let (before, link) = target.link.rsplit_once('/').unwrap();
    let link = match rng.u8(0..3) {
        0 => change_one(link, rng),
        1 => link[..rng.usize(..link.len())].to_owned(),
        _ => (0..link.len()).map(|_| rng.alphanumeric()).collect(),
    };
    format!("{before}/{link}")
}

/// A token that opened something, and was revoked, once it opens nothing any more.
async fn revoked(target: &Target) -> String {
    let order = json!({"account": "demo", "scope": "report"});
    let issued =
        target.ok(target.request(Method::POST, "/v1/tokens", &target.tokens.admin).json(&order)).await;
    let (token, id) = (issued["token"].as_str().unwrap().to_owned(), issued["id"].as_str().unwrap());
    target.ok(target.request(Method::GET, "/v1/me", &token)).await;
    target.ok(target.request(Method::DELETE, &format!("/v1/tokens/{id}"), &target.tokens.admin)).await;
    let since = std::time::Instant::now();
    while target.request(Method::GET, "/v1/me", &token).send().await.unwrap().status()
        != StatusCode::UNAUTHORIZED
    {
        assert!(since.elapsed() < REVOKED_WITHIN, "it opens still");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    token
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_foreign_or_ended_credential_opens_anything() {
    let (seed, count) = (seed(), setting("PREMIUM_FORGED", 2_000));
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let target = Target::start().await;
    let revoked = revoked(&target).await;
    let (foreign, tokens) = (foreign(&target, &revoked), &target.tokens);
    let good = [&tokens.admin, &tokens.ingest, &tokens.report, &tokens.console];
    let paths = [
        "/v1/me",
        "/v1/tokens",
        "/v1/account",
        "/v1/schema",
        "/v1/people?q=canaria",
        "/v1/export?report_type=sessions",
    ];
    let (mut tried, mut opened) = (BTreeMap::<&str, u64>::new(), Vec::new());
    for turn in 0..count {
        let (kind, request) = match turn % 4 {
            0 => {
                let one = &foreign[usize::try_from(turn / 4).unwrap() % foreign.len()];
                let request = target.request(one.method.clone(), &one.path, &one.token);
                (one.kind, if one.body.is_null() { request } else { request.json(&one.body) })
            }
            1 => ("a forged link", target.client.get(forged_link(&target, &mut rng))),
            _ => {
                let (kind, token) = forged(good[rng.usize(..good.len())], &mut rng);
                (kind, target.request(Method::GET, paths[rng.usize(..paths.len())], &token))
            }
        };
        let shown = format!("{kind} (turn {turn}): {request:?}");
        let status = request.send().await.unwrap().status();
        *tried.entry(kind).or_default() += 1;
        if !status.is_client_error() {
            opened.push(format!("{status} for {shown}"));
        }
    }
    let (told, _) = target.logged();
    println!("{}", json!({"forged": count, "by_kind": tried, "opened": opened.len(), "seed": seed}));
    assert!(opened.is_empty(), "{opened:#?}");
    assert!(told.is_empty(), "the log tells {told:?}");
    // What is good opens what it should.
    let rows =
        target.request(Method::GET, "/v1/export?report_type=sessions&fields=session_id", &tokens.report);
    assert_eq!(rows.send().await.unwrap().status(), StatusCode::OK);
    assert!(target.client.get(&target.link).send().await.unwrap().status().is_redirection());
}
