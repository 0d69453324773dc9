//! Lambda host of the people function: the router of `lib.rs` and nothing else.

use store::{Names, Store};
use web::limit::Limits;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::telemetry::init();
    let store = Store::new(&store::aws::config()?, Names::from_env()?);
    let app = people::App::new(store).limited(Limits::from_env()?);
    lambda_http::run(web::http::host(people::router(app))).await
}
