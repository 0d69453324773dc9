//! Discovery: finds accounts that have objects and are in no list of what is due, for they have sent no session since there
//! is one.

use domain::time::Instant;
use store::{StoreError, TouchedDays};

use crate::App;

/// How often all accounts are gone through.
const ROUND_SECONDS: i64 = 86_400;
/// How many accounts one run goes through: a request to S3 for each.
const STEP: usize = 100;
/// After how long a round whose run died goes on.
const TAKEN_SECONDS: i64 = 300;

/// Goes through some accounts where the round is due, until `ends`, and makes those due that are not known. Gives how many
/// these are.
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
    let unknown = store.without_upkeep(accounts).await?;
    for account in &unknown {
        tracing::info!(%account, "an account that nobody has noted has upkeep from now on");
        store.note_due(account, &TouchedDays::Every, now).await?;
    }
    let (after, due) = if is_over { ("", now.plus_seconds(ROUND_SECONDS)) } else { (after.as_str(), now) };
    store.put_discovery_back(after, due).await?;
    Ok(unknown.len())
}
