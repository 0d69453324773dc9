//! Keeps which sessions were acknowledged to the platform, apart from the sessions themselves, so that each
//! can be compared with the other. Also keeps what was rejected, with the reasons.

use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::retention::EXPIRES_AT;
use super::{Item, Store, StoreError, key_item, number, text};
use crate::key;
use domain::id::{AccountId, SessionId, random_hex};
use domain::lang::Words;
use domain::time::Instant;

/// The most sessions that one receipt holds: an item has at most 400 KB, and a session's id up to 512 bytes.
pub const MAX_RECEIPT: usize = 500;
/// The attribute with a receipt's sessions. It is a set of texts, each of which is when a session began, in
/// microseconds, then a space and the session's id.
const SESSION_SET: &str = "session_set";
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

/// Returns the name of the receipt for a session that was stored before items carried the name of their
/// receipt. It follows from the session's id, so that the session is in one receipt only, however often it is
/// delivered. There are 256 such names per day.
pub(super) fn receipt_without_name(id: &SessionId) -> String {
    format!("unnamed#{:02x}", Sha256::digest(id.as_str())[0])
}

/// The lines of a receipt, one per session.
fn set(item: &Item) -> impl Iterator<Item = &str> {
    item.get(SESSION_SET).and_then(|set| set.as_ss().ok()).into_iter().flatten().map(String::as_str)
}

impl Store {
    /// Adds sessions, each with when it began, to a receipt of the UTC day on which they began: they are
    /// acknowledged. Adding a session again changes nothing. `is_new` says that the receipt holds none of
    /// them yet. Otherwise the receipt is read first, because reading it costs less than writing again what
    /// it holds.
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

    /// Returns the acknowledged sessions that began on a UTC day, each with when it began. A session may
    /// occur more than once.
    pub async fn acknowledged(
        &self,
        account: &AccountId,
        day: NaiveDate,
    ) -> Result<Vec<(SessionId, Instant)>, StoreError> {
        let mut sessions = Vec::new();
        for item in self.partition(key::receipts(account, day)).await? {
            // An earlier version of this software kept a receipt as one text, to which nothing could be
            // added.
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
