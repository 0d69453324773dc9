//! What was acknowledged to the platform, kept apart from the sessions themselves, so that each can be held against the
//! other; and what was refused, with its reason.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::{Item, Store, StoreError, key_item, number, text};
use crate::account::Account;
use crate::id::{AccountId, SessionId, random_hex};
use crate::key::{self, Key};
use crate::time::Instant;

/// How much of a batch one item takes: DynamoDB's limit is 400 KB.
const MAX_RECEIPT: usize = 300_000;
/// How many of a batch's receipts are written at once.
const PUTS_AT_ONCE: usize = 16;
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
    /// What is wrong with it.
    pub message: String,
}

/// A stored session that could not be brought into the lake, and why: nothing of what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The stream's number of the record.
    pub sequence: String,
    /// The session.
    pub session_id: SessionId,
    /// Why.
    pub reason: String,
    /// When.
    pub at: String,
}

impl Store {
    /// Keeps that these sessions, with when they began, are acknowledged. Saying it twice is saying it once.
    pub async fn acknowledge(
        &self,
        account: &Account,
        sessions: &[(SessionId, Instant)],
    ) -> Result<(), StoreError> {
        let mut days: BTreeMap<NaiveDate, Vec<String>> = BTreeMap::new();
        for (id, created_at) in sessions {
            let parts = days.entry(created_at.to_utc().date_naive()).or_insert_with(|| vec![String::new()]);
            if parts.last().is_none_or(|part| part.len() > MAX_RECEIPT) {
                parts.push(String::new());
            }
            if let Some(part) = parts.last_mut() {
                // An id has no control characters, so lines tell sessions apart.
                part.push_str(&format!("{} {}\n", created_at.0, id.as_str()));
            }
        }
        let batch = random_hex(12);
        let mut puts = Vec::new();
        for (day, parts) in days {
            // Counted from the day's end: the last of its sessions is kept as long.
            let end = Instant::start_of_day(day, crate::zone::Zone::UTC).plus_seconds(86_400);
            for (number, part) in parts.into_iter().enumerate() {
                let mut item = key_item(key::receipt(&account.id, day, &batch, number));
                item.insert("sessions".to_owned(), AttributeValue::B(Blob::new(part)));
                puts.push(self.put_expiring(item, account.expires_at(end)));
            }
        }
        stream::iter(puts).buffer_unordered(PUTS_AT_ONCE).try_collect().await
    }

    /// The sessions of a UTC day that were acknowledged, with when they began; some more than once.
    pub async fn acknowledged(
        &self,
        account: &AccountId,
        day: NaiveDate,
    ) -> Result<Vec<(SessionId, Instant)>, StoreError> {
        let mut sessions = Vec::new();
        for item in self.partition(key::receipts(account, day)).await? {
            let part = item.get("sessions").and_then(|part| part.as_b().ok()).map(|part| part.as_ref());
            let part = std::str::from_utf8(part.unwrap_or_default())
                .map_err(|error| StoreError::broken("reading a receipt", error))?;
            sessions.extend(part.lines().filter_map(|line| {
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
        self.put_expiring(item, now.plus_seconds(REJECTIONS_KEPT_SECONDS)).await
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

    /// The stored sessions that could not be brought into the lake.
    pub async fn set_aside(&self, account: &AccountId) -> Result<Vec<SetAside>, StoreError> {
        let Key { pk, .. } = key::aside(account.as_str(), "");
        let read = |item: &Item| {
            let (_, session_id) = key::parse_session(text(item, "item")?)?;
            let of = |name| text(item, name).map(str::to_owned);
            Some(SetAside { sequence: of("sk")?, session_id, reason: of("reason")?, at: of("set_aside_at")? })
        };
        Ok(self.partition(pk).await?.iter().filter_map(read).collect())
    }

    /// Sets a record aside. Setting it aside again overwrites it with the same.
    pub async fn set_record_aside(&self, account: &AccountId, aside: &SetAside) -> Result<(), StoreError> {
        let mut item = key_item(key::aside(account.as_str(), &aside.sequence));
        let Key { pk, .. } = key::session(account, &aside.session_id);
        item.insert("item".to_owned(), AttributeValue::S(pk));
        item.insert("reason".to_owned(), AttributeValue::S(aside.reason.clone()));
        item.insert("set_aside_at".to_owned(), AttributeValue::S(aside.at.clone()));
        let put = self.dynamo().put_item().table_name(&self.names().table).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| StoreError::aws("setting a record aside", error))
    }

    /// Forgets a record that was set aside.
    pub async fn forget_aside(&self, account: &AccountId, aside: &SetAside) -> Result<(), StoreError> {
        let delete = self.dynamo().delete_item().table_name(&self.names().table);
        let delete = delete.set_key(Some(key_item(key::aside(account.as_str(), &aside.sequence))));
        delete.send().await.map(drop).map_err(|error| StoreError::aws("forgetting a record", error))
    }

    async fn put_expiring(&self, mut item: Item, expires_at: Instant) -> Result<(), StoreError> {
        item.insert("expires_at".to_owned(), AttributeValue::N(expires_at.seconds().to_string()));
        let put = self.dynamo().put_item().table_name(&self.names().table).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| StoreError::aws("keeping a receipt", error))
    }
}
