//! Values that ingest could not read and left out, counted by field and UTC day, so that whoever looks after a platform
//! learns what it sends. There is one item for each field, so that what is kept is bounded by the dictionary.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use futures::{StreamExt, TryStreamExt, stream};

use super::expiry::EXPIRES_AT;
use super::{Item, Store, StoreError, number, text};
use crate::key;
use domain::id::AccountId;
use domain::lang::Words;
use domain::time::Instant;

/// How many fields are counted at once.
const AT_ONCE: usize = 16;
/// How long counts are kept.
const KEPT_SECONDS: i64 = 31 * 86_400;

/// Values of one field that were left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The field, or the path of an object of the platform's document.
    pub field: String,
    /// How many there were.
    pub count: i64,
    /// Why the latest of them was left out, without what was sent.
    pub reason: Words,
    /// The shape of the latest of them: every letter and digit covered, for a value may be personal.
    pub shape: String,
    /// When the latest of them came.
    pub last_at: Instant,
}

impl Store {
    /// Adds what a batch left out to the counts of its day. What comes again is counted again.
    pub async fn note_left_out(&self, account: &AccountId, values: &[LeftOut]) -> Result<(), StoreError> {
        let notes = values.iter().map(|value| self.note_field(account, value));
        stream::iter(notes.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn note_field(&self, account: &AccountId, value: &LeftOut) -> Result<(), StoreError> {
        let at = key::left_out_field(account, value.last_at.to_utc().date_naive(), &value.field);
        let integer = |number: i64| AttributeValue::N(number.to_string());
        let expires_at = value.last_at.plus_seconds(KEPT_SECONDS).seconds();
        let update = self
            .update(at)
            .update_expression(format!(
                "ADD left_out :count SET reason_pt = :pt, reason_en = :en, value_shape = :shape, last_at = :at, \
                 {EXPIRES_AT} = :expires_at"
            ))
            .expression_attribute_values(":count", integer(value.count))
            .expression_attribute_values(":pt", AttributeValue::S(value.reason.pt.to_string()))
            .expression_attribute_values(":en", AttributeValue::S(value.reason.en.to_string()))
            .expression_attribute_values(":shape", AttributeValue::S(value.shape.clone()))
            .expression_attribute_values(":at", integer(value.last_at.0))
            .expression_attribute_values(":expires_at", integer(expires_at));
        update.send().await.map(drop).map_err(|error| StoreError::aws("counting what was left out", error))
    }

    /// What was left out on a UTC day, by field.
    pub async fn left_out(&self, account: &AccountId, day: NaiveDate) -> Result<Vec<LeftOut>, StoreError> {
        Ok(self.partition(key::left_out(account, day)).await?.iter().filter_map(read).collect())
    }
}

fn read(item: &Item) -> Option<LeftOut> {
    let reason = |name| text(item, name).unwrap_or_default().to_owned();
    Some(LeftOut {
        field: text(item, "sk")?.to_owned(),
        count: number(item, "left_out")?,
        reason: Words::new(reason("reason_pt"), reason("reason_en")),
        shape: text(item, "value_shape").unwrap_or_default().to_owned(),
        last_at: Instant(number(item, "last_at").unwrap_or_default()),
    })
}
