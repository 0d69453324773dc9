//! A session's body as it is stored: canonical JSON, compressed with a shipped dictionary, encrypted with the account's
//! key and bound to its account and session.
//!
//! ```text
//! byte 0      envelope version (1)
//! byte 1      compression dictionary (0 = none, else the file body/dictionary-N.zdict)
//! bytes 2…    nonce, ciphertext and tag over the zstd frame
//! ```
//! Written forms are read for ever: a new form gets a new number, and `samples/` keeps one of each old one.

use crate::cipher::{DataKey, SealError};
use crate::id::{AccountId, SessionId};
use crate::session::Session;

const VERSION: u8 = 1;
/// The dictionary that new bodies are compressed with.
const CURRENT_DICTIONARY: u8 = 0;
/// zstd's own default: higher levels cost eight times the time for a tenth of the size.
const LEVEL: i32 = 3;
/// Room for the largest session that ingest lets in (3 MiB), with its names spelled out.
const MAX_JSON: usize = 16 << 20;

/// Why a stored body cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Not an envelope of a known version or dictionary.
    #[error("unknown body envelope")]
    Envelope,
    /// Decryption failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Decompression failed.
    #[error("cannot be decompressed")]
    Compression(#[source] std::io::Error),
    /// The JSON is not a session's.
    #[error("is no stored session")]
    Json(#[source] serde_json::Error),
}

/// The bytes of a compression dictionary; none for 0. Dictionaries are never dropped.
fn dictionary(id: u8) -> Option<&'static [u8]> {
    match id {
        0 => Some(&[]),
        _ => None,
    }
}

/// Binds a body to its place, so that it cannot be moved to another session or account.
fn context(account: &AccountId, id: &SessionId, head: [u8; 2]) -> Vec<u8> {
    let mut context = head.to_vec();
    context.extend_from_slice(account.as_str().as_bytes());
    context.push(b'#');
    context.extend_from_slice(id.as_str().as_bytes());
    context
}

/// Packs a session under its account's body key.
pub fn pack(
    key: &DataKey,
    account: &AccountId,
    id: &SessionId,
    session: &Session,
) -> Result<Vec<u8>, BodyError> {
    let head = [VERSION, CURRENT_DICTIONARY];
    let dictionary = dictionary(CURRENT_DICTIONARY).ok_or(BodyError::Envelope)?;
    let frame = zstd::bulk::Compressor::with_dictionary(LEVEL, dictionary)
        .and_then(|mut compressor| compressor.compress(&session.to_json()))
        .map_err(BodyError::Compression)?;
    let mut body = head.to_vec();
    body.append(&mut key.seal(&context(account, id, head), &frame)?);
    Ok(body)
}

/// Unpacks what `pack` made, in this or an earlier version.
pub fn unpack(key: &DataKey, account: &AccountId, id: &SessionId, body: &[u8]) -> Result<Session, BodyError> {
    let [version, number, sealed @ ..] = body else { return Err(BodyError::Envelope) };
    let dictionary = dictionary(*number).filter(|_| *version == VERSION).ok_or(BodyError::Envelope)?;
    let frame = key.open(&context(account, id, [*version, *number]), sealed)?;
    let json = zstd::bulk::Decompressor::with_dictionary(dictionary)
        .and_then(|mut decompressor| {
            let size = zstd::bulk::Decompressor::upper_bound(&frame).unwrap_or(MAX_JSON).min(MAX_JSON);
            decompressor.decompress(&frame, size)
        })
        .map_err(BodyError::Compression)?;
    Session::from_json(&json).map_err(BodyError::Json)
}
