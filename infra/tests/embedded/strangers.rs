//! What a web page or another program gets that knows the ports of the embedded servers and not their secret.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_s3::config::Credentials;
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use crate::Stack;

fn client() -> Client {
    client::net::client().build().unwrap()
}

fn endpoints(stack: &Stack) -> [String; 3] {
    let of = [&stack.embedded.dynamo_endpoint, &stack.embedded.s3_endpoint, &stack.embedded.kms_endpoint];
    of.map(|endpoint| endpoint.clone().unwrap())
}

#[tokio::test]
async fn the_right_access_key_with_another_secret_opens_nothing() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    let forged = || Credentials::new(stack.embedded.access_key.clone(), "x".repeat(40), None, None, "forged");
    let dynamo = stack.dynamo.config().to_builder().credentials_provider(forged()).build();
    let listed = aws_sdk_dynamodb::Client::from_conf(dynamo).list_tables().send().await;
    assert_eq!(listed.unwrap_err().code(), Some("UnrecognizedClientException"));
    let kms = stack.kms.config().to_builder().credentials_provider(forged()).build();
    let sealed = aws_sdk_kms::Client::from_conf(kms).encrypt().key_id("any");
    let sealed = sealed.plaintext(aws_sdk_kms::primitives::Blob::new([1])).send().await;
    assert_eq!(sealed.unwrap_err().code(), Some("UnrecognizedClientException"));
    let s3 = stack.s3.config().to_builder().credentials_provider(forged()).build();
    let listed = aws_sdk_s3::Client::from_conf(s3).list_objects_v2().bucket("bucket").send().await;
    assert_eq!(listed.unwrap_err().code(), Some("SignatureDoesNotMatch"));
}

#[tokio::test]
async fn a_web_page_may_neither_ask_nor_read() {
    let data = TempDir::new().unwrap();
    let stack = Stack::start(data.path()).await;
    for endpoint in endpoints(&stack) {
        for method in [Method::GET, Method::OPTIONS, Method::POST] {
            let request = client().request(method.clone(), &endpoint);
            let request = request.header("origin", "https://page.example").body("{}");
            let request = request.header("access-control-request-method", "POST");
            let answer = request.header("x-amz-target", "DynamoDB_20120810.ListTables").send().await.unwrap();
            assert!(!answer.status().is_success(), "{method} {endpoint}: {}", answer.status());
            let names: Vec<_> = answer.headers().keys().map(|name| name.as_str().to_owned()).collect();
            assert!(
                names.iter().all(|name| !name.starts_with("access-control-")),
                "{method} {endpoint}: {names:?}"
            );
        }
        let renamed = client().post(&endpoint).header("host", "page.example").send().await.unwrap();
        assert_eq!(renamed.status(), StatusCode::MISDIRECTED_REQUEST, "{endpoint}");
    }
}

#[tokio::test]
async fn the_stack_tells_whoever_asks_by_another_name_what_to_do() {
    let data = TempDir::new().unwrap();
    let stack = infra::stack::Stack::start(data.path(), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = format!("{}/healthz", stack.local.url);
    let answer = client().get(&url).header("host", "page.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("127.0.0.1"), "{problem}");
    assert!(problem["request_id"].is_string(), "{problem}");
    for own in ["localhost", "127.0.0.1:8787", "[::1]"] {
        let answer = client().get(&url).header("host", own).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{own}");
    }
}
