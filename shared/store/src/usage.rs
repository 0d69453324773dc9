//! What callers have used of what they may use in a minute, counted by all instances together.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::{Store, StoreError, number};
use crate::key::{self, Usage};

/// For how long after its minute a count stays before DynamoDB's TTL may delete it, in seconds. Nothing reads it then,
/// but an operator who looks for who reached a limit.
const KEPT_SECONDS: i64 = 3_600;

impl Store {
    /// Adds to what a caller has used in a minute (minutes since 1970), and returns what all instances have counted of
    /// it so far, with this.
    pub async fn count_usage(
        &self,
        usage: Usage,
        caller: &str,
        minute: i64,
        units: u64,
    ) -> Result<u64, StoreError> {
        let expires = (minute + 1) * 60 + KEPT_SECONDS;
        let sent = self
            .update(key::usage(usage, caller, minute))
            .update_expression("SET expires_at = :expires ADD #used :units")
            .expression_attribute_names("#used", "used")
            .expression_attribute_values(":expires", AttributeValue::N(expires.to_string()))
            .expression_attribute_values(":units", AttributeValue::N(units.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        let answer = sent.map_err(|error| StoreError::aws("counting what is used", error))?;
        let used = number(&answer.attributes.unwrap_or_default(), "used");
        used.and_then(|used| used.try_into().ok())
            .ok_or_else(|| StoreError::broken("counting what is used", "no count came back"))
    }
}
