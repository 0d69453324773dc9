//! Lambda host of the data function: the router of `lib.rs`, its files handed over byte by byte.

use axum::middleware::map_response;
use axum::response::Response;
use http::{HeaderValue, header};
use store::{Names, Store};
use web::limit::Limits;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::telemetry::init();
    let store = Store::new(&store::aws::config()?, Names::from_env()?);
    let app = data::App::new(store).limited(Limits::from_env()?);
    lambda_http::run(web::http::host(data::router(app)).layer(map_response(exact))).await
}

/// The runtime reads an answer of type text as text, and a byte order mark is lost on the way; one that has an encoding
/// it passes on as it is.
async fn exact(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/csv")) {
        headers.entry(header::CONTENT_ENCODING).or_insert(HeaderValue::from_static("identity"));
    }
    answer
}
