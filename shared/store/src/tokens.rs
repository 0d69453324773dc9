//! The allowlist of tokens. A token without a row is not accepted, however well it is signed.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::error::if_held;
use super::{Item, Store, StoreError, key_item, text};
use crate::key::{self, Key};
use domain::id::AccountId;
use domain::time::Instant;
use domain::token::{Privacy, Scope};

/// A token's row. Not the token itself is kept but its SHA-256. A slower hash is not needed, because a token
/// cannot be guessed: its signature is long and random.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenRow {
    /// The token's id, `jti` in its claims.
    pub id: String,
    /// SHA-256 of the token, in hex.
    pub digest: String,
    /// The account that the token belongs to; `None` for an operator's token.
    pub account: Option<AccountId>,
    /// What the token allows.
    pub scope: Scope,
    /// Which values the token shows and which it masks.
    pub privacy: Privacy,
    /// The name that the customer gave it.
    pub label: Option<String>,
    /// When it was issued.
    pub created_at: Instant,
    /// When the token ends. It is kept under another name than the one by which DynamoDB's TTL deletes items,
    /// because the list of tokens shows ended ones too.
    #[serde(rename = "ends_at")]
    pub expires_at: Instant,
    /// When it was revoked; `None` where it was not.
    pub revoked_at: Option<Instant>,
    /// The last UTC day on which it was used; `None` where it was not.
    pub last_used_on: Option<NaiveDate>,
}

/// The place of a token in the list of its account's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPlace {
    /// When it was issued, in RFC 3339, which is the order of the list.
    pub created_at: String,
    /// The token's id.
    pub id: String,
}

impl TokenPlace {
    fn of(item: &Item) -> Option<TokenPlace> {
        let id = text(item, "pk")?.strip_prefix("token#")?.to_owned();
        Some(TokenPlace { created_at: text(item, "listing_sk")?.to_owned(), id })
    }
}

impl Store {
    /// Keeps the row of a new token. Fails as `Conflict` where there is a token with this id.
    pub async fn add_token(&self, row: &TokenRow) -> Result<(), StoreError> {
        let mut item: Item =
            serde_dynamo::to_item(row).map_err(|error| StoreError::broken("keeping a token", error))?;
        item.retain(|_, value| !value.is_null());
        if row.scope == Scope::Console {
            // A console token is issued for each visit. Once it has ended nobody asks for it, so DynamoDB's
            // TTL deletes it.
            let ends = AttributeValue::N(row.expires_at.seconds().to_string());
            item.insert("expires_at".to_owned(), ends);
        }
        item.insert("listing_pk".to_owned(), AttributeValue::S(key::tokens_listing(row.account.as_ref())));
        item.insert("listing_sk".to_owned(), AttributeValue::S(row.created_at.to_rfc3339()));
        self.put_new(key::token(&row.id), item).await
    }

    /// Returns a token's row; `None` where there is none. Fails as `Broken` where the row cannot be read.
    pub async fn token(&self, id: &str) -> Result<Option<TokenRow>, StoreError> {
        let Some(item) = self.get(key::token(id)).await? else { return Ok(None) };
        serde_dynamo::from_item(item).map(Some).map_err(|error| StoreError::broken("reading a token", error))
    }

    /// Returns up to `limit` tokens of an account, or of the operator for `None`, and the place after which
    /// the list goes on, `None` at its end. The list begins with the oldest token, or after the place
    /// `after`. This costs one query of the index and one read of the rows.
    pub async fn tokens(
        &self,
        account: Option<&AccountId>,
        limit: u16,
        after: Option<&TokenPlace>,
    ) -> Result<(Vec<TokenRow>, Option<TokenPlace>), StoreError> {
        let partition = key::tokens_listing(account);
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let start = after.map(|place| {
            let mut start = key_item(key::token(&place.id));
            start.insert("listing_pk".to_owned(), text(&partition));
            start.insert("listing_sk".to_owned(), text(&place.created_at));
            start
        });
        let query = self
            .dynamo()
            .query()
            .table_name(&self.names().table)
            .index_name(key::LISTING)
            .key_condition_expression("listing_pk = :partition")
            .expression_attribute_values(":partition", text(&partition))
            .limit(i32::from(limit))
            .set_exclusive_start_key(start);
        let answer = query.send().await.map_err(|error| StoreError::aws("listing tokens", error))?;
        let listed: Vec<TokenPlace> =
            answer.items.unwrap_or_default().iter().filter_map(TokenPlace::of).collect();
        let next = answer.last_evaluated_key.as_ref().and_then(TokenPlace::of);
        let keys: Vec<Key> = listed.iter().map(|place| key::token(&place.id)).collect();
        let broken = |error| StoreError::broken("reading a token", error);
        let mut rows = HashMap::new();
        for item in self.items(&keys, None).await? {
            let row: TokenRow = serde_dynamo::from_item(item).map_err(broken)?;
            rows.insert(row.id.clone(), row);
        }
        Ok((listed.iter().filter_map(|place| rows.remove(&place.id)).collect(), next))
    }

    /// Revokes a token. Returns `false` where there is none. A token that is revoked already keeps the time
    /// of its first revocation.
    pub async fn revoke_token(&self, id: &str, now: Instant) -> Result<bool, StoreError> {
        let set = "SET revoked_at = if_not_exists(revoked_at, :value)";
        self.update_token(id, set, AttributeValue::N(now.0.to_string())).await
    }

    /// Notes that a token was used on a UTC day. Returns `false` where there is no such token.
    pub async fn token_used(&self, id: &str, day: NaiveDate) -> Result<bool, StoreError> {
        self.update_token(id, "SET last_used_on = :value", AttributeValue::S(day.to_string())).await
    }

    async fn update_token(&self, id: &str, set: &str, value: AttributeValue) -> Result<bool, StoreError> {
        let sent = self
            .update(key::token(id))
            .update_expression(set)
            .expression_attribute_values(":value", value)
            .condition_expression("attribute_exists(pk)")
            .send()
            .await;
        let updated = if_held(sent.map_err(|error| StoreError::aws("updating a token", error)))?;
        Ok(updated.is_some())
    }
}
