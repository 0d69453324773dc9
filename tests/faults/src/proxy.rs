//! The proxy: it forwards requests, lets faults happen, and counts.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::fault::{Decider, Fault};
use crate::operation::{Service, operation};
use crate::shape;

/// How late a slow answer comes, until another delay is set.
const DELAY: Duration = Duration::from_millis(200);
/// How long the connection stays open after the first half of a cut body, so that it reaches the client.
const HALF_ARRIVES_WITHIN: Duration = Duration::from_millis(30);

/// Why a proxy did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The origin is not an address like `http://127.0.0.1:8000`.
    #[error("{0} is not the address of a server that speaks plain HTTP")]
    Origin(String),
    /// No port can be listened on.
    #[error("no port can be listened on: {0}")]
    Listen(#[from] io::Error),
}

/// What was counted of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many requests there were, whatever happened to them.
    pub requests: u64,
    /// How many bytes the bodies of these requests had.
    pub request_bytes: u64,
    /// How many bytes were sent of the bodies of all answers, including made-up and cut ones.
    pub answer_bytes: u64,
    /// How many requests met a fault.
    pub faults: u64,
}

/// A running proxy. Dropping it stops it.
#[derive(Debug)]
pub struct Proxy {
    endpoint: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    decider: Decider,
    counts: BTreeMap<String, Count>,
    delay: Duration,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Starts a proxy in front of `origin` (`http://host:port`) on a free port of 127.0.0.1. No faults happen
    /// until rates are set. Fails where the origin is not such an address or no port is free.
    pub async fn start(origin: &str, service: Service, seed: u64) -> Result<Proxy, StartError> {
        let unfit = || StartError::Origin(origin.to_owned());
        let uri: Uri = origin.parse().map_err(|_| unfit())?;
        let is_plain = uri.scheme() == Some(&Scheme::HTTP);
        let authority = uri.authority().filter(|_| is_plain).cloned().ok_or_else(unfit)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let state = State { decider: Decider::new(seed), counts: BTreeMap::new(), delay: DELAY };
        let state = Arc::new(Mutex::new(state));
        let way = Way { service, authority, client: client(), state: Arc::clone(&state) };
        Ok(Proxy { endpoint, state, task: tokio::spawn(listen(listener, way)) })
    }

    /// The address of the proxy: `http://127.0.0.1:port`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Sets how likely a fault is for a request of any operation, from 0 to 1. The rates of all faults
    /// together must be at most 1.
    pub fn set_rate(&self, fault: Fault, rate: f64) {
        self.state().decider.set_rate(fault, rate);
    }

    /// Sets how likely a fault is for requests of one operation. This replaces the general rate of that
    /// fault.
    pub fn set_rate_of(&self, operation: &str, fault: Fault, rate: f64) {
        self.state().decider.set_rate_of(operation, fault, rate);
    }

    /// Lets this share of all requests fail, from 0 to 1, by all kinds of `Fault::FAILING` equally.
    pub fn fail_calls(&self, share: f64) {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let kinds = Fault::FAILING.len() as f64;
        Fault::FAILING.into_iter().for_each(|fault| self.set_rate(fault, share / kinds));
    }

    /// Sets how late a slow answer comes. The default is 200 ms.
    pub fn set_delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Stops all faults, whatever the rates are.
    pub fn switch_off(&self) {
        self.state().decider.switch(false);
    }

    /// Lets faults happen again after `switch_off`.
    pub fn switch_on(&self) {
        self.state().decider.switch(true);
    }

    /// Returns what was counted of one operation since the start or the last reset.
    pub fn count(&self, operation: &str) -> Count {
        self.state().counts.get(operation).copied().unwrap_or_default()
    }

    /// Returns all counts, by operation.
    pub fn counts(&self) -> BTreeMap<String, Count> {
        self.state().counts.clone()
    }

    /// Sets all counts to zero. What happens to later requests does not change.
    pub fn reset_counts(&self) {
        self.state().counts.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What every connection needs to serve its requests.
#[derive(Clone)]
struct Way {
    service: Service,
    authority: Authority,
    client: Client<HttpConnector, Full<Bytes>>,
    state: Arc<Mutex<State>>,
}

/// Tells the server to close the connection.
#[derive(Debug, thiserror::Error)]
#[error("closed by a fault")]
struct Closed;

type Body = UnsyncBoxBody<Bytes, Closed>;

fn client() -> Client<HttpConnector, Full<Bytes>> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

async fn listen(listener: TcpListener, way: Way) {
    let mut connections = JoinSet::new();
    loop {
        // Ended connections are removed from the set; the others end with this task.
        while connections.try_join_next().is_some() {}
        let Ok((connection, _)) = listener.accept().await else { continue };
        drop(connection.set_nodelay(true));
        let way = way.clone();
        connections.spawn(async move {
            let answer = service_fn(|request| way.answer(request));
            // A connection ends with an error whenever a fault closed it.
            drop(http1::Builder::new().serve_connection(TokioIo::new(connection), answer).await);
        });
    }
}

impl Way {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
        let name = operation(self.service, &parts);
        let (decision, delay) = {
            let mut state = self.state();
            let decision = state.decider.decide(&name);
            let count = state.counts.entry(name.clone()).or_default();
            count.requests += 1;
            count.request_bytes += body.len() as u64;
            count.faults += u64::from(decision.fault.is_some());
            (decision, state.delay)
        };
        let answer = match decision.fault {
            None => self.forward(parts, body).await?,
            Some(Fault::Throttle) => shape::throttled(self.service, &name, &body, decision.variant),
            Some(Fault::InternalError) => shape::internal_error(self.service),
            Some(Fault::TimeoutBefore) => return Err(Closed),
            Some(Fault::TimeoutAfter) => {
                self.forward(parts, body).await?;
                return Err(Closed);
            }
            Some(Fault::CutBody) => {
                return cut(self.forward(parts, body).await?, |sent| self.sent(&name, sent));
            }
            Some(Fault::Slow) => {
                let answer = self.forward(parts, body).await?;
                tokio::time::sleep(delay).await;
                answer
            }
        };
        self.sent(&name, answer.body().len());
        Ok(answer.map(|body| Full::new(body).map_err(never).boxed_unsync()))
    }

    fn sent(&self, operation: &str, bytes: usize) {
        self.state().counts.entry(operation.to_owned()).or_default().answer_bytes += bytes as u64;
    }

    /// Forwards a request to the origin. Where the connection to the origin fails, the client's connection is
    /// closed.
    async fn forward(&self, mut parts: http::request::Parts, body: Bytes) -> Result<Response<Bytes>, Closed> {
        let mut uri = parts.uri.into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.authority.clone());
        uri.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
        parts.uri = Uri::from_parts(uri).map_err(|_| Closed)?;
        // The body was collected, so its length is known, however it was sent.
        parts.headers.remove(TRANSFER_ENCODING);
        parts.headers.remove(CONNECTION);
        let is_head = parts.method == http::Method::HEAD;
        let request = Request::from_parts(parts, Full::new(body));
        let (mut head, body) = self.client.request(request).await.map_err(|_| Closed)?.into_parts();
        let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
        head.headers.remove(TRANSFER_ENCODING);
        head.headers.remove(CONNECTION);
        if !is_head {
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        Ok(Response::from_parts(head, body))
    }
}

/// Returns an answer that ends after half of its body, when the connection is closed.
fn cut(answer: Response<Bytes>, sent: impl FnOnce(usize)) -> Result<Response<Body>, Closed> {
    let half = answer.body().len() / 2;
    if half == 0 {
        return Err(Closed);
    }
    sent(half);
    Ok(answer.map(|body| {
        let first = stream::once(async move { Ok(Frame::data(body.slice(..half))) });
        let end = stream::once(async {
            tokio::time::sleep(HALF_ARRIVES_WITHIN).await;
            Err(Closed)
        });
        StreamBody::new(first.chain(end)).boxed_unsync()
    }))
}

fn never(error: Infallible) -> Closed {
    match error {}
}
