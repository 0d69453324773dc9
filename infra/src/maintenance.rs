//! Maintenance: runs maintain again and again, as the schedule does on AWS.

use std::time::Duration;

use domain::time::Instant;
use maintain::App;
use runtime::telemetry::chain;

/// The pause between two runs. It is shorter than the schedule's minute, because here a run that finds
/// nothing costs nothing.
const EVERY: Duration = Duration::from_secs(5);
/// How many seconds a run may take.
const RUN_SECONDS: i64 = 30;

/// Runs maintain until the future is dropped. A run that fails is logged, and the next one follows.
pub async fn run(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = maintain::handle(&app, Instant::now().plus_seconds(RUN_SECONDS)).await {
            tracing::error!(error = %chain(&error), "maintenance failed; it is tried again");
        }
    }
}
