//! Garbage collection: deletes segments that were replaced long ago, and objects that no item names.
//!
//! Objects go first and items after them, a lot at a time, so that a run that dies in between is finished by the next, and
//! one that is cut short has got somewhere. An object that any live segment names is never deleted, whatever else says that
//! it may go.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::id::AccountId;
use domain::time::Instant;
use store::StoreError;
use store::key;

use crate::Lake;
use crate::segment::{Segment, Span, made_at};

/// For how many seconds a replaced segment stays readable: 24 hours for which a cursor is valid, and an hour
/// for its last page.
const KEPT_AFTER_REMOVAL: i64 = 25 * 3_600;
/// How many seconds old an object that no item names must be before it is deleted: older than any commit that
/// may still name it.
const ORPHANED_AFTER: i64 = 26 * 3_600;
/// Within how many seconds after it is made an object is named by an item, or never.
const COMMITTED_WITHIN: i64 = 3_600;
/// Replaced segments whose objects and items are deleted together: those of format 1 have six objects each, and a request
/// deletes a thousand.
pub(crate) const LOT: usize = 150;
/// A step ends once it has deleted so many replaced segments.
const STEP: usize = 6 * LOT;
/// How long a full lot takes at least, so that what is read to delete very many leaves the partition free for readers.
const LOT_TAKES: Duration = Duration::from_millis(500);

/// What one step of garbage collection did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many replaced segments left the manifest.
    pub segments: usize,
    /// How many objects were deleted.
    pub objects: usize,
    /// Whether there may be more to do at once.
    pub more: bool,
}

/// What one step through all objects of an account did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphans {
    /// How many objects were deleted, because no item named them.
    pub objects: usize,
    /// The key after which the next step goes on.
    pub after: String,
    /// Whether all objects that are old enough were looked at, so that the next step can wait.
    pub done: bool,
}

impl Lake {
    /// Makes one step of deleting the segments that were replaced more than 25 hours before `now`.
    pub async fn sweep(&self, account: &AccountId, now: Instant) -> Result<Swept, StoreError> {
        let until = now.plus_seconds(-KEPT_AFTER_REMOVAL);
        let (partition, mut swept) = (key::manifest(account), Swept::default());
        for keys in key::replaced_before(until) {
            let mut has_more = true;
            while has_more {
                if swept.segments >= STEP {
                    return Ok(Swept { more: true, ..swept });
                }
                let limit = i32::try_from(LOT).ok();
                let items;
                (items, has_more) = self.store.range_page(&partition, keys.clone(), limit).await?;
                let lot = items.iter().map(|item| Segment::from_item(account, item));
                self.delete(account, &lot.collect::<Result<Vec<_>, _>>()?, &mut swept).await?;
            }
        }
        for lot in self.replaced_before_sections(account, until).await?.chunks(LOT) {
            if swept.segments >= STEP {
                return Ok(Swept { more: true, ..swept });
            }
            self.delete(account, lot, &mut swept).await?;
        }
        Ok(swept)
    }

    /// Deletes replaced segments, their objects first. One that is live nevertheless keeps its objects: no commit leaves
    /// such a state behind, but what readers need must not depend on that.
    pub(crate) async fn delete(
        &self,
        account: &AccountId,
        lot: &[Segment],
        swept: &mut Swept,
    ) -> Result<(), StoreError> {
        let takes = tokio::time::Instant::now() + LOT_TAKES;
        let Some(span) = Span::over(lot.iter().map(Segment::created)) else { return Ok(()) };
        let live: BTreeSet<String> =
            self.live_in(account, span).await?.into_iter().map(|segment| segment.id).collect();
        let gone = lot.iter().filter(|segment| !live.contains(&segment.id));
        let objects: Vec<String> = gone.flat_map(Segment::objects).collect();
        swept.segments += lot.len();
        swept.objects += objects.len();
        self.store.delete_objects(&self.store.names().lake_bucket, objects).await?;
        self.store.delete_all(lot.iter().map(|segment| segment.key.clone()).collect()).await?;
        if lot.len() == LOT {
            tokio::time::sleep_until(takes).await;
        }
        Ok(())
    }

    /// Returns the segments replaced before `until` whose items were written before the manifest had two
    /// parts.
    async fn replaced_before_sections(
        &self,
        account: &AccountId,
        until: Instant,
    ) -> Result<Vec<Segment>, StoreError> {
        let mut old = self.segments_in(account, key::before_sections()).await?;
        old.retain(|segment| segment.removed_at.is_some_and(|removed| removed < until));
        Ok(old)
    }

    /// Makes one step through an account's objects in the order of their keys, beginning after the key
    /// `after` (empty for the first step). Deletes the objects that are older than 26 hours and that no item
    /// names.
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
            // Live segments are read before replaced ones, so that a segment that is replaced meanwhile is
            // found in one of both.
            let live = self.live(account).await?;
            let mut named: BTreeSet<String> = live.into_iter().map(|segment| segment.id).collect();
            candidates.retain(|(id, _)| !named.contains(id));
            if !candidates.is_empty() {
                named = self.replaced_ids(account, young.plus_seconds(COMMITTED_WITHIN)).await?;
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
            // Ids begin with when they were made, so the next round can go on where this one met objects that
            // were too young.
            after: last.unwrap_or_else(|| format!("{prefix}{:016x}", young.0.max(0))),
        })
    }

    /// Returns the ids of the replaced segments that were live before this instant.
    async fn replaced_ids(
        &self,
        account: &AccountId,
        instant: Instant,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut ids = BTreeSet::new();
        for keys in key::replaced_live_before(instant).into_iter().chain([key::before_sections()]) {
            ids.extend(self.segments_in(account, keys).await?.into_iter().map(|segment| segment.id));
        }
        Ok(ids)
    }
}
