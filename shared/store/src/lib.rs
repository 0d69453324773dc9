//! Where things are kept: one table, two buckets and a key that wraps keys.
//!
//! The seam for tests and for `premium serve` is the AWS wire protocol, so this is one concrete type. Each submodule
//! owns one kind of item: how it is written and how it is read stand side by side.

pub mod aws;
pub mod key;

mod accounts;
mod bodies;
mod body_garbage;
mod error;
mod discovery;
mod documents;
mod touched;
mod due;
mod past;
mod receipts;
mod left_out;
mod sessions;
mod join;
mod lake_bytes;
mod objects;
mod quarantine;
mod ranges;
mod reports;
mod secrets;
mod settings;
mod tokens;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_types::SdkConfig;

pub use accounts::{AccountChange, ChangeError};
pub use bodies::BODY_OBJECT;
pub use body_garbage::{OrphanedBodies, ReplacedBodies};
pub use due::{Due, Lease};
pub use error::{StoreError, StoreErrorKind};
pub use join::{Delivery, Put};
pub use left_out::LeftOut;
pub use objects::{ListedObject, ListedObjects};
pub use past::{DeletedOfDay, differ_in_expiry_alone};
pub use quarantine::{QuarantinePage, Quarantined};
pub use receipts::{MAX_RECEIPT, Rejection};
pub use reports::Report;
pub use sessions::{ListedPage, ListedSession, StoredSession, created_at_history};
pub use settings::{Prices, Settings};
pub use tokens::{TokenPlace, TokenRow};
pub use touched::{DayNotes, TouchedDays};

use crate::key::Key;
use runtime::config::{ConfigError, optional, required};

/// An item of the table.
pub type Item = HashMap<String, AttributeValue>;

/// What the table, the buckets and the key are called.
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
    /// From the environment: `PREMIUM_TABLE` is required; a function that never touches a bucket or the key is not
    /// told its name.
    pub fn from_env() -> Result<Names, ConfigError> {
        Ok(Names {
            table: required("PREMIUM_TABLE")?,
            lake_bucket: optional("PREMIUM_LAKE_BUCKET").unwrap_or_default(),
            media_bucket: optional("PREMIUM_MEDIA_BUCKET").unwrap_or_default(),
            key: optional("PREMIUM_KEY").unwrap_or_default(),
        })
    }
}

/// The way to everything that is kept. Cheap to clone; clones share connections and caches.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    names: Names,
    dynamo: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    secrets: secrets::Cache,
    noted: due::Noted,
}

impl Store {
    /// A store on the clients that `config` describes. S3 is addressed by path where the endpoint is not AWS's own.
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

    /// A store on these clients.
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
            noted: due::Noted::default(),
        }))
    }

    /// The table's client.
    pub fn dynamo(&self) -> &aws_sdk_dynamodb::Client {
        &self.0.dynamo
    }

    /// The buckets' client.
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        &self.0.s3
    }

    /// What things are called.
    pub fn names(&self) -> &Names {
        &self.0.names
    }

    /// Reads one item as it is now.
    pub async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        self.get_with(key, None).await
    }

    /// Reads one attribute of an item as it is now.
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

    /// An update of the item of a key.
    fn update(&self, key: Key) -> UpdateItemFluentBuilder {
        self.dynamo().update_item().table_name(&self.names().table).set_key(Some(key_item(key)))
    }

    /// What the index holds of a listing partition, in the order of its sort keys.
    async fn listing(&self, partition: String) -> Result<Vec<Item>, StoreError> {
        let query = self.dynamo().query().table_name(&self.names().table).index_name(crate::key::LISTING);
        let query = query
            .key_condition_expression("listing_pk = :partition")
            .expression_attribute_values(":partition", AttributeValue::S(partition));
        let items: Result<_, _> = query.into_paginator().items().send().collect().await;
        items.map_err(|error| StoreError::aws("reading a listing", error))
    }

    /// All items of a partition, in the order of their sort keys.
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

/// Puts a key into an item, or makes an item of it.
pub fn key_item(key: Key) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(key.pk)),
        ("sk".to_owned(), AttributeValue::S(key.sk)),
    ])
}

/// A text attribute.
pub fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A whole-number attribute.
pub fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
