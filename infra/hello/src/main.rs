//! The least a function can be: one route. What the others' start is measured against (`infra/checks/init_time.py`).

use axum::Router;
use axum::routing::get;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(Router::new().route("/", get(async || "hello"))).await
}
