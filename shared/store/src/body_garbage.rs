//! Deletes large bodies in S3 that no item of a session names any more.
//!
//! There are two kinds. When an item is deleted or names another body instead, its earlier body is replaced:
//! archive sees that in the stream and notes it. When a delivery is cut short after its upload, its body is
//! orphaned, for no item ever named it: such a body is found by going through all bodies of the account, each
//! of which is looked at once. Both are deleted after 26 hours, because a record of the stream names its body
//! and may be read up to 24 hours after it was written. Before a body is deleted the session's item is read,
//! and a body that it names stays.

use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;

use super::bodies::BODY_OBJECT;
use super::{Store, StoreError, key_item, text};
use crate::key::{self, Key};
use domain::id::{AccountId, SessionId};
use domain::time::Instant;

/// For how many seconds a body is kept that no item names.
const KEPT_SECONDS: i64 = 26 * 3_600;
/// Noted bodies of one step, at most.
const STEP: i32 = 500;

/// What one step through the noted, replaced bodies did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplacedBodies {
    /// How many bodies were deleted.
    pub deleted: usize,
    /// Whether there may be more that may go now.
    pub more: bool,
}

/// What one step through all of an account's bodies did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanedBodies {
    /// How many bodies were deleted, because no item named them.
    pub deleted: usize,
    /// The key after which the next step goes on.
    pub after: String,
    /// Whether all bodies that are old enough were looked at, so that the next step can wait.
    pub done: bool,
}

/// A body, as the key of its object, and its session.
struct Body {
    object: String,
    session: SessionId,
}

impl Store {
    /// Notes that a session's item no longer names the body `object` since `replaced_at`. Noting it again
    /// changes nothing.
    pub async fn note_replaced_body(
        &self,
        account: &AccountId,
        session: &SessionId,
        object: &str,
        replaced_at: Instant,
    ) -> Result<(), StoreError> {
        let due = replaced_at.plus_seconds(KEPT_SECONDS);
        let mut item = key_item(key::garbage_body(account, due, object));
        item.insert("item".to_owned(), AttributeValue::S(key::session(account, session).pk));
        item.insert(BODY_OBJECT.to_owned(), AttributeValue::S(object.to_owned()));
        let put = self.dynamo().put_item().table_name(&self.names().table).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| StoreError::aws("noting a replaced body", error))
    }

    /// Makes one step of deleting the noted bodies that may be deleted at `now`. The notes are deleted after
    /// their objects, so that a step that is cut short is made again.
    pub async fn sweep_replaced_bodies(
        &self,
        account: &AccountId,
        now: Instant,
    ) -> Result<ReplacedBodies, StoreError> {
        let pk = key::garbage(account);
        let (noted, more) = self.range_page(&pk, key::garbage_until(now), Some(STEP)).await?;
        let bodies = noted.iter().filter_map(|item| {
            let (_, session) = key::parse_session(text(item, "item")?)?;
            Some(Body { object: text(item, BODY_OBJECT)?.to_owned(), session })
        });
        let deleted = self.delete_unnamed(account, bodies.collect()).await?;
        let sort_keys = noted.iter().filter_map(|item| text(item, "sk"));
        self.delete_all(sort_keys.map(|sk| Key { pk: pk.clone(), sk: sk.to_owned() }).collect()).await?;
        Ok(ReplacedBodies { deleted, more })
    }

    /// Makes one step through all bodies of an account, in the order in which they were made, beginning after
    /// the key `after` (empty for the first step). A body with a key of the older form does not tell its
    /// session, and stays until it is noted.
    pub async fn sweep_orphaned_bodies(
        &self,
        account: &AccountId,
        after: &str,
        now: Instant,
    ) -> Result<OrphanedBodies, StoreError> {
        let bucket = &self.names().lake_bucket;
        let page = self.list_objects(bucket, &key::body_objects(account), after).await?;
        let young = key::body_objects_from(account, now.plus_seconds(-KEPT_SECONDS));
        let last = page.goes_on_after().filter(|last| *last < young);
        let old = page.objects.into_iter().map(|object| object.key).take_while(|object| *object < young);
        let bodies = old.filter_map(|object| {
            let (_, session) = key::parse_body_object(account, &object)?;
            Some(Body { object, session })
        });
        let deleted = self.delete_unnamed(account, bodies.collect()).await?;
        Ok(OrphanedBodies { deleted, done: last.is_none(), after: last.unwrap_or(young) })
    }

    /// Deletes those of the bodies that their sessions' items do not name now, and returns how many these
    /// were.
    async fn delete_unnamed(&self, account: &AccountId, bodies: Vec<Body>) -> Result<usize, StoreError> {
        let sessions: BTreeSet<&SessionId> = bodies.iter().map(|body| &body.session).collect();
        let keys: Vec<Key> = sessions.into_iter().map(|session| key::session(account, session)).collect();
        let items = self.items(&keys, Some(BODY_OBJECT)).await?;
        let named: HashSet<&str> = items.iter().filter_map(|item| text(item, BODY_OBJECT)).collect();
        let unnamed = bodies.into_iter().map(|body| body.object);
        let unnamed: Vec<String> = unnamed.filter(|object| !named.contains(object.as_str())).collect();
        let count = unnamed.len();
        self.delete_objects(&self.names().lake_bucket, unnamed).await?;
        Ok(count)
    }
}
