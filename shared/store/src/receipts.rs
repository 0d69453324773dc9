//! What was acknowledged to the platform, kept apart from the sessions themselves, so that each can be held against the
//! other; and what was refused, with its reason.

use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::past::EXPIRES_AT;
use super::{Item, Store, StoreError, key_item, number, text};
use crate::key;
use domain::id::{AccountId, SessionId, random_hex};
use domain::lang::Words;
use domain::time::Instant;

/// The most sessions of one receipt: an item takes 400 KB, and a session's id has up to 512 bytes.
pub const MAX_RECEIPT: usize = 500;
/// The attribute of a receipt's sessions: of each when it began, in microseconds, and its id.
const SESSION_SET: &str = "session_set";
/// How many rejected items of a batch are kept with their reasons.
const MAX_REJECTIONS: usize = 100;
/// How long rejections are kept.
const REJECTIONS_KEPT_SECONDS: i64 = 31 * 86_400;

/// An item that ingest could not read, and why. Of what it says there is nothing but its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The session's id, where it could be read.
    pub session_id: Option<SessionId>,
    /// The field that is wrong.
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

/// The receipt of a session that was stored before items told the name of theirs: always the same one, so that the
/// session is in it once, however often it comes. Such sessions of a day have 256 receipts.
pub(super) fn receipt_without_name(id: &SessionId) -> String {
    format!("unnamed#{:02x}", Sha256::digest(id.as_str())[0])
}

/// The sessions of a receipt.
fn set(item: &Item) -> impl Iterator<Item = &str> {
    item.get(SESSION_SET).and_then(|set| set.as_ss().ok()).into_iter().flatten().map(String::as_str)
}

impl Store {
    /// Keeps in a receipt that these sessions, which began on a UTC day at these instants, are acknowledged. Keeping it twice
    /// is keeping it once. `is_new` says that the receipt holds none of them yet; else it is asked first, which costs less
    /// than to write again what is there.
    pub async fn keep_receipt(
        &self,
        account: &AccountId,
        (day, receipt): (NaiveDate, &str),
        sessions: &[(SessionId, Instant)],
        is_new: bool,
    ) -> Result<(), StoreError> {
        let mut lines: BTreeSet<String> =
            sessions.iter().map(|(id, created_at)| format!("{} {}", created_at.0, id.as_str())).collect();
        let at = key::receipt(account, day, receipt);
        if !is_new {
            let kept = self.get(at.clone()).await?.unwrap_or_default();
            let kept: HashSet<&str> = set(&kept).collect();
            lines.retain(|line| !kept.contains(line.as_str()));
        }
        if lines.is_empty() {
            return Ok(());
        }
        let update = self
            .update(at)
            .update_expression(format!("ADD {SESSION_SET} :lines"))
            .expression_attribute_values(":lines", AttributeValue::Ss(lines.into_iter().collect()));
        update.send().await.map(drop).map_err(|error| StoreError::aws("keeping a receipt", error))
    }

    /// The sessions of a UTC day that were acknowledged, with when they began; some more than once.
    pub async fn acknowledged(
        &self,
        account: &AccountId,
        day: NaiveDate,
    ) -> Result<Vec<(SessionId, Instant)>, StoreError> {
        let mut sessions = Vec::new();
        for item in self.partition(key::receipts(account, day)).await? {
            // As it was kept before receipts could be added to.
            let text = item.get("sessions").and_then(|text| text.as_b().ok()).map(|text| text.as_ref());
            let text = std::str::from_utf8(text.unwrap_or_default())
                .map_err(|error| StoreError::broken("reading a receipt", error))?;
            sessions.extend(text.lines().chain(set(&item)).filter_map(|line| {
                let (created, id) = line.split_once(' ')?;
                Some((SessionId::try_from(id.to_owned()).ok()?, Instant(created.parse().ok()?)))
            }));
        }
        Ok(sessions)
    }

    /// Keeps why items of a batch were rejected, the first hundred of them, for a month.
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

    /// What was rejected on a UTC day and when, oldest first.
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
