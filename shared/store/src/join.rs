//! The write of a session. It is a join: any order and any number of deliveries end in the same state.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::bodies::{BODY, BODY_OBJECT, fits_item};
use super::emptied::{ERASED, is_emptied};
use super::expiry::EXPIRES_AT;
use super::receipts::receipt_without_name;
use super::sessions::{CREATED_AT_HISTORY, created_at_history};
use super::sessions::{HASH, PROGRESS};
use super::{Item, Store, StoreError, binary, number, text};
use crate::key;
use domain::account::Account;
use domain::id::{AccountId, SessionId};
use domain::session::{Identity, Session};
use domain::time::Instant;
use domain::version::Version;

/// The attribute with the name of the receipt that records that the session's latest version was
/// acknowledged.
const RECEIPT: &str = "receipt";
/// The most instants of `created_at` that a session's history names one by one.
const MOST_INSTANTS: u8 = 16;
/// How often a history is shortened against deliveries that change the session at the same time.
const ATTEMPTS: usize = 4;

/// The outcome of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// The written version is the session's latest version now.
    Accepted,
    /// The very same version was there already.
    Unchanged {
        /// The name of the receipt that records its acknowledgement, if it was acknowledged
        /// (`Store::keep_receipt`).
        receipt: String,
    },
    /// A newer version was there already.
    Stale {
        /// The instant of that version.
        kept_at: Instant,
    },
}

/// What all sessions of one delivery have in common.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'d> {
    /// The name of the receipt that will record their acknowledgement.
    pub receipt: &'d str,
    /// When the delivery was received.
    pub now: Instant,
}

/// What a write expects to find, and how it goes on with the history of `created_at`.
enum Expected {
    /// An older version that says how far on it is, or none. The history gains an instant, unless it names too many.
    Older,
    /// The version with this instant and hash. These instants take the place of its history.
    This { instants: BTreeSet<i64>, at: i64, hash: Vec<u8> },
}

impl Store {
    /// Writes a version of a session; the greater version stays. One conditional write; `accepted_at` stays that of the
    /// first version. A body that does not fit the item is uploaded only for a version that is newer than what is there.
    pub async fn put_session(
        &self,
        account: &Account,
        identity: &Identity,
        session: &Session,
        delivery: Delivery<'_>,
    ) -> Result<Put, StoreError> {
        let version = session.version(delivery.now);
        let packed = self.pack_body(&account.id, &identity.id, session).await?;
        if !fits_item(&packed)
            && let Some(existing) = self.get(key::session(&account.id, &identity.id)).await?
        {
            if is_emptied(&existing) {
                return self.put_emptied(account, identity, session, delivery, existing).await;
            }
            let put = self.outcome_if_not_newer(&version, &existing, &identity.id, delivery.now).await?;
            if let Some(put) = put {
                return Ok(put);
            }
        }
        let (kept_as, body) = self.keep_body(&account.id, &identity.id, packed, delivery.now).await?;
        let mut expected = Expected::Older;
        for _ in 0..ATTEMPTS {
            let update = self.update_for(account, identity, &version, (kept_as, &body), delivery, &expected);
            let Some(existing) = send_or_existing(update).await? else { return Ok(Put::Accepted) };
            if is_emptied(&existing) {
                return self.put_emptied(account, identity, session, delivery, existing).await;
            }
            if let Some(put) =
                self.outcome_if_not_newer(&version, &existing, &identity.id, delivery.now).await?
            {
                return Ok(put);
            }
            expected = replacing(&existing, identity.created_at);
        }
        Err(StoreError::busy("writing a session", "others change it all the time"))
    }

    /// Writes a version of a session that an erasure has emptied, `existing`: nothing of it is kept but what the erasure would
    /// have left.
    async fn put_emptied(
        &self,
        account: &Account,
        identity: &Identity,
        session: &Session,
        delivery: Delivery<'_>,
        mut existing: Item,
    ) -> Result<Put, StoreError> {
        let (id, now) = (&identity.id, delivery.now);
        let (emptied, version) = emptied_form(session, now);
        let packed = self.pack_body(&account.id, id, &emptied).await?;
        for _ in 0..ATTEMPTS {
            if let Some(put) = self.outcome_if_not_newer(&version, &existing, id, now).await? {
                return Ok(put);
            }
            let expected = replacing(&existing, identity.created_at);
            let (kept_as, body) = self.keep_body(&account.id, id, packed.clone(), now).await?;
            let update = self.update_for(account, identity, &version, (kept_as, &body), delivery, &expected);
            match send_or_existing(update).await? {
                None => return Ok(Put::Accepted),
                Some(changed) => existing = changed,
            }
        }
        Err(StoreError::busy("writing an emptied session", "others change it all the time"))
    }

    /// What a write of a version of a session would come to at `now`. Nothing is written.
    pub async fn would_put(
        &self,
        account: &AccountId,
        id: &SessionId,
        session: &Session,
        now: Instant,
    ) -> Result<Put, StoreError> {
        let Some(existing) = self.get(key::session(account, id)).await? else { return Ok(Put::Accepted) };
        let version = if is_emptied(&existing) { emptied_form(session, now).1 } else { session.version(now) };
        Ok(self.outcome_if_not_newer(&version, &existing, id, now).await?.unwrap_or(Put::Accepted))
    }

    /// What the delivery of a version of a session comes to where this item is there; `None` where it is newer. An
    /// item from before is read only where it keeps another document (`Version::against`).
    async fn outcome_if_not_newer(
        &self,
        version: &Version,
        existing: &Item,
        id: &SessionId,
        now: Instant,
    ) -> Result<Option<Put>, StoreError> {
        if binary(existing, HASH) == version.hash {
            let receipt = text(existing, RECEIPT).map_or_else(|| receipt_without_name(id), str::to_owned);
            return Ok(Some(Put::Unchanged { receipt }));
        }
        let kept = self.kept_version(existing, now).await?;
        Ok((*version < kept).then_some(Put::Stale { kept_at: kept.at }))
    }

    /// The version that an item keeps. One from before items said how far on their version is is told by its document; where
    /// that cannot be read, it is as old as the item says.
    async fn kept_version(&self, existing: &Item, now: Instant) -> Result<Version, StoreError> {
        let at = Instant(number(existing, "version").unwrap_or(i64::MIN));
        let kept = Version { at, progress: binary(existing, PROGRESS), hash: binary(existing, HASH) };
        if existing.contains_key(PROGRESS) {
            return Ok(kept);
        }
        match self.read_session(existing).await {
            Ok(Some(stored)) => Ok(Version { hash: kept.hash, ..stored.session.version(now) }),
            Err(error) if error.kind.is_passing() => Err(error),
            Ok(None) | Err(_) => Ok(kept),
        }
    }

    fn update_for(
        &self,
        account: &Account,
        identity: &Identity,
        version: &Version,
        (kept_as, body): (&str, &AttributeValue),
        delivery: Delivery<'_>,
        expected: &Expected,
    ) -> UpdateItemFluentBuilder {
        let day = identity.created_at.to_utc().date_naive();
        // An earlier version of this software kept when a session expires. It goes, because it was computed
        // from the earlier `created_at`.
        let dropped = format!("{}, {EXPIRES_AT}", if kept_as == BODY { BODY_OBJECT } else { BODY });
        let sets = format!(
            "SET version = :version, {PROGRESS} = :progress, #hash = :hash, created_at = :created, {kept_as} = :body, \
             stored_at = :now, {RECEIPT} = :receipt, listing_pk = :listing, listing_sk = :created_text, accepted_at = if_not_exists(accepted_at, :now)"
        );
        let created_text = AttributeValue::S(identity.created_at.to_rfc3339());
        let update = self
            .update(key::session(&account.id, &identity.id))
            .expression_attribute_names("#hash", HASH)
            .expression_attribute_values(":version", integer(version.at.0))
            .expression_attribute_values(":progress", bytes(&version.progress))
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
        match expected {
            Expected::Older => update
                .update_expression(format!("{sets} REMOVE {dropped} ADD {CREATED_AT_HISTORY} :instant"))
                .condition_expression(format!(
                    "attribute_not_exists(pk) OR \
                     (attribute_exists({PROGRESS}) AND attribute_not_exists({ERASED}) AND #hash <> :hash AND \
                     (version < :version OR (version = :version AND ({PROGRESS} < :progress OR \
                     ({PROGRESS} = :progress AND #hash < :hash)))) AND \
                     (attribute_not_exists({CREATED_AT_HISTORY}) OR size({CREATED_AT_HISTORY}) < :most OR \
                     contains({CREATED_AT_HISTORY}, :created)))",
                ))
                .expression_attribute_values(":instant", numbers([identity.created_at.0]))
                .expression_attribute_values(":most", integer(MOST_INSTANTS.into())),
            Expected::This { instants, at, hash } => update
                .update_expression(format!("{sets}, {CREATED_AT_HISTORY} = :instants REMOVE {dropped}"))
                // Not all items of the first versions of this software have a hash.
                .condition_expression(
                    "version = :there AND (#hash = :hash_there OR attribute_not_exists(#hash))",
                )
                .expression_attribute_values(":instants", numbers(instants.iter().copied()))
                .expression_attribute_values(":there", integer(*at))
                .expression_attribute_values(":hash_there", bytes(hash)),
        }
    }
}

/// What an erasure leaves of a session that came at `now`, and its version: as old and as far on as the whole one, so that
/// deliveries of an erased session follow one another as those of any other do.
fn emptied_form(session: &Session, now: Instant) -> (Session, Version) {
    let emptied = session.emptied();
    let version = Version { hash: emptied.hash().to_vec(), ..session.version(now) };
    (emptied, version)
}

/// To replace the version of an item. Its history gains an instant; of a long one its ends and this instant are left, for
/// its reader asks for no more than its ends.
fn replacing(existing: &Item, created_at: Instant) -> Expected {
    let history = created_at_history(existing).into_iter().map(|at| at.0);
    let all: BTreeSet<i64> = history.chain([created_at.0]).collect();
    let ends = [all.first(), all.last(), Some(&created_at.0)].into_iter().flatten().copied().collect();
    let instants = if all.len() <= usize::from(MOST_INSTANTS) { all } else { ends };
    let at = number(existing, "version").unwrap_or(i64::MIN);
    Expected::This { instants, at, hash: binary(existing, HASH) }
}

/// Sends a write. Returns `None` where its condition held, else the item that is there.
async fn send_or_existing(update: UpdateItemFluentBuilder) -> Result<Option<Item>, StoreError> {
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
