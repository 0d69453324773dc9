//! The embedded servers, called over their sockets with the AWS SDK.
#![expect(clippy::unwrap_used, reason = "what the tests share may fail like a test")]

use std::path::Path;

use aws_sdk_s3::config::Credentials;
use infra::embedded::{Embedded, EmbeddedError};
use tempfile::TempDir;

mod kms;
mod objects;
mod presigned;
mod privacy;
mod strangers;
mod table;
mod uploads;

/// Running servers and clients for them.
struct Stack {
    embedded: Embedded,
    s3: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    dynamo: aws_sdk_dynamodb::Client,
    streams: aws_sdk_dynamodbstreams::Client,
}

impl Stack {
    async fn start(data: &Path) -> Stack {
        let embedded = Embedded::start(data).await.unwrap();
        let credentials = Credentials::new(
            embedded.access_key.clone(),
            embedded.secret_key.clone(),
            None,
            None,
            "embedded",
        );
        let config = store::aws::builder("local", credentials).build();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true);
        let kms =
            aws_sdk_kms::config::Builder::from(&config).endpoint_url(embedded.kms_endpoint.as_ref().unwrap());
        let dynamo_endpoint = embedded.dynamo_endpoint.as_ref().unwrap();
        let dynamo = aws_sdk_dynamodb::config::Builder::from(&config).endpoint_url(dynamo_endpoint);
        let streams = aws_sdk_dynamodbstreams::config::Builder::from(&config).endpoint_url(dynamo_endpoint);
        Stack {
            s3: aws_sdk_s3::Client::from_conf(
                s3.endpoint_url(embedded.s3_endpoint.as_ref().unwrap()).build(),
            ),
            kms: aws_sdk_kms::Client::from_conf(kms.build()),
            dynamo: aws_sdk_dynamodb::Client::from_conf(dynamo.build()),
            streams: aws_sdk_dynamodbstreams::Client::from_conf(streams.build()),
            embedded,
        }
    }

    /// The same with a bucket named `bucket`.
    async fn with_bucket(data: &Path) -> Stack {
        let stack = Stack::start(data).await;
        stack.s3.create_bucket().bucket("bucket").send().await.unwrap();
        stack
    }
}

#[tokio::test]
async fn a_restart_keeps_ports_credentials_and_objects() {
    let data = TempDir::new().unwrap();
    let before = Stack::with_bucket(data.path()).await;
    before.s3.put_object().bucket("bucket").key("k").body(b"bytes".to_vec().into()).send().await.unwrap();
    let Embedded { s3_endpoint, dynamo_endpoint, kms_endpoint, access_key, secret_key, .. } =
        &before.embedded;
    let known = [s3_endpoint, dynamo_endpoint, kms_endpoint].map(Option::clone);
    let secrets = (access_key.clone(), secret_key.clone());
    before.embedded.stop().await;

    let after = Stack::start(data.path()).await;
    let Embedded { s3_endpoint, dynamo_endpoint, kms_endpoint, access_key, secret_key, .. } = &after.embedded;
    assert_eq!(known.each_ref(), [s3_endpoint, dynamo_endpoint, kms_endpoint]);
    assert_eq!(secrets, (access_key.clone(), secret_key.clone()));
    assert_eq!(objects::read(&after, "k").await, b"bytes");
}

#[tokio::test]
async fn a_port_that_was_taken_meanwhile_is_replaced() {
    let data = TempDir::new().unwrap();
    let before = Embedded::start(data.path()).await.unwrap();
    let address = before.s3_endpoint.as_ref().unwrap().trim_start_matches("http://").to_owned();
    before.stop().await;
    let _taken = std::net::TcpListener::bind(&address).unwrap();
    let after = Embedded::start(data.path()).await.unwrap();
    assert_ne!(after.s3_endpoint.unwrap(), format!("http://{address}"));
}

#[tokio::test]
async fn a_data_folder_has_one_user_at_a_time() {
    let data = TempDir::new().unwrap();
    let first = Embedded::start(data.path()).await.unwrap();
    let second = Embedded::start(data.path()).await;
    assert!(matches!(second, Err(EmbeddedError::InUse(_))));
    first.stop().await;
    assert!(Embedded::start(data.path()).await.is_ok());
}

#[tokio::test]
async fn secrets_are_for_their_owner_alone_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let parent = TempDir::new().unwrap();
    let data = parent.path().join("data");
    let _stack = Embedded::start(&data).await.unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("credentials.json")), 0o600);
    assert_eq!(mode(&data.join("master.key")), 0o600);
}

#[tokio::test]
async fn a_damaged_master_key_is_named_and_kept() {
    let data = TempDir::new().unwrap();
    std::fs::write(data.path().join("master.key"), b"short").unwrap();
    let Err(error) = Embedded::start(data.path()).await else { panic!("started") };
    assert!(error.to_string().contains("master.key"), "{error}");
    assert_eq!(std::fs::read(data.path().join("master.key")).unwrap(), b"short");
}
