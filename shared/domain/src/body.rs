//! A session's body as it is stored: canonical JSON, compressed with a shipped dictionary, encrypted with the account's
//! key and bound to its account and session.
//!
//! ```text
//! byte 0      envelope version (1)
//! byte 1      compression dictionary (0 = none, else the file body/dictionary-N.zdict)
//! bytes 2…    nonce, ciphertext and tag over the zstd frame
//! ```
//! Written forms are read for ever: a new form gets a new number, and `samples/` keeps one of each old one.

use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::cipher::{DataKey, SealError};
use crate::id::{AccountId, SessionId};
use crate::session::Session;

const VERSION: u8 = 1;
/// The dictionaries by number; they are never changed and never dropped. `premium dictionary` trains a new one.
const DICTIONARIES: [&[u8]; 2] = [b"", include_bytes!("body/dictionary-1.zdict")];
/// The dictionary that new bodies are compressed with.
const CURRENT_DICTIONARY: u8 = 1;
/// zstd's own default: higher levels cost eight times the time for a tenth of the size.
const LEVEL: i32 = 3;
/// Room for the largest session that ingest lets in (3 MiB), with its names spelled out.
const MAX_JSON: usize = 16 << 20;

// Made ready once: that takes longer than packing a session.
static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARIES[usize::from(CURRENT_DICTIONARY)], LEVEL));
static DECODERS: LazyLock<[DecoderDictionary<'static>; DICTIONARIES.len()]> =
    LazyLock::new(|| DICTIONARIES.map(DecoderDictionary::copy));

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
    let frame = Compressor::with_prepared_dictionary(&ENCODER)
        .and_then(|mut compressor| compressor.compress(&session.to_json()))
        .map_err(BodyError::Compression)?;
    let mut body = head.to_vec();
    body.append(&mut key.seal(&context(account, id, head), &frame)?);
    Ok(body)
}

/// Unpacks what `pack` made, in this or an earlier version.
pub fn unpack(key: &DataKey, account: &AccountId, id: &SessionId, body: &[u8]) -> Result<Session, BodyError> {
    let [VERSION, number, sealed @ ..] = body else { return Err(BodyError::Envelope) };
    let dictionary = DECODERS.get(usize::from(*number)).ok_or(BodyError::Envelope)?;
    let frame = key.open(&context(account, id, [VERSION, *number]), sealed)?;
    let size = Decompressor::upper_bound(&frame).unwrap_or(MAX_JSON).min(MAX_JSON);
    let json = Decompressor::with_prepared_dictionary(dictionary)
        .and_then(|mut decompressor| decompressor.decompress(&frame, size))
        .map_err(BodyError::Compression)?;
    Session::from_json(&json).map_err(BodyError::Json)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// What both samples hold.
    const JSON: &[u8] = include_bytes!("../samples/body-v1.json");

    fn place() -> (DataKey, AccountId, SessionId) {
        let account = AccountId::try_from("demo".to_owned()).unwrap();
        let id = SessionId::try_from("65f0c0ffee00000000000001".to_owned()).unwrap();
        (DataKey::from_bytes(&[7; 32]).unwrap(), account, id)
    }

    #[test]
    fn every_envelope_ever_written_is_read() {
        let samples: [&[u8]; DICTIONARIES.len()] =
            [include_bytes!("../samples/body-v1-d0.bin"), include_bytes!("../samples/body-v1-d1.bin")];
        let (key, account, id) = place();
        for (number, sample) in (0_u8..).zip(samples) {
            assert_eq!(sample[..2], [1, number]);
            assert_eq!(unpack(&key, &account, &id, sample).unwrap().to_json(), JSON, "dictionary {number}");
        }
    }

    #[test]
    fn a_dictionary_in_use_never_changes() {
        let digest = hex::encode(Sha256::digest(DICTIONARIES[1]));
        assert_eq!(digest, "6737e55408af7c904cdab9f5b4907f8a11e27714fdd252928ecc397486536e26");
    }

    #[test]
    fn what_is_packed_is_read_back_and_smaller() {
        let (key, account, id) = place();
        let session = Session::from_json(JSON).unwrap();
        let body = pack(&key, &account, &id, &session).unwrap();
        assert_eq!(unpack(&key, &account, &id, &body).unwrap(), session);
        assert!(body.len() < JSON.len() / 3, "{} of {} bytes", body.len(), JSON.len());
    }

    #[test]
    fn a_body_belongs_to_its_account_and_session() {
        let (key, account, id) = place();
        let body = pack(&key, &account, &id, &Session::from_json(JSON).unwrap()).unwrap();
        let other = AccountId::try_from("demo2".to_owned()).unwrap();
        assert!(matches!(unpack(&key, &other, &id, &body), Err(BodyError::Seal(_))));
        let other = SessionId::try_from("65f0c0ffee00000000000002".to_owned()).unwrap();
        assert!(matches!(unpack(&key, &account, &other, &body), Err(BodyError::Seal(_))));
    }

    #[test]
    fn an_unknown_version_or_dictionary_is_refused() {
        let (key, account, id) = place();
        let body = pack(&key, &account, &id, &Session::from_json(JSON).unwrap()).unwrap();
        for (at, byte) in [(0, 2), (1, u8::try_from(DICTIONARIES.len()).unwrap())] {
            let mut changed = body.clone();
            changed[at] = byte;
            assert!(matches!(unpack(&key, &account, &id, &changed), Err(BodyError::Envelope)));
        }
        assert!(matches!(unpack(&key, &account, &id, &[1]), Err(BodyError::Envelope)));
    }
}
