//! Tests of failures as they come over a socket, from a server that gives the same answer to every request.

use std::sync::Arc;

use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::key;
use domain::id::{AccountId, SessionId};

/// Returns a store on a server that answers every request with these bytes and then closes the connection.
async fn answering(answer: impl Into<Vec<u8>>) -> Store {
    let answer: Arc<[u8]> = answer.into().into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                read_request(&mut socket).await;
                socket.write_all(&answer).await.unwrap();
                socket.shutdown().await.unwrap();
            });
        }
    });
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let config = crate::aws::builder("sa-east-1", credentials)
        .retry_config(RetryConfig::disabled())
        .endpoint_url(url)
        .build();
    let name = || "name".to_owned();
    Store::new(&config, Names { table: name(), lake_bucket: name(), media_bucket: name(), key: name() })
}

/// Reads a request to its end, because closing the connection earlier would reset it.
async fn read_request(socket: &mut tokio::net::TcpStream) {
    let mut request = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = socket.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if read == 0 || request.len() >= head.len() + 4 + length.unwrap_or(0) {
            return;
        }
    }
}

fn response(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn key() -> Key {
    let account = AccountId::try_from("demo".to_owned()).unwrap();
    key::session(&account, &SessionId::try_from("s".to_owned()).unwrap())
}

/// Returns with which kind reading an item fails where the server answers with this status and error code.
async fn kind_of(status: u16, code: &str) -> StoreErrorKind {
    let body = if code.is_empty() { String::new() } else { json!({ "__type": code }).to_string() };
    let store = answering(response(status, &body)).await;
    store.get(key()).await.unwrap_err().kind
}

#[tokio::test]
async fn passing_errors_are_busy_and_a_failed_condition_is_a_conflict() {
    use StoreErrorKind::{Broken, Busy, Conflict, Refused};
    for (status, code, kind) in [
        (400, "ConditionalCheckFailedException", Conflict),
        (400, "DuplicateItemException", Conflict),
        (400, "com.amazonaws.dynamodb.v20120810#ThrottlingException", Busy),
        (400, "ProvisionedThroughputExceededException", Busy),
        (400, "RequestLimitExceeded", Busy),
        (400, "TransactionConflictException", Busy),
        (400, "TransactionInProgressException", Busy),
        (500, "InternalServerError", Busy),
        (500, "AFaultThatNobodyKnowsYet", Busy),
        (503, "", Busy),
        (502, "", Busy),
        (429, "AnotherOne", Busy),
        (400, "AccessDeniedException", Refused),
        (400, "ResourceNotFoundException", Refused),
        (400, "ValidationException", Refused),
        (403, "", Refused),
        // Of a wrapped key, which belongs to one account.
        (400, "InvalidCiphertextException", Broken),
        (400, "IncorrectKeyException", Broken),
        (416, "InvalidRange", Broken),
    ] {
        assert_eq!(kind_of(status, code).await, kind, "{status} {code}");
    }
}

#[tokio::test]
async fn a_cancelled_transaction_is_a_conflict_only_where_conditions_alone_failed() {
    use StoreErrorKind::{Busy, Conflict, Refused};
    for (codes, kind) in [
        (json!(["ConditionalCheckFailed"]), Conflict),
        (json!(["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]), Conflict),
        (json!(["TransactionConflict"]), Busy),
        (json!(["ConditionalCheckFailed", "TransactionConflict"]), Busy),
        (json!(["ThrottlingError", "ConditionalCheckFailed"]), Busy),
        (json!(["None", "ProvisionedThroughputExceeded"]), Busy),
        (json!(["RequestLimitExceeded"]), Busy),
        (json!(["InternalServerError", "None"]), Busy),
        (json!([]), Busy),
        (json!(["ValidationError", "ConditionalCheckFailed"]), Refused),
        (json!(["ItemCollectionSizeLimitExceeded"]), Refused),
    ] {
        let reasons: Vec<Value> =
            codes.as_array().unwrap().iter().map(|code| json!({"Code": code})).collect();
        let body = json!({"__type": "TransactionCanceledException", "CancellationReasons": reasons});
        let store = answering(response(400, &body.to_string())).await;
        let delete = Delete::builder().table_name("name").set_key(Some(key_item(key()))).build().unwrap();
        let action = TransactWriteItem::builder().delete(delete).build();
        let error = store.dynamo().transact_write_items().transact_items(action).send().await.unwrap_err();
        assert_eq!(StoreError::aws("testing", error).kind, kind, "{codes}");
    }
}

#[tokio::test]
async fn an_object_that_does_not_arrive_whole_is_busy() {
    for cut in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthe first bytes",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n50\r\nfirst",
    ] {
        let error = answering(cut).await.object("bodies/demo/x").await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Busy, "{cut:?}: {error:?}");
    }
    let whole = answering(response(200, "whole")).await.object("bodies/demo/x").await;
    assert_eq!(whole.unwrap(), b"whole");
}
