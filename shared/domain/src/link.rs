//! Media links: what stands in a report for as long as the file is kept.
//!
//! A link carries everything that opening it needs and is signed, so that none is stored and the same row gives the same
//! text every time. It says no file name, only its digest.
//!
//! ```text
//! byte 0       version (1)
//! bytes 1-4    created_at of the session, seconds since 1970, big-endian
//! byte 5       length n of the account id
//! bytes 6…     account id (n bytes), SHA-256 of the storage id (32), HMAC-SHA-256 of all before it (first 16)
//! ```
//! The text is base64url without padding. Written forms are read for ever: a new form gets a new version.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use subtle::ConstantTimeEq;

use crate::cipher::DataKey;
use crate::id::{AccountId, StorageId};
use crate::time::Instant;

const VERSION: u8 = 1;
/// 128 bits cannot be guessed, and half of the code would only make every row longer.
const MAC_BYTES: usize = 16;
const DIGEST_BYTES: usize = 32;
/// A link of the longest account id, in characters.
const MAX_CHARS: usize = (6 + 63 + DIGEST_BYTES + MAC_BYTES).div_ceil(3) * 4;

/// What a link opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whose file it is.
    pub account: AccountId,
    /// SHA-256 of the file's storage id, in hex (see `StorageId::digest`).
    pub digest: String,
    /// When the session began that shows the file, to the second: the link ends with it.
    pub created_at: Instant,
}

impl Link {
    /// The link to a file of a session that began at `created_at` (taken as 1970 or 2106 where it lies outside).
    pub fn new(account: AccountId, storage: &StorageId, created_at: Instant) -> Link {
        let seconds = created_at.seconds().clamp(0, i64::from(u32::MAX));
        Link { account, digest: storage.digest(), created_at: Instant(0).plus_seconds(seconds) }
    }

    /// The link's text, for the path `/m/{link}`. `key` is the store's `link_key`.
    pub fn sign(&self, key: &DataKey) -> String {
        let mut bytes = vec![VERSION];
        let seconds = u32::try_from(self.created_at.seconds()).unwrap_or_default();
        bytes.extend_from_slice(&seconds.to_be_bytes());
        let account = self.account.as_str().as_bytes();
        bytes.push(u8::try_from(account.len()).unwrap_or_default());
        bytes.extend_from_slice(account);
        bytes.extend(hex::decode(&self.digest).unwrap_or_default());
        let mac = mac(key, &bytes);
        bytes.extend_from_slice(&mac);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The link of a text that `sign` made with the same key; `None` for any other text.
    pub fn open(text: &str, key: &DataKey) -> Option<Link> {
        if text.len() > MAX_CHARS {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (signed, shown) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        if !bool::from(mac(key, signed).ct_eq(shown)) {
            return None;
        }
        let (&[VERSION, a, b, c, d, length], rest) = signed.split_first_chunk::<6>()? else { return None };
        let (account, digest) = rest.split_at_checked(usize::from(length))?;
        let account = AccountId::try_from(String::from_utf8(account.to_vec()).ok()?).ok()?;
        let seconds = i64::from(u32::from_be_bytes([a, b, c, d]));
        let whole = digest.len() == DIGEST_BYTES;
        whole.then(|| Link {
            account,
            digest: hex::encode(digest),
            created_at: Instant(0).plus_seconds(seconds),
        })
    }
}

fn mac(key: &DataKey, bytes: &[u8]) -> [u8; MAC_BYTES] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.bytes()), bytes);
    let mut mac = [0; MAC_BYTES];
    mac.copy_from_slice(&tag.as_ref()[..MAC_BYTES]);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(account: &str, storage: &str) -> Link {
        let account = AccountId::try_from(account.to_owned()).unwrap();
        let storage = StorageId::try_from(storage.to_owned()).unwrap();
        Link::new(account, &storage, Instant(1_790_000_000_123_456))
    }

    #[test]
    fn a_link_reads_back_and_is_the_same_text_every_time() {
        let key = DataKey::random();
        for account in ["a", "demo", &"a".repeat(63)] {
            for storage in ["0", "../x", &"é".repeat(256)] {
                let link = link(account, storage);
                let text = link.sign(&key);
                assert_eq!(text, self::link(account, storage).sign(&key));
                assert_eq!(Link::open(&text, &key), Some(link));
                assert!(
                    text.len() <= MAX_CHARS
                        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
                );
            }
        }
    }

    #[test]
    fn other_files_accounts_and_days_have_other_links() {
        let key = DataKey::random();
        let one = link("demo", "a");
        let later = Link { created_at: one.created_at.plus_seconds(1), ..one.clone() };
        let texts =
            [one.sign(&key), link("demo", "b").sign(&key), link("dem", "a").sign(&key), later.sign(&key)];
        let distinct: std::collections::BTreeSet<_> = texts.iter().collect();
        assert_eq!(distinct.len(), texts.len());
    }

    #[test]
    fn a_changed_cut_or_foreign_link_opens_nothing() {
        let key = DataKey::random();
        let text = link("demo", "a").sign(&key);
        assert_eq!(Link::open(&text, &DataKey::random()), None);
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(Link::open(&String::from_utf8(changed).unwrap(), &key), None, "character {at}");
            assert_eq!(Link::open(&text[..at], &key), None, "cut at {at}");
        }
        for odd in ["", "A", "é", "../..", &format!("{text}="), &format!("{text}A"), &"A".repeat(10_000)] {
            assert_eq!(Link::open(odd, &key), None, "{odd}");
        }
    }

    #[test]
    fn times_outside_the_form_stay_at_its_edges() {
        let (key, storage) = (DataKey::random(), StorageId::try_from("a".to_owned()).unwrap());
        for (created_at, seconds) in [(Instant(-1), 0), (Instant(i64::MAX), i64::from(u32::MAX))] {
            let link = Link::new(AccountId::try_from("demo".to_owned()).unwrap(), &storage, created_at);
            assert_eq!(link.created_at.seconds(), seconds);
            assert_eq!(Link::open(&link.sign(&key), &key), Some(link));
        }
    }
}
