//! The checksums of an upload: those that its sender states, and the MD5 that becomes its entity tag.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};

/// Checksums in base64, by the last part of their header's name: `x-amz-checksum-<name>`.
pub(super) type Sums = BTreeMap<String, String>;

const NAMES: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

/// A stated checksum is not that of the received bytes, or an announced checksum did not come.
#[derive(Debug)]
pub(super) struct Mismatch;

/// The checksums of a body, which are computed while the body is received.
pub(super) struct Hasher {
    md5: Md5,
    stated: ChecksumHasher,
}

impl Hasher {
    /// Returns a hasher for the checksums that the headers state, or that they announce for after the body
    /// (`x-amz-trailer`).
    pub(super) fn for_request(headers: &HeaderMap) -> Hasher {
        let trailers = headers.get("x-amz-trailer").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let stated = |name: &str| {
            let header = header(name);
            headers.contains_key(&header) || trailers.split(',').any(|trailer| trailer.trim() == header)
        };
        let stated = ChecksumHasher {
            crc32: stated("crc32").then(Crc32::new),
            crc32c: stated("crc32c").then(Crc32c::new),
            crc64nvme: stated("crc64nvme").then(Crc64Nvme::new),
            sha1: stated("sha1").then(Sha1::new),
            sha256: stated("sha256").then(Sha256::new),
        };
        Hasher { md5: Md5::new(), stated }
    }

    /// Adds the next bytes of the body.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.stated.update(bytes);
    }

    /// Compares the checksums with those that the headers, and the `trailers` after the body, state. Returns
    /// the MD5 in hex and the stated checksums. Fails where one of them is wrong or missing.
    pub(super) fn verify(
        self,
        headers: &HeaderMap,
        trailers: Option<&HeaderMap>,
    ) -> Result<(String, Sums), Mismatch> {
        let md5 = self.md5.finalize();
        if let Some(stated) = headers.get("content-md5") {
            check(stated.as_bytes(), &BASE64_STANDARD.encode(md5))?;
        }
        let computed = self.stated.finalize();
        let values = [
            computed.checksum_crc32,
            computed.checksum_crc32c,
            computed.checksum_crc64nvme,
            computed.checksum_sha1,
            computed.checksum_sha256,
        ];
        let mut sums = Sums::new();
        for (name, value) in NAMES.into_iter().zip(values) {
            let Some(value) = value else { continue };
            let header = header(name);
            let stated = headers.get(&header).or_else(|| trailers?.get(&header)).ok_or(Mismatch)?;
            check(stated.as_bytes(), &value)?;
            sums.insert(name.to_owned(), value);
        }
        Ok((hex::encode(md5), sums))
    }
}

fn header(name: &str) -> String {
    format!("x-amz-checksum-{name}")
}

fn check(stated: &[u8], computed: &str) -> Result<(), Mismatch> {
    if stated == computed.as_bytes() { Ok(()) } else { Err(Mismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of "hello".
    const RIGHT: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn verify(trailers: Option<&HeaderMap>) -> Result<(String, Sums), Mismatch> {
        let announced = headers(&[("x-amz-trailer", "x-amz-checksum-sha256")]);
        let mut hasher = Hasher::for_request(&announced);
        hasher.update(b"he");
        hasher.update(b"llo");
        hasher.verify(&announced, trailers)
    }

    #[test]
    fn a_checksum_may_come_after_the_body() {
        let (md5, sums) = verify(Some(&headers(&[("x-amz-checksum-sha256", RIGHT)]))).unwrap();
        assert_eq!(md5, "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(sums, Sums::from([("sha256".to_owned(), RIGHT.to_owned())]));
    }

    #[test]
    fn an_announced_checksum_must_come_and_be_right() {
        let wrong = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        assert!(verify(Some(&headers(&[("x-amz-checksum-sha256", wrong)]))).is_err());
        assert!(verify(Some(&HeaderMap::new())).is_err());
        assert!(verify(None).is_err());
    }
}
