//! A running `premium serve` with two accounts, to be attacked.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use demo::{Generator, Media, Options, flat};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A name and a number that stand in the sessions, and in nothing that may be logged.
pub(crate) const NAME: &str = "Canária Sigilosa";
pub(crate) const PHONE: &str = "5511987650432";
/// Sessions of each account.
const SESSIONS: usize = 200;
/// How long the stack may take to start, or to serve what it took.
const PATIENCE: Duration = Duration::from_secs(60);

/// The stack under attack. It ends with the test.
pub(crate) struct Target {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) tokens: Tokens,
    /// A media link of the first account.
    pub(crate) link: String,
    /// The cursor of the second page of a report of the first account.
    pub(crate) cursor: String,
    child: Child,
    data: TempDir,
}

/// A token of each scope of the account `demo`, and the report token of `other`.
pub(crate) struct Tokens {
    pub(crate) admin: String,
    pub(crate) ingest: String,
    pub(crate) report: String,
    pub(crate) console: String,
    pub(crate) other: String,
}

impl Drop for Target {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Target {
    pub(crate) async fn start() -> Target {
        let data = tempfile::tempdir().unwrap();
        let log = File::create(data.path().join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_premium"))
            .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data"])
            .arg(data.path().join("stack"))
            // What it says to who started it, an admin token among it, is no log.
            .stdout(Stdio::null())
            .stderr(log)
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let since = Instant::now();
        let local: Value = loop {
            let left = std::fs::read(data.path().join("stack/local.json"));
            if let Some(local) = left.ok().and_then(|json| serde_json::from_slice(&json).ok()) {
                break local;
            }
            assert!(since.elapsed() < PATIENCE, "the stack did not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let text = |name: &str| local[name].as_str().unwrap().to_owned();
        let none = String::new;
        let mut target = Target {
            // A redirect is an answer as any other here.
            client: client::net::client().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            url: text("url"),
            tokens: Tokens {
                admin: text("admin_token"),
                ingest: none(),
                report: none(),
                console: none(),
                other: none(),
            },
            link: none(),
            cursor: none(),
            child,
            data,
        };
        target.fill().await;
        target
    }

    /// Sets up both accounts, and waits until what they sent is served.
    async fn fill(&mut self) {
        let admin = self.tokens.admin.clone();
        self.tokens.report = self.issue(&json!({"account": "demo", "scope": "report"})).await;
        self.tokens.ingest = self.issue(&json!({"account": "demo", "scope": "ingest"})).await;
        self.tokens.console = self.issue(&json!({"account": "demo", "scope": "console"})).await;
        self.tokens.other = self.issue(&json!({"account": "other", "scope": "report"})).await;
        let storage = self.upload().await;
        for account in ["demo", "other"] {
            let change = json!({"account": account, "starts_on": "2020-01-01"});
            self.ok(self.request(Method::PATCH, "/v1/account", &admin).json(&change)).await;
            let path = format!("/v1/sessions?account={account}");
            let answer = self.ok(self.request(Method::POST, &path, &admin).json(&sessions(&storage))).await;
            assert_eq!(answer["accepted"], json!(SESSIONS), "{answer}");
        }
        let since = Instant::now();
        let query = json!({"configParams": {"report_type": "talks"}, "fields": [{"name": "talks_media_url"}, {"name": "session_id"}],
                           "dimensionsFilters": [[{"fieldName": "talks_media_url", "operator": "IS_NULL", "type": "EXCLUDE", "values": []}]],
                           "limit": 2});
        loop {
            let page = self.request(Method::POST, "/v1/data", &self.tokens.report).json(&query);
            let page = self.ok(page).await;
            if let (Some(link), Some(cursor)) =
                (page["rows"][0]["values"][0].as_str(), page["nextCursor"].as_str())
            {
                (self.link, self.cursor) = (link.to_owned(), cursor.to_owned());
                break;
            }
            assert!(since.elapsed() < PATIENCE, "{page}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Puts a file, and returns its name.
    async fn upload(&self) -> String {
        let file =
            json!({"account": "demo", "filename": "nota.pdf", "content_type": "application/pdf", "size": 4});
        let announced =
            self.ok(self.request(Method::POST, "/v1/media", &self.tokens.admin).json(&file)).await;
        let mut put = self.client.put(announced["upload"]["url"].as_str().unwrap()).body("%PDF");
        for (name, value) in announced["upload"]["headers"].as_object().unwrap() {
            put = put.header(name, value.as_str().unwrap());
        }
        assert_eq!(put.send().await.unwrap().status(), StatusCode::OK);
        announced["storage_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn issue(&self, order: &Value) -> String {
        let issued = self.ok(self.request(Method::POST, "/v1/tokens", &self.tokens.admin).json(order)).await;
        issued["token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(token)
    }

    /// The body of an answer that must be good.
    pub(crate) async fn ok(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The most memory that the process ever had, in MiB.
    pub(crate) fn peak_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
    }

    /// How many of the secrets and of the personal data stand in what the stack has logged, and how much that is.
    pub(crate) fn logged(&self) -> (Vec<&'static str>, usize) {
        let log = String::from_utf8_lossy(&std::fs::read(self.log()).unwrap()).into_owned();
        let Tokens { admin, ingest, report, console, other } = &self.tokens;
        let secrets = [
            ("the admin token", admin.as_str()),
            ("the ingest token", ingest),
            ("the report token", report),
            ("the console token", console),
            ("the other account's token", other),
            ("a media link", self.link.rsplit('/').next().unwrap()),
            ("a name", NAME),
            ("a telephone number", PHONE),
        ];
        // The claims and the signature are what may not be known; the header of a token says nothing.
        let told = secrets.into_iter().filter(|(_, secret)| {
            let last = secret.rsplit('.').next().unwrap_or(secret);
            log.contains(secret) || log.contains(last)
        });
        (told.map(|(what, _)| what).collect(), log.len())
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.data.path().join("log")
    }
}

/// Made-up sessions of the last days, in both shapes, all of one person.
pub(crate) fn sessions(storage: &str) -> Vec<Value> {
    let end = domain::time::Instant::now();
    let media: Vec<Media> = Vec::new();
    let generator = Generator::new(Options { seed: 5, sessions: SESSIONS, end, days: 20, media });
    let known = |(index, mut session): (usize, Value)| {
        session["contact"]["name"] = json!(NAME);
        session["contact"]["platforms"] = json!([{"platform": "WhatsappBusiness", "platform_id": PHONE}]);
        let file = json!({
            "origin": "contact", "type": "file", "storage_id": storage, "message": format!("{NAME} {PHONE}"),
            "created_at": session["created_at"],
        });
        if let Some(talks) = session["talks"].as_array_mut() {
            talks.push(file);
        }
        if index % 2 == 0 { session } else { flat(&session) }
    };
    generator.enumerate().map(known).collect()
}
