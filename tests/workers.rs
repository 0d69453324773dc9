//! What computes for long leaves the threads alone that serve requests.
//!
//! Each of these tests has one thread that serves. A thread that works on a heavy request is held until a check of health
//! has been answered: if it were the thread that serves, that would never be.

use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures::stream;
use infra::endpoints::Endpoints;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::world::{World, query};

/// After so long a thread is let go all the same, so that a test that fails comes to its end.
const AT_MOST: Duration = Duration::from_secs(10);

/// Holds threads while it is closed.
#[derive(Debug, Default)]
struct Gate {
    is_closed: Mutex<bool>,
    opened: Condvar,
    reached: Notify,
}

impl Gate {
    /// Keeps this thread. Fails where nobody opens the gate.
    fn pass(&self) -> io::Result<()> {
        let is_closed = self.is_closed.lock().unwrap();
        if *is_closed {
            self.reached.notify_one();
        }
        let (is_closed, _) =
            self.opened.wait_timeout_while(is_closed, AT_MOST, |is_closed| *is_closed).unwrap();
        if *is_closed { Err(io::Error::other("the thread that serves is held")) } else { Ok(()) }
    }

    fn set_closed(&self, is_closed: bool) {
        *self.is_closed.lock().unwrap() = is_closed;
        self.opened.notify_all();
    }

    /// Sends a request, and asks for health once a thread is held that works on it. Gives the request's status and body.
    async fn hold(&self, world: &World, heavy: RequestBuilder) -> (StatusCode, Vec<u8>) {
        let heavy = async {
            let answer = heavy.send().await.unwrap();
            let status = answer.status();
            (status, answer.bytes().await.map(|body| body.to_vec()).unwrap_or_default())
        };
        self.set_closed(true);
        let health = async {
            self.reached.notified().await;
            let (status, _) = world.get("/healthz", "").await;
            assert_eq!(status, StatusCode::OK);
            self.set_closed(false);
        };
        tokio::join!(heavy, health).0
    }
}

/// Holds the thread that sends a request to DynamoDB or S3, if it is of this operation.
#[derive(Clone, Debug)]
struct AtGate {
    /// As DynamoDB names it; `None` means any of S3.
    operation: Option<&'static str>,
    gate: Arc<Gate>,
}

impl Intercept for AtGate {
    fn name(&self) -> &'static str {
        "at the gate"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target").unwrap_or_default();
        if self.operation.is_none_or(|operation| target.ends_with(&format!(".{operation}"))) {
            self.gate.pass()?;
        }
        Ok(())
    }
}

/// The routers over the servers of a stack: whoever sends this operation to DynamoDB, or any to S3, is held.
async fn gated(stack: &World, operation: Option<&'static str>) -> (World, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let at_gate = AtGate { operation, gate: Arc::clone(&gate) };
    let mut clients = Endpoints::to(stack.data()).unwrap().clients();
    if operation.is_some() {
        let config = clients.dynamo.config().to_builder().interceptor(at_gate).build();
        clients.dynamo = aws_sdk_dynamodb::Client::from_conf(config);
    } else {
        let config = clients.s3.config().to_builder().interceptor(at_gate).build();
        clients.s3 = aws_sdk_s3::Client::from_conf(config);
    }
    (World::over(clients.store()).await, gate)
}

fn post(world: &World, path: &str, token: &str, body: &Value) -> RequestBuilder {
    world.request(Method::POST, path, token).json(body)
}

#[tokio::test]
async fn health_is_answered_while_requests_compute() {
    let stack = World::start().await;
    let (ingest, report) = stack.account("demo").await;
    let console = stack.token("demo", "console").await;
    let session =
        |id: &str| json!({"session_id": id, "created_at": "2026-10-03 12:00:00", "campaign_name": "Vendas"});
    stack.ingest_all(&ingest, &[session("s1")], "accepted").await;
    let rows = query("sessions", &["session_id"]);
    stack.rows_once(&report, &rows, 1).await;

    let (world, gate) = gated(&stack, None).await;
    let (status, body) = gate.hold(&world, post(&world, "/v1/data", &report, &rows)).await;
    assert_eq!(status, StatusCode::OK, "rows: {}", String::from_utf8_lossy(&body));

    let (world, gate) = gated(&stack, None).await;
    let sums = query("summary", &["campaign_name", "sessions"]);
    let (status, body) = gate.hold(&world, post(&world, "/v1/data", &report, &sums)).await;
    assert_eq!(status, StatusCode::OK, "a summary: {}", String::from_utf8_lossy(&body));

    // Rows and files are written where the manifest is read.
    for path in
        ["/v1/export?report_type=sessions&fields=session_id", "/v1/receipts?start=2026-10-03&end=2026-10-03"]
    {
        let (world, gate) = gated(&stack, Some("Query")).await;
        let token = if path.contains("receipts") { &console } else { &report };
        let (status, body) = gate.hold(&world, world.request(Method::GET, path, token)).await;
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
    }
    let (world, gate) = gated(&stack, Some("Query")).await;
    let (status, body) = gate.hold(&world, post(&world, "/v1/data", &report, &rows)).await;
    assert_eq!(status, StatusCode::OK, "a page: {}", String::from_utf8_lossy(&body));

    let (world, gate) = gated(&stack, Some("UpdateItem")).await;
    let (status, body) = gate.hold(&world, post(&world, "/v1/sessions", &ingest, &session("s2"))).await;
    assert_eq!(status, StatusCode::OK, "a batch: {}", String::from_utf8_lossy(&body));
}

#[tokio::test]
async fn health_is_answered_while_an_answer_is_compressed() {
    let gate = Arc::new(Gate::default());
    let held = Arc::clone(&gate);
    let answer = async move || {
        let piece = stream::once(async move { held.pass().map(|()| "x".repeat(1_000)) });
        Body::from_stream(piece)
    };
    let routes = Router::new().route("/large", get(answer.clone())).route("/healthz", get(async || "ok"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, web::http::host(routes)).await });
    let stack = World::start().await;
    let large = reqwest::Client::builder().no_gzip().build().unwrap().get(format!("{url}/large"));
    let (status, body) = gate.hold(&stack, large.header("accept-encoding", "gzip")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.starts_with(&[0x1f, 0x8b]) && body.len() < 100, "{body:?}");
}
