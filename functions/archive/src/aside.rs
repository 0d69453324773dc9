//! Records that cannot be archived, kept with their reason for a person to look at.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::key;
use shared::store::{Store, StoreError, key_item};
use shared::telemetry::chain;
use shared::time::Instant;

/// Sets a stream record aside. The item tells where the session is and why it is not in the lake, and nothing of what
/// the session says; delivering the record again overwrites it with the same.
pub(crate) async fn set_aside(
    store: &Store,
    account: &str,
    sequence: &str,
    item: &str,
    reason: &StoreError,
    now: Instant,
) -> Result<(), StoreError> {
    tracing::error!(account, sequence, reason = %chain(reason), "a stream record was set aside");
    let mut aside = key_item(key::aside(account, sequence));
    aside.insert("item".to_owned(), AttributeValue::S(item.to_owned()));
    aside.insert("reason".to_owned(), AttributeValue::S(chain(reason)));
    aside.insert("set_aside_at".to_owned(), AttributeValue::S(now.to_rfc3339()));
    let put = store.dynamo().put_item().table_name(&store.names().table).set_item(Some(aside));
    put.send().await.map(drop).map_err(|error| StoreError::aws("setting a record aside", error))
}
