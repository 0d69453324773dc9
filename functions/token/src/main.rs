//! Lambda host of the token function: the router of `lib.rs` and nothing else.

use store::{Names, Store};
use web::limit::Limits;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::telemetry::init();
    let store = Store::new(&store::aws::config()?, Names::from_env()?);
    let secret = runtime::config::optional("PREMIUM_BOOTSTRAP_SECRET");
    let app = token::App::with_bootstrap(store, secret.as_deref()).limited(Limits::from_env()?);
    lambda_http::run(web::http::host(token::router(app))).await
}
