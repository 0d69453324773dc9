//! Lists objects of the buckets, and deletes many at once.

use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2FluentBuilder;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::{Store, StoreError};
use domain::time::Instant;

/// How many objects S3 deletes in one call at most.
const DELETED_AT_ONCE: usize = 1_000;

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// When the object was written; 1970 where the listing does not say so.
    pub modified_at: Instant,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedObjects {
    /// The objects in the order of their keys, at most 1,000.
    pub objects: Vec<ListedObject>,
    /// Whether there are more after the last of them.
    pub more: bool,
}

impl ListedObjects {
    /// The key after which the next page begins; `None` after the last page.
    pub fn goes_on_after(&self) -> Option<String> {
        self.objects.last().filter(|_| self.more).map(|object| object.key.clone())
    }
}

impl Store {
    /// Returns the first page of the objects of a bucket whose keys begin with `prefix` and come after the
    /// key `after`. An empty `after` begins with the first object.
    pub async fn list_objects(
        &self,
        bucket: &str,
        prefix: &str,
        after: &str,
    ) -> Result<ListedObjects, StoreError> {
        let list = self.listing_of(bucket, prefix, after);
        let answer = list.send().await.map_err(|error| StoreError::aws("listing objects", error))?;
        let more = answer.is_truncated.unwrap_or(false);
        let listed = answer.contents.unwrap_or_default().into_iter().filter_map(|object| {
            let modified_at = object.last_modified.map_or(0, |at| at.secs().saturating_mul(1_000_000));
            Some(ListedObject { key: object.key?, modified_at: Instant(modified_at) })
        });
        Ok(ListedObjects { objects: listed.collect(), more })
    }

    fn listing_of(&self, bucket: &str, prefix: &str, after: &str) -> ListObjectsV2FluentBuilder {
        let list = self.s3().list_objects_v2().bucket(bucket).prefix(prefix);
        list.set_start_after((!after.is_empty()).then(|| after.to_owned()))
    }

    /// Returns the first key that begins with `prefix` and comes after the key `after`; `None` where there is
    /// none.
    pub(super) async fn first_object(
        &self,
        bucket: &str,
        prefix: &str,
        after: &str,
    ) -> Result<Option<String>, StoreError> {
        let list = self.listing_of(bucket, prefix, after).max_keys(1);
        let answer = list.send().await.map_err(|error| StoreError::aws("listing objects", error))?;
        Ok(answer.contents.unwrap_or_default().into_iter().find_map(|object| object.key))
    }

    /// Deletes objects. An object that is not there is no failure. Where this fails, some of the objects may
    /// be deleted.
    pub async fn delete_objects(&self, bucket: &str, keys: Vec<String>) -> Result<(), StoreError> {
        const ACTION: &str = "deleting objects";
        for keys in keys.chunks(DELETED_AT_ONCE) {
            let identify = |key: &String| ObjectIdentifier::builder().key(key).build();
            let objects = keys.iter().map(identify).collect::<Result<Vec<_>, _>>();
            let delete = objects
                .and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build())
                .map_err(|error| StoreError::broken(ACTION, error))?;
            let answer = self.s3().delete_objects().bucket(bucket).delete(delete).send().await;
            let answer = answer.map_err(|error| StoreError::aws(ACTION, error))?;
            if let Some(failed) = answer.errors().first() {
                let code = failed.code().unwrap_or("an unknown reason");
                return Err(StoreError::of_code(ACTION, code));
            }
        }
        Ok(())
    }
}
