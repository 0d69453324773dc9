//! The Lambda host of the archive function. It only connects the handler of `lib.rs` to the runtime.

use archive::{App, handle};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use store::{Names, Store};

#[tokio::main]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let app = App::new(Store::new(&store::aws::config()?, Names::from_env()?));
    let app = &app;
    // The future is boxed because the compiler gives up on computing the layout of one this deep.
    let answer =
        |event: LambdaEvent<_>| Box::pin(async move { Ok::<_, Error>(handle(app, event.payload).await) });
    lambda_runtime::run(service_fn(answer)).await
}
