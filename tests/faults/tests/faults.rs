//! Tests of each fault, seen through the AWS SDK and through a bare connection, in front of a tiny origin.
#![expect(clippy::unwrap_used, reason = "what the tests share may fail like a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use faults::{Count, Fault, Proxy, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The origin's answer to every request.
const BODY: &str = r#"{"TableNames":["one","two"]}"#;

/// Starts a server that always answers `BODY`. Returns its address, and how many requests have reached it.
async fn origin() -> (String, Arc<AtomicU64>) {
    let reached = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&reached);
    let answer = move |request: Request| async move {
        counter.fetch_add(1, Ordering::Relaxed);
        let host = request.headers()["host"].to_str().unwrap().to_owned();
        let path = request.uri().to_string();
        ([("content-type", "application/x-amz-json-1.0"), ("x-host", &host), ("x-path", &path)], BODY)
            .into_response()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    (format!("http://{address}"), reached)
}

struct Staged {
    proxy: Proxy,
    reached: Arc<AtomicU64>,
    config: aws_sdk_dynamodb::Config,
    s3: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
}

impl Staged {
    async fn new(service: Service, seed: u64) -> Staged {
        let (origin, reached) = origin().await;
        let proxy = Proxy::start(&origin, service, seed).await.unwrap();
        let credentials = aws_sdk_dynamodb::config::Credentials::new("key", "secret", None, None, "test");
        let config = store::aws::builder("sa-east-1", credentials).endpoint_url(proxy.endpoint());
        let config = config.retry_config(RetryConfig::disabled()).build();
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Staged {
            proxy,
            reached,
            config: aws_sdk_dynamodb::Config::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            kms: aws_sdk_kms::Client::new(&config),
        }
    }

    async fn dynamo(fault: Fault) -> Staged {
        let staged = Staged::new(Service::DynamoDb, 1).await;
        staged.proxy.set_rate(fault, 1.0);
        staged
    }

    async fn list(&self) -> Result<Vec<String>, String> {
        let client = aws_sdk_dynamodb::Client::from_conf(self.config.clone());
        match client.list_tables().send().await {
            Ok(answer) => Ok(answer.table_names.unwrap_or_default()),
            Err(SdkError::ServiceError(error)) => Err(error.err().code().unwrap_or("no code").to_owned()),
            Err(error) => Err(format!("{error:?}").split(['(', ' ']).next().unwrap().to_owned()),
        }
    }

    fn reached(&self) -> u64 {
        self.reached.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn what_passes_is_what_the_origin_says_and_is_counted() {
    let staged = Staged::new(Service::DynamoDb, 1).await;
    assert_eq!(staged.list().await.unwrap(), ["one", "two"]);
    let count = staged.proxy.count("ListTables");
    let expected = Count { requests: 1, request_bytes: 2, answer_bytes: BODY.len() as u64, faults: 0 };
    assert_eq!(count, expected);
    assert_eq!(staged.proxy.counts().into_keys().collect::<Vec<_>>(), ["ListTables"]);
    staged.proxy.reset_counts();
    assert_eq!(staged.proxy.counts().len(), 0);
}

#[tokio::test]
async fn the_host_header_and_the_path_arrive_as_they_were_sent() {
    let staged = Staged::new(Service::S3, 1).await;
    let answer =
        bare(&staged.proxy, "GET /bucket/a%2Fb/../c?x=%20y HTTP/1.1\r\nHost: named.example:1\r\n").await;
    assert!(answer.contains("x-host: named.example:1\r\n"), "{answer}");
    assert!(answer.contains("x-path: /bucket/a%2Fb/../c?x=%20y\r\n"), "{answer}");
}

#[tokio::test]
async fn throttles_have_each_service_s_own_shape() {
    let staged = Staged::dynamo(Fault::Throttle).await;
    let mut said = Vec::new();
    for _ in 0..20 {
        said.push(staged.list().await.unwrap_err());
    }
    said.sort();
    said.dedup();
    assert_eq!(said, ["ProvisionedThroughputExceededException", "ThrottlingException"]);
    let client = aws_sdk_dynamodb::Client::from_conf(staged.config.clone());
    let put = Put::builder().table_name("t").item("pk", AttributeValue::S("x".to_owned())).build().unwrap();
    let item = TransactWriteItem::builder().put(put).build();
    let error = client.transact_write_items().transact_items(item.clone()).transact_items(item).send().await;
    let error = error.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = error
    else {
        panic!("{error:?}")
    };
    let codes: Vec<_> =
        cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["ThrottlingError", "None"]);

    let staged_s3 = Staged::new(Service::S3, 1).await;
    staged_s3.proxy.set_rate(Fault::Throttle, 1.0);
    let error = staged_s3.s3.get_object().bucket("b").key("k").send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 503);
    assert_eq!(error.code(), Some("SlowDown"));
    let staged_kms = Staged::new(Service::Kms, 1).await;
    staged_kms.proxy.set_rate(Fault::Throttle, 1.0);
    let blob = aws_sdk_kms::primitives::Blob::new("x");
    let error = staged_kms.kms.decrypt().ciphertext_blob(blob).send().await.unwrap_err();
    assert_eq!(error.code(), Some("ThrottlingException"));
    assert_eq!((staged.reached(), staged_s3.reached(), staged_kms.reached()), (0, 0, 0));
    assert_eq!(staged_s3.proxy.count("GetObject").faults, 1);
}

#[tokio::test]
async fn internal_errors_have_each_service_s_own_shape() {
    let staged = Staged::dynamo(Fault::InternalError).await;
    assert_eq!(staged.list().await.unwrap_err(), "InternalServerError");
    let staged = Staged::new(Service::S3, 1).await;
    staged.proxy.set_rate(Fault::InternalError, 1.0);
    let error = staged.s3.put_object().bucket("b").key("k").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InternalError"));
    let staged = Staged::new(Service::Kms, 1).await;
    staged.proxy.set_rate(Fault::InternalError, 1.0);
    let blob = aws_sdk_kms::primitives::Blob::new("x");
    let error = staged.kms.decrypt().ciphertext_blob(blob).send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 500);
    assert_eq!(error.code(), Some("KMSInternalException"));
}

#[tokio::test]
async fn a_time_out_before_the_effect_reaches_nobody_and_one_after_it_does() {
    let before = Staged::dynamo(Fault::TimeoutBefore).await;
    assert_eq!((before.list().await.unwrap_err().as_str(), before.reached()), ("DispatchFailure", 0));
    let after = Staged::dynamo(Fault::TimeoutAfter).await;
    assert_eq!((after.list().await.unwrap_err().as_str(), after.reached()), ("DispatchFailure", 1));
}

/// Sends the head of a request, and returns everything that is received until the connection is closed.
async fn bare(proxy: &Proxy, head: &str) -> String {
    let mut connection = TcpStream::connect(proxy.endpoint().trim_start_matches("http://")).await.unwrap();
    connection.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut all = Vec::new();
    drop(connection.read_to_end(&mut all).await);
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a_cut_body_promises_all_and_brings_half() {
    let staged = Staged::new(Service::S3, 1).await;
    staged.proxy.set_rate_of("GetObject", Fault::CutBody, 1.0);
    let answer = bare(&staged.proxy, "GET /bucket/key HTTP/1.1\r\nHost: h\r\n").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.to_lowercase().contains(&format!("content-length: {}", BODY.len())), "{head}");
    assert_eq!(body, &BODY[..BODY.len() / 2]);
    assert_eq!(staged.proxy.count("GetObject").answer_bytes, BODY.len() as u64 / 2);
    let object = staged.s3.get_object().bucket("b").key("k").send().await.unwrap();
    assert!(object.body.collect().await.is_err());
    // The rate is only for `GetObject`.
    assert!(staged.s3.head_object().bucket("b").key("k").send().await.is_ok());
}

#[tokio::test]
async fn a_slow_answer_is_late_and_whole_and_a_proxy_that_is_off_is_fast() {
    let staged = Staged::dynamo(Fault::Slow).await;
    staged.proxy.set_delay(Duration::from_millis(400));
    let since = Instant::now();
    assert_eq!(staged.list().await.unwrap(), ["one", "two"]);
    assert!(since.elapsed() >= Duration::from_millis(400));
    staged.proxy.switch_off();
    let since = Instant::now();
    assert_eq!(staged.list().await.unwrap(), ["one", "two"]);
    assert!(since.elapsed() < Duration::from_millis(400));
    staged.proxy.switch_on();
    assert_eq!(staged.proxy.count("ListTables").faults, 1);
}

#[tokio::test]
async fn the_same_seed_and_requests_have_the_same_outcomes() {
    let outcomes = async |seed| {
        let staged = Staged::new(Service::DynamoDb, seed).await;
        staged.proxy.fail_calls(0.5);
        let mut outcomes = Vec::new();
        for _ in 0..60 {
            outcomes.push(staged.list().await);
        }
        outcomes
    };
    let first = outcomes(7).await;
    assert_eq!(first, outcomes(7).await);
    assert_ne!(first, outcomes(8).await);
    let failed = first.iter().filter(|outcome| outcome.is_err()).count();
    assert!((15..45).contains(&failed), "{failed} of 60 failed");
}
