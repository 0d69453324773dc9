//! Keys. They are made on first use, and kept wrapped by KMS.
//!
//! The encryption context of a wrapped key names its purpose, and a function's policy names the purposes that
//! it may unwrap. Only the function `token` may unwrap private signing keys.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use moka::future::Cache as Moka;

use super::error::if_held;
use super::{Store, StoreError, key_item, number, text};
use crate::key::{self, Key};
use domain::cipher::DataKey;
use domain::id::{AccountId, random_hex};
use domain::link::{LinkKey, LinkKeyName};
use domain::time::Instant;
use domain::token::{NewKeyPair, SigningKey};

/// How long an unwrapped key stays in memory.
const UNWRAPPED_FOR: Duration = Duration::from_secs(15 * 60);

/// How long the list of signing keys stays in memory. A key is made every three months.
const LISTED_FOR: Duration = Duration::from_secs(30);

/// What a key is for. It is part of the encryption context, without which KMS does not unwrap the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Purpose {
    /// Encrypts an account's bodies and segments.
    Account,
    /// Signs media links.
    Link,
    /// Signs tokens.
    Signing,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::Account => "account",
            Purpose::Link => "link",
            Purpose::Signing => "signing",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Cache {
    data_keys: Moka<String, DataKey>,
    public_keys: Moka<String, Vec<u8>>,
    signing_keys: Moka<(), Arc<BTreeSet<String>>>,
}

impl Default for Cache {
    fn default() -> Cache {
        Cache {
            data_keys: Moka::builder().max_capacity(10_000).time_to_live(UNWRAPPED_FOR).build(),
            public_keys: Moka::builder().max_capacity(1_000).time_to_live(UNWRAPPED_FOR).build(),
            signing_keys: Moka::builder().max_capacity(1).time_to_live(LISTED_FOR).build(),
        }
    }
}

impl Store {
    /// Returns the key of an account's bodies, derived from the account's key. It is made where there is
    /// none.
    pub async fn body_key(&self, account: &AccountId) -> Result<DataKey, StoreError> {
        Ok(self.account_key(account).await?.derive("body"))
    }

    /// Returns the key of an account's bodies, or `None` where nothing was ever written for the account, so that it has no
    /// key.
    pub async fn made_body_key(&self, account: &AccountId) -> Result<Option<DataKey>, StoreError> {
        let made = self.existing_key(&key::account_key(account), Purpose::Account, account.as_str()).await?;
        Ok(made.map(|key| key.derive("body")))
    }

    /// Returns the key of an account's segments, derived from the account's key. It is made where there is
    /// none.
    pub async fn segment_key(&self, account: &AccountId) -> Result<DataKey, StoreError> {
        Ok(self.account_key(account).await?.derive("segment"))
    }

    /// Returns the key of an account's segments, or `None` where nothing was ever written for the account, so
    /// that it has no key.
    pub async fn made_segment_key(&self, account: &AccountId) -> Result<Option<DataKey>, StoreError> {
        let made = self.existing_key(&key::account_key(account), Purpose::Account, account.as_str()).await?;
        Ok(made.map(|key| key.derive("segment")))
    }

    /// Returns the key that the media links of a year's sessions are signed with. It is made where there is none.
    pub async fn link_key(&self, year: i32) -> Result<LinkKey, StoreError> {
        let key = self.data_key(key::link_key(LinkKeyName::Year(year)), Purpose::Link, "").await?;
        Ok(LinkKey { year, key })
    }

    /// Returns a key that media links were signed with; `None` where there is none.
    pub async fn made_link_key(&self, name: LinkKeyName) -> Result<Option<DataKey>, StoreError> {
        self.existing_key(&key::link_key(name), Purpose::Link, "").await
    }

    async fn account_key(&self, account: &AccountId) -> Result<DataKey, StoreError> {
        self.data_key(key::account_key(account), Purpose::Account, account.as_str()).await
    }

    /// Returns the data key that is kept under `at`, and makes it where there is none.
    async fn data_key(&self, at: Key, purpose: Purpose, owner: &str) -> Result<DataKey, StoreError> {
        if let Some(made) = self.existing_key(&at, purpose, owner).await? {
            return Ok(made);
        }
        let wrapped = self.wrap(DataKey::random().bytes(), purpose, owner).await?;
        // Another process may have made a key in the meantime; then that one is used.
        if_held(self.insert_key(at.clone(), wrapped).await)?;
        let made = self.existing_key(&at, purpose, owner).await?;
        made.ok_or_else(|| StoreError::broken("making a key", "it is gone again"))
    }

    /// Returns the data key that is kept under `at`, from memory where it is there; `None` where there is
    /// none.
    async fn existing_key(
        &self,
        at: &Key,
        purpose: Purpose,
        owner: &str,
    ) -> Result<Option<DataKey>, StoreError> {
        if let Some(found) = self.0.secrets.data_keys.get(&at.pk).await {
            return Ok(Some(found));
        }
        let Some(wrapped) = self.wrapped(at).await? else { return Ok(None) };
        let bytes = self.unwrap_key(wrapped, purpose, owner).await?;
        let found = DataKey::from_bytes(&bytes)
            .ok_or_else(|| StoreError::broken("unwrapping a key", "odd length"))?;
        self.0.secrets.data_keys.insert(at.pk.clone(), found.clone()).await;
        Ok(Some(found))
    }

    /// Writes a new data key. Fails as `Conflict` where there is one.
    ///
    /// The statement adds items and cannot do anything else, and it is all that the policies of those allow who make data
    /// keys. So none of them can replace a key, and lose with it everything that it encrypts.
    async fn insert_key(&self, at: Key, wrapped: Vec<u8>) -> Result<(), StoreError> {
        let table = &self.names().table;
        self.dynamo()
            .execute_statement()
            .statement(format!(r#"INSERT INTO "{table}" VALUE {{'pk': ?, 'sk': ?, 'wrapped': ?}}"#))
            .parameters(AttributeValue::S(at.pk))
            .parameters(AttributeValue::S(at.sk))
            .parameters(AttributeValue::B(Blob::new(wrapped)))
            .send()
            .await
            .map_err(|error| StoreError::aws("writing a new key", error))?;
        Ok(())
    }

    async fn wrapped(&self, at: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let item = self.get(at.clone()).await?;
        Ok(item.and_then(|item| Some(item.get("wrapped")?.as_b().ok()?.clone().into_inner())))
    }

    /// Returns the newest signing key with its private half unwrapped; `None` before the first one. Fails as
    /// `Broken` where the list names a key that is not there.
    pub async fn newest_signing_key(&self) -> Result<Option<SigningKey>, StoreError> {
        let answer = self
            .dynamo()
            .query()
            .table_name(&self.names().table)
            .key_condition_expression("pk = :keys")
            .expression_attribute_values(":keys", AttributeValue::S(key::signing_keys()))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(1)
            .send()
            .await
            .map_err(|error| StoreError::aws("listing signing keys", error))?;
        let Some(item) = answer.items.unwrap_or_default().into_iter().next() else { return Ok(None) };
        let unreadable = || StoreError::broken("reading a signing key", "an attribute is missing");
        let kid = text(&item, "kid").ok_or_else(unreadable)?.to_owned();
        let created_at = Instant(number(&item, "created_at").ok_or_else(unreadable)?);
        let wrapped = self.wrapped(&key::signing_key(&kid)).await?.ok_or_else(unreadable)?;
        let private = self.unwrap_key(wrapped, Purpose::Signing, &kid).await?;
        Ok(Some(SigningKey { kid, created_at, private }))
    }

    /// Keeps a new signing key. The key is written before the list names it, so a listed key is always there.
    pub async fn add_signing_key(&self, pair: NewKeyPair, now: Instant) -> Result<SigningKey, StoreError> {
        let NewKeyPair { private, public } = pair;
        let kid = random_hex(8);
        let wrapped = self.wrap(&private, Purpose::Signing, &kid).await?;
        let halves = [
            ("wrapped", AttributeValue::B(Blob::new(wrapped))),
            ("public", AttributeValue::B(Blob::new(public))),
        ];
        self.put_new(key::signing_key(&kid), halves).await?;
        let listed = Key { pk: key::signing_keys(), sk: format!("{}#{kid}", now.to_rfc3339()) };
        let created = AttributeValue::N(now.0.to_string());
        self.put_new(listed, [("kid", AttributeValue::S(kid.clone())), ("created_at", created)]).await?;
        Ok(SigningKey { kid, created_at: now, private })
    }

    /// Returns the public half of a signing key, as an uncompressed P-256 point; `None` for a `kid` that was
    /// never issued.
    pub async fn public_key(&self, kid: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(found) = self.0.secrets.public_keys.get(kid).await {
            return Ok(Some(found));
        }
        let item = self.get(key::signing_key(kid)).await?;
        let public = item.and_then(|item| Some(item.get("public")?.as_b().ok()?.clone().into_inner()));
        if let Some(public) = &public {
            self.0.secrets.public_keys.insert(kid.to_owned(), public.clone()).await;
        }
        Ok(public)
    }

    /// Returns whether a signing key with this id was ever made, as the list of these said within the last 30 s. However many
    /// ids are asked for, the table is asked for one list in that time.
    pub async fn is_signing_key(&self, kid: &str) -> Result<bool, StoreError> {
        let cache = &self.0.secrets.signing_keys;
        if let Some(listed) = cache.get(&()).await {
            return Ok(listed.contains(kid));
        }
        let items = self.partition(key::signing_keys()).await?;
        let listed: BTreeSet<String> =
            items.iter().filter_map(|item| text(item, "kid")).map(str::to_owned).collect();
        let is_listed = listed.contains(kid);
        cache.insert((), Arc::new(listed)).await;
        Ok(is_listed)
    }

    /// Writes a new item. Fails as `Conflict` where there is one with this key.
    pub async fn put_new(
        &self,
        at: Key,
        attributes: impl IntoIterator<Item = (impl Into<String>, AttributeValue)>,
    ) -> Result<(), StoreError> {
        let mut item = key_item(at);
        item.extend(attributes.into_iter().map(|(name, value)| (name.into(), value)));
        self.dynamo()
            .put_item()
            .table_name(&self.names().table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await
            .map_err(|error| StoreError::aws("writing a new item", error))?;
        Ok(())
    }

    async fn wrap(&self, plain: &[u8], purpose: Purpose, owner: &str) -> Result<Vec<u8>, StoreError> {
        let answer = self
            .0
            .kms
            .encrypt()
            .key_id(&self.names().key)
            .plaintext(Blob::new(plain))
            .set_encryption_context(Some(context(purpose, owner)))
            .send()
            .await
            .map_err(|error| StoreError::aws("wrapping a key", error))?;
        Ok(answer.ciphertext_blob.unwrap_or_else(|| Blob::new([])).into_inner())
    }

    async fn unwrap_key(
        &self,
        wrapped: Vec<u8>,
        purpose: Purpose,
        owner: &str,
    ) -> Result<Vec<u8>, StoreError> {
        let answer = self
            .0
            .kms
            .decrypt()
            .key_id(&self.names().key)
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(Some(context(purpose, owner)))
            .send()
            .await
            .map_err(|error| StoreError::aws("unwrapping a key", error))?;
        Ok(answer.plaintext.unwrap_or_else(|| Blob::new([])).into_inner())
    }
}

fn context(purpose: Purpose, owner: &str) -> HashMap<String, String> {
    let mut context = HashMap::from([("purpose".to_owned(), purpose.as_str().to_owned())]);
    if !owner.is_empty() {
        context.insert("owner".to_owned(), owner.to_owned());
    }
    context
}
