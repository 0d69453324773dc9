//! The quarantine: stream records of stored sessions that could not be read, with the reason, until somebody can.

use aws_sdk_dynamodb::types::AttributeValue;

use super::error::if_held;
use super::{Item, Store, StoreError, key_item, number, text};
use crate::key::{self, Key};
use domain::id::{AccountId, SessionId};
use domain::time::Instant;

/// The wait before the first attempt to read a quarantined record again; it doubles with each attempt.
const FIRST_WAIT_SECONDS: i64 = 60;
/// The longest wait between two attempts.
const LONGEST_WAIT_SECONDS: i64 = 86_400;

/// The attribute that says when a record was quarantined. Tables hold it under this name, so it stays.
const QUARANTINED_AT: &str = "set_aside_at";

/// A stored session that could not be brought into the lake, and why: nothing of what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The stream's number of the record.
    pub sequence: String,
    /// The session.
    pub session_id: SessionId,
    /// Where the session lay before this record: nowhere where it was new, or where an earlier version kept the record;
    /// in several places where it moved shortly before.
    pub before: Vec<Instant>,
    /// Why it could not be read, the last time.
    pub reason: String,
    /// When it was quarantined, in RFC 3339.
    pub at: String,
    /// How often it was tried again.
    pub attempts: u32,
    /// When it is tried again.
    pub next_at: Instant,
}

impl Quarantined {
    /// A record that could not be read just now.
    pub fn new(
        sequence: String,
        session_id: SessionId,
        before: Vec<Instant>,
        reason: String,
        now: Instant,
    ) -> Quarantined {
        let next_at = now.plus_seconds(wait_seconds(0));
        Quarantined { sequence, session_id, before, reason, at: now.to_rfc3339(), attempts: 0, next_at }
    }

    /// The record after one more attempt in vain.
    pub fn tried_again(self, reason: String, now: Instant) -> Quarantined {
        let attempts = self.attempts.saturating_add(1);
        Quarantined { reason, attempts, next_at: now.plus_seconds(wait_seconds(attempts)), ..self }
    }
}

/// How long a record waits that was tried again so often: a minute, doubling up to a day.
fn wait_seconds(attempts: u32) -> i64 {
    (FIRST_WAIT_SECONDS << attempts.min(16)).min(LONGEST_WAIT_SECONDS)
}

/// Some quarantined records of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinePage {
    /// In the order of their sequence numbers as texts.
    pub records: Vec<Quarantined>,
    /// After which sequence number the next page begins; `None` where there is none.
    pub next: Option<String>,
}

impl Store {
    /// Quarantines a record. One that is quarantined already stays as it is.
    pub async fn quarantine(&self, account: &AccountId, record: &Quarantined) -> Result<(), StoreError> {
        let Key { pk, .. } = key::session(account, &record.session_id);
        let mut attributes = vec![
            ("item", AttributeValue::S(pk)),
            ("reason", AttributeValue::S(record.reason.clone())),
            (QUARANTINED_AT, AttributeValue::S(record.at.clone())),
            ("attempts", integer(i64::from(record.attempts))),
            ("next_at", integer(record.next_at.0)),
        ];
        if !record.before.is_empty() {
            let before = record.before.iter().map(|at| at.0.to_string()).collect();
            attributes.push(("created_before", AttributeValue::Ns(before)));
        }
        let put = self.put_new(key::quarantined(account, &record.sequence), attributes).await;
        if_held(put).map(drop)
    }

    /// All quarantined records of an account.
    pub async fn quarantined(&self, account: &AccountId) -> Result<Vec<Quarantined>, StoreError> {
        Ok(self.partition(key::quarantine(account)).await?.iter().filter_map(read).collect())
    }

    /// Up to `limit` of them: the first, or those after a sequence number.
    pub async fn quarantine_page(
        &self,
        account: &AccountId,
        after: Option<&str>,
        limit: u16,
    ) -> Result<QuarantinePage, StoreError> {
        let query = self.dynamo().query().table_name(&self.names().table);
        let answer = query
            .key_condition_expression("pk = :quarantine")
            .expression_attribute_values(":quarantine", AttributeValue::S(key::quarantine(account)))
            .set_exclusive_start_key(after.map(|sequence| key_item(key::quarantined(account, sequence))))
            .limit(i32::from(limit))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::aws("reading the quarantine", error))?;
        let next = answer.last_evaluated_key.as_ref().and_then(|last| text(last, "sk")).map(str::to_owned);
        Ok(QuarantinePage {
            records: answer.items.unwrap_or_default().iter().filter_map(read).collect(),
            next,
        })
    }

    /// Keeps the last attempt of a record, unless it is quarantined no more.
    pub async fn keep_attempt(&self, account: &AccountId, record: &Quarantined) -> Result<(), StoreError> {
        let sent = self
            .update(key::quarantined(account, &record.sequence))
            .update_expression("SET reason = :reason, attempts = :attempts, next_at = :next")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":reason", AttributeValue::S(record.reason.clone()))
            .expression_attribute_values(":attempts", integer(i64::from(record.attempts)))
            .expression_attribute_values(":next", integer(record.next_at.0))
            .send()
            .await;
        if_held(sent.map_err(|error| StoreError::aws("keeping a record in quarantine", error))).map(drop)
    }

    /// Lets a record leave the quarantine.
    pub async fn forget_quarantined(
        &self,
        account: &AccountId,
        record: &Quarantined,
    ) -> Result<(), StoreError> {
        let delete = self.dynamo().delete_item().table_name(&self.names().table);
        let delete = delete.set_key(Some(key_item(key::quarantined(account, &record.sequence))));
        delete.send().await.map(drop).map_err(|error| StoreError::aws("forgetting a record", error))
    }
}

/// A record as it is kept. Earlier versions kept neither attempts nor where the session lay, and then one place alone.
fn read(item: &Item) -> Option<Quarantined> {
    let (_, session_id) = key::parse_session(text(item, "item")?)?;
    let of = |name| text(item, name).map(str::to_owned);
    let places = item.get("created_before").and_then(|places| places.as_ns().ok()).into_iter().flatten();
    let before = places.filter_map(|at| at.parse().ok()).chain(number(item, "created_before")).map(Instant);
    Some(Quarantined {
        sequence: of("sk")?,
        session_id,
        before: before.collect(),
        reason: of("reason")?,
        at: of(QUARANTINED_AT)?,
        attempts: number(item, "attempts").and_then(|attempts| attempts.try_into().ok()).unwrap_or(0),
        next_at: Instant(number(item, "next_at").unwrap_or(0)),
    })
}

fn integer(n: i64) -> AttributeValue {
    AttributeValue::N(n.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_waits_a_minute_and_twice_as_long_each_time_up_to_a_day() {
        let waits: Vec<i64> = [0, 1, 2, 10, 11, u32::MAX].map(wait_seconds).to_vec();
        assert_eq!(waits, [60, 120, 240, 61_440, 86_400, 86_400]);
    }
}
