//! What the schedule does on AWS: runs maintain again and again.

use std::time::Duration;

use domain::time::Instant;
use maintain::App;
use runtime::telemetry::chain;

/// The pause between two runs: shorter than the schedule's minute, for here nobody pays for a run that finds nothing.
const EVERY: Duration = Duration::from_secs(5);
/// How many seconds a run has.
const RUN_SECONDS: i64 = 30;

/// Runs until it is dropped.
pub async fn keep_up(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = maintain::handle(&app, Instant::now().plus_seconds(RUN_SECONDS)).await {
            tracing::error!(error = %chain(&error), "upkeep failed; it is tried again");
        }
    }
}
