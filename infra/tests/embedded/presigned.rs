use std::time::Duration;

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use reqwest::{Method, StatusCode};
use tempfile::TempDir;

use crate::Stack;
use crate::objects::{read, write};

fn expires_in(seconds: u64) -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_secs(seconds)).unwrap()
}

/// The request as any HTTP client sends it who was given the URL and its headers.
async fn send(request: &PresignedRequest, body: &'static str) -> reqwest::Response {
    let method = Method::from_bytes(request.method().as_bytes()).unwrap();
    let mut call = client::net::client().build().unwrap().request(method, request.uri());
    for (name, value) in request.headers() {
        call = call.header(name, value);
    }
    call.body(body).send().await.unwrap()
}

async fn status(method: Method, url: &str) -> StatusCode {
    client::net::client().build().unwrap().request(method, url).send().await.unwrap().status()
}

#[tokio::test]
async fn a_url_for_get_gives_the_object_and_the_headers_it_was_signed_with() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    write(&stack, "áudio/1.ogg", b"0123456789").await;
    let get = stack.s3.get_object().bucket("bucket").key("áudio/1.ogg").response_content_type("audio/ogg");
    let get = get.response_content_disposition("attachment").response_cache_control("no-store");
    let url = get.presigned(expires_in(60)).await.unwrap();

    let whole = send(&url, "").await;
    assert_eq!(whole.status(), StatusCode::OK);
    for (name, value) in
        [("content-type", "audio/ogg"), ("content-disposition", "attachment"), ("cache-control", "no-store")]
    {
        assert_eq!(whole.headers()[name], value);
    }
    assert_eq!(whole.text().await.unwrap(), "0123456789");

    let part = client::net::client()
        .build()
        .unwrap()
        .get(url.uri())
        .header("range", "bytes=-2")
        .send()
        .await
        .unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.text().await.unwrap(), "89");
}

#[tokio::test]
async fn a_url_for_head_gives_the_headers_it_was_signed_with() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    write(&stack, "k", b"0123456789").await;
    let head = stack.s3.head_object().bucket("bucket").key("k").response_content_type("audio/ogg");
    let head = head.response_content_disposition("attachment").response_cache_control("no-store");
    let url = head.presigned(expires_in(60)).await.unwrap();

    let answer = send(&url, "").await;
    assert_eq!(answer.status(), StatusCode::OK);
    for (name, value) in [
        ("content-type", "audio/ogg"),
        ("content-disposition", "attachment"),
        ("cache-control", "no-store"),
        ("content-length", "10"),
    ] {
        assert_eq!(answer.headers()[name], value);
    }
    assert_eq!(status(Method::GET, url.uri()).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_url_for_put_takes_the_body_it_was_signed_for() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    let put = || stack.s3.put_object().bucket("bucket").key("k").content_type("text/plain").content_length(5);
    let url = put().presigned(expires_in(60)).await.unwrap();

    let client = client::net::client().build().unwrap();
    let other_type =
        client.put(url.uri()).header("content-type", "text/html").body("hello").send().await.unwrap();
    assert_eq!(other_type.status(), StatusCode::FORBIDDEN);
    let longer =
        client.put(url.uri()).header("content-type", "text/plain").body("hello!").send().await.unwrap();
    assert_eq!(longer.status(), StatusCode::FORBIDDEN);
    assert!(stack.s3.head_object().bucket("bucket").key("k").send().await.is_err());

    assert_eq!(send(&url, "hello").await.status(), StatusCode::OK);
    assert_eq!(read(&stack, "k").await, b"hello");
    let head = stack.s3.head_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/plain"));
}

#[tokio::test]
async fn a_url_is_good_for_its_own_method_key_and_query_only() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    write(&stack, "k", b"bytes").await;
    write(&stack, "other", b"bytes").await;
    let get = stack.s3.get_object().bucket("bucket").key("k").response_content_type("text/plain");
    let url = get.presigned(expires_in(60)).await.unwrap().uri().to_owned();
    assert_eq!(status(Method::GET, &url).await, StatusCode::OK);

    for method in [Method::HEAD, Method::PUT, Method::DELETE] {
        assert_eq!(status(method, &url).await, StatusCode::FORBIDDEN);
    }
    let (start, signature) = url.split_once("X-Amz-Signature=").unwrap();
    let other = if signature.starts_with('0') { '1' } else { '0' };
    let tampered = [
        format!("{start}X-Amz-Signature={other}{}", &signature[1..]),
        url.replace("/k?", "/other?"),
        url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
        url.replace("text%2Fplain", "text%2Fhtml"),
        url.split_once('?').unwrap().0.to_owned(),
    ];
    for url in tampered {
        assert_eq!(status(Method::GET, &url).await, StatusCode::FORBIDDEN, "{url}");
    }
    assert_eq!(read(&stack, "k").await, b"bytes");
}

#[tokio::test]
async fn a_url_ends_with_its_time() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    write(&stack, "k", b"bytes").await;
    let url = stack.s3.get_object().bucket("bucket").key("k").presigned(expires_in(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(send(&url, "").await.status(), StatusCode::FORBIDDEN);
}
