//! Small documents that are read and written whole: JSON in one attribute of one item.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Store, StoreError, StoreErrorKind, key_item, text};
use crate::key::Key;
use domain::id::random_hex;

/// How many times a change is tried where other writers are faster.
const ATTEMPTS: usize = 20;

/// A document as it was read.
struct Read<T> {
    value: T,
    /// A random text that the last write left, which tells one state of the document from another; `None`
    /// before the first write.
    stamp: Option<String>,
}

impl Store {
    /// Reads a document; it is the default before the first write.
    pub(super) async fn document<T: DeserializeOwned + Default>(&self, at: Key) -> Result<T, StoreError> {
        Ok(self.read_document(at).await?.value)
    }

    /// Changes a document and returns what `change` returned. Nothing is written where `change` fails. Where
    /// another writer was faster, `change` is called again with the document as it is then, and only the last
    /// call counts. Fails as `Busy` where that happens too often.
    pub(super) async fn change_document<T, R, E>(
        &self,
        at: Key,
        change: impl Fn(&mut T) -> Result<R, E>,
    ) -> Result<R, E>
    where
        T: DeserializeOwned + Serialize + Default,
        E: From<StoreError>,
    {
        let ours = random_hex(8);
        let mut made = None;
        for _ in 0..ATTEMPTS {
            let mut read = self.read_document::<T>(at.clone()).await?;
            // The SDK repeats a write whose answer was lost, and the repetition is refused. Our stamp shows
            // that the first one was made.
            if let Some(result) = made.take().filter(|_| read.stamp.as_ref() == Some(&ours)) {
                return Ok(result);
            }
            let result = change(&mut read.value)?;
            match self.write_document(at.clone(), &read, &ours).await {
                Err(error) if error.kind == StoreErrorKind::Conflict => made = Some(result),
                written => return Ok(written.map(|()| result)?),
            }
        }
        Err(StoreError::busy("changing a document", "others change it all the time").into())
    }

    async fn read_document<T: DeserializeOwned + Default>(&self, at: Key) -> Result<Read<T>, StoreError> {
        let Some(item) = self.get(at).await? else { return Ok(Read { value: T::default(), stamp: None }) };
        let json = text(&item, "document").unwrap_or_default();
        let value =
            serde_json::from_str(json).map_err(|error| StoreError::broken("reading a document", error))?;
        Ok(Read { value, stamp: text(&item, "stamp").map(str::to_owned) })
    }

    /// Writes a document in the place of the one that was read. Fails as `Conflict` where it has changed
    /// since.
    async fn write_document<T: Serialize>(
        &self,
        at: Key,
        read: &Read<T>,
        stamp: &str,
    ) -> Result<(), StoreError> {
        let json = serde_json::to_string(&read.value)
            .map_err(|error| StoreError::broken("writing a document", error))?;
        let mut item = key_item(at);
        item.insert("document".to_owned(), AttributeValue::S(json));
        item.insert("stamp".to_owned(), AttributeValue::S(stamp.to_owned()));
        let put = self.dynamo().put_item().table_name(&self.names().table).set_item(Some(item));
        let put = match &read.stamp {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(there) => put
                .condition_expression("stamp = :there")
                .expression_attribute_values(":there", AttributeValue::S(there.clone())),
        };
        put.send().await.map_err(|error| StoreError::aws("writing a document", error))?;
        Ok(())
    }
}
