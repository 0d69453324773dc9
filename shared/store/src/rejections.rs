//! Keeps what was rejected of deliveries, with the reasons, for the console.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::expiry::EXPIRES_AT;
use super::{Item, Store, StoreError, key_item, number, text};
use crate::key;
use domain::id::{AccountId, SessionId, random_hex};
use domain::lang::Words;
use domain::time::Instant;

/// How many rejected items of a batch are kept with their reasons.
const MAX_REJECTIONS: usize = 100;
/// For how many seconds rejections are kept.
const REJECTIONS_KEPT_SECONDS: i64 = 31 * 86_400;

/// An item of a delivery that ingest rejected, and why. It contains nothing of the item but its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The session's id, where it could be read.
    pub session_id: Option<SessionId>,
    /// The name of the field that is wrong; `None` where no single field is.
    pub field: Option<String>,
    /// What is wrong with it, in English.
    message: String,
    /// The same in Portuguese; not with what an earlier version of this software noted.
    #[serde(default)]
    message_pt: Option<String>,
}

impl Rejection {
    /// What is kept of an item that was refused for this reason, which must not quote the item.
    pub fn new(session_id: Option<SessionId>, field: Option<String>, reason: Words) -> Rejection {
        let (message, message_pt) = (reason.en.into_owned(), Some(reason.pt.into_owned()));
        Rejection { session_id, field, message, message_pt }
    }

    /// What is wrong with the item.
    pub fn reason(&self) -> Words {
        let en = self.message.clone();
        Words::new(self.message_pt.clone().unwrap_or_else(|| en.clone()), en)
    }
}

impl Store {
    /// Keeps why items of a batch were rejected, for 31 days. Of a longer list, the first hundred are kept.
    pub async fn note_rejections(
        &self,
        account: &AccountId,
        rejections: &[Rejection],
        now: Instant,
    ) -> Result<(), StoreError> {
        let kept = &rejections[..rejections.len().min(MAX_REJECTIONS)];
        let text =
            serde_json::to_string(kept).map_err(|error| StoreError::broken("noting rejections", error))?;
        let day = now.to_utc().date_naive();
        let mut item = key_item(key::rejection(account, day, &format!("{}#{}", now.0, random_hex(4))));
        item.insert("rejections".to_owned(), AttributeValue::S(text));
        item.insert("rejected_at".to_owned(), AttributeValue::N(now.0.to_string()));
        let expires_at = now.plus_seconds(REJECTIONS_KEPT_SECONDS).seconds();
        item.insert(EXPIRES_AT.to_owned(), AttributeValue::N(expires_at.to_string()));
        let put = self.dynamo().put_item().table_name(&self.names().table).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| StoreError::aws("noting rejections", error))
    }

    /// Returns what was rejected on a UTC day: for each batch, when, and the rejected items. The oldest batch
    /// comes first.
    pub async fn rejections(
        &self,
        account: &AccountId,
        day: NaiveDate,
    ) -> Result<Vec<(Instant, Vec<Rejection>)>, StoreError> {
        let broken = |error| StoreError::broken("reading rejections", error);
        let read = |item: &Item| {
            let rejections = text(item, "rejections").unwrap_or("[]");
            let at = Instant(number(item, "rejected_at").unwrap_or_default());
            Ok((at, serde_json::from_str(rejections).map_err(broken)?))
        };
        self.partition(key::rejections(account, day)).await?.iter().map(read).collect()
    }
}
