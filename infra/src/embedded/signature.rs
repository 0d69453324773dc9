//! Checks that requests to the embedded servers are signed with their credentials, by Signature Version 4
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>).
//!
//! Only the form that the SDK gives to calls of AWS's JSON protocols is known here: a POST to `/`, signed in its headers.
//! Signatures do not grow old: whoever can listen on the loopback device can read the data folder too.

use std::time::SystemTime;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use axum::body::Bytes;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Credentials;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The header that says when a request was signed.
const DATE: &str = "x-amz-date";
/// The header that names the service and the operation.
const TARGET: &str = "x-amz-target";

/// What the header `Authorization` of a signed request says.
struct Authorization<'a> {
    access_key: &'a str,
    /// The day, the region, the service and a fixed word, by which a signing key is made.
    scope: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn parse(text: &'a str) -> Option<Authorization<'a>> {
        let mut parts = text.strip_prefix(ALGORITHM)?.trim_start().split(',').map(str::trim);
        let mut part = |name: &str| parts.next()?.strip_prefix(name)?.strip_prefix('=');
        let (access_key, scope) = part("Credential")?.split_once('/')?;
        let (signed_headers, signature) = (part("SignedHeaders")?, part("Signature")?);
        Some(Authorization { access_key, scope, signed_headers, signature })
    }

    fn day(&self) -> Option<SystemTime> {
        let day = NaiveDate::parse_from_str(self.scope.split('/').next()?, "%Y%m%d").ok()?;
        Some(DateTime::<Utc>::from_naive_utc_and_offset(day.and_time(NaiveTime::MIN), Utc).into())
    }
}

/// The operation that a request asks for; `None` where it is not signed with these credentials. What it is about must be
/// signed too: host, day and operation.
pub(super) fn signed_target<'a>(
    headers: &'a HeaderMap,
    body: &Bytes,
    credentials: &Credentials,
) -> Option<&'a str> {
    check(headers, body, credentials)?.then(|| headers.get(TARGET)?.to_str().ok())?
}

fn check(headers: &HeaderMap, body: &Bytes, credentials: &Credentials) -> Option<bool> {
    let authorization = Authorization::parse(headers.get(AUTHORIZATION)?.to_str().ok()?)?;
    let names: Vec<&str> = authorization.signed_headers.split(';').collect();
    if !["host", DATE, TARGET].iter().all(|name| names.contains(name)) {
        return Some(false);
    }
    let mut canonical = "POST\n/\n\n".to_owned();
    for name in names {
        let values = headers.get_all(name).iter().map(|value| value.to_str());
        let values = values.collect::<Result<Vec<_>, _>>().ok()?;
        let one_space = |value: &&str| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let value = values.iter().map(one_space).collect::<Vec<_>>().join(",");
        canonical.push_str(&format!("{name}:{value}\n"));
    }
    canonical.push_str(&format!("\n{}\n{}", authorization.signed_headers, hash(body)));
    let time = headers.get(DATE)?.to_str().ok()?;
    let to_sign = format!("{ALGORITHM}\n{time}\n{}\n{}", authorization.scope, hash(canonical.as_bytes()));
    let [_, region, service, _] = authorization.scope.split('/').collect::<Vec<_>>()[..] else { return None };
    let key = generate_signing_key(&credentials.secret_key, authorization.day()?, region, service);
    let expected = calculate_signature(key, to_sign.as_bytes());
    let is_theirs = expected.as_bytes().ct_eq(authorization.signature.as_bytes());
    Some(authorization.access_key == credentials.access_key && bool::from(is_theirs))
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
