//! Lambda host of the token function: the router of `lib.rs` and nothing else.

use shared::store::{Names, Store};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    shared::telemetry::init();
    let store = Store::new(&shared::aws::config()?, Names::from_env()?);
    let secret = shared::config::optional("PREMIUM_BOOTSTRAP_SECRET");
    let app = token::App::with_bootstrap(store, secret.as_deref());
    lambda_http::run(shared::http::host(token::router(app))).await
}
