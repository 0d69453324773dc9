//! Sessions: the join write and the ways back.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use chrono::NaiveDate;

use super::bodies::{BODY, BODY_OBJECT};
use super::{Item, Store, StoreError, number};
use crate::account::Account;
use crate::dictionary::{self, Record};
use crate::id::{AccountId, SessionId};
use crate::key::{self, parse_session};
use crate::session::{Identity, Session, Value, content_of};
use crate::time::Instant;

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is the session's newest version now.
    Accepted,
    /// The very same version was there already.
    Unchanged,
    /// A newer version was there already.
    Stale,
}

/// A session as the listing of its day has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSession {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: Instant,
    /// What it says (`Session::content`); `None` under an index that does not carry it.
    pub content: Option<i64>,
    /// When its newest version was stored; 1970 under an index that does not carry it.
    pub stored_at: Instant,
}

/// A session as the table, or an image in its stream, holds it.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// Whose it is.
    pub account: AccountId,
    /// Its identity.
    pub identity: Identity,
    /// Everything it says, `report_at` filled in.
    pub session: Session,
    /// The first eight bytes of the hash that it was accepted with (`Session::content`). Carried from the item and not
    /// computed again, so that table and lake agree whatever a later version of this software makes of the body.
    pub content: i64,
}

impl Store {
    /// Writes a version of a session as a join: the greater `(version, hash)` stays, so that any order and any number
    /// of deliveries end in the same state. One conditional write; `accepted_at` stays that of the first version.
    pub async fn put_session(
        &self,
        account: &Account,
        identity: &Identity,
        session: &Session,
        now: Instant,
    ) -> Result<Put, StoreError> {
        let hash = session.hash();
        let (kept_as, body) = self.keep_body(&account.id, &identity.id, session).await?;
        let dropped = if kept_as == BODY { BODY_OBJECT } else { BODY };
        let at = key::session(&account.id, &identity.id);
        let day = identity.created_at.to_utc().date_naive();
        let number = |n: i64| AttributeValue::N(n.to_string());
        let result = self
            .dynamo()
            .update_item()
            .table_name(&self.names().table)
            .key("pk", AttributeValue::S(at.pk))
            .key("sk", AttributeValue::S(at.sk))
            .update_expression(format!(
                "SET version = :version, #hash = :hash, created_at = :created, expires_at = :expires, {kept_as} = :body, \
                 stored_at = :now, listing_pk = :listing, listing_sk = :created_text, accepted_at = if_not_exists(accepted_at, :now) \
                 REMOVE {dropped} ADD places :place"
            ))
            .condition_expression(
                "attribute_not_exists(pk) OR version < :version OR (version = :version AND #hash < :hash)",
            )
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_values(":version", number(identity.version.0))
            .expression_attribute_values(":hash", AttributeValue::B(Blob::new(hash)))
            .expression_attribute_values(":created", number(identity.created_at.0))
            .expression_attribute_values(":expires", number(account.expires_at(identity.created_at).seconds()))
            .expression_attribute_values(":body", body)
            .expression_attribute_values(":listing", AttributeValue::S(key::sessions_listing(&account.id, day)))
            .expression_attribute_values(":created_text", AttributeValue::S(identity.created_at.to_rfc3339()))
            .expression_attribute_values(":now", number(now.0))
            .expression_attribute_values(":place", AttributeValue::Ns(vec![identity.created_at.0.to_string()]))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(_) => Ok(Put::Accepted),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    Ok(refused_by(refused.item().unwrap_or(&Item::new()), identity.version, &hash))
                }
                _ => Err(StoreError::aws("writing a session", error)),
            },
        }
    }

    /// Where a session has lain in the lake's order: each `created_at` that it ever had. None for one that is not there.
    pub async fn places(&self, account: &AccountId, id: &SessionId) -> Result<Vec<Instant>, StoreError> {
        let item = self.get_attribute(key::session(account, id), "places").await?;
        let places = item.as_ref().and_then(|item| item.get("places")).and_then(|places| places.as_ns().ok());
        Ok(places.into_iter().flatten().filter_map(|place| place.parse().ok()).map(Instant).collect())
    }

    /// Reads a session from its item or from an image of it. `None` where the item is not a session's.
    pub async fn read_session(&self, item: &Item) -> Result<Option<StoredSession>, StoreError> {
        let Some((account, id)) = super::text(item, "pk").and_then(parse_session) else { return Ok(None) };
        let mut session = self.read_body(&account, &id, item).await?;
        let identity = session
            .identity()
            .ok_or_else(|| StoreError::broken("reading a session", "it has no identity"))?;
        // An image of an item from before the hash was kept has none.
        let hash = item.get("hash").and_then(|hash| hash.as_b().ok());
        let content = hash.map_or_else(|| session.content(), |hash| content_of(hash.as_ref()));
        let report_at = dictionary::ordinal(Record::Session, "report_at");
        if let (Some(ordinal), Some(accepted)) = (report_at, number(item, "accepted_at"))
            && session.fields.get(ordinal).is_none()
        {
            session.fields.set(ordinal, Some(Value::Instant(Instant(accepted))));
        }
        Ok(Some(StoredSession { account, identity, session, content }))
    }

    /// A session as it is now; `None` for one that is not there.
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

    /// The sessions of an account that began on a UTC day, as the index lists them: it may be a moment behind.
    pub async fn listed(
        &self,
        account: &AccountId,
        day: NaiveDate,
    ) -> Result<Vec<ListedSession>, StoreError> {
        let items = self.listing(key::sessions_listing(account, day)).await?;
        Ok(items.iter().filter_map(listed).collect())
    }

    /// When a session began, as its item says now; `None` for a session that is not there.
    pub async fn began_at(&self, account: &AccountId, id: &SessionId) -> Result<Option<Instant>, StoreError> {
        let item = self.get_attribute(key::session(account, id), "created_at").await?;
        Ok(item.and_then(|item| number(&item, "created_at")).map(Instant))
    }

    /// When a session's newest version was stored, wherever it lies; `None` for a session that is not there.
    pub async fn stored_at(
        &self,
        account: &AccountId,
        id: &SessionId,
    ) -> Result<Option<Instant>, StoreError> {
        let item = self.get_attribute(key::session(account, id), "stored_at").await?;
        Ok(item.map(|item| Instant(number(&item, "stored_at").unwrap_or_default())))
    }
}

fn listed(item: &Item) -> Option<ListedSession> {
    let (_, id) = parse_session(super::text(item, "pk")?)?;
    let created_at = Instant::parse(super::text(item, "listing_sk")?, crate::zone::Zone::UTC).ok()??;
    let hash = item.get("hash").and_then(|hash| hash.as_b().ok());
    let content = hash.map(|hash| content_of(hash.as_ref()));
    let stored_at = Instant(number(item, "stored_at").unwrap_or_default());
    Some(ListedSession { id, created_at, content, stored_at })
}

/// Tells the two reasons of a refused write apart by what was there. A retry after a lost answer finds its own version
/// and is `Unchanged`, never an error.
fn refused_by(there: &Item, version: Instant, hash: &[u8]) -> Put {
    let same_version = number(there, "version") == Some(version.0);
    let same_hash =
        there.get("hash").and_then(|hash| hash.as_b().ok()).is_some_and(|there| there.as_ref() == hash);
    if same_version && same_hash { Put::Unchanged } else { Put::Stale }
}
