//! The quarantine: records of the stream whose sessions could not be read, each with the reason. A record
//! stays until its session can be read.

use aws_sdk_dynamodb::types::AttributeValue;

use super::error::if_held;
use super::wait::doubled;
use super::{Item, Store, StoreError, key_item, number, text};
use crate::key::{self, Key};
use domain::id::{AccountId, SessionId};
use domain::time::Instant;

/// How many seconds pass before a quarantined record is tried again for the first time. The wait doubles with
/// each attempt.
const FIRST_WAIT_SECONDS: i64 = 60;
/// The longest wait between two attempts, in seconds.
const LONGEST_WAIT_SECONDS: i64 = 86_400;

/// The attribute that says when a record was quarantined. It is an old name that existing tables hold.
const QUARANTINED_AT: &str = "set_aside_at";

/// A record of a stored session that could not be brought into the lake, and why. It contains nothing of the
/// session but its id and when it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The record's sequence number in the stream, in decimal.
    pub sequence: String,
    /// The session that the record is about.
    pub session_id: SessionId,
    /// Where the session lay before this record: nowhere where it was new, or where an earlier version kept the record;
    /// in several places where it moved shortly before.
    pub before: Vec<Instant>,
    /// Why it could not be read, the last time.
    pub reason: String,
    /// When the record was quarantined, in RFC 3339.
    pub at: String,
    /// How many times it was tried again.
    pub attempts: u32,
    /// When it is tried again next.
    pub next_at: Instant,
}

impl Quarantined {
    /// Describes a record that could not be read at `now`.
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

    /// Returns the record after one more failed attempt.
    pub fn tried_again(self, reason: String, now: Instant) -> Quarantined {
        let attempts = self.attempts.saturating_add(1);
        Quarantined { reason, attempts, next_at: now.plus_seconds(wait_seconds(attempts)), ..self }
    }
}

/// Returns how many seconds a record waits that was tried again `attempts` times: a minute at first, then
/// twice as long each time, and never more than a day.
fn wait_seconds(attempts: u32) -> i64 {
    doubled(FIRST_WAIT_SECONDS, attempts, LONGEST_WAIT_SECONDS)
}

/// A page of an account's quarantined records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinePage {
    /// The records in the order of their sequence numbers as texts.
    pub records: Vec<Quarantined>,
    /// The sequence number after which the next page begins; `None` after the last page.
    pub next: Option<String>,
}

impl Store {
    /// Quarantines a record. A record that is quarantined already stays as it is.
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

    /// Returns all quarantined records of an account.
    pub async fn quarantined(&self, account: &AccountId) -> Result<Vec<Quarantined>, StoreError> {
        Ok(self.partition(key::quarantine(account)).await?.iter().filter_map(read).collect())
    }

    /// Returns up to `limit` quarantined records of an account: the first ones, or those after the sequence
    /// number `after`.
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

    /// Keeps the outcome of a record's last attempt. Does nothing where the record has left the quarantine.
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

    /// Removes a record from the quarantine.
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
    let several = item.get("created_before").and_then(|value| value.as_ns().ok()).into_iter().flatten();
    let before = several.filter_map(|at| at.parse().ok()).chain(number(item, "created_before")).map(Instant);
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
