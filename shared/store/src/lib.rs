//! The way to everything that is kept: one DynamoDB table, two S3 buckets, and a KMS key that wraps keys.
//!
//! [`Store`] is one concrete type and not a trait, because tests and `premium serve` replace AWS at its wire
//! protocol. Each submodule owns one kind of item, so that how it is written and how it is read stand side by
//! side.
//!
//! Every method that fails returns a [`StoreError`], whose kind says what its caller can do about it.
//! Instants are microseconds since 1970, and days are UTC days, unless said otherwise.

pub mod aws;
pub mod key;

mod accounts;
mod bodies;
mod body_garbage;
mod error;
mod discovery;
mod documents;
mod touched;
mod wait;
mod due;
mod lease;
mod expiry;
mod retention;
mod receipts;
mod rejections;
mod left_out;
mod sessions;
mod emptied;
mod join;
mod files;
mod lake_bytes;
mod objects;
mod quarantine;
mod many_items;
mod known_accounts;
mod reports;
mod secrets;
mod settings;
mod tokens;
mod audit;
mod erasures;
mod usage;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_types::SdkConfig;

pub use accounts::{AccountChange, ChangeError};
pub use audit::{Action, AuditEntry, AuditPlace};
pub use bodies::BODY_OBJECT;
pub use body_garbage::{OrphanedBodies, ReplacedBodies};
pub use due::Due;
pub use emptied::{Emptying, WholeSession};
pub use erasures::{ErasedSession, ErasureOrder, ErasureReceipt};
pub use error::{StoreError, StoreErrorKind};
pub use expiry::differ_in_expiry_alone;
pub use join::{Delivery, Put};
pub use known_accounts::delivered_at;
pub use lease::{Lease, NOTE_HOLDS_SECONDS};
pub use left_out::LeftOut;
pub use objects::{ListedObject, ListedObjects};
pub use quarantine::{QuarantinePage, Quarantined};
pub use receipts::MAX_RECEIPT;
pub use rejections::Rejection;
pub use reports::Report;
pub use retention::DeletedOfDay;
pub use sessions::{ListedPage, ListedSession, StoredSession, created_at_history};
pub use settings::{Prices, Settings};
pub use tokens::{TokenPlace, TokenRow};
pub use touched::{DayNotes, TouchedDays};
pub use wait::doubled;

use crate::key::Key;
use runtime::config::{ConfigError, optional, required};

/// An item of the table.
pub type Item = HashMap<String, AttributeValue>;

/// The names of the table, the buckets and the key.
#[derive(Clone, Debug)]
pub struct Names {
    /// The table.
    pub table: String,
    /// The bucket of segments and of large bodies.
    pub lake_bucket: String,
    /// The bucket of media files.
    pub media_bucket: String,
    /// The KMS key: its id, ARN or alias.
    pub key: String,
}

impl Names {
    /// Reads the names from the environment. `PREMIUM_TABLE` is required. `PREMIUM_LAKE_BUCKET`,
    /// `PREMIUM_MEDIA_BUCKET` and `PREMIUM_KEY` are empty where they are not set: a function is only told
    /// what it uses.
    pub fn from_env() -> Result<Names, ConfigError> {
        Ok(Names {
            table: required("PREMIUM_TABLE")?,
            lake_bucket: optional("PREMIUM_LAKE_BUCKET").unwrap_or_default(),
            media_bucket: optional("PREMIUM_MEDIA_BUCKET").unwrap_or_default(),
            key: optional("PREMIUM_KEY").unwrap_or_default(),
        })
    }
}

/// The way to everything that is kept. A store is cheap to clone, and clones share connections and caches.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    names: Names,
    dynamo: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    secrets: secrets::Cache,
    recent_notes: due::RecentNotes,
}

impl Store {
    /// Builds a store on the clients that `config` describes. The S3 client puts the bucket into the path
    /// where the endpoint is not AWS's own, because other servers have no host name for each bucket.
    pub fn new(config: &SdkConfig, names: Names) -> Store {
        let by_path = config.endpoint_url().is_some() || optional("AWS_ENDPOINT_URL_S3").is_some();
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(by_path).build();
        Store::with_clients(
            aws_sdk_dynamodb::Client::new(config),
            aws_sdk_s3::Client::from_conf(s3),
            aws_sdk_kms::Client::new(config),
            names,
        )
    }

    /// Builds a store on these clients.
    pub fn with_clients(
        dynamo: aws_sdk_dynamodb::Client,
        s3: aws_sdk_s3::Client,
        kms: aws_sdk_kms::Client,
        names: Names,
    ) -> Store {
        Store(Arc::new(Inner {
            names,
            dynamo,
            s3,
            kms,
            secrets: secrets::Cache::default(),
            recent_notes: due::RecentNotes::default(),
        }))
    }

    /// The DynamoDB client, for calls that this crate has no method for.
    pub fn dynamo(&self) -> &aws_sdk_dynamodb::Client {
        &self.0.dynamo
    }

    /// The S3 client, for calls that this crate has no method for.
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        &self.0.s3
    }

    /// The names of the table, the buckets and the key.
    pub fn names(&self) -> &Names {
        &self.0.names
    }

    /// Reads one item as it is now (a consistent read); `None` where there is none.
    pub async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        self.get_with(key, None).await
    }

    /// Reads one attribute of an item as it is now. The item holds nothing where the attribute is missing;
    /// `None` where there is no item.
    async fn get_attribute(&self, key: Key, attribute: &str) -> Result<Option<Item>, StoreError> {
        self.get_with(key, Some(attribute.to_owned())).await
    }

    async fn get_with(&self, key: Key, attribute: Option<String>) -> Result<Option<Item>, StoreError> {
        let answer = self
            .dynamo()
            .get_item()
            .table_name(&self.names().table)
            .key("pk", AttributeValue::S(key.pk))
            .key("sk", AttributeValue::S(key.sk))
            .set_projection_expression(attribute)
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| StoreError::aws("reading an item", error))?;
        Ok(answer.item)
    }

    /// Begins an update of the item with this key.
    fn update(&self, key: Key) -> UpdateItemFluentBuilder {
        self.dynamo().update_item().table_name(&self.names().table).set_key(Some(key_item(key)))
    }

    /// Reads all items of a partition of the index `listing`, in the order of their sort keys. The index may
    /// be a moment behind the table.
    async fn listing(&self, partition: String) -> Result<Vec<Item>, StoreError> {
        let query = self.dynamo().query().table_name(&self.names().table).index_name(crate::key::LISTING);
        let query = query
            .key_condition_expression("listing_pk = :partition")
            .expression_attribute_values(":partition", AttributeValue::S(partition));
        let items: Result<_, _> = query.into_paginator().items().send().collect().await;
        items.map_err(|error| StoreError::aws("reading a listing", error))
    }

    /// Reads all items of a partition as they are now, in the order of their sort keys.
    pub async fn partition(&self, partition: String) -> Result<Vec<Item>, StoreError> {
        let query = self
            .dynamo()
            .query()
            .table_name(&self.names().table)
            .key_condition_expression("pk = :partition")
            .expression_attribute_values(":partition", AttributeValue::S(partition))
            .consistent_read(true);
        let items: Result<_, _> = query.into_paginator().items().send().collect().await;
        items.map_err(|error| StoreError::aws("reading a partition", error))
    }
}

/// Makes an item that has nothing but its key.
pub fn key_item(key: Key) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(key.pk)),
        ("sk".to_owned(), AttributeValue::S(key.sk)),
    ])
}

/// The value of a text attribute; `None` where it is missing or of another type.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The value of a whole-number attribute; `None` where it is missing, of another type or beyond 64 bits.
pub fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The bytes of an attribute; none where there is none.
fn binary(item: &Item, name: &str) -> Vec<u8> {
    let bytes = item.get(name).and_then(|value| value.as_b().ok());
    bytes.map(|bytes| bytes.as_ref().to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
