//! The answers of S3: the descriptions of objects in the terms of the protocol.

use std::ops::Range;
use std::time::{Duration, UNIX_EPOCH};

use s3s::dto::{
    ETag, ETagCondition, GetObjectOutput, HeadObjectInput, HeadObjectOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object, PutObjectOutput, StreamingBlob, Timestamp,
};
use s3s::{S3Result, s3_error};

use super::files::{Description, Page};
use super::sums::Sums;

const ANY_BYTES: &str = "bytes";

/// Checks the conditions of a read (RFC 9110, section 13.2.2). Fails where the object does not meet them.
pub(super) fn check(
    etag: &str,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    let meets = |condition: &ETagCondition| match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(wanted) => wanted.value() == etag,
    };
    match (if_match.map(meets), if_none_match.map(meets)) {
        (Some(false), _) => Err(s3_error!(PreconditionFailed)),
        (_, Some(true)) => Err(s3_error!(NotModified)),
        _ => Ok(()),
    }
}

pub(super) fn put(etag: String, mut sums: Sums) -> PutObjectOutput {
    PutObjectOutput {
        e_tag: Some(ETag::Strong(etag)),
        checksum_crc32: sums.remove("crc32"),
        checksum_crc32c: sums.remove("crc32c"),
        checksum_crc64nvme: sums.remove("crc64nvme"),
        checksum_sha1: sums.remove("sha1"),
        checksum_sha256: sums.remove("sha256"),
        ..Default::default()
    }
}

/// The answer to a get of the whole object, or of a `part` of it. Checksums are about the whole object, so
/// they are there only for the whole, and only where they are asked for.
pub(super) fn get(
    description: Description,
    part: Option<Range<u64>>,
    with_sums: bool,
    body: StreamingBlob,
) -> GetObjectOutput {
    let mut sums = if with_sums && part.is_none() { description.sums } else { Sums::new() };
    GetObjectOutput {
        body: Some(body),
        accept_ranges: Some(ANY_BYTES.to_owned()),
        content_length: Some(signed(length(description.size, part.as_ref()))),
        content_range: part.map(|part| content_range(&part, description.size)),
        e_tag: Some(ETag::Strong(description.etag)),
        last_modified: Some(timestamp(description.modified)),
        content_type: description.content_type,
        content_disposition: description.content_disposition,
        content_encoding: description.content_encoding,
        cache_control: description.cache_control,
        metadata: Some(description.metadata.into_iter().collect()),
        checksum_crc32: sums.remove("crc32"),
        checksum_crc32c: sums.remove("crc32c"),
        checksum_crc64nvme: sums.remove("crc64nvme"),
        checksum_sha1: sums.remove("sha1"),
        checksum_sha256: sums.remove("sha256"),
        ..Default::default()
    }
}

/// The answer to a head. Headers that the request overrides are replaced here; for a get, s3s replaces them.
pub(super) fn head(
    description: Description,
    part: Option<Range<u64>>,
    input: HeadObjectInput,
) -> HeadObjectOutput {
    let with_sums = input.checksum_mode.is_some() && part.is_none();
    let mut sums = if with_sums { description.sums } else { Sums::new() };
    HeadObjectOutput {
        accept_ranges: Some(ANY_BYTES.to_owned()),
        content_length: Some(signed(length(description.size, part.as_ref()))),
        content_range: part.map(|part| content_range(&part, description.size)),
        e_tag: Some(ETag::Strong(description.etag)),
        last_modified: Some(timestamp(description.modified)),
        content_type: input.response_content_type.or(description.content_type),
        content_disposition: input.response_content_disposition.or(description.content_disposition),
        content_encoding: input.response_content_encoding.or(description.content_encoding),
        cache_control: input.response_cache_control.or(description.cache_control),
        metadata: Some(description.metadata.into_iter().collect()),
        checksum_crc32: sums.remove("crc32"),
        checksum_crc32c: sums.remove("crc32c"),
        checksum_crc64nvme: sums.remove("crc64nvme"),
        checksum_sha1: sums.remove("sha1"),
        checksum_sha256: sums.remove("sha256"),
        ..Default::default()
    }
}

/// The answer with one page of a listing.
pub(super) fn list(page: Page, limit: usize, input: ListObjectsV2Input) -> ListObjectsV2Output {
    let next = page.objects.last().filter(|_| page.more).map(|last| hex::encode(&last.key));
    let contents: Vec<Object> = page.objects.into_iter().map(object).collect();
    ListObjectsV2Output {
        key_count: i32::try_from(contents.len()).ok(),
        contents: Some(contents),
        is_truncated: Some(next.is_some()),
        next_continuation_token: next,
        max_keys: i32::try_from(limit).ok(),
        name: Some(input.bucket),
        prefix: input.prefix,
        continuation_token: input.continuation_token,
        start_after: input.start_after,
        ..Default::default()
    }
}

/// Reads from a continuation token the key after which the listing goes on.
pub(super) fn after_token(token: &str) -> S3Result<String> {
    let key = hex::decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| s3_error!(InvalidArgument, "not a continuation token of this listing"))
}

fn object(description: Description) -> Object {
    Object {
        key: Some(description.key),
        size: Some(signed(description.size)),
        e_tag: Some(ETag::Strong(description.etag)),
        last_modified: Some(timestamp(description.modified)),
        ..Default::default()
    }
}

fn length(size: u64, part: Option<&Range<u64>>) -> u64 {
    part.map_or(size, |part| part.end - part.start)
}

fn content_range(part: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", part.start, part.end - 1)
}

fn timestamp(milliseconds: u64) -> Timestamp {
    (UNIX_EPOCH + Duration::from_millis(milliseconds)).into()
}

fn signed(length: u64) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
