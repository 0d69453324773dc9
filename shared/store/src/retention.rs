//! Deletes from the table what is past its retention.
//!
//! Sessions and receipts are deleted by whole UTC days, the receipts of a day first. So no receipt is left
//! that would report a rightly deleted session as missing, even where the retention is raised again later.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use futures::{StreamExt, TryStreamExt, stream};

use super::error::if_held;
use super::{Item, Store, StoreError, key_item, text};
use crate::key::{self, Key};
use domain::id::{AccountId, SessionId};

/// How many items are deleted at the same time.
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
}
