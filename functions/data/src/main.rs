//! Lambda host of the data function: the router of `lib.rs` and nothing else.

use shared::store::{Names, Store};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::telemetry::init();
    let store = Store::new(&shared::aws::config().await, Names::from_env()?);
    let app = data::App::new(store);
    lambda_http::run(shared::http::host(data::router(app))).await
}
