//! When DynamoDB's TTL deletes an item. Rejections and console tokens leave by it; sessions and receipts carry no such time
//! any more, and those that an earlier version wrote are freed of it where it is too early.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt, TryStreamExt, stream};

use super::error::if_held;
use super::{Item, Store, StoreError, number};
use crate::{ListedSession, key};
use domain::account::Account;

/// The attribute by which DynamoDB's TTL deletes items, in seconds since 1970.
pub(super) const EXPIRES_AT: &str = "expires_at";

/// How many sessions are changed at the same time.
const AT_ONCE: usize = 16;

impl Store {
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

/// Whether two images of an item differ in nothing but when the item expires.
pub fn differ_in_expiry_alone(old: &Item, new: &Item) -> bool {
    let mut names = old.keys().chain(new.keys()).filter(|name| *name != EXPIRES_AT);
    old.get(EXPIRES_AT) != new.get(EXPIRES_AT) && names.all(|name| old.get(name) == new.get(name))
}
