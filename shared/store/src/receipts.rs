//! Keeps which sessions were acknowledged to the platform, apart from the sessions themselves, so that each
//! can be compared with the other.

use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::{Item, Store, StoreError};
use crate::key;
use domain::account::Account;
use domain::id::{AccountId, SessionId};
use domain::time::Instant;

/// The most sessions that one receipt holds: an item has at most 400 KB, and a session's id up to 512 bytes.
pub const MAX_RECEIPT: usize = 500;
/// The attribute with a receipt's sessions. It is a set of texts, each of which is when a session began, in
/// microseconds, then a space and the session's id.
const SESSION_SET: &str = "session_set";
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

    /// Returns how many different sessions were acknowledged that began on a day in the account's zone. A session whose
    /// beginning was corrected since counts on the day of each.
    ///
    /// It reads the receipts of the one or two UTC days that the day touches whole. A session takes about 50 bytes of them, so
    /// 10,000 sessions a day cost about 250 read units.
    pub async fn acknowledged_on(&self, account: &Account, day: NaiveDate) -> Result<usize, StoreError> {
        let period = Instant::of_days((day, day), account.zone);
        let mut ids = HashSet::new();
        for day in Instant::utc_days(&period) {
            let sessions = self.acknowledged(&account.id, day).await?;
            ids.extend(sessions.into_iter().filter(|(_, began)| period.contains(began)).map(|(id, _)| id));
        }
        Ok(ids.len())
    }
}
