//! The Lambda host of the maintain function. It only connects the handler of `lib.rs` to the runtime. The
//! event is a JSON object.

use domain::time::Instant;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use maintain::{App, call};
use serde_json::{Map, Value};
use store::{Names, Store};

#[tokio::main]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let app = App::new(Store::new(&store::aws::config()?, Names::from_env()?));
    let app = &app;
    // The future is boxed because the compiler gives up on computing the layout of one this deep.
    let answer = |event: LambdaEvent<Map<String, Value>>| {
        let deadline = i64::try_from(event.context.deadline).unwrap_or(i64::MAX);
        let deadline = Instant(deadline.saturating_mul(1_000));
        Box::pin(async move { Ok::<_, Error>(call(app, event.payload, deadline).await?) })
    };
    lambda_runtime::run(service_fn(answer)).await
}
