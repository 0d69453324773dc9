//! Lambda host of the media function: the router of `lib.rs` and nothing else.

use shared::store::{Names, Store};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::telemetry::init();
    let store = Store::new(&shared::aws::config()?, Names::from_env()?);
    let app = media::App::new(store);
    lambda_http::run(shared::http::host(media::router(app))).await
}
