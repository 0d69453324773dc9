//! The size of an account's lake as maintenance has last measured it, in bytes. It is an attribute of the
//! account's maintenance item.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Store, StoreError, number};
use crate::key;
use domain::id::AccountId;

const LAKE_BYTES: &str = "lake_bytes";

impl Store {
    /// Keeps the size, in bytes.
    pub async fn keep_lake_bytes(&self, account: &AccountId, bytes: u64) -> Result<(), StoreError> {
        let update = self
            .update(key::due(account))
            .update_expression(format!("SET {LAKE_BYTES} = :bytes"))
            .expression_attribute_values(":bytes", AttributeValue::N(bytes.to_string()));
        update.send().await.map(drop).map_err(|error| StoreError::aws("keeping the size of a lake", error))
    }

    /// Returns the kept size, in bytes; `None` where none was kept.
    pub async fn kept_lake_bytes(&self, account: &AccountId) -> Result<Option<u64>, StoreError> {
        let item = self.get_attribute(key::due(account), LAKE_BYTES).await?;
        Ok(item.and_then(|item| number(&item, LAKE_BYTES)).and_then(|bytes| u64::try_from(bytes).ok()))
    }
}
