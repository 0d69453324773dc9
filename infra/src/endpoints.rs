//! The endpoints of a stack: how to reach its DynamoDB, S3 and KMS, from its own process or from another.

use std::path::Path;

use aws_sdk_dynamodb::config::Credentials;
use aws_types::SdkConfig;
use runtime::config::{ConfigError, optional, required};
use serde::{Deserialize, Serialize};
use store::{Names, Store};

use crate::embedded::{Embedded, Outside};

/// The file of the data folder that holds the endpoints, for a Lambda binary under test or for use with the AWS CLI.
const FILE: &str = "aws.json";
/// The region that requests to the embedded servers are signed for.
const REGION: &str = "sa-east-1";

/// Where a stack finds DynamoDB, S3 and KMS, and the names of its table, buckets and key.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which of the three are not embedded in the stack's process.
    pub outside: Outside,
    /// Whether table and buckets belong to a deployed stack, which has made them.
    pub is_deployed: bool,
    names: Names,
}

impl Default for Place {
    /// Everything embedded.
    fn default() -> Place {
        let names = Names {
            table: "premium".to_owned(),
            lake_bucket: "premium-lake".to_owned(),
            media_bucket: "premium-media".to_owned(),
            key: "alias/premium".to_owned(),
        };
        Place { outside: Outside::default(), is_deployed: false, names }
    }
}

impl Place {
    /// AWS itself, or what `AWS_ENDPOINT_URL_*` puts in its place. Table, buckets and key are those that
    /// `PREMIUM_TABLE`, `PREMIUM_LAKE_BUCKET`, `PREMIUM_MEDIA_BUCKET` and `PREMIUM_KEY` name; fails where one is not set.
    pub fn deployed() -> Result<Place, ConfigError> {
        let names = Names {
            table: required("PREMIUM_TABLE")?,
            lake_bucket: required("PREMIUM_LAKE_BUCKET")?,
            media_bucket: required("PREMIUM_MEDIA_BUCKET")?,
            key: required("PREMIUM_KEY")?,
        };
        let outside = Outside { dynamodb: true, s3: true, kms: true };
        store::aws::config()?;
        Ok(Place { outside, is_deployed: true, names })
    }

    /// The embedded servers, except those in whose place `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_S3` or
    /// `AWS_ENDPOINT_URL_KMS` puts another. The `PREMIUM_*` variables name what lies there, if they are set. Fails where
    /// a server is outside and the environment has no credentials or no region for it.
    pub fn from_env() -> Result<Place, ConfigError> {
        let is_set = |name| optional(name).is_some();
        let outside = Outside {
            dynamodb: is_set("AWS_ENDPOINT_URL_DYNAMODB"),
            s3: is_set("AWS_ENDPOINT_URL_S3"),
            kms: is_set("AWS_ENDPOINT_URL_KMS"),
        };
        let usual = Place::default().names;
        let name = |is_outside: bool, variable, usual| match optional(variable) {
            Some(name) if is_outside => name,
            _ => usual,
        };
        let names = Names {
            table: name(outside.dynamodb, "PREMIUM_TABLE", usual.table),
            lake_bucket: name(outside.s3, "PREMIUM_LAKE_BUCKET", usual.lake_bucket),
            media_bucket: name(outside.s3, "PREMIUM_MEDIA_BUCKET", usual.media_bucket),
            key: name(outside.kms, "PREMIUM_KEY", usual.key),
        };
        if outside != Outside::default() {
            store::aws::config()?;
        }
        Ok(Place { outside, is_deployed: false, names })
    }
}

/// The addresses of the servers, the credentials that sign requests to them, and the names of table, buckets and key. Of a
/// server outside of this process only that fact is kept: its address, credentials and region are in the environment, and
/// are not written to a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Endpoints {
    dynamodb: String,
    s3: String,
    kms: String,
    #[serde(default)]
    outside: Outside,
    access_key: String,
    secret_key: String,
    table: String,
    lake_bucket: String,
    media_bucket: String,
    key: String,
    /// What the environment says of the servers that are outside.
    #[serde(skip)]
    environment: Option<SdkConfig>,
}

/// Clients of the servers.
pub struct Clients {
    /// The table.
    pub dynamo: aws_sdk_dynamodb::Client,
    /// Its stream.
    pub streams: aws_sdk_dynamodbstreams::Client,
    /// The buckets.
    pub s3: aws_sdk_s3::Client,
    /// The key.
    pub kms: aws_sdk_kms::Client,
    /// What they are called.
    pub names: Names,
}

impl Endpoints {
    /// The endpoints of a stack whose embedded servers are in this process. Fails where a server is outside and the
    /// environment does not say how to sign for it.
    pub(crate) fn new(embedded: &Embedded, place: &Place) -> Result<Endpoints, ConfigError> {
        let Names { table, lake_bucket, media_bucket, key } = place.names.clone();
        let address = |endpoint: &Option<String>| endpoint.clone().unwrap_or_default();
        let endpoints = Endpoints {
            dynamodb: address(&embedded.dynamo_endpoint),
            s3: address(&embedded.s3_endpoint),
            kms: address(&embedded.kms_endpoint),
            outside: place.outside,
            access_key: embedded.access_key.clone(),
            secret_key: embedded.secret_key.clone(),
            table,
            lake_bucket,
            media_bucket,
            key,
            environment: None,
        };
        endpoints.in_environment()
    }

    /// The endpoints of the stack that keeps its data in `data`; `None` where none ever did, or where the environment lacks
    /// what reaches its servers outside. It may have stopped.
    pub fn to(data: &Path) -> Option<Endpoints> {
        let endpoints: Endpoints = serde_json::from_slice(&std::fs::read(data.join(FILE)).ok()?).ok()?;
        endpoints.in_environment().ok()
    }

    fn in_environment(mut self) -> Result<Endpoints, ConfigError> {
        if self.outside != Outside::default() {
            self.environment = Some(store::aws::config()?);
        }
        Ok(self)
    }

    /// Writes them to the data folder, for its owner alone.
    pub(crate) fn write(&self, data: &Path) -> std::io::Result<()> {
        crate::embedded::write_file(&data.join(FILE), &serde_json::to_vec_pretty(self)?)
    }

    /// Clients of all servers.
    pub fn clients(&self) -> Clients {
        let credentials = Credentials::new(&self.access_key, &self.secret_key, None, None, "embedded");
        let embedded = store::aws::builder(REGION, credentials).build();
        let config = |is_outside: bool, endpoint: &str| match &self.environment {
            Some(environment) if is_outside => environment.clone(),
            _ => embedded.to_builder().endpoint_url(endpoint).build(),
        };
        let dynamo = config(self.outside.dynamodb, &self.dynamodb);
        let mut streams = aws_sdk_dynamodbstreams::config::Builder::from(&dynamo);
        if self.outside.dynamodb && optional("AWS_ENDPOINT_URL_DYNAMODB_STREAMS").is_none() {
            // What stands in for DynamoDB has the streams too; AWS has an endpoint of its own for them.
            let endpoint = optional("AWS_ENDPOINT_URL_DYNAMODB");
            if endpoint.is_some() {
                streams.set_endpoint_url(endpoint);
            }
        }
        let s3 = config(self.outside.s3, &self.s3);
        let is_set = |name| optional(name).is_some();
        let by_path = !self.outside.s3 || is_set("AWS_ENDPOINT_URL_S3") || is_set("AWS_ENDPOINT_URL");
        let s3 = aws_sdk_s3::config::Builder::from(&s3).force_path_style(by_path).build();
        Clients {
            dynamo: aws_sdk_dynamodb::Client::new(&dynamo),
            streams: aws_sdk_dynamodbstreams::Client::from_conf(streams.build()),
            s3: aws_sdk_s3::Client::from_conf(s3),
            kms: aws_sdk_kms::Client::new(&config(self.outside.kms, &self.kms)),
            names: Names {
                table: self.table.clone(),
                lake_bucket: self.lake_bucket.clone(),
                media_bucket: self.media_bucket.clone(),
                key: self.key.clone(),
            },
        }
    }
}

impl Clients {
    /// The store that the clients reach.
    pub fn store(self) -> Store {
        Store::with_clients(self.dynamo, self.s3, self.kms, self.names)
    }
}
