use std::path::Path;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::Stack;
use crate::objects::{read, write};

/// The files below a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

#[tokio::test]
async fn a_wrong_checksum_stores_nothing() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    let put = || stack.s3.put_object().bucket("bucket").key("k").body(b"hello".to_vec().into());
    let wrong = [
        put().content_md5("AAAAAAAAAAAAAAAAAAAAAA=="),
        put().checksum_crc32("AAAAAA=="),
        put().checksum_crc32_c("AAAAAA=="),
        put().checksum_crc64_nvme("AAAAAAAAAAA="),
        put().checksum_sha1("AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        put().checksum_sha256("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ];
    for call in wrong {
        assert_eq!(call.send().await.unwrap_err().code(), Some("BadDigest"));
    }
    assert!(stack.s3.head_object().bucket("bucket").key("k").send().await.is_err());
    assert_eq!(files(&data.path().join("objects")), 0);

    write(&stack, "k", b"kept").await;
    let replaced = put().checksum_crc32("AAAAAA==").send().await;
    assert_eq!(replaced.unwrap_err().code(), Some("BadDigest"));
    assert_eq!(read(&stack, "k").await, b"kept");
}

#[tokio::test]
async fn each_kind_of_checksum_is_accepted_and_given_back() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    for algorithm in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] {
        let put = stack.s3.put_object().bucket("bucket").key("k").body(b"hello".to_vec().into());
        put.checksum_algorithm(ChecksumAlgorithm::from(algorithm)).send().await.unwrap();
        let get = stack.s3.get_object().bucket("bucket").key("k").send().await.unwrap();
        let sums = [
            get.checksum_crc32(),
            get.checksum_crc32_c(),
            get.checksum_crc64_nvme(),
            get.checksum_sha1(),
            get.checksum_sha256(),
        ];
        assert_eq!(sums.iter().flatten().count(), 1, "{algorithm}");
        assert_eq!(get.body.collect().await.unwrap().to_vec(), b"hello");
    }
}

#[tokio::test]
async fn twenty_megabytes_pass_through_as_a_stream() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    let bytes: Vec<u8> =
        (0..20_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let file = data.path().join("upload");
    std::fs::write(&file, &bytes).unwrap();
    let body = ByteStream::from_path(&file).await.unwrap();
    stack.s3.put_object().bucket("bucket").key("k").body(body).send().await.unwrap();
    assert!(read(&stack, "k").await == bytes);

    let range =
        stack.s3.get_object().bucket("bucket").key("k").range("bytes=9999999-15000000").send().await.unwrap();
    assert!(range.body.collect().await.unwrap().to_vec() == bytes[9_999_999..=15_000_000]);
}

#[tokio::test]
async fn of_many_concurrent_puts_of_a_new_key_one_succeeds() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    for round in 0..20 {
        let key = format!("round/{round}");
        let put = |writer: usize| {
            let body = format!("writer {writer}").into_bytes();
            stack.s3.put_object().bucket("bucket").key(&key).if_none_match("*").body(body.into()).send()
        };
        let results = futures::future::join_all((0..8).map(put)).await;
        let winners: Vec<usize> = (0..8).filter(|writer| results[*writer].is_ok()).collect();
        assert_eq!(winners.len(), 1, "round {round}");
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            assert_eq!(error.code(), Some("PreconditionFailed"));
        }
        assert_eq!(read(&stack, &key).await, format!("writer {}", winners[0]).into_bytes());
    }
    assert_eq!(files(&data.path().join("objects")), 20);
}

#[tokio::test]
async fn conditions_that_are_not_offered_are_refused() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    let put = || stack.s3.put_object().bucket("bucket").key("k").body(b"x".to_vec().into());
    assert_eq!(put().if_match("\"0\"").send().await.unwrap_err().code(), Some("NotImplemented"));
    assert_eq!(put().if_none_match("\"0\"").send().await.unwrap_err().code(), Some("NotImplemented"));
}

#[tokio::test]
async fn a_body_that_ends_early_stores_nothing() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    let expiry = PresigningConfig::expires_in(std::time::Duration::from_secs(60)).unwrap();
    let url = stack.s3.put_object().bucket("bucket").key("k").presigned(expiry).await.unwrap();
    let host = stack.embedded.s3_endpoint.as_ref().unwrap().trim_start_matches("http://");
    let path = url.uri().split_once(host).unwrap().1;

    let mut socket = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!(
        "PUT {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 100\r\nconnection: close\r\n\r\nhello"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.shutdown().await.unwrap();
    let mut answer = String::new();
    // The server may answer or just close: either way nothing is kept.
    let _ = socket.read_to_string(&mut answer).await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(stack.s3.head_object().bucket("bucket").key("k").send().await.is_err());
    stack.embedded.stop().await;
    assert_eq!(files(&data.path().join("objects")), 0);
}

#[tokio::test]
async fn what_uploads_left_behind_is_removed_at_the_start() {
    let data = TempDir::new().unwrap();
    let before = Stack::with_bucket(data.path()).await;
    write(&before, "k", b"kept").await;
    before.embedded.stop().await;
    std::fs::write(data.path().join("objects/.drafts/cut-short"), b"half").unwrap();

    let after = Stack::start(data.path()).await;
    assert_eq!(files(&data.path().join("objects")), 1);
    assert_eq!(read(&after, "k").await, b"kept");
}
