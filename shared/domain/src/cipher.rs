//! Authenticated encryption of what is personal, and the keys it is done with.
//!
//! A data key is 32 random bytes that KMS has wrapped; from it one key a purpose is derived, so that no key is used for
//! two things. AES-256-GCM with random 96-bit nonces is safe for 2^32 messages a key (NIST SP 800-38D, section 8.3):
//! more versions of sessions than an account can send in its five years.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf;

use crate::id::fill_random;

/// Length of every key here, in bytes.
pub const KEY_BYTES: usize = 32;

/// What was to be opened is not what was sealed: another key, another context, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be decrypted: the bytes, their key or what they belong to have changed")]
pub struct SealError;

/// 32 secret bytes. It never shows itself in logs.
#[derive(Clone)]
pub struct DataKey([u8; KEY_BYTES]);

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

impl DataKey {
    /// A new key from the system's random source.
    pub fn random() -> DataKey {
        let mut bytes = [0; KEY_BYTES];
        fill_random(&mut bytes);
        DataKey(bytes)
    }

    /// A key from its bytes; `None` for another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<DataKey> {
        Some(DataKey(bytes.try_into().ok()?))
    }

    /// The bytes, to be wrapped or handed to a cipher.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The key for one purpose (HKDF-SHA-256, RFC 5869).
    pub fn derive(&self, purpose: &str) -> DataKey {
        let mut bytes = [0; KEY_BYTES];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"premium-report").extract(&self.0);
        let filled =
            prk.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut bytes));
        debug_assert!(filled.is_ok(), "HKDF-SHA-256 gives up to 8,160 bytes");
        DataKey(bytes)
    }

    /// Encrypts `plain`; only the same `context` opens it again. The result is nonce, ciphertext and tag.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        fill_random(&mut nonce);
        let mut body = plain.to_vec();
        let sealing = Nonce::assume_unique_for_key(nonce);
        self.cipher()?
            .seal_in_place_append_tag(sealing, Aad::from(context), &mut body)
            .map_err(|_| SealError)?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Decrypts what `seal` made with the same context.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
        let mut body = body.to_vec();
        let plain =
            self.cipher()?.open_in_place(nonce, Aad::from(context), &mut body).map_err(|_| SealError)?.len();
        body.truncate(plain);
        Ok(body)
    }

    fn cipher(&self) -> Result<LessSafeKey, SealError> {
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.0).map_err(|_| SealError)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_context_open_what_was_sealed() {
        let key = DataKey::random();
        let sealed = key.seal(b"demo/1", b"oi").unwrap();
        assert_eq!(key.open(b"demo/1", &sealed).unwrap(), b"oi");
        assert_eq!(key.open(b"demo/2", &sealed), Err(SealError));
        assert_eq!(key.derive("x").open(b"demo/1", &sealed), Err(SealError));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(b"demo/1", &changed), Err(SealError), "byte {at}");
        }
        assert_eq!(key.open(b"demo/1", b"short"), Err(SealError));
    }

    #[test]
    fn purposes_have_keys_of_their_own() {
        let key = DataKey::random();
        assert_ne!(key.derive("body").bytes(), key.derive("segment").bytes());
        assert_eq!(key.derive("body").bytes(), key.derive("body").bytes());
    }
}
