//! The two operations of KMS that the program calls, with a master key of this server's own.
//!
//! As in KMS, a ciphertext opens only with the encryption context with which it was made. There is only one
//! key, and a request may name any.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::cipher::DataKey;
use serde::{Deserialize, Serialize};

use super::Credentials;
use super::signature::signed_target;

/// The first byte of every ciphertext: the version of its form.
const VERSION: u8 = 1;
/// The most bytes that KMS encrypts in one call.
const PLAIN_LIMIT: usize = 4096;
/// The ARN of the key in every answer.
const KEY_ARN: &str = "arn:aws:kms:local:000000000000:key/premium";
/// KMS's name for AES-256-GCM.
const ALGORITHM: &str = "SYMMETRIC_DEFAULT";

/// The encryption context, sorted by name so that equal contexts become equal bytes.
type Context = BTreeMap<String, String>;

#[derive(Clone)]
struct Kms {
    master: DataKey,
    credentials: Credentials,
}

/// Serves `TrentService.Encrypt` and `TrentService.Decrypt` (AWS JSON 1.1) with the master key to callers
/// with these credentials.
pub(super) fn router(master: DataKey, credentials: Credentials) -> Router {
    let kms = Kms { master, credentials };
    Router::new().route("/", post(answer)).with_state(kms)
}

/// Why KMS refuses a call. The SDK reads the name of the refusal in the member `__type`.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    UnknownOperation,
    UnrecognizedClient,
    Serialization,
    InvalidCiphertext,
    Validation,
    Internal,
}

impl Refusal {
    fn name(self) -> &'static str {
        match self {
            Refusal::UnknownOperation => "UnknownOperationException",
            Refusal::UnrecognizedClient => "UnrecognizedClientException",
            Refusal::Serialization => "SerializationException",
            Refusal::InvalidCiphertext => "InvalidCiphertextException",
            Refusal::Validation => "ValidationException",
            Refusal::Internal => "KMSInternalException",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypt {
    plaintext: String,
    #[serde(default)]
    encryption_context: Context,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt {
    ciphertext_blob: String,
    #[serde(default)]
    encryption_context: Context,
}

/// The answer to either operation, with the plaintext or the ciphertext.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CryptoResponse {
    key_id: &'static str,
    encryption_algorithm: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_blob: Option<String>,
}

async fn answer(State(kms): State<Kms>, headers: HeaderMap, body: Bytes) -> Response {
    let (status, body) = match run(&kms, &headers, &body) {
        Ok(answer) => (StatusCode::OK, serde_json::json!(answer)),
        Err(Refusal::Internal) => {
            (StatusCode::INTERNAL_SERVER_ERROR, serde_json::json!({"__type": Refusal::Internal.name()}))
        }
        Err(refusal) => (StatusCode::BAD_REQUEST, serde_json::json!({"__type": refusal.name()})),
    };
    (status, [(CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}

fn run(kms: &Kms, headers: &HeaderMap, body: &Bytes) -> Result<CryptoResponse, Refusal> {
    let target = signed_target(headers, body, &kms.credentials).ok_or(Refusal::UnrecognizedClient)?;
    let answer = CryptoResponse {
        key_id: KEY_ARN,
        encryption_algorithm: ALGORITHM,
        plaintext: None,
        ciphertext_blob: None,
    };
    match target {
        "TrentService.Encrypt" => {
            let blob = encrypt(&kms.master, &parse(body)?)?;
            Ok(CryptoResponse { ciphertext_blob: Some(BASE64_STANDARD.encode(blob)), ..answer })
        }
        "TrentService.Decrypt" => {
            let plain = decrypt(&kms.master, &parse(body)?)?;
            Ok(CryptoResponse { plaintext: Some(BASE64_STANDARD.encode(plain)), ..answer })
        }
        _ => Err(Refusal::UnknownOperation),
    }
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::Serialization)
}

fn encrypt(master: &DataKey, request: &Encrypt) -> Result<Vec<u8>, Refusal> {
    let plain = BASE64_STANDARD.decode(&request.plaintext).map_err(|_| Refusal::Serialization)?;
    if plain.is_empty() || plain.len() > PLAIN_LIMIT {
        return Err(Refusal::Validation);
    }
    let mut blob = vec![VERSION];
    let context = canonical(&request.encryption_context)?;
    blob.extend(master.seal(&context, &plain).map_err(|_| Refusal::Internal)?);
    Ok(blob)
}

fn decrypt(master: &DataKey, request: &Decrypt) -> Result<Vec<u8>, Refusal> {
    let blob = BASE64_STANDARD.decode(&request.ciphertext_blob).map_err(|_| Refusal::Serialization)?;
    let sealed = blob.strip_prefix(&[VERSION]).ok_or(Refusal::InvalidCiphertext)?;
    let context = canonical(&request.encryption_context)?;
    master.open(&context, sealed).map_err(|_| Refusal::InvalidCiphertext)
}

/// The JSON of the sorted map, which is equal for equal contexts and different for different ones.
fn canonical(context: &Context) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(context).map_err(|_| Refusal::Internal)
}
