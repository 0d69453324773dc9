//! Lambda host of the console function: the router of `lib.rs` and nothing else.

use store::{Names, Store};
use web::limit::Limits;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::telemetry::init();
    let store = Store::new(&store::aws::config()?, Names::from_env()?);
    let app = console::App::new(store, console::Deployment::from_env()?);
    let app = app.limited(Limits::from_env()?);
    lambda_http::run(web::http::host(console::router(app))).await
}
