//! The allowlist of tokens: without its row no token is accepted, however well it is signed.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, StoreErrorKind};
use crate::id::AccountId;
use crate::key;
use crate::time::Instant;
use crate::token::{Privacy, Scope};

/// A token's row. The token itself is not kept, only its SHA-256: it has 256 bits of signature, so nothing slower is needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenRow {
    /// The token's id, `jti` in its claims.
    pub id: String,
    /// SHA-256 of the token, in hex.
    pub digest: String,
    /// Whose it is; `None` for an operator's.
    pub account: Option<AccountId>,
    /// What it may do.
    pub scope: Scope,
    /// What it shows.
    pub privacy: Privacy,
    /// What the customer calls it.
    pub label: Option<String>,
    /// When it was issued.
    pub created_at: Instant,
    /// When it ends. Not under the name that the table's TTL looks at: the list of tokens shows ended ones too.
    #[serde(rename = "ends_at")]
    pub expires_at: Instant,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
    /// The last UTC day on which it was used.
    pub last_used_on: Option<NaiveDate>,
}

impl Store {
    /// Keeps a new token's row.
    pub async fn add_token(&self, row: &TokenRow) -> Result<(), StoreError> {
        let mut item: super::Item =
            serde_dynamo::to_item(row).map_err(|error| StoreError::broken("keeping a token", error))?;
        item.retain(|_, value| !value.is_null());
        item.insert("listing_pk".to_owned(), AttributeValue::S(key::tokens_listing(row.account.as_ref())));
        item.insert("listing_sk".to_owned(), AttributeValue::S(row.created_at.to_rfc3339()));
        self.put_new(key::token(&row.id), item).await
    }

    /// A token's row.
    pub async fn token(&self, id: &str) -> Result<Option<TokenRow>, StoreError> {
        let Some(item) = self.get(key::token(id)).await? else { return Ok(None) };
        serde_dynamo::from_item(item).map(Some).map_err(|error| StoreError::broken("reading a token", error))
    }

    /// All tokens of an account, oldest first; the operator's for `None`.
    pub async fn tokens(&self, account: Option<&AccountId>) -> Result<Vec<TokenRow>, StoreError> {
        let mut rows = Vec::new();
        for item in self.listing(key::tokens_listing(account)).await? {
            let id = super::text(&item, "pk").and_then(|pk| pk.strip_prefix("token#"));
            rows.extend(self.token(id.unwrap_or_default()).await?);
        }
        Ok(rows)
    }

    /// Revokes a token; `false` if there is none. The first revocation's time stays.
    pub async fn revoke_token(&self, id: &str, now: Instant) -> Result<bool, StoreError> {
        let set = "SET revoked_at = if_not_exists(revoked_at, :value)";
        self.update_token(id, set, AttributeValue::N(now.0.to_string())).await
    }

    /// Notes that a token was used on a day.
    pub async fn token_used(&self, id: &str, day: NaiveDate) -> Result<bool, StoreError> {
        self.update_token(id, "SET last_used_on = :value", AttributeValue::S(day.to_string())).await
    }

    async fn update_token(&self, id: &str, set: &str, value: AttributeValue) -> Result<bool, StoreError> {
        let at = key::token(id);
        let sent = self
            .dynamo()
            .update_item()
            .table_name(&self.names().table)
            .key("pk", AttributeValue::S(at.pk))
            .key("sk", AttributeValue::S(at.sk))
            .update_expression(set)
            .expression_attribute_values(":value", value)
            .condition_expression("attribute_exists(pk)")
            .send()
            .await;
        match sent.map_err(|error| StoreError::aws("updating a token", error)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind == StoreErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }
}
