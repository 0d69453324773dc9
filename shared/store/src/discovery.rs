//! The round that finds accounts which have objects and no maintenance item: those that sent nothing since there is
//! maintenance, and those that only ever uploaded files.
//!
//! One item of the stack says where the round goes on and when. A run takes it for a while and puts it back.
//! Two runs that go on from the same place do no harm, because noting an account again changes nothing.

use std::collections::HashSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::error::if_held;
use super::{Store, StoreError, text};
use crate::key;
use domain::id::AccountId;
use domain::time::Instant;

impl Store {
    /// Takes the round until `until`. Returns the key of the object after which it goes on, empty at its
    /// beginning; `None` where the round is not due at `now`, or another run has it.
    pub async fn take_discovery(&self, now: Instant, until: Instant) -> Result<Option<String>, StoreError> {
        let take = self.update_discovery("SET due_at = :due", until);
        let take = take
            .condition_expression("attribute_not_exists(pk) OR due_at <= :now")
            .expression_attribute_values(":now", AttributeValue::N(now.0.to_string()))
            .return_values(ReturnValue::AllNew);
        let taken = if_held(take.send().await.map_err(|error| StoreError::aws("taking a round", error)))?;
        Ok(taken.map(|answer| {
            let item = answer.attributes.unwrap_or_default();
            text(&item, "goes_on_after").unwrap_or_default().to_owned()
        }))
    }

    /// Puts the round back, so that it goes on at `due`, after the object with the key `after`.
    pub async fn put_discovery_back(&self, after: &str, due: Instant) -> Result<(), StoreError> {
        let put = self.update_discovery("SET due_at = :due, goes_on_after = :after", due);
        let put = put.expression_attribute_values(":after", AttributeValue::S(after.to_owned()));
        put.send().await.map(drop).map_err(|error| StoreError::aws("putting a round back", error))
    }

    fn update_discovery(&self, expression: &str, due: Instant) -> UpdateItemFluentBuilder {
        self.update(key::discovery())
            .update_expression(expression)
            .expression_attribute_values(":due", AttributeValue::N(due.0.to_string()))
    }

    /// The account of the first object after this one, and after which object those of the next account come. It goes through
    /// large bodies, media files and segments, one kind after the other. No account where that object belongs to none. One
    /// request, and one more where a kind has come to its end.
    pub async fn next_with_objects(
        &self,
        after: &str,
    ) -> Result<Option<(Option<AccountId>, String)>, StoreError> {
        let (lake, media) = (&self.names().lake_bucket, &self.names().media_bucket);
        // In the order of their prefixes, so that `after` tells which of them are done.
        for (bucket, prefix) in
            [(lake, key::BODY_OBJECTS), (media, key::MEDIA_OBJECTS), (lake, key::SEGMENT_OBJECTS)]
        {
            let is_within = after.starts_with(prefix);
            if !is_within && after > prefix {
                continue;
            }
            let found = self.first_object(bucket, prefix, if is_within { after } else { "" }).await?;
            if let Some(object) = found {
                return Ok(Some(match key::parse_object(&object) {
                    Some((account, after)) => (Some(account), after),
                    None => (None, object),
                }));
            }
        }
        Ok(None)
    }

    /// Those of these accounts that have no maintenance item, each once.
    pub async fn without_maintenance_item(
        &self,
        mut accounts: Vec<AccountId>,
    ) -> Result<Vec<AccountId>, StoreError> {
        accounts.sort_unstable();
        accounts.dedup();
        let items = self.items(&accounts.iter().map(key::due).collect::<Vec<_>>(), Some("pk")).await?;
        let known: HashSet<AccountId> =
            items.iter().filter_map(|item| key::parse_due(text(item, "pk")?)).collect();
        Ok(accounts.into_iter().filter(|account| !known.contains(account)).collect())
    }
}
