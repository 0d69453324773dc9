//! Discovery: finds accounts that have objects and are in no list of what is due, for they have sent no session since there
//! is one.

use domain::time::Instant;
use store::{StoreError, TouchedDays};

use crate::App;

/// How many seconds pass between the end of one round through all accounts and the beginning of the next.
const ROUND_SECONDS: i64 = 86_400;
/// How many accounts one run goes through. Each costs one request to S3.
const STEP: usize = 100;
/// For how many seconds a run keeps the round to itself. Where the run dies, another takes the round over
/// after that time.
const TAKEN_SECONDS: i64 = 300;

/// Goes through some accounts where the round is due, stopping at `ends`, and makes every account due that
/// has no maintenance item. Returns how many accounts were found that way; 0 where the round is not due.
pub(crate) async fn step(app: &App, now: Instant, ends: Instant) -> Result<usize, StoreError> {
    let store = &app.store;
    let Some(mut after) = store.take_discovery(now, now.plus_seconds(TAKEN_SECONDS)).await? else {
        return Ok(0);
    };
    let (mut accounts, mut is_over) = (Vec::new(), false);
    for _ in 0..STEP {
        let Some((account, next)) = store.next_with_objects(&after).await? else {
            is_over = true;
            break;
        };
        accounts.extend(account);
        after = next;
        if Instant::now() >= ends {
            break;
        }
    }
    let unknown = store.without_maintenance_item(accounts).await?;
    for account in &unknown {
        tracing::info!(%account, "an account that nobody has noted is maintained from now on");
        store.note_due(account, &TouchedDays::Every, now).await?;
    }
    let (after, due) = if is_over { ("", now.plus_seconds(ROUND_SECONDS)) } else { (after.as_str(), now) };
    store.put_discovery_back(after, due).await?;
    Ok(unknown.len())
}
