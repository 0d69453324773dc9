//! The Lambda host of the ingest function. It only connects the router of `lib.rs` to the runtime.

use store::{Names, Store};
use web::limit::Limits;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::telemetry::init();
    let store = Store::new(&store::aws::config()?, Names::from_env()?);
    let app = ingest::App::new(store).limited(Limits::from_env()?);
    lambda_http::run(web::http::host(ingest::router(app))).await
}
