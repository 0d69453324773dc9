//! What every HTTP function has around its routes, on Lambda and in `premium serve` alike: a request id, problems for
//! everything that goes wrong, compression, and one log line a request.

use std::any::Any;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use runtime::compute;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::input::language;
use crate::problem::Problem;
use domain::id::random_hex;
use domain::lang::Text;

/// The header that carries the request's id, both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a client is told of a failure that is nothing it can do about.
const OURS: Text = Text::new(
    "O servidor falhou por um erro nosso: informe ao operador o request_id desta resposta.",
    "The server failed by an error of ours: tell the operator the request_id of this answer.",
);
const NOTHING: Text = Text::new(
    "não há nada neste endereço: confira o caminho em /docs",
    "there is nothing at this address: check the path at /docs",
);
const OTHER_METHOD: Text = Text::new(
    "este endereço não aceita este método: Allow diz quais aceita",
    "this address does not take this method: Allow says which it takes",
);

/// Makes routes ready to be served.
pub fn host(routes: Router) -> Router {
    routes
        .fallback(|| async { Problem::not_found(NOTHING) })
        .method_not_allowed_fallback(|| async { Problem::new(StatusCode::METHOD_NOT_ALLOWED, OTHER_METHOD) })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(finish))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)))
        .layer(from_fn(compress_apart))
}

/// Compresses an answer before it is sent, on threads for long work: a page of rows takes longer than a thread that serves
/// requests may be kept.
async fn compress_apart(request: Request, next: Next) -> Response {
    let (has_body, lang) = (request.method() != Method::HEAD, language(request.headers()));
    let (head, body) = next.run(request).await.into_parts();
    // The length of what the layer compresses is not known before it is done; what is compressed already has one.
    if !has_body || !head.headers.contains_key(header::CONTENT_ENCODING) || body.size_hint().exact().is_some()
    {
        return Response::from_parts(head, body);
    }
    match compute::run(to_bytes(body, usize::MAX)).await {
        Ok(compressed) => Response::from_parts(head, Body::from(compressed)),
        Err(error) => {
            tracing::error!(%error, "an answer broke off");
            let id = head.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, OURS).respond(id, lang)
        }
    }
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, OURS).into_response()
}

/// Gives the request its id, writes a problem's body and logs the outcome.
async fn finish(request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let method = request.method().clone();
    // The route and not the path: a path may hold a link, which is a secret, or an id, which is personal.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let (id, lang) = (request_id(&request), language(request.headers()));
    let mut response = next.run(request).await;
    let refused = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = refused {
        let allow = response.headers_mut().remove(header::ALLOW);
        response = problem.respond(&id, lang);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let status = response.status().as_u16();
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request_id = id, %method, route, status, duration_ms, "request answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    // What an answer says may depend on who asks, by a cookie too: unless it says otherwise nobody keeps it.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The caller's own id where it is short and plain, else a new one.
fn request_id(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| {
        (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    given.filter(plain).map_or_else(|| random_hex(8), str::to_owned)
}
