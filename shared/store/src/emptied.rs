//! Empties sessions in the table, as an erasure asks for.
//!
//! The item of an emptied session says so, which is how a later delivery knows that it must be emptied too; it names the
//! person by a pseudonym alone.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::account::Account;
use domain::id::{AccountId, SessionId};
use domain::session::Session;
use domain::time::Instant;

use super::bodies::{BODY, BODY_OBJECT};
use super::error::if_held;
use super::sessions::{ACCEPTED_AT, HASH, PROGRESS, created_at_history};
use super::{Item, Store, StoreError, binary, number, text};
use crate::key;

/// The attribute of an emptied session's item: the pseudonym of the person who was erased.
pub(super) const ERASED: &str = "erased";

/// Whether an item is of a session that was emptied.
pub(super) fn is_emptied(item: &Item) -> bool {
    item.contains_key(ERASED)
}

/// What the table has of a session that is to be emptied.
#[derive(Clone, Debug)]
pub enum Emptying {
    /// It is whole, and this is it.
    Whole(Box<WholeSession>),
    /// It has been emptied already.
    Emptied,
    /// It was accepted after the erasure was asked for: with it, the person begins anew.
    Later,
    /// The table does not have it any more.
    Gone,
}

/// A session that is to be emptied.
#[derive(Clone, Debug)]
pub struct WholeSession {
    /// The session.
    pub session: Session,
    /// The earliest and the latest `created_at` that it ever had, between which it lies in the lake.
    pub lay: (Instant, Instant),
    /// The S3 key of its body, where that is too large for the item.
    pub body_object: Option<String>,
    version: i64,
    hash: Vec<u8>,
}

impl Store {
    /// Reads a session that an erasure asked for at `requested_at` is to empty.
    pub async fn to_be_emptied(
        &self,
        account: &AccountId,
        id: &SessionId,
        requested_at: Instant,
    ) -> Result<Emptying, StoreError> {
        let Some(item) = self.get(key::session(account, id)).await? else { return Ok(Emptying::Gone) };
        if is_emptied(&item) {
            return Ok(Emptying::Emptied);
        }
        if number(&item, ACCEPTED_AT).is_some_and(|at| at > requested_at.0) {
            return Ok(Emptying::Later);
        }
        let session = self.read_body(account, id, &item).await?;
        let present = number(&item, "created_at").map(Instant);
        let history: Vec<Instant> = created_at_history(&item).into_iter().chain(present).collect();
        let (first, last) = (history.iter().min().copied(), history.iter().max().copied());
        Ok(Emptying::Whole(Box::new(WholeSession {
            session,
            lay: (first.unwrap_or(Instant(0)), last.unwrap_or(Instant(0))),
            body_object: text(&item, BODY_OBJECT).map(str::to_owned),
            version: number(&item, "version").unwrap_or(i64::MIN),
            hash: binary(&item, HASH),
        })))
    }

    /// Empties a session as it was read, for the person with this pseudonym. Its version stays: deliveries go on from where
    /// they were. `false` where it has changed since it was read; then nothing is written.
    pub async fn empty_session(
        &self,
        account: &Account,
        id: &SessionId,
        whole: &WholeSession,
        person: &str,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let emptied = whole.session.emptied();
        let packed = self.pack_body(&account.id, id, &emptied).await?;
        let (kept_as, body) = self.keep_body(&account.id, id, packed, now).await?;
        let dropped = if kept_as == BODY { BODY_OBJECT } else { BODY };
        let bytes = |bytes: Vec<u8>| AttributeValue::B(Blob::new(bytes));
        let sent = self
            .update(key::session(&account.id, id))
            .update_expression(format!(
                "SET {ERASED} = :person, #hash = :hash, {PROGRESS} = if_not_exists({PROGRESS}, :progress), \
                 {kept_as} = :body, stored_at = :now REMOVE {dropped}"
            ))
            // Not all items of the first versions of this software have a hash.
            .condition_expression(format!(
                "version = :version AND (#hash = :before OR attribute_not_exists(#hash)) AND attribute_not_exists({ERASED})"
            ))
            .expression_attribute_names("#hash", HASH)
            .expression_attribute_values(":person", AttributeValue::S(person.to_owned()))
            .expression_attribute_values(":hash", bytes(emptied.hash().to_vec()))
            .expression_attribute_values(":progress", bytes(whole.session.version(now).progress))
            .expression_attribute_values(":body", body)
            .expression_attribute_values(":now", AttributeValue::N(now.0.to_string()))
            .expression_attribute_values(":version", AttributeValue::N(whole.version.to_string()))
            .expression_attribute_values(":before", bytes(whole.hash.clone()))
            .send()
            .await;
        let written = if_held(sent.map_err(|error| StoreError::aws("emptying a session", error)))?;
        Ok(written.is_some())
    }
}
