//! The bodies of sessions: packed into the item, or in S3 where they do not fit.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;

use super::{Item, Store, StoreError, text};
use crate::key;
use domain::body;
use domain::id::{AccountId, SessionId, random_hex};
use domain::session::Session;
use domain::time::Instant;

/// The largest packed body, in bytes, that is kept in an item. DynamoDB limits an item to 400 KB with all its
/// names, keys and values, and a record of the stream carries the old and the new image together.
const MAX_IN_ITEM: usize = 300 * 1024;

/// The attribute that holds a packed body.
pub(super) const BODY: &str = "body";
/// The attribute that holds the S3 key of a body that is not in its item.
pub const BODY_OBJECT: &str = "body_object";

/// Whether a packed body is kept in its item.
pub(super) fn fits_item(packed: &[u8]) -> bool {
    packed.len() <= MAX_IN_ITEM
}

impl Store {
    /// Packs a session into its body: compressed, then encrypted with the account's key.
    pub(super) async fn pack_body(
        &self,
        account: &AccountId,
        id: &SessionId,
        session: &Session,
    ) -> Result<Vec<u8>, StoreError> {
        let key = self.body_key(account).await?;
        body::pack(&key, account, id, session).map_err(|e| StoreError::broken("packing a session", e))
    }

    /// Returns the attribute, as its name and value, that keeps a packed body. A large body is in S3 when
    /// this returns, so that an item never names an object that is not there. The object's key is new each
    /// time: no two items, and no two versions of one item, share an object.
    pub(super) async fn keep_body(
        &self,
        account: &AccountId,
        id: &SessionId,
        packed: Vec<u8>,
        now: Instant,
    ) -> Result<(&'static str, AttributeValue), StoreError> {
        if fits_item(&packed) {
            return Ok((BODY, AttributeValue::B(Blob::new(packed))));
        }
        let object = key::body_object(account, now, &random_hex(4), id);
        self.s3()
            .put_object()
            .bucket(&self.names().lake_bucket)
            .key(&object)
            .body(ByteStream::from(packed))
            .send()
            .await
            .map_err(|error| StoreError::aws("writing a large session", error))?;
        Ok((BODY_OBJECT, AttributeValue::S(object)))
    }

    /// Reads the session that an item, or an image of it in the stream, keeps. Fails as `Broken` where there
    /// is no body or it cannot be unpacked, and as `NotFound` where its object is gone.
    pub(super) async fn read_body(
        &self,
        account: &AccountId,
        id: &SessionId,
        item: &Item,
    ) -> Result<Session, StoreError> {
        let packed = match (item.get(BODY), text(item, BODY_OBJECT)) {
            (Some(AttributeValue::B(body)), _) => body.clone().into_inner(),
            (_, Some(object)) => self.object(object).await?,
            _ => return Err(StoreError::broken("reading a session", "it has no body")),
        };
        let key = self.body_key(account).await?;
        body::unpack(&key, account, id, &packed)
            .map_err(|error| StoreError::broken("unpacking a session", error))
    }

    /// Reads a large body from the lake's bucket, by its key.
    pub(super) async fn object(&self, object: &str) -> Result<Vec<u8>, StoreError> {
        let answer = self
            .s3()
            .get_object()
            .bucket(&self.names().lake_bucket)
            .key(object)
            .send()
            .await
            .map_err(|error| StoreError::aws("reading a large session", error))?;
        let bytes = answer
            .body
            .collect()
            .await
            .map_err(|error| StoreError::body("reading a large session", error))?;
        Ok(bytes.to_vec())
    }
}
