//! The write of a session: a join, so that any order and any number of deliveries end in the same state.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::bodies::{BODY, BODY_OBJECT, fits_item};
use super::past::EXPIRES_AT;
use super::receipts::receipt_without_name;
use super::sessions::CREATED_AT_HISTORY;
use super::{Item, Store, StoreError, number, text};
use crate::key;
use domain::account::Account;
use domain::id::SessionId;
use domain::session::{Identity, Session};
use domain::time::Instant;

/// The attribute of the receipt that keeps that a session's latest version was acknowledged.
const RECEIPT: &str = "receipt";
/// The most instants of `created_at` that a session's history names one by one.
const MOST_INSTANTS: i64 = 16;
/// How often a history is shortened against deliveries that change the session at the same time.
const ATTEMPTS: usize = 4;

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is the session's latest version now.
    Accepted,
    /// The very same version was there already.
    Unchanged {
        /// The receipt that keeps that it was acknowledged, if it was (`Store::keep_receipt`).
        receipt: String,
    },
    /// A newer version was there already.
    Stale,
}

/// What the sessions of a delivery have in common.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'d> {
    /// The receipt that is to keep that they are acknowledged.
    pub receipt: &'d str,
    /// When it came.
    pub now: Instant,
}

/// What orders the versions of a session: the greater one stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    at: i64,
    hash: Vec<u8>,
}

impl Version {
    /// That of an item; the least there is for an item without one.
    fn of(item: &Item) -> Version {
        let hash = item.get("hash").and_then(|hash| hash.as_b().ok());
        Version {
            at: number(item, "version").unwrap_or(i64::MIN),
            hash: hash.map(|hash| hash.as_ref().to_vec()).unwrap_or_default(),
        }
    }

    /// What a delivery of this version of a session comes to where that item is there; `None` where it is newer.
    fn against(&self, there: &Item, id: &SessionId) -> Option<Put> {
        match self.cmp(&Version::of(there)) {
            std::cmp::Ordering::Less => Some(Put::Stale),
            std::cmp::Ordering::Equal => {
                let receipt = text(there, RECEIPT).map_or_else(|| receipt_without_name(id), str::to_owned);
                Some(Put::Unchanged { receipt })
            }
            std::cmp::Ordering::Greater => None,
        }
    }
}

/// How a write goes on with the history of `created_at`.
enum History {
    /// One more instant, unless there are too many.
    Longer,
    /// Its ends alone, in the place of this version's.
    Shorter { instants: BTreeSet<i64>, of: Version },
}

impl Store {
    /// Writes a version of a session; the greater `(version, hash)` stays. One conditional write; `accepted_at` stays that
    /// of the first version. A body that does not fit the item is uploaded only for a version that is newer than what is
    /// there.
    pub async fn put_session(
        &self,
        account: &Account,
        identity: &Identity,
        session: &Session,
        delivery: Delivery<'_>,
    ) -> Result<Put, StoreError> {
        let version = Version { at: identity.version.0, hash: session.hash().to_vec() };
        let packed = self.pack_body(&account.id, &identity.id, session).await?;
        if !fits_item(&packed)
            && let Some(there) = self.get(key::session(&account.id, &identity.id)).await?
            && let Some(put) = version.against(&there, &identity.id)
        {
            return Ok(put);
        }
        let (kept_as, body) = self.keep_body(&account.id, &identity.id, packed, delivery.now).await?;
        let mut history = History::Longer;
        for _ in 0..ATTEMPTS {
            let update = self.writing(account, identity, &version, (kept_as, &body), delivery, &history);
            let Some(there) = refused(update).await? else { return Ok(Put::Accepted) };
            if let Some(put) = version.against(&there, &identity.id) {
                return Ok(put);
            }
            history = shortened(&there, identity.created_at);
        }
        Err(StoreError::busy("writing a session", "others change it all the time"))
    }

    fn writing(
        &self,
        account: &Account,
        identity: &Identity,
        version: &Version,
        (kept_as, body): (&str, &AttributeValue),
        delivery: Delivery<'_>,
        history: &History,
    ) -> UpdateItemFluentBuilder {
        let day = identity.created_at.to_utc().date_naive();
        // An earlier version of this software kept when a session expires; that of its earlier `created_at` does not hold.
        let dropped = format!("{}, {EXPIRES_AT}", if kept_as == BODY { BODY_OBJECT } else { BODY });
        let sets = format!(
            "SET version = :version, #hash = :hash, created_at = :created, {kept_as} = :body, \
             stored_at = :now, {RECEIPT} = :receipt, listing_pk = :listing, listing_sk = :created_text, accepted_at = if_not_exists(accepted_at, :now)"
        );
        let created_text = AttributeValue::S(identity.created_at.to_rfc3339());
        let update = self
            .update(key::session(&account.id, &identity.id))
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_values(":version", integer(version.at))
            .expression_attribute_values(":hash", bytes(&version.hash))
            .expression_attribute_values(":created", integer(identity.created_at.0))
            .expression_attribute_values(":body", body.clone())
            .expression_attribute_values(
                ":listing",
                AttributeValue::S(key::sessions_listing(&account.id, day)),
            )
            .expression_attribute_values(":created_text", created_text)
            .expression_attribute_values(":now", integer(delivery.now.0))
            .expression_attribute_values(":receipt", AttributeValue::S(delivery.receipt.to_owned()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match history {
            History::Longer => update
                .update_expression(format!("{sets} REMOVE {dropped} ADD {CREATED_AT_HISTORY} :instant"))
                .condition_expression(format!(
                    "attribute_not_exists(pk) OR \
                     ((version < :version OR (version = :version AND #hash < :hash)) AND \
                     (attribute_not_exists({CREATED_AT_HISTORY}) OR size({CREATED_AT_HISTORY}) < :most OR \
                     contains({CREATED_AT_HISTORY}, :created)))",
                ))
                .expression_attribute_values(":instant", numbers([identity.created_at.0]))
                .expression_attribute_values(":most", integer(MOST_INSTANTS)),
            History::Shorter { instants, of } => update
                .update_expression(format!("{sets}, {CREATED_AT_HISTORY} = :instants REMOVE {dropped}"))
                .condition_expression("version = :there AND #hash = :hash_there")
                .expression_attribute_values(":instants", numbers(instants.iter().copied()))
                .expression_attribute_values(":there", integer(of.at))
                .expression_attribute_values(":hash_there", bytes(&of.hash)),
        }
    }
}

/// The history of an item with one more instant: its ends and this instant, for its reader asks for no more than its ends.
fn shortened(there: &Item, created_at: Instant) -> History {
    let history = there.get(CREATED_AT_HISTORY).and_then(|history| history.as_ns().ok());
    let all = history.into_iter().flatten().filter_map(|at| at.parse().ok());
    let all: BTreeSet<i64> = all.chain([created_at.0]).collect();
    let instants = [all.first(), all.last(), Some(&created_at.0)].into_iter().flatten().copied().collect();
    History::Shorter { instants, of: Version::of(there) }
}

/// Sends a write: the item that was there where its condition did not hold, `None` where it did.
async fn refused(update: UpdateItemFluentBuilder) -> Result<Option<Item>, StoreError> {
    let Err(error) = update.send().await else { return Ok(None) };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
            Ok(Some(refused.item().cloned().unwrap_or_default()))
        }
        _ => Err(StoreError::aws("writing a session", error)),
    }
}

fn integer(n: i64) -> AttributeValue {
    AttributeValue::N(n.to_string())
}

fn numbers(all: impl IntoIterator<Item = i64>) -> AttributeValue {
    AttributeValue::Ns(all.into_iter().map(|n| n.to_string()).collect())
}

fn bytes(hash: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(hash))
}
