//! What every HTTP function has around its routes, on Lambda and in `premium serve` alike: a request id, problems for
//! everything that goes wrong, compression, and one log line a request.

use std::any::Any;

use axum::Router;
use axum::extract::{FromRequest, MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::id::random_hex;
use crate::problem::Problem;

/// The header that carries the request's id, both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Makes routes ready to be served.
pub fn host(routes: Router) -> Router {
    routes
        .fallback(|| async { Problem::not_found("there is nothing at this address") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take this method")
        })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(finish))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)))
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "an error of ours; the request id tells us which")
        .into_response()
}

/// Gives the request its id, writes a problem's body and logs the outcome.
async fn finish(request: Request, next: Next) -> Response {
    let started = std::time::Instant::now();
    let method = request.method().clone();
    // The route and not the path: a path may hold a link, which is a secret, or an id, which is personal.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let id = request_id(&request);
    let mut response = next.run(request).await;
    let refused = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = refused {
        let allow = response.headers_mut().remove(header::ALLOW);
        response = problem.respond(&id);
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

/// A JSON body. Not JSON is 400; JSON that does not fit is 422 and names the place.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Json<T>, Problem> {
        let bytes = Bytes::from_request(request, state).await?;
        parse_json(&bytes).map(Json)
    }
}

/// Reads a JSON object by the rules of `Json`.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // First whether it is JSON at all: the reader reports some values of a wrong type as faults of syntax.
    let no_json =
        |error: &dyn std::fmt::Display| Problem::bad_request(format!("the body is not JSON: {error}"));
    let text = std::str::from_utf8(bytes).map_err(|error| no_json(&error))?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| no_json(&error))?;
    let unfit = |what: String| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("the body does not fit: {what}"))
    };
    // An array would be taken for an object's values in the order of our source.
    if !text.trim_start().starts_with('{') {
        return Err(unfit("it must be a JSON object".to_owned()));
    }
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        if path == "." {
            unfit(cause.to_string())
        } else {
            Problem::invalid(path, format!("does not fit: {cause}"))
        }
    })
}

/// The parameters of the query string; 422 where one is unknown or does not fit.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> axum::extract::FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut http::request::Parts, state: &S) -> Result<Query<T>, Problem> {
        let axum::extract::Query(query) = axum::extract::Query::from_request_parts(parts, state).await?;
        Ok(Query(query))
    }
}
