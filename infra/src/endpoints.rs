//! The endpoints of a stack: how its DynamoDB, S3 and KMS are reached, from its own process or from another
//! one.

use std::path::Path;

use aws_sdk_dynamodb::config::Credentials;
use aws_types::SdkConfig;
use runtime::config::{ConfigError, optional, required};
use serde::{Deserialize, Serialize};
use store::{Names, Store};

use crate::embedded::{Embedded, Outside};

/// The file of the data folder with the endpoints, for a Lambda binary under test or for the AWS CLI.
const FILE: &str = "aws.json";
/// The region for which requests to the embedded servers are signed.
const REGION: &str = "sa-east-1";

/// Where a stack finds DynamoDB, S3 and KMS, and the names of its table, buckets and key.
#[derive(Clone, Debug)]
pub struct Backend {
    /// Which of the three services are not embedded in the stack's process.
    pub outside: Outside,
    /// Whether table and buckets belong to a deployed stack, so that they are never made here.
    pub is_deployed: bool,
    names: Names,
}

impl Default for Backend {
    /// All three services are embedded.
    fn default() -> Backend {
        let names = Names {
            table: "premium".to_owned(),
            lake_bucket: "premium-lake".to_owned(),
            media_bucket: "premium-media".to_owned(),
            key: "alias/premium".to_owned(),
        };
        Backend { outside: Outside::default(), is_deployed: false, names }
    }
}

impl Backend {
    /// A deployed stack on AWS, or on what `AWS_ENDPOINT_URL_*` names instead. The variables `PREMIUM_TABLE`,
    /// `PREMIUM_LAKE_BUCKET`, `PREMIUM_MEDIA_BUCKET` and `PREMIUM_KEY` name its table, buckets and key. Fails
    /// where one of them, the region or the credentials are not set.
    pub fn deployed() -> Result<Backend, ConfigError> {
        let names = Names {
            table: required("PREMIUM_TABLE")?,
            lake_bucket: required("PREMIUM_LAKE_BUCKET")?,
            media_bucket: required("PREMIUM_MEDIA_BUCKET")?,
            key: required("PREMIUM_KEY")?,
        };
        let outside = Outside { dynamodb: true, s3: true, kms: true };
        store::aws::config()?;
        Ok(Backend { outside, is_deployed: true, names })
    }

    /// The embedded servers, except those instead of which `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_S3`
    /// or `AWS_ENDPOINT_URL_KMS` names another server. For such a server, the `PREMIUM_*` variables name its
    /// table, buckets or key, if they are set. Fails where a server is outside and the environment has no
    /// credentials or no region for it.
    pub fn from_env() -> Result<Backend, ConfigError> {
        let is_set = |name| optional(name).is_some();
        let outside = Outside {
            dynamodb: is_set("AWS_ENDPOINT_URL_DYNAMODB"),
            s3: is_set("AWS_ENDPOINT_URL_S3"),
            kms: is_set("AWS_ENDPOINT_URL_KMS"),
        };
        let usual = Backend::default().names;
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
        Ok(Backend { outside, is_deployed: false, names })
    }
}

/// The addresses of the servers, the credentials that sign requests to them, and the names of table, buckets
/// and key. About a server outside of this process, only that it is outside is kept. Its address, credentials
/// and region are in the environment, and are not written to a file.
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
    /// The configuration that the environment has for servers outside; `None` where none is outside.
    #[serde(skip)]
    environment: Option<SdkConfig>,
}

/// Clients of all servers.
pub struct Clients {
    /// The client of DynamoDB.
    pub dynamo: aws_sdk_dynamodb::Client,
    /// The client of DynamoDB Streams.
    pub streams: aws_sdk_dynamodbstreams::Client,
    /// The client of S3.
    pub s3: aws_sdk_s3::Client,
    /// The client of KMS.
    pub kms: aws_sdk_kms::Client,
    /// The names of the table, the buckets and the key.
    pub names: Names,
}

impl Endpoints {
    /// Returns the endpoints of a stack whose embedded servers are in this process. Fails where a server is
    /// outside and the environment does not say how to sign requests to it.
    pub(crate) fn new(embedded: &Embedded, backend: &Backend) -> Result<Endpoints, ConfigError> {
        let Names { table, lake_bucket, media_bucket, key } = backend.names.clone();
        let address = |endpoint: &Option<String>| endpoint.clone().unwrap_or_default();
        let endpoints = Endpoints {
            dynamodb: address(&embedded.dynamo_endpoint),
            s3: address(&embedded.s3_endpoint),
            kms: address(&embedded.kms_endpoint),
            outside: backend.outside,
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

    /// Reads the endpoints of the stack that keeps its data in the folder `data`. Returns `None` where no
    /// stack ever did, or where the environment does not say how to reach its servers outside. The stack may
    /// have stopped.
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

    /// Writes the endpoints to the data folder, readable by its owner only.
    pub(crate) fn write(&self, data: &Path) -> std::io::Result<()> {
        crate::embedded::write_file(&data.join(FILE), &serde_json::to_vec_pretty(self)?)
    }

    /// Makes clients of all servers.
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
            // A server that replaces DynamoDB also serves the streams. AWS itself has another endpoint for
            // them.
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
    /// Returns the store on these clients.
    pub fn store(self) -> Store {
        Store::with_clients(self.dynamo, self.s3, self.kms, self.names)
    }
}
