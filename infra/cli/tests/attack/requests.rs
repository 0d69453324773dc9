//! Requests that are right, one of each kind, and what is made of them.

use std::fmt::Write;

use fastrand::Rng;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::mutation::{harm, harm_bytes, text};
use crate::target::{Target, sessions};

/// A request that is right.
pub(crate) struct Right {
    /// What it tries.
    pub(crate) kind: &'static str,
    method: Method,
    path: String,
    parameters: Vec<(&'static str, String)>,
    body: Value,
    token: String,
}

impl Right {
    fn new(kind: &'static str, token: &str, method: Method, path: &str) -> Right {
        let (path, token) = (path.to_owned(), token.to_owned());
        Right { kind, method, path, parameters: Vec::new(), body: Value::Null, token }
    }

    fn with(mut self, parameters: &[(&'static str, &str)]) -> Right {
        self.parameters = parameters.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self
    }

    fn body(self, body: Value) -> Right {
        Right { body, ..self }
    }
}

/// All requests that are right on this target.
pub(crate) fn all(target: &Target) -> Vec<Right> {
    [of_platforms(target), of_readers(target), of_consoles(target)].into_iter().flatten().collect()
}

fn of_platforms(target: &Target) -> Vec<Right> {
    let [nested, flat] = [0, 1].map(|at| sessions("x").swap_remove(at));
    let post = |path| Right::new("sessions", &target.tokens.ingest, Method::POST, path);
    let bodies = [nested.clone(), flat.clone(), json!([flat, nested]), json!([{"item": nested}])];
    let mut all: Vec<Right> = bodies.into_iter().map(|body| post("/v1/sessions").body(body)).collect();
    all.push(post("/v1/sessions").with(&[("validate", "true"), ("mapping", "chatwoot")]).body(nested));
    let file = json!({"filename": "a.png", "content_type": "image/png", "size": 0});
    all.push(Right::new("media", &target.tokens.ingest, Method::POST, "/v1/media").body(file));
    all
}

fn of_readers(target: &Target) -> Vec<Right> {
    let report = target.tokens.report.as_str();
    let mut all = Vec::new();
    for body in [filtered(), grouped()] {
        let file = [("format", "csv"), ("lang", "pt"), ("limit", "5")];
        all.push(Right::new("filters", report, Method::POST, "/v1/data").body(body.clone()));
        all.push(Right::new("filters", report, Method::POST, "/v1/export").with(&file).body(body));
    }
    let paged = json!({
        "configParams": {"report_type": "talks"}, "fields": [{"name": "talks_media_url"}, {"name": "session_id"}],
        "cursor": target.cursor,
    });
    all.push(Right::new("cursors", report, Method::POST, "/v1/data").body(paged));
    all.push(Right::new("exports", report, Method::GET, "/v1/export").with(&[
        ("report_type", "talks"),
        ("fields", "session_id,talks_message"),
        ("start", "2026-01-01"),
        ("end", "2026-12-31"),
        ("format", "xlsx"),
        ("lang", "en"),
        ("limit", "20"),
        ("cursor", target.cursor.as_str()),
    ]));
    let schema = [("report_type", "talks"), ("lang", "pt")];
    all.push(Right::new("schema", report, Method::GET, "/v1/schema").with(&schema));
    let link = target.link.strip_prefix(&target.url).unwrap();
    all.push(Right::new("links", report, Method::GET, link));
    all.push(Right::new("links", report, Method::GET, "/assets/x/main.js"));
    all
}

fn of_consoles(target: &Target) -> Vec<Right> {
    let new = |kind, method, path: &str| Right::new(kind, &target.tokens.console, method, path);
    let days = [("start", "2026-11-01"), ("end", "2026-11-30")];
    let page = [("account", "demo"), ("limit", "3"), ("cursor", "e30")];
    let nobody = format!("/v1/people/{}", "0".repeat(32));
    let embed = "https://lookerstudio.google.com/embed/reporting/0B_U5RNpwhcE6QXg4SXFBVGUwMjg/page/6zXD";
    let frame = format!("<iframe width=\"600\" src=\"{embed}\" frameborder=\"0\"></iframe>");
    let token = json!({"account": "demo", "scope": "report", "label": "x", "expires_in_days": 0, "privacy": "masked"});
    vec![
        new("lists", Method::GET, "/v1/tokens").with(&page),
        new("lists", Method::GET, "/v1/erasures").with(&page),
        new("lists", Method::GET, "/v1/audit").with(&[&page[..], &days].concat()),
        new("lists", Method::GET, "/v1/receipts").with(&days),
        new("people", Method::GET, "/v1/people").with(&[("q", "canária")]),
        new("people", Method::POST, &format!("{nobody}/export")).with(&page[1..]),
        new("people", Method::DELETE, &nobody),
        new("report links", Method::POST, "/v1/reports").body(json!({"title": "Painel", "url": embed})),
        new("report links", Method::POST, "/v1/reports").body(json!({"title": "Painel", "url": frame})),
        new("settings", Method::PATCH, "/v1/account")
            .body(json!({"timezone": "America/Manaus", "confidential": ["talks_message"]})),
        new("tokens", Method::POST, "/v1/tokens").body(token),
        new("tokens", Method::POST, "/v1/console/session").body(json!({"token": "x"})),
    ]
}

fn filtered() -> Value {
    json!({
        "configParams": {"report_type": "sessions", "date_field": "created_at"},
        "dateRange": {"startDate": "2026-10-01", "endDate": "2026-12-31"},
        "fields": [{"name": "session_id"}, {"name": "agent_name"}, {"name": "created_at"}],
        "dimensionsFilters": [
            [{"fieldName": "agent_name", "operator": "REGEXP_PARTIAL_MATCH", "type": "INCLUDE", "values": ["^(A|B).*[a-z]{2,5}$"]},
             {"fieldName": "contact_name", "operator": "CONTAINS", "type": "INCLUDE", "values": ["a"]}],
            [{"fieldName": "wait_seconds", "operator": "BETWEEN", "type": "EXCLUDE", "values": ["1", "9"]}],
            [{"fieldName": "status", "operator": "IN_LIST", "type": "INCLUDE", "values": ["finished", "closed"]}],
        ],
        "limit": 5,
    })
}

fn grouped() -> Value {
    json!({
        "configParams": {"report_type": "summary"},
        "dateRange": {"startDate": "2026-10-01", "endDate": "2026-12-31"},
        "fields": [{"name": "created_week"}, {"name": "campaign_name"}, {"name": "sessions"}, {"name": "avg_wait_seconds"}],
        "scriptParams": {"lastRefresh": 0, "sampleExtraction": false},
        "dimensionsFilters": [[{"fieldName": "channel", "operator": "IS_NULL", "type": "EXCLUDE", "values": []}]],
    })
}

impl Right {
    /// The request with something odd in it.
    pub(crate) fn harmed(&self, target: &Target, rng: &mut Rng) -> RequestBuilder {
        let (mut path, mut parameters, mut body) =
            (self.path.clone(), self.parameters.clone(), self.body.clone());
        let mut token = self.token.clone();
        let mut kind = if self.body.is_null() { "" } else { "application/json" };
        let mut bytes = None;
        for _ in 0..rng.usize(1..4) {
            match rng.u8(0..10) {
                0 if self.kind == "links" => harm_path(&mut path, rng),
                0..=2 if !parameters.is_empty() => harm_parameters(&mut parameters, rng),
                1 if rng.u8(0..6) == 0 => token = text(rng),
                2 if rng.u8(0..4) == 0 => {
                    kind = ["text/plain", "application/x-ndjson", "application/json; charset=utf-16"]
                        [rng.usize(..3)]
                }
                3 if !body.is_null() => {
                    let mut raw = body.to_string().into_bytes();
                    harm_bytes(&mut raw, rng);
                    bytes = Some(raw);
                }
                _ if !body.is_null() => harm(&mut body, rng),
                4..=8 if !parameters.is_empty() => harm_parameters(&mut parameters, rng),
                _ => harm_path(&mut path, rng),
            }
        }
        let query = parameters.iter().fold(String::new(), |mut query, (name, value)| {
            let _ = write!(query, "{}{name}={}", if query.is_empty() { "?" } else { "&" }, escaped(value));
            query
        });
        let mut request = target.client.request(self.method.clone(), format!("{}{path}{query}", target.url));
        if let Ok(value) = reqwest::header::HeaderValue::try_from(format!("Bearer {token}")) {
            request = request.header(reqwest::header::AUTHORIZATION, value);
        }
        if rng.u8(0..40) == 0 {
            request = request.header("content-encoding", ["gzip", "br", "identity"][rng.usize(..3)]);
        }
        if rng.u8(0..40) == 0 {
            request =
                request.header("accept-language", ["en", "*;q=x", "pt-BR,pt;q=0.9,,,;"][rng.usize(..3)]);
        }
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        match (bytes, body) {
            (Some(bytes), _) => request.body(bytes),
            (None, Value::Null) => request,
            (None, body) => request.body(body.to_string()),
        }
    }
}

fn harm_path(path: &mut String, rng: &mut Rng) {
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    let at = rng.usize(1..parts.len());
    match rng.u8(0..4) {
        0 => parts[at] = escaped(&text(rng)),
        1 => parts.insert(at, escaped(&text(rng))),
        2 => parts[at] = escaped(&text(rng).repeat(rng.usize(1..200))),
        _ => {
            let cut = rng.usize(..=parts[at].len());
            parts[at].truncate(cut);
        }
    }
    *path = parts.join("/");
}

fn harm_parameters(parameters: &mut Vec<(&'static str, String)>, rng: &mut Rng) {
    let at = rng.usize(..parameters.len());
    match rng.u8(0..8) {
        0 => drop(parameters.remove(at)),
        1 => {
            let twice = parameters[at].clone();
            parameters.push(twice);
        }
        2 => parameters.push(("unknown", text(rng))),
        3 => parameters[at].1 = text(rng).repeat(rng.usize(1..300)),
        4 => {
            let mut bytes = parameters[at].1.clone().into_bytes();
            harm_bytes(&mut bytes, rng);
            parameters[at].1 = String::from_utf8_lossy(&bytes).into_owned();
        }
        _ => parameters[at].1 = text(rng),
    }
}

/// A text as a part of a path or of a query string. A percent sign now and then stays as it is.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'%' | b',' => {
                escaped.push(char::from(byte))
            }
            _ => drop(write!(escaped, "%{byte:02X}")),
        }
        escaped
    })
}
