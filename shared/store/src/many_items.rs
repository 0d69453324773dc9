//! Reads ranges of sort keys, and reads or deletes many items at once.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, KeysAndAttributes, WriteRequest};
use futures::{StreamExt, TryStreamExt, stream};

use super::{Item, Store, StoreError, key_item};
use crate::key::Key;

/// How many items DynamoDB deletes in one call at most.
const DELETED_AT_ONCE: usize = 25;
/// How many items DynamoDB reads in one call at most.
const READ_AT_ONCE: usize = 100;
/// How many of these calls are made at the same time.
const CALLS_AT_ONCE: usize = 8;
/// How many rounds are made for what DynamoDB leaves undone. The pause before a round doubles each time.
const ROUNDS: u32 = 6;
const FIRST_PAUSE_MS: u64 = 50;

impl Store {
    /// Returns all items of a partition whose sort keys lie in a range, both ends included, as they are now
    /// and in the order of their sort keys.
    pub async fn range(
        &self,
        partition: &str,
        keys: RangeInclusive<String>,
    ) -> Result<Vec<Item>, StoreError> {
        let items: Result<_, _> =
            self.range_query(partition, keys).into_paginator().items().send().collect().await;
        items.map_err(|error| StoreError::aws("reading a range", error))
    }

    /// The first page of them, which has no more than a megabyte and, where that is given, `limit` items; and whether there
    /// may be more.
    pub async fn range_page(
        &self,
        partition: &str,
        keys: RangeInclusive<String>,
        limit: Option<i32>,
    ) -> Result<(Vec<Item>, bool), StoreError> {
        let answer = self.range_query(partition, keys).set_limit(limit).send().await;
        let answer = answer.map_err(|error| StoreError::aws("reading a range", error))?;
        let more = answer.last_evaluated_key.is_some();
        Ok((answer.items.unwrap_or_default(), more))
    }

    fn range_query(
        &self,
        partition: &str,
        keys: RangeInclusive<String>,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        let (first, last) = keys.into_inner();
        self.dynamo()
            .query()
            .table_name(&self.names().table)
            .key_condition_expression("pk = :partition AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":partition", AttributeValue::S(partition.to_owned()))
            .expression_attribute_values(":first", AttributeValue::S(first))
            .expression_attribute_values(":last", AttributeValue::S(last))
            .consistent_read(true)
    }

    /// Returns the items that these keys have now, in any order: whole, or only the given attribute of each.
    /// Fails as `Busy` where DynamoDB leaves some unread again and again.
    pub(super) async fn items(&self, keys: &[Key], attribute: Option<&str>) -> Result<Vec<Item>, StoreError> {
        let keys = distinct(keys.to_vec());
        let calls = keys.chunks(READ_AT_ONCE).map(|chunk| self.some_items(chunk.to_vec(), attribute));
        let found: Vec<Vec<Item>> =
            stream::iter(calls.collect::<Vec<_>>()).buffer_unordered(CALLS_AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn some_items(&self, keys: Vec<Key>, attribute: Option<&str>) -> Result<Vec<Item>, StoreError> {
        let not_built = |error| StoreError::broken("reading items", error);
        let keys = keys.into_iter().map(key_item).collect();
        let mut asked = Some(
            KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .set_projection_expression(attribute.map(str::to_owned))
                .consistent_read(true)
                .build()
                .map_err(not_built)?,
        );
        let mut found = Vec::new();
        for round in 0..ROUNDS {
            let Some(keys) = asked.take().filter(|asked| !asked.keys().is_empty()) else { return Ok(found) };
            pause(round).await;
            let call = self.dynamo().batch_get_item().request_items(&self.names().table, keys);
            let answer = call.send().await.map_err(|error| StoreError::aws("reading items", error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            asked = answer.unprocessed_keys.and_then(|left| left.into_values().next());
        }
        match asked {
            Some(_) => Err(StoreError::busy("reading items", "some are left unread again and again")),
            None => Ok(found),
        }
    }

    /// Deletes the items of these keys. An item that is not there is no failure. Fails as `Busy` where
    /// DynamoDB leaves some undeleted again and again.
    pub async fn delete_all(&self, keys: Vec<Key>) -> Result<(), StoreError> {
        let keys = distinct(keys);
        let calls = keys.chunks(DELETED_AT_ONCE).map(|chunk| self.delete_some(chunk.to_vec()));
        stream::iter(calls.collect::<Vec<_>>()).buffer_unordered(CALLS_AT_ONCE).try_collect().await
    }

    async fn delete_some(&self, keys: Vec<Key>) -> Result<(), StoreError> {
        let not_built = |error| StoreError::broken("deleting items", error);
        let delete = |key: Key| {
            let request = DeleteRequest::builder().set_key(Some(key_item(key))).build().map_err(not_built)?;
            Ok::<_, StoreError>(WriteRequest::builder().delete_request(request).build())
        };
        let mut left = keys.into_iter().map(delete).collect::<Result<Vec<_>, _>>()?;
        for round in 0..ROUNDS {
            if left.is_empty() {
                return Ok(());
            }
            pause(round).await;
            let call = self.dynamo().batch_write_item().request_items(&self.names().table, left);
            let answer = call.send().await.map_err(|error| StoreError::aws("deleting items", error))?;
            left = answer.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
        }
        if left.is_empty() {
            return Ok(());
        }
        Err(StoreError::busy("deleting items", "some are left undeleted again and again"))
    }
}

/// Each of some keys once, because DynamoDB refuses a request that names one twice.
fn distinct(keys: Vec<Key>) -> Vec<Key> {
    keys.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Waits before a round: not before the first, and twice as long before each further one.
async fn pause(round: u32) {
    if let Some(doublings) = round.checked_sub(1) {
        tokio::time::sleep(std::time::Duration::from_millis(FIRST_PAUSE_MS << doublings)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_named_twice_is_asked_for_once() {
        let key = |sk: &str| Key { pk: "p".to_owned(), sk: sk.to_owned() };
        assert_eq!(distinct(vec![key("b"), key("a"), key("b")]), [key("a"), key("b")]);
    }
}
