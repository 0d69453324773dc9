//! Deletes media files so that they stay deleted.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use domain::id::{AccountId, StorageId};
use domain::time::Instant;

use super::error::if_held;
use super::{Store, StoreError};
use crate::key;

impl Store {
    /// Deletes a file, whether or not there is one: its links never open again, and its `storage_id` cannot be filled.
    pub async fn delete_file(&self, account: &AccountId, storage: &StorageId) -> Result<(), StoreError> {
        // The row comes first: whatever happens next, and whatever an open upload still puts there, no link shows it.
        let revoked_at = AttributeValue::N(Instant::now().0.to_string());
        let revoked = self.put_new(key::revoked_link(account, storage), [("revoked_at", revoked_at)]).await;
        if_held(revoked)?;
        // An empty object takes the file's place: the signed upload of the file, which holds for minutes, creates only.
        self.s3()
            .put_object()
            .bucket(&self.names().media_bucket)
            .key(key::media_object(account, storage))
            .body(ByteStream::default())
            .send()
            .await
            .map(drop)
            .map_err(|error| StoreError::aws("deleting a file", error))
    }
}
