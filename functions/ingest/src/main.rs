//! Lambda host of the ingest function: the router of `lib.rs` and nothing else.

use shared::store::{Names, Store};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::telemetry::init();
    let store = Store::new(&shared::aws::config()?, Names::from_env()?);
    let app = ingest::App::new(store);
    lambda_http::run(shared::http::host(ingest::router(app))).await
}
