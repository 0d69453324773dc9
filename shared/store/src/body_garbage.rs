//! Large bodies in S3 that no session's item names any more.
//!
//! An item that names another body, or goes, leaves the one that it named: archive sees that in the stream and notes it.
//! A delivery that is cut after its upload leaves one that no item ever named: that is found among all bodies of the
//! account, each of which is looked at once. Either goes after 26 h, for a record of the stream, which names the body that
//! it tells of, may be read as long as 24 h after it was written. The item is asked before, and what it names stays.

use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;

use super::bodies::BODY_OBJECT;
use super::{Store, StoreError, key_item, text};
use crate::key::{self, Key};
use domain::id::{AccountId, SessionId};
use domain::time::Instant;

/// How long a body stays that no item names.
const KEPT_SECONDS: i64 = 26 * 3_600;
/// Noted bodies of one step, at most.
const STEP: i32 = 500;

/// What one step through the noted bodies did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplacedBodies {
    /// Bodies that are gone.
    pub deleted: usize,
    /// Whether there may be more that may go now.
    pub more: bool,
}

/// What one step through all of an account's bodies did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanedBodies {
    /// Bodies that no item named, and that are gone.
    pub deleted: usize,
    /// After which key the next step goes on.
    pub after: String,
    /// Whether all that are old enough were looked at: then the next step is for another day.
    pub done: bool,
}

/// A body and its session.
struct Body {
    object: String,
    session: SessionId,
}

impl Store {
    /// Notes that a session's item names this body no more, since `replaced_at`. Noting it again changes nothing.
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

    /// One step of deleting the noted bodies that may go at `now`. Objects go first and their notes after them, so that a
    /// step that is cut short is made again.
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

    /// One step through all bodies of an account in the order in which they were made, from `after` on (empty for all of
    /// them). Bodies with a key of the older form do not say whose they are, and stay until they are noted.
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

    /// Deletes those bodies that their sessions' items do not name now. Gives how many these were.
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
