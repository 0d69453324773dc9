//! The accounts that are on this stack, as their maintenance items tell.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::try_join_all;

use super::due::RECEIVED_AT;
use super::emptied::is_emptied;
use super::{Item, Store, StoreError, number, text};
use crate::key;
use domain::id::AccountId;
use domain::time::Instant;

/// When the delivery was received that made an image of a session's item of the one before; `None` where none did: the item
/// was deleted, or an erasure emptied it.
pub fn delivered_at(before: &Item, after: &Item) -> Option<Instant> {
    let by_erasure = is_emptied(after) && !before.is_empty() && !is_emptied(before);
    if by_erasure { None } else { number(after, "stored_at").map(Instant) }
}

impl Store {
    /// Returns every account that was opened or ever had data, in the order of their ids. The index that lists them may be a
    /// moment behind.
    ///
    /// It reads the whole list, so that a page by ids is the same however due times move: a query for each of the
    /// `DUE_SHARDS` shards, and one more for each 6,000 accounts or so beyond the first of a shard. An account takes about
    /// 150 bytes, so a thousand cost 20 read units and take one round of requests. Only in a shard of several queries may an
    /// account whose due time moves meanwhile be missed.
    pub async fn known_accounts(&self) -> Result<BTreeSet<AccountId>, StoreError> {
        let shards = try_join_all((0..key::DUE_SHARDS).map(|shard| self.known_of_shard(shard))).await?;
        Ok(shards.into_iter().flatten().collect())
    }

    async fn known_of_shard(&self, shard: u8) -> Result<Vec<AccountId>, StoreError> {
        let query = self
            .dynamo()
            .query()
            .table_name(&self.names().table)
            .index_name(key::LISTING)
            .key_condition_expression("listing_pk = :shard")
            .expression_attribute_values(":shard", AttributeValue::S(key::due_listing(shard)))
            .projection_expression("pk");
        let items: Result<Vec<Item>, _> = query.into_paginator().items().send().collect().await;
        let items = items.map_err(|error| StoreError::aws("listing accounts", error))?;
        Ok(items.iter().filter_map(|item| key::parse_due(text(item, "pk")?)).collect())
    }

    /// Returns when each of these accounts last received a session, as `note_received` notes it. Accounts of which nothing
    /// is noted are left out.
    pub async fn last_received(
        &self,
        accounts: &[AccountId],
    ) -> Result<BTreeMap<AccountId, Instant>, StoreError> {
        let keys: Vec<_> = accounts.iter().map(key::due).collect();
        let items = self.items(&keys, Some(&format!("pk, {RECEIVED_AT}"))).await?;
        let received =
            |item: &Item| Some((key::parse_due(text(item, "pk")?)?, Instant(number(item, RECEIVED_AT)?)));
        Ok(items.iter().filter_map(received).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(stored_at: i64, emptied: bool) -> Item {
        let mut item = Item::from([("stored_at".to_owned(), AttributeValue::N(stored_at.to_string()))]);
        if emptied {
            item.insert("erased".to_owned(), AttributeValue::S("p".to_owned()));
        }
        item
    }

    #[test]
    fn only_a_delivery_tells_when_something_was_received() {
        let (gone, whole, emptied) = (Item::new(), image(5, false), image(6, true));
        assert_eq!(delivered_at(&gone, &whole), Some(Instant(5)));
        assert_eq!(delivered_at(&whole, &image(7, false)), Some(Instant(7)));
        assert_eq!(delivered_at(&whole, &gone), None, "it was deleted");
        assert_eq!(delivered_at(&whole, &emptied), None, "an erasure emptied it");
        assert_eq!(delivered_at(&emptied, &image(8, true)), Some(Instant(8)), "a later delivery of it");
    }
}
