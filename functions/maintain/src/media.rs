//! Media: deletes files that are older than their account's retention.

use domain::time::Instant;
use store::key;
use store::{Lease, StoreError};

use crate::App;
use crate::duty::Step;
use crate::memory::Memory;

/// How often an account's files are gone through: a round that was under way when a retention changed is followed by a
/// whole one on the same day.
const ROUND_SECONDS: i64 = 43_200;

/// Goes through one page of an account's files. A file is as old as its upload; that its link was revoked stays known, for
/// the same file may be named by sessions of any age.
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
