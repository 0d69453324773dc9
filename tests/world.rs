//! A running stack, and what tests do with it.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use console::Deployment;
use flate2::Compression;
use flate2::write::GzEncoder;
use infra::endpoints::{Backend, Clients, Endpoints};
use infra::stack::Stack;
use infra::stream_poller::StreamPoller;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use store::Store;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use web::limit::Limits;

/// How long it may take until an acknowledged session is readable.
const READABLE_WITHIN: Duration = Duration::from_secs(10);

/// A stack of its own for one test.
pub(crate) struct World {
    pub(crate) client: reqwest::Client,
    pub(crate) url: String,
    pub(crate) admin: String,
    running: Running,
    data: TempDir,
}

/// What answers at the address of the world.
enum Running {
    /// A whole stack.
    Stack { _stack: Box<Stack> },
    /// Only the routers of the functions, and perhaps the stream poller.
    Routers { store: Store, tasks: Vec<JoinHandle<()>> },
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Running::Routers { tasks, .. } = self {
            tasks.iter().for_each(JoinHandle::abort);
        }
    }
}

impl World {
    pub(crate) async fn start() -> World {
        World::start_in(Deployment::default()).await
    }

    pub(crate) async fn start_in(deployment: Deployment) -> World {
        World::start_with(deployment, Limits::default()).await
    }

    /// Starts a stack with limits for callers.
    pub(crate) async fn start_limited(limits: Limits) -> World {
        World::start_with(Deployment::default(), limits).await
    }

    async fn start_with(deployment: Deployment, limits: Limits) -> World {
        let data = tempfile::tempdir().unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let backend = Backend::default();
        let stack = Stack::start_on(&backend, deployment, limits, data.path(), listen).await.unwrap();
        let client = client::net::client().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let (url, admin) = (stack.local.url.clone(), stack.local.admin_token.clone());
        World { client, url, admin, running: Running::Stack { _stack: Box::new(stack) }, data }
    }

    /// Starts only the routers of the functions, on a store. Nothing reads the table's stream, so the test
    /// decides what reaches the lake.
    pub(crate) async fn over(store: Store) -> World {
        World::over_limited(store, Limits::default()).await
    }

    /// The same with limits for callers.
    pub(crate) async fn over_limited(store: Store, limits: Limits) -> World {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let admin = ::token::issue_to_host(&store, "test").await.unwrap();
        let routes = infra::stack::routes(store.clone(), Some(url.clone()), Deployment::default(), limits);
        let app = web::http::host(routes).into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let client = client::net::client().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let data = tempfile::tempdir().unwrap();
        World { client, url, admin, running: Running::Routers { store, tasks: vec![task] }, data }
    }

    /// Like `over`, and the stream poller brings what the table's stream says into the lake.
    pub(crate) async fn followed(clients: Clients) -> World {
        let Clients { dynamo, streams, s3, kms, names } = clients;
        let store = Store::with_clients(dynamo.clone(), s3, kms, names.clone());
        let mut world = World::over(store.clone()).await;
        let poller =
            StreamPoller::new(archive::App::new(store), dynamo, streams, &names.table, world.data.path());
        if let Running::Routers { tasks, .. } = &mut world.running {
            tasks.push(tokio::spawn(async move { panic!("the stream poller: {}", poller.run().await) }));
        }
        world
    }

    /// The folder with all data of the stack.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Returns a store on its servers; of a whole stack one that remembers nothing.
    pub(crate) fn store(&self) -> Store {
        match &self.running {
            Running::Stack { .. } => Endpoints::to(self.data()).unwrap().clients().store(),
            Running::Routers { store, .. } => store.clone(),
        }
    }

    /// Returns a request to a path, with a token unless that is empty.
    pub(crate) fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path, token)).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.request(Method::POST, path, token).json(body)).await
    }

    /// Issues a token of an account.
    pub(crate) async fn token(&self, account: &str, scope: &str) -> String {
        let order = json!({"account": account, "scope": scope});
        let (status, issued) = self.post("/v1/tokens", &self.admin, &order).await;
        assert_eq!(status, StatusCode::CREATED, "{issued}");
        issued["token"].as_str().unwrap().to_owned()
    }

    /// Makes an account that keeps everything since 2015. Returns its `ingest` and its `report` token.
    pub(crate) async fn account(&self, account: &str) -> (String, String) {
        let (ingest, report) = (self.token(account, "ingest").await, self.token(account, "report").await);
        let change = json!({"account": account, "starts_on": "2015-01-01", "retention_days": 36_000});
        let (status, settings) =
            answer(self.request(Method::PATCH, "/v1/account", &self.admin).json(&change)).await;
        assert_eq!(status, StatusCode::OK, "{settings}");
        (ingest, report)
    }

    /// Posts sessions as NDJSON with gzip, and returns the status and the body of the answer.
    pub(crate) async fn ingest(&self, token: &str, sessions: &[Value]) -> (StatusCode, Value) {
        let mut body = GzEncoder::new(Vec::new(), Compression::fast());
        for session in sessions {
            writeln!(body, "{session}").unwrap();
        }
        let request = self
            .request(Method::POST, "/v1/sessions", token)
            .header("content-type", "application/x-ndjson")
            .header("content-encoding", "gzip")
            .body(body.finish().unwrap());
        answer(request).await
    }

    /// Posts sessions, and asserts that every single one has this outcome.
    pub(crate) async fn ingest_all(&self, token: &str, sessions: &[Value], outcome: &str) {
        for batch in sessions.chunks(500) {
            let (status, answer) = self.ingest(token, batch).await;
            assert_eq!((status, &answer[outcome]), (StatusCode::OK, &json!(batch.len())), "{answer}");
        }
    }

    /// Returns all rows of a query, which it reads page by page.
    pub(crate) async fn rows(&self, token: &str, query: &Value) -> Vec<Vec<Value>> {
        self.rows_with_patience(token, query, Duration::ZERO).await
    }

    /// Like `rows`, but each page is asked for with this patience.
    pub(crate) async fn rows_with_patience(
        &self,
        token: &str,
        query: &Value,
        patience: Duration,
    ) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        let mut query = query.clone();
        loop {
            let (status, page) =
                with_patience(patience, async || self.post("/v1/data", token, &query).await).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            rows.extend(
                page["rows"].as_array().unwrap().iter().map(|row| row["values"].as_array().unwrap().clone()),
            );
            if page["nextCursor"].is_null() {
                return rows;
            }
            query["cursor"] = page["nextCursor"].clone();
        }
    }

    /// Returns the rows of a query once there are `count` of them. Fails where that takes longer than
    /// `READABLE_WITHIN`.
    pub(crate) async fn rows_once(&self, token: &str, query: &Value, count: usize) -> Vec<Vec<Value>> {
        let deadline = tokio::time::Instant::now() + READABLE_WITHIN;
        loop {
            let rows = self.rows(token, query).await;
            if rows.len() == count {
                return rows;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "{} of {count} rows after {READABLE_WITHIN:?}",
                rows.len()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Waits until every reader sees what is committed by now. A reader's snapshot lies behind the present by a margin, and by
/// up to a second more, for it is one of a whole second.
pub(crate) async fn readable_by_all() {
    tokio::time::sleep(::lake::SNAPSHOT_MARGIN + Duration::from_secs(1)).await;
}

/// Sends a request, and reads its answer as JSON; null where the answer is not JSON.
pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// Asks, and asks again where the answer is to send the same request again, for as long as `patience`.
pub(crate) async fn with_patience(
    patience: Duration,
    ask: impl AsyncFn() -> (StatusCode, Value),
) -> (StatusCode, Value) {
    let deadline = tokio::time::Instant::now() + patience;
    loop {
        let (status, said) = ask().await;
        if status != StatusCode::SERVICE_UNAVAILABLE || tokio::time::Instant::now() >= deadline {
            return (status, said);
        }
    }
}

/// Returns the body of a `getData` request for some fields of a report type.
pub(crate) fn query(report_type: &str, fields: &[&str]) -> Value {
    let fields: Vec<Value> = fields.iter().map(|name| json!({ "name": name })).collect();
    json!({"configParams": {"report_type": report_type}, "fields": fields})
}
