//! Reads sessions from the table. They are written in `join`.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;

use super::{Item, Store, StoreError, number};
use crate::key::{self, parse_session};
use domain::dictionary::{self, Record};
use domain::id::{AccountId, SessionId};
use domain::session::{Identity, Session, Value, content_hash_of};
use domain::time::Instant;

/// A session as the index lists it under its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSession {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: Instant,
    /// The session's content hash (`Session::content_hash`); `None` where the index does not carry it.
    pub content_hash: Option<i64>,
    /// When the session's latest version was stored; the beginning of 1970 where the index does not carry it.
    pub stored_at: Instant,
}

/// A page of a day's listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPage {
    /// The sessions in the order of the index: by when they began.
    pub sessions: Vec<ListedSession>,
    /// Whether there are more after the last of them.
    pub more: bool,
}

/// A session as the table, or an image in its stream, contains it.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// The account that the session belongs to.
    pub account: AccountId,
    /// The session's id, beginning, version and last interaction.
    pub identity: Identity,
    /// All fields of the session. Where the platform sent no `report_at`, it is when the session was first
    /// accepted.
    pub session: Session,
    /// The first eight bytes of the hash with which the session was accepted (`Session::content_hash`). It is
    /// read from the item and not computed again, so that table and lake agree even if a later version of
    /// this software reads the body differently.
    pub content_hash: i64,
}

/// The attribute of the `created_at` history, a set of numbers in microseconds. It is an old name that
/// existing tables hold.
pub(super) const CREATED_AT_HISTORY: &str = "places";
/// The attribute of the hash of a version.
pub(super) const HASH: &str = "hash";
/// The attribute that says how far on in its session's life a version is (`Version::progress`). What an earlier version of
/// this software kept has none.
pub(super) const PROGRESS: &str = "progress";
/// The attribute with when the session was accepted for the first time.
pub(super) const ACCEPTED_AT: &str = "accepted_at";

impl Store {
    /// Returns the `created_at` history of a session, which says where it may lie in the lake: the earliest
    /// and the latest `created_at` that it ever had, the present one, and possibly others. Empty for a
    /// session that the table does not have.
    pub async fn created_at_history(
        &self,
        account: &AccountId,
        id: &SessionId,
    ) -> Result<Vec<Instant>, StoreError> {
        let item = self.get_attribute(key::session(account, id), CREATED_AT_HISTORY).await?;
        Ok(item.as_ref().map(created_at_history).unwrap_or_default())
    }

    /// Reads a session from its item or from an image of it. Returns `None` where the item is not a
    /// session's. Fails as `Broken` where the body cannot be read or lacks the session's identity, and as
    /// `NotFound` where a large body is gone.
    pub async fn read_session(&self, item: &Item) -> Result<Option<StoredSession>, StoreError> {
        let Some((account, id)) = super::text(item, "pk").and_then(parse_session) else { return Ok(None) };
        let mut session = self.read_body(&account, &id, item).await?;
        let identity = session
            .identity()
            .ok_or_else(|| StoreError::broken("reading a session", "it has no identity"))?;
        // An image of an item that was written before hashes were kept has none.
        let hash = item.get(HASH).and_then(|hash| hash.as_b().ok());
        let content_hash = hash.map_or_else(|| session.content_hash(), |hash| content_hash_of(hash.as_ref()));
        let report_at = dictionary::ordinal(Record::Session, "report_at");
        if let (Some(ordinal), Some(accepted)) = (report_at, number(item, ACCEPTED_AT))
            && session.fields.get(ordinal).is_none()
        {
            session.fields.set(ordinal, Some(Value::Instant(Instant(accepted))));
        }
        Ok(Some(StoredSession { account, identity, session, content_hash }))
    }

    /// Reads a session as it is now; `None` where the table does not have it.
    pub async fn session(
        &self,
        account: &AccountId,
        id: &SessionId,
    ) -> Result<Option<StoredSession>, StoreError> {
        match self.get(key::session(account, id)).await? {
            Some(item) => self.read_session(&item).await,
            None => Ok(None),
        }
    }

    /// Returns all sessions of an account that began on a UTC day, as the index lists them. The index may be
    /// a moment behind.
    pub async fn listed(
        &self,
        account: &AccountId,
        day: NaiveDate,
    ) -> Result<Vec<ListedSession>, StoreError> {
        let items = self.listing(key::sessions_listing(account, day)).await?;
        Ok(items.iter().filter_map(listed).collect())
    }

    /// Returns up to `limit` of these sessions: the first ones, or those after the session `after`, which is
    /// given as when it began and its id.
    pub async fn listed_page(
        &self,
        account: &AccountId,
        day: NaiveDate,
        after: Option<&(Instant, SessionId)>,
        limit: u16,
    ) -> Result<ListedPage, StoreError> {
        let partition = AttributeValue::S(key::sessions_listing(account, day));
        let after = after.map(|(created_at, id)| {
            let mut place = super::key_item(key::session(account, id));
            place.insert("listing_pk".to_owned(), partition.clone());
            place.insert("listing_sk".to_owned(), AttributeValue::S(created_at.to_rfc3339()));
            place
        });
        let query = self.dynamo().query().table_name(&self.names().table).index_name(key::LISTING);
        let answer = query
            .key_condition_expression("listing_pk = :partition")
            .expression_attribute_values(":partition", partition)
            .set_exclusive_start_key(after)
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::aws("reading a page of a listing", error))?;
        let more = answer.last_evaluated_key.is_some();
        Ok(ListedPage {
            sessions: answer.items.unwrap_or_default().iter().filter_map(listed).collect(),
            more,
        })
    }

    /// Returns when a session began, as its item says now; `None` where the table does not have it.
    pub async fn began_at(&self, account: &AccountId, id: &SessionId) -> Result<Option<Instant>, StoreError> {
        let item = self.get_attribute(key::session(account, id), "created_at").await?;
        Ok(item.and_then(|item| number(&item, "created_at")).map(Instant))
    }

    /// Returns when a session's latest version was stored, on whatever day the session began; `None` where
    /// the table does not have it.
    pub async fn stored_at(
        &self,
        account: &AccountId,
        id: &SessionId,
    ) -> Result<Option<Instant>, StoreError> {
        let item = self.get_attribute(key::session(account, id), "stored_at").await?;
        Ok(item.map(|item| Instant(number(&item, "stored_at").unwrap_or_default())))
    }
}

/// Reads the `created_at` history from a session's item, in no order: the earliest and the latest
/// `created_at` that the session ever had, the present one, and possibly others.
pub fn created_at_history(item: &Item) -> Vec<Instant> {
    let history = item.get(CREATED_AT_HISTORY).and_then(|history| history.as_ns().ok());
    history.into_iter().flatten().filter_map(|at| at.parse().ok()).map(Instant).collect()
}

fn listed(item: &Item) -> Option<ListedSession> {
    let (_, id) = parse_session(super::text(item, "pk")?)?;
    let created_at = Instant::from_rfc3339(super::text(item, "listing_sk")?)?;
    let hash = item.get(HASH).and_then(|hash| hash.as_b().ok());
    let content_hash = hash.map(|hash| content_hash_of(hash.as_ref()));
    let stored_at = Instant(number(item, "stored_at").unwrap_or_default());
    Some(ListedSession { id, created_at, content_hash, stored_at })
}
