use aws_sdk_s3::error::ProvideErrorMetadata;
use tempfile::TempDir;

use crate::Stack;

pub(crate) async fn write(stack: &Stack, key: &str, bytes: &[u8]) {
    stack.s3.put_object().bucket("bucket").key(key).body(bytes.to_vec().into()).send().await.unwrap();
}

pub(crate) async fn read(stack: &Stack, key: &str) -> Vec<u8> {
    let output = stack.s3.get_object().bucket("bucket").key(key).send().await.unwrap();
    output.body.collect().await.unwrap().to_vec()
}

/// The bytes of a range, or the code of the refusal.
async fn part(stack: &Stack, range: &str) -> Result<(String, Vec<u8>), u16> {
    match stack.s3.get_object().bucket("bucket").key("k").range(range).send().await {
        Ok(mut output) => {
            let bytes = std::mem::take(&mut output.body).collect().await.unwrap().to_vec();
            Ok((output.content_range.unwrap(), bytes))
        }
        Err(error) => Err(error.raw_response().unwrap().status().as_u16()),
    }
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    let put = stack.s3.put_object().bucket("bucket").key("k").body(b"hello".to_vec().into());
    let put = put.content_type("text/plain").content_disposition("inline").cache_control("max-age=5");
    let put = put.metadata("account", "demo").send().await.unwrap();
    assert_eq!(put.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));

    let get = stack.s3.get_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!(get.content_type(), Some("text/plain"));
    assert_eq!(get.content_disposition(), Some("inline"));
    assert_eq!(get.cache_control(), Some("max-age=5"));
    assert_eq!(get.metadata().unwrap()["account"], "demo");
    assert_eq!((get.e_tag(), get.content_length()), (put.e_tag(), Some(5)));
    assert!(get.checksum_crc32().is_some(), "the checksum that the SDK sent comes back");
    assert_eq!(get.body.collect().await.unwrap().to_vec(), b"hello");

    let head = stack.s3.head_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!((head.e_tag(), head.content_length()), (put.e_tag(), Some(5)));
    assert_eq!((head.content_type(), head.content_disposition()), (Some("text/plain"), Some("inline")));
    assert_eq!(head.metadata().unwrap()["account"], "demo");
    let age = std::time::SystemTime::now()
        .duration_since(std::time::SystemTime::try_from(*head.last_modified().unwrap()).unwrap())
        .unwrap();
    assert!(age.as_secs() < 60, "{age:?}");
}

#[tokio::test]
async fn a_range_is_cut_at_the_end_and_refused_beyond_it() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    write(&stack, "k", b"0123456789").await;
    let answer = |range: &str, bytes: &[u8]| Ok((range.to_owned(), bytes.to_vec()));
    assert_eq!(part(&stack, "bytes=2-4").await, answer("bytes 2-4/10", b"234"));
    assert_eq!(part(&stack, "bytes=0-0").await, answer("bytes 0-0/10", b"0"));
    assert_eq!(part(&stack, "bytes=7-").await, answer("bytes 7-9/10", b"789"));
    assert_eq!(part(&stack, "bytes=7-99").await, answer("bytes 7-9/10", b"789"));
    assert_eq!(part(&stack, "bytes=-3").await, answer("bytes 7-9/10", b"789"));
    assert_eq!(part(&stack, "bytes=-99").await, answer("bytes 0-9/10", b"0123456789"));
    assert_eq!(part(&stack, "bytes=10-").await, Err(416));
    assert_eq!(part(&stack, "bytes=-0").await, Err(416));
}

#[tokio::test]
async fn a_read_may_ask_for_one_version_of_an_object() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    write(&stack, "k", b"hello").await;
    let (now, other) = ("\"5d41402abc4b2a76b9719d911017c592\"", "\"00000000000000000000000000000000\"");
    let get = || stack.s3.get_object().bucket("bucket").key("k");
    assert!(get().if_match(now).send().await.is_ok());
    assert!(get().if_none_match(other).send().await.is_ok());
    let status = |error: &aws_sdk_s3::error::SdkError<_>| error.raw_response().unwrap().status().as_u16();
    assert_eq!(status(&get().if_none_match(now).send().await.unwrap_err()), 304);
    assert_eq!(status(&get().if_match(other).send().await.unwrap_err()), 412);
}

#[tokio::test]
async fn what_is_not_there_is_named_and_can_be_deleted() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    let s3 = &stack.s3;
    let missing_key = s3.get_object().bucket("bucket").key("k").send().await.unwrap_err();
    assert_eq!(missing_key.code(), Some("NoSuchKey"));
    let missing_key = s3.head_object().bucket("bucket").key("k").send().await.unwrap_err();
    assert!(missing_key.into_service_error().is_not_found());

    let body = || b"x".to_vec().into();
    let missing_bucket = s3.put_object().bucket("other").key("k").body(body()).send().await.unwrap_err();
    assert_eq!(missing_bucket.code(), Some("NoSuchBucket"));
    assert_eq!(
        s3.get_object().bucket("other").key("k").send().await.unwrap_err().code(),
        Some("NoSuchBucket")
    );
    assert_eq!(s3.list_objects_v2().bucket("other").send().await.unwrap_err().code(), Some("NoSuchBucket"));
    assert!(s3.head_bucket().bucket("other").send().await.unwrap_err().into_service_error().is_not_found());
    assert!(s3.head_bucket().bucket("bucket").send().await.is_ok());
    assert!(s3.create_bucket().bucket("bucket").send().await.is_ok());

    write(&stack, "k", b"x").await;
    for _ in 0..2 {
        s3.delete_object().bucket("bucket").key("k").send().await.unwrap();
    }
    assert_eq!(s3.get_object().bucket("bucket").key("k").send().await.unwrap_err().code(), Some("NoSuchKey"));
}

#[tokio::test]
async fn a_listing_comes_in_pages_in_order_of_keys() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    let keys: Vec<String> = (0..25).map(|number| format!("lake/{number:02}")).collect();
    for key in keys.iter().rev() {
        write(&stack, key, key.as_bytes()).await;
    }
    write(&stack, "other", b"").await;

    let list = || stack.s3.list_objects_v2().bucket("bucket");
    let mut pages = list().prefix("lake/").max_keys(10).into_paginator().send();
    let mut listed = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.contents().len() <= 10);
        listed.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!(listed, keys);

    let rest = list().start_after("lake/23").send().await.unwrap();
    let rest: Vec<_> =
        rest.contents().iter().map(|object| (object.key().unwrap(), object.size().unwrap())).collect();
    assert_eq!(rest, [("lake/24", 7), ("other", 0)]);
    let wrong = list().continuation_token("zz").send().await.unwrap_err();
    assert_eq!(wrong.code(), Some("InvalidArgument"));
    assert_eq!(list().delimiter("/").send().await.unwrap_err().code(), Some("NotImplemented"));
}

#[tokio::test]
async fn a_key_may_have_any_shape() {
    let data = TempDir::new().unwrap();
    let stack = Stack::with_bucket(data.path()).await;
    stack.s3.create_bucket().bucket("second").send().await.unwrap();
    let long = "x".repeat(900);
    let mut keys =
        vec!["a", "a/b", "a//b", "a/", "../../evil", "../second/evil", ".", "..", "ção/日本 +%2F?&=#", &long];
    for key in &keys {
        write(&stack, key, key.as_bytes()).await;
    }
    for key in &keys {
        assert_eq!(read(&stack, key).await, key.as_bytes(), "{key}");
    }
    keys.sort_unstable();
    let listed = stack.s3.list_objects_v2().bucket("bucket").send().await.unwrap();
    let listed: Vec<_> = listed.contents().iter().map(|object| object.key().unwrap()).collect();
    assert_eq!(listed, keys);
    let second = stack.s3.list_objects_v2().bucket("second").send().await.unwrap();
    assert_eq!(second.key_count(), Some(0));

    stack.s3.delete_object().bucket("bucket").key("a").send().await.unwrap();
    assert_eq!(read(&stack, "a/b").await, b"a/b");
}
