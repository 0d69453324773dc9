//! Lambda host of the console function: the router of `lib.rs` and nothing else.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::telemetry::init();
    lambda_http::run(shared::http::host(console::router())).await
}
