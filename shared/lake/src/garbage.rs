//! Garbage collection: segments that were replaced long ago, and objects that nothing names.
//!
//! Objects go first and items after them, a lot at a time, so that a run that dies in between is finished by the next, and
//! one that is cut short has got somewhere. An object that any live segment names is never deleted, whatever else says that
//! it may go.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::AccountId;
use domain::time::Instant;
use store::StoreError;
use store::key;

use crate::Lake;
use crate::segment::{Segment, made_at};

/// How long a replaced segment stays readable: a cursor's 24 h and an hour for its last page.
const KEPT_AFTER_REMOVAL: i64 = 25 * 3_600;
/// How old an object that no item names must be: older than any commit that may still name it.
const ORPHANED_AFTER: i64 = 26 * 3_600;
/// Replaced segments of one step, at most.
const STEP: usize = 1_000;
/// Replaced segments whose objects and items are deleted together: those of format 1 have six objects each, and a request
/// deletes a thousand.
const LOT: usize = 150;

/// What one step of garbage collection did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Replaced segments that are gone.
    pub segments: usize,
    /// Objects that are gone.
    pub objects: usize,
    /// Whether there may be more to do at once.
    pub more: bool,
}

/// What one step through an account's objects did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphans {
    /// Objects that nothing named, and that are gone.
    pub objects: usize,
    /// After which key the next step goes on.
    pub after: String,
    /// Whether all that is old enough was looked at: then the next step is for another day.
    pub done: bool,
}

impl Lake {
    /// One step of deleting segments that were replaced more than 25 h ago.
    pub async fn sweep(&self, account: &AccountId, now: Instant) -> Result<Swept, StoreError> {
        let until = now.plus_seconds(-KEPT_AFTER_REMOVAL);
        let limit = i32::try_from(STEP).ok();
        let (mut replaced, mut more) = (Vec::new(), false);
        for keys in key::replaced_before(until) {
            let (items, has_more) = self.store.range_page(&key::manifest(account), keys, limit).await?;
            for item in &items {
                replaced.push(Segment::from_item(account, item)?);
            }
            more |= has_more;
            if more {
                break;
            }
        }
        replaced.extend(self.replaced_before_parts(account, until).await?);
        more |= replaced.len() > STEP;
        replaced.truncate(STEP);
        let mut swept = Swept { more, ..Swept::default() };
        for lot in replaced.chunks(LOT) {
            let live = self.live_again(lot).await?;
            let gone = lot.iter().filter(|segment| !live.contains(&segment.id));
            let objects: Vec<String> = gone.flat_map(Segment::objects).collect();
            swept.segments += lot.len();
            swept.objects += objects.len();
            self.store.delete_objects(&self.store.names().lake_bucket, objects).await?;
            self.store.delete_all(lot.iter().map(|segment| segment.key.clone()).collect()).await?;
        }
        Ok(swept)
    }

    /// Which of these are live all the same, which no commit leaves behind: nothing that a reader needs depends on that.
    async fn live_again(&self, replaced: &[Segment]) -> Result<BTreeSet<String>, StoreError> {
        let ids: BTreeMap<String, &str> =
            replaced.iter().map(|segment| (segment.live_key().sk, segment.id.as_str())).collect();
        let there = self.store.there(replaced.iter().map(Segment::live_key).collect()).await?;
        Ok(there.iter().filter_map(|sk| ids.get(sk)).map(|id| (*id).to_owned()).collect())
    }

    /// The segments that the manifest holds as it did before it had two parts, and that were replaced so long ago.
    async fn replaced_before_parts(
        &self,
        account: &AccountId,
        until: Instant,
    ) -> Result<Vec<Segment>, StoreError> {
        let prefix = key::SEGMENTS_BEFORE_PARTS;
        let mut old = self.segments_in(account, prefix.to_owned()..=format!("{prefix}~")).await?;
        old.retain(|segment| segment.removed_at.is_some_and(|removed| removed < until));
        Ok(old)
    }

    /// One step through an account's objects, in the order of their keys, from `after` on (empty for all of them): those
    /// that are older than 26 h and that no item names are deleted.
    pub async fn sweep_orphans(
        &self,
        account: &AccountId,
        after: &str,
        now: Instant,
    ) -> Result<Orphans, StoreError> {
        let bucket = &self.store.names().lake_bucket;
        let prefix = key::segment_objects(account);
        let page = self.store.list_objects(bucket, &prefix, after).await?;
        let young = now.plus_seconds(-ORPHANED_AFTER);
        let id_of = |object: &str| -> Option<String> {
            Some(object.strip_prefix(&prefix)?.split('/').next()?.to_owned())
        };
        let mut candidates = Vec::new();
        for object in &page.objects {
            let Some(id) = id_of(&object.key) else { continue };
            if made_at(&id).unwrap_or(object.modified_at) < young {
                candidates.push((id, object.key.clone()));
            }
        }
        if !candidates.is_empty() {
            // What is live is read before what was replaced: what moves meanwhile is found in one of them.
            let live = self.live(account).await?;
            let mut named: BTreeSet<String> = live.into_iter().map(|segment| segment.id).collect();
            candidates.retain(|(id, _)| !named.contains(id));
            if !candidates.is_empty() {
                named = self.replaced_ids(account).await?;
                candidates.retain(|(id, _)| !named.contains(id));
            }
        }
        let objects: Vec<String> = candidates.into_iter().map(|(_, object)| object).collect();
        let count = objects.len();
        self.store.delete_objects(bucket, objects).await?;
        let last = page.goes_on_after();
        Ok(Orphans {
            objects: count,
            done: last.is_none(),
            // Ids begin with when they were made: the next round goes on where this one found them too young.
            after: last.unwrap_or_else(|| format!("{prefix}{:016x}", young.0.max(0))),
        })
    }

    async fn replaced_ids(&self, account: &AccountId) -> Result<BTreeSet<String>, StoreError> {
        let mut ids = BTreeSet::new();
        for prefix in [key::REPLACED_SEGMENTS, key::SEGMENTS_BEFORE_PARTS] {
            let named = self.segments_in(account, prefix.to_owned()..=format!("{prefix}~")).await?;
            ids.extend(named.into_iter().map(|segment| segment.id));
        }
        Ok(ids)
    }
}
