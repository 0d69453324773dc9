//! Deletes from the table what is past its retention, and keeps sessions from being deleted earlier.
//!
//! Sessions and receipts are deleted by whole UTC days, the receipts of a day first. So no receipt is left
//! that would report a rightly deleted session as missing, even where the retention is raised again later.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use futures::{StreamExt, TryStreamExt, stream};

use super::error::if_held;
use super::{Item, Store, StoreError, key_item, number, text};
use crate::ListedSession;
use crate::key::{self, Key};
use domain::account::Account;
use domain::id::{AccountId, SessionId};

/// How many items are deleted or changed at the same time.
const AT_ONCE: usize = 16;

/// What was deleted of a UTC day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletedOfDay {
    /// How many sessions were deleted.
    pub sessions: usize,
    /// How many receipts were deleted.
    pub receipts: usize,
    /// Whether there may be more of that day.
    pub more: bool,
}

impl Store {
    /// Deletes up to `limit` receipts of a UTC day and, once none of these are left, up to `limit` sessions
    /// of the day. A session that has moved to another day meanwhile stays.
    pub async fn delete_day(
        &self,
        account: &AccountId,
        day: NaiveDate,
        limit: u16,
    ) -> Result<DeletedOfDay, StoreError> {
        let (receipts, more) = self.receipt_keys(account, day, limit).await?;
        let count = receipts.len();
        let deletions = receipts.into_iter().map(|key| self.delete_receipt(key));
        let _deleted: Vec<()> = stream::iter(deletions).buffer_unordered(AT_ONCE).try_collect().await?;
        if more {
            return Ok(DeletedOfDay { sessions: 0, receipts: count, more });
        }
        let page = self.listed_page(account, day, None, limit).await?;
        let sessions = page.sessions.iter();
        let deletions: Vec<_> = sessions.map(|listed| self.delete_listed(account, day, &listed.id)).collect();
        let deleted: Vec<bool> = stream::iter(deletions).buffer_unordered(AT_ONCE).try_collect().await?;
        let sessions = deleted.into_iter().filter(|deleted| *deleted).count();
        Ok(DeletedOfDay { sessions, receipts: count, more: page.more })
    }

    /// Deletes a session if its item still belongs to a UTC day. Returns `false` where it belongs to another
    /// day or is gone, which happens because the index that named it may be a moment behind.
    async fn delete_listed(
        &self,
        account: &AccountId,
        day: NaiveDate,
        id: &SessionId,
    ) -> Result<bool, StoreError> {
        let delete = self.dynamo().delete_item().table_name(&self.names().table);
        let sent = delete
            .set_key(Some(key_item(key::session(account, id))))
            .condition_expression("listing_pk = :day")
            .expression_attribute_values(":day", AttributeValue::S(key::sessions_listing(account, day)))
            .send()
            .await;
        let deleted = if_held(sent.map_err(|error| StoreError::aws("deleting a session", error)))?;
        Ok(deleted.is_some())
    }

    async fn delete_receipt(&self, key: Key) -> Result<(), StoreError> {
        let delete = self.dynamo().delete_item().table_name(&self.names().table);
        let sent = delete.set_key(Some(key_item(key))).send().await;
        sent.map(drop).map_err(|error| StoreError::aws("deleting a receipt", error))
    }

    /// Returns the keys of up to `limit` receipts of a UTC day, and whether there are more.
    async fn receipt_keys(
        &self,
        account: &AccountId,
        day: NaiveDate,
        limit: u16,
    ) -> Result<(Vec<Key>, bool), StoreError> {
        let query = self.dynamo().query().table_name(&self.names().table);
        let answer = query
            .key_condition_expression("pk = :receipts")
            .expression_attribute_values(":receipts", AttributeValue::S(key::receipts(account, day)))
            .projection_expression("pk, sk")
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::aws("listing receipts", error))?;
        let more = answer.last_evaluated_key.is_some();
        let key =
            |item: &Item| Some(Key { pk: text(item, "pk")?.to_owned(), sk: text(item, "sk")?.to_owned() });
        Ok((answer.items.unwrap_or_default().iter().filter_map(key).collect(), more))
    }

    /// Removes the time at which DynamoDB's TTL would delete sessions, where that is before the end of their
    /// retention as it is set now. An earlier version of this software kept such a time with each session.
    /// Returns from how many sessions it was removed.
    pub async fn lift_expiry(
        &self,
        account: &Account,
        sessions: &[ListedSession],
    ) -> Result<usize, StoreError> {
        let lifting: Vec<_> = sessions.iter().map(|listed| self.lift_expiry_of(account, listed)).collect();
        let lifted: Vec<bool> = stream::iter(lifting).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(lifted.into_iter().filter(|lifted| *lifted).count())
    }

    async fn lift_expiry_of(&self, account: &Account, listed: &ListedSession) -> Result<bool, StoreError> {
        let key = key::session(&account.id, &listed.id);
        // A read costs a tenth of a write, and most sessions have no such time.
        let item = self.get_attribute(key.clone(), EXPIRES_AT).await?;
        let due = account.expires_at(listed.created_at).seconds();
        if item.and_then(|item| number(&item, EXPIRES_AT)).is_none_or(|expires| expires >= due) {
            return Ok(false);
        }
        let sent = self
            .update(key)
            .update_expression(format!("REMOVE {EXPIRES_AT}"))
            .condition_expression(format!("{EXPIRES_AT} < :due"))
            .expression_attribute_values(":due", AttributeValue::N(due.to_string()))
            .send()
            .await;
        let lifted = if_held(sent.map_err(|error| StoreError::aws("keeping a session for longer", error)))?;
        Ok(lifted.is_some())
    }
}

/// The attribute by which DynamoDB's TTL deletes items, in seconds since 1970.
pub(super) const EXPIRES_AT: &str = "expires_at";

/// Whether two images of an item differ in nothing but when the item expires.
pub fn differ_in_expiry_alone(old: &Item, new: &Item) -> bool {
    let mut names = old.keys().chain(new.keys()).filter(|name| *name != EXPIRES_AT);
    old.get(EXPIRES_AT) != new.get(EXPIRES_AT) && names.all(|name| old.get(name) == new.get(name))
}
