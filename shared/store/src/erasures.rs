//! Erasures of persons: the order, which lasts until all is done, and the receipt, which lasts for good.
//!
//! What the person is known by is in the order alone, sealed with the account's key. The receipt and everything else names the
//! person by a pseudonym.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::id::{AccountId, SessionId, random_hex};
use domain::person::Identifier;
use domain::time::Instant;
use serde::{Deserialize, Serialize};

use super::error::if_held;
use super::{Item, Store, StoreError, key_item, number, text};
use crate::key::{self, ERASURE_ORDERS, ERASURE_RECEIPTS};

/// What a sealed list of identifiers is bound to, besides its receipt.
const SEALED_FOR: &str = "erasure";

/// What is said of an erasure, to whoever asked for it and for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureReceipt {
    /// Its id.
    pub receipt_id: String,
    /// The person's pseudonym.
    pub person: String,
    /// When it was asked for.
    pub requested_at: Instant,
    /// The id of the token with which it was asked for.
    pub by: String,
    /// When everything was erased; `None` while something is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Instant>,
    /// How many sessions were emptied.
    pub sessions: u64,
    /// How many files were deleted.
    pub files: u64,
    /// How many segments of the lake were written anew.
    pub segments_rewritten: u64,
}

/// An erasure that is not done.
#[derive(Clone, Debug)]
pub struct ErasureOrder {
    /// The id of its receipt.
    pub receipt_id: String,
    /// The person's pseudonym.
    pub person: String,
    /// When it was asked for.
    pub requested_at: Instant,
    /// What the person is known by.
    pub identifiers: BTreeSet<Identifier>,
    /// How far it has come, as whoever works on it says; empty at its beginning.
    pub progress: String,
}

/// A session that an erasure empties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedSession {
    /// Its id.
    pub id: SessionId,
    /// The earliest and the latest `created_at` that it ever had.
    pub lay: (Instant, Instant),
    /// How many files it had.
    pub files: u64,
    /// The S3 key of the body that it had, where that was too large for its item.
    pub body_object: Option<String>,
    /// Whether the table does not have it any more, so that nothing of it comes to the lake.
    pub is_gone: bool,
}

impl Store {
    /// Orders an erasure, unless one that `last` names is the person's last. Fails as `Conflict` where another was ordered
    /// meanwhile.
    pub async fn order_erasure(
        &self,
        account: &AccountId,
        (person, identifiers): (&str, &BTreeSet<Identifier>),
        by: &str,
        last: Option<&str>,
        now: Instant,
    ) -> Result<ErasureReceipt, StoreError> {
        let broken = |error| StoreError::broken("ordering an erasure", error);
        let receipt = ErasureReceipt {
            receipt_id: format!("{:016x}{}", now.0.max(0), random_hex(8)),
            person: person.to_owned(),
            requested_at: now,
            by: by.to_owned(),
            done_at: None,
            sessions: 0,
            files: 0,
            segments_rewritten: 0,
        };
        let id = &receipt.receipt_id;
        let mut kept: Item = serde_dynamo::to_item(&receipt).map_err(broken)?;
        kept.extend(key_item(key::erasure_receipt(account, id)));
        let known = serde_json::to_vec(identifiers)
            .map_err(|error| StoreError::broken("ordering an erasure", error))?;
        let sealing = self.body_key(account).await?.derive(SEALED_FOR);
        let sealed = sealing
            .seal(id.as_bytes(), &known)
            .map_err(|error| StoreError::broken("sealing an erasure", error))?;
        let mut order = key_item(key::erasure_order(account, id));
        order.extend([
            ("person".to_owned(), AttributeValue::S(person.to_owned())),
            ("requested_at".to_owned(), AttributeValue::N(now.0.to_string())),
            ("known".to_owned(), AttributeValue::B(Blob::new(sealed))),
        ]);
        let mut named = key_item(key::erased_person(account, person));
        named.insert("receipt".to_owned(), AttributeValue::S(id.clone()));
        let put = |item| Put::builder().table_name(&self.names().table).set_item(Some(item));
        let named = match last {
            Some(last) => put(named)
                .condition_expression("receipt = :last")
                .expression_attribute_values(":last", AttributeValue::S(last.to_owned())),
            None => put(named).condition_expression("attribute_not_exists(pk)"),
        };
        let mut actions = Vec::new();
        for put in [put(kept), put(order), named] {
            let put = put.build().map_err(|error| StoreError::broken("ordering an erasure", error))?;
            actions.push(TransactWriteItem::builder().put(put).build());
        }
        let sent = self.dynamo().transact_write_items().set_transact_items(Some(actions)).send().await;
        sent.map_err(|error| StoreError::aws("ordering an erasure", error))?;
        Ok(receipt)
    }

    /// The last receipt of a person; `None` for one who was never erased.
    pub async fn erasure_of(
        &self,
        account: &AccountId,
        person: &str,
    ) -> Result<Option<ErasureReceipt>, StoreError> {
        let named = self.get(key::erased_person(account, person)).await?;
        match named.as_ref().and_then(|item| text(item, "receipt")) {
            Some(id) => self.erasure(account, id).await,
            None => Ok(None),
        }
    }

    /// A receipt by its id; `None` where there is none.
    pub async fn erasure(&self, account: &AccountId, id: &str) -> Result<Option<ErasureReceipt>, StoreError> {
        self.get(key::erasure_receipt(account, id)).await?.map(receipt).transpose()
    }

    /// Returns up to `limit` receipts of an account, the newest first, or those after the receipt `after`; and the id of the
    /// last of them where there are more.
    pub async fn erasures(
        &self,
        account: &AccountId,
        limit: u16,
        after: Option<&str>,
    ) -> Result<(Vec<ErasureReceipt>, Option<String>), StoreError> {
        let start = after.map(|id| key_item(key::erasure_receipt(account, id)));
        let answer = self
            .erasures_of_kind(account, ERASURE_RECEIPTS)
            .scan_index_forward(false)
            .limit(i32::from(limit))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| StoreError::aws("listing erasures", error))?;
        let more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default();
        let receipts = items.into_iter().map(receipt).collect::<Result<Vec<_>, _>>()?;
        let last = receipts.last().filter(|_| more).map(|receipt| receipt.receipt_id.clone());
        Ok((receipts, last))
    }

    /// The orders of an account that are not done, the oldest first.
    pub async fn erasure_orders(&self, account: &AccountId) -> Result<Vec<ErasureOrder>, StoreError> {
        let query = self.erasures_of_kind(account, ERASURE_ORDERS).consistent_read(true);
        let items: Result<Vec<Item>, _> = query.into_paginator().items().send().collect().await;
        let items = items.map_err(|error| StoreError::aws("reading erasures", error))?;
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let sealing = self.body_key(account).await?.derive(SEALED_FOR);
        let read = |item: &Item| {
            let receipt_id = text(item, "sk")?.strip_prefix(ERASURE_ORDERS)?.to_owned();
            let sealed = item.get("known")?.as_b().ok()?.as_ref();
            let known = sealing.open(receipt_id.as_bytes(), sealed).ok()?;
            Some(ErasureOrder {
                person: text(item, "person")?.to_owned(),
                requested_at: Instant(number(item, "requested_at")?),
                identifiers: serde_json::from_slice(&known).ok()?,
                progress: text(item, "progress").unwrap_or_default().to_owned(),
                receipt_id,
            })
        };
        let orders: Option<Vec<ErasureOrder>> = items.iter().map(read).collect();
        orders.ok_or_else(|| StoreError::broken("reading an erasure", "it cannot be opened"))
    }

    fn erasures_of_kind(
        &self,
        account: &AccountId,
        kind: &str,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.dynamo()
            .query()
            .table_name(&self.names().table)
            .key_condition_expression("pk = :erasures AND begins_with(sk, :kind)")
            .expression_attribute_values(":erasures", AttributeValue::S(key::erasures(account)))
            .expression_attribute_values(":kind", AttributeValue::S(kind.to_owned()))
    }

    /// Keeps how far an erasure has come.
    pub async fn keep_erasure_progress(
        &self,
        account: &AccountId,
        id: &str,
        progress: &str,
    ) -> Result<(), StoreError> {
        let sent = self
            .update(key::erasure_order(account, id))
            .update_expression("SET progress = :progress")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":progress", AttributeValue::S(progress.to_owned()))
            .send()
            .await;
        if_held(sent.map_err(|error| StoreError::aws("keeping an erasure's progress", error))).map(drop)
    }

    /// Writes the counts of an erasure into its receipt, and that it is done at `now`, unless it was before.
    pub async fn complete_erasure(
        &self,
        account: &AccountId,
        id: &str,
        (sessions, files, segments): (u64, u64, u64),
        now: Instant,
    ) -> Result<(), StoreError> {
        let count = |number: u64| AttributeValue::N(number.to_string());
        let sent = self
            .update(key::erasure_receipt(account, id))
            .update_expression(
                "SET done_at = if_not_exists(done_at, :now), sessions = :sessions, files = :files, \
                 segments_rewritten = :segments",
            )
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", AttributeValue::N(now.0.to_string()))
            .expression_attribute_values(":sessions", count(sessions))
            .expression_attribute_values(":files", count(files))
            .expression_attribute_values(":segments", count(segments))
            .send()
            .await;
        if_held(sent.map_err(|error| StoreError::aws("completing an erasure", error))).map(drop)
    }

    /// Forgets an order, and with it what its person is known by, and the sessions that it emptied.
    pub async fn forget_erasure_order(&self, account: &AccountId, id: &str) -> Result<(), StoreError> {
        let sessions = self.erased_sessions(account, id).await?;
        let keys = sessions.iter().map(|session| key::erased_session(account, id, &session.id));
        self.delete_all(keys.chain([key::erasure_order(account, id)]).collect()).await
    }

    /// Notes that an erasure empties a session. A note that is there stays as it is.
    pub async fn note_erased_session(
        &self,
        account: &AccountId,
        id: &str,
        session: &ErasedSession,
    ) -> Result<(), StoreError> {
        let whole = |number: i64| AttributeValue::N(number.to_string());
        let mut attributes = vec![
            ("first", whole(session.lay.0.0)),
            ("last", whole(session.lay.1.0)),
            ("files", AttributeValue::N(session.files.to_string())),
            ("is_gone", AttributeValue::Bool(session.is_gone)),
        ];
        if let Some(object) = &session.body_object {
            attributes.push(("body_object", AttributeValue::S(object.clone())));
        }
        let put = self.put_new(key::erased_session(account, id, &session.id), attributes).await;
        if_held(put).map(drop)
    }

    /// The sessions that an erasure empties, in the order of their ids.
    pub async fn erased_sessions(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<Vec<ErasedSession>, StoreError> {
        let items = self.partition(key::erased_sessions(account, id)).await?;
        Ok(items.iter().filter_map(erased_session).collect())
    }
}

fn receipt(item: Item) -> Result<ErasureReceipt, StoreError> {
    serde_dynamo::from_item(item).map_err(|error| StoreError::broken("reading an erasure", error))
}

fn erased_session(item: &Item) -> Option<ErasedSession> {
    Some(ErasedSession {
        id: SessionId::try_from(text(item, "sk")?.to_owned()).ok()?,
        lay: (Instant(number(item, "first")?), Instant(number(item, "last")?)),
        files: number(item, "files").and_then(|files| u64::try_from(files).ok()).unwrap_or_default(),
        body_object: text(item, "body_object").map(str::to_owned),
        is_gone: item.get("is_gone").and_then(|gone| gone.as_bool().ok()).copied().unwrap_or_default(),
    })
}
