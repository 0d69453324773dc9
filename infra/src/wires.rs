//! How to reach a stack's embedded servers, from its own process or from another.

use std::path::Path;

use aws_sdk_dynamodb::config::Credentials;
use serde::{Deserialize, Serialize};
use shared::store::{Names, Store};

use crate::embedded::Embedded;

/// The file of the data folder that says it, for a Lambda binary under test or a person with the AWS CLI.
const FILE: &str = "aws.json";

/// Where the embedded servers listen, what signs requests to them, and what things are called there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wires {
    dynamodb: String,
    s3: String,
    kms: String,
    access_key: String,
    secret_key: String,
    table: String,
    lake_bucket: String,
    media_bucket: String,
    key: String,
}

/// Clients of the embedded servers.
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

impl Wires {
    /// The wires to servers of this process.
    pub(crate) fn new(embedded: &Embedded) -> Wires {
        Wires {
            dynamodb: embedded.dynamo_endpoint.clone(),
            s3: embedded.s3_endpoint.clone(),
            kms: embedded.kms_endpoint.clone(),
            access_key: embedded.access_key.clone(),
            secret_key: embedded.secret_key.clone(),
            table: "premium".to_owned(),
            lake_bucket: "premium-lake".to_owned(),
            media_bucket: "premium-media".to_owned(),
            key: "alias/premium".to_owned(),
        }
    }

    /// The wires to the stack that keeps its data in `data`; `None` where none ever did. It may have stopped.
    pub fn to(data: &Path) -> Option<Wires> {
        serde_json::from_slice(&std::fs::read(data.join(FILE)).ok()?).ok()
    }

    /// Writes them to the data folder, for its owner alone.
    pub(crate) fn write(&self, data: &Path) -> std::io::Result<()> {
        crate::embedded::write_file(&data.join(FILE), &serde_json::to_vec_pretty(self)?)
    }

    /// Clients of all servers.
    pub fn clients(&self) -> Clients {
        let credentials = Credentials::new(&self.access_key, &self.secret_key, None, None, "embedded");
        let config = shared::aws::builder("sa-east-1", credentials).build();
        let at = |endpoint: &str| config.to_builder().endpoint_url(endpoint).build();
        let dynamo = at(&self.dynamodb);
        let s3 = aws_sdk_s3::config::Builder::from(&at(&self.s3)).force_path_style(true).build();
        Clients {
            dynamo: aws_sdk_dynamodb::Client::new(&dynamo),
            streams: aws_sdk_dynamodbstreams::Client::new(&dynamo),
            s3: aws_sdk_s3::Client::from_conf(s3),
            kms: aws_sdk_kms::Client::new(&at(&self.kms)),
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
