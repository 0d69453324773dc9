//! Media: deletes media files that are older than their account's retention.

use domain::time::Instant;
use store::key;
use store::{Lease, StoreError};

use crate::App;
use crate::duty::Step;
use crate::memory::Memory;

/// How many seconds pass between two rounds through an account's files. At half a day, a round that was under
/// way when the retention changed is followed by a whole one within a day.
const ROUND_SECONDS: i64 = 43_200;

/// Goes through one page of an account's files and deletes the old ones. The age of a file counts from its
/// upload. The row that says that its link was revoked is kept, because sessions of any age may name the same
/// file.
pub(crate) async fn step(
    app: &App,
    lease: &Lease,
    memory: &mut Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    let account = app.store.account(&lease.account).await?;
    let bucket = &app.store.names().media_bucket;
    let prefix = key::media_objects(&account.id);
    let page = app.store.list_objects(bucket, &prefix, &memory.media_after).await?;
    let after = page.goes_on_after().unwrap_or_default();
    let old = page.objects.into_iter().filter(|object| account.expires_at(object.modified_at) <= now);
    let old: Vec<String> = old.map(|object| object.key).collect();
    let done = old.len();
    app.store.delete_objects(bucket, old).await?;
    let wait = if after.is_empty() { ROUND_SECONDS } else { 0 };
    memory.media_after = after;
    Ok(Step { done, next: now.plus_seconds(wait) })
}
