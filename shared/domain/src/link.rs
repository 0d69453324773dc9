//! Media links: what stands in a report for as long as the file is kept.
//!
//! A link carries everything that opening it needs and is signed, so that none is stored and the same row gives the same
//! text every time. It says no file name, only its digest. Each year's sessions have a key of their own: a key that got
//! out can be deleted with the links of one year, and the rows of that year get new ones.
//!
//! ```text
//! byte 0       version (2)
//! byte 1       1 where the file is opened without its name, else 0
//! byte 2       which year's key signs it, counted from 1970
//! bytes 3-6    created_at of the session, seconds since 1970, big-endian
//! bytes 7-38   SHA-256 of the storage id
//! bytes 39…    account id, HMAC-SHA-256 of all before it (first 16 bytes)
//! ```
//! The text is base64url without padding. Written forms are read for ever: a new form gets a new version.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::Datelike;
use ring::hmac;
use subtle::ConstantTimeEq;

use crate::cipher::DataKey;
use crate::id::{AccountId, StorageId};
use crate::time::Instant;

mod first;

const VERSION: u8 = 2;
const UNNAMED: u8 = 1;
/// The year that is counted from, as everywhere in a link.
const FIRST_YEAR: i32 = 1970;
/// 128 bits cannot be guessed, and half of the code would only make every row longer.
const MAC_BYTES: usize = 16;
const DIGEST_BYTES: usize = 32;
/// A link of the longest account id, in characters.
const MAX_CHARS: usize = (7 + DIGEST_BYTES + 63 + MAC_BYTES).div_ceil(3) * 4;

/// What a link opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whose file it is.
    pub account: AccountId,
    /// SHA-256 of the file's storage id, in hex (see `StorageId::digest`).
    pub digest: String,
    /// When the session began that shows the file, to the second: the link ends with it.
    pub created_at: Instant,
    /// Whether the file is opened under its own name. It is not where its reader may not see the name.
    pub is_named: bool,
}

/// The key that signs the links of a year's sessions.
#[derive(Clone, Debug)]
pub struct LinkKey {
    /// The year, in UTC.
    pub year: i32,
    /// The key.
    pub key: DataKey,
}

/// Which key signed a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKeyName {
    /// The one of all links before there was one for each year.
    First,
    /// The one of a year.
    Year(i32),
}

/// The text of a link, before its signature is checked.
#[derive(Clone, Debug)]
pub struct SignedLink(Vec<u8>);

impl Link {
    /// The link to a file of a session that began at `created_at` (taken as 1970 or 2106 where it lies outside).
    pub fn new(account: AccountId, storage: &StorageId, created_at: Instant, is_named: bool) -> Link {
        let seconds = created_at.seconds().clamp(0, i64::from(u32::MAX));
        Link { account, digest: storage.digest(), created_at: Instant(0).plus_seconds(seconds), is_named }
    }

    /// The link's text, for the path `/m/{link}`.
    pub fn sign(&self, LinkKey { year, key }: &LinkKey) -> String {
        let flags = if self.is_named { 0 } else { UNNAMED };
        let mut bytes = vec![VERSION, flags, u8::try_from(year - FIRST_YEAR).unwrap_or_default()];
        let seconds = u32::try_from(self.created_at.seconds()).unwrap_or_default();
        bytes.extend_from_slice(&seconds.to_be_bytes());
        bytes.extend(hex::decode(&self.digest).unwrap_or_default());
        bytes.extend_from_slice(self.account.as_str().as_bytes());
        let mac = mac(key, &bytes);
        bytes.extend_from_slice(&mac);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The year whose key signs the links of a session that began at `created_at`.
    pub fn year(created_at: Instant) -> i32 {
        created_at.to_utc().year()
    }

    fn of_bytes(signed: &[u8]) -> Option<Link> {
        let (&[VERSION, flags, _, a, b, c, d], rest) = signed.split_first_chunk::<7>()? else { return None };
        let (digest, account) = rest.split_at_checked(DIGEST_BYTES)?;
        let seconds = i64::from(u32::from_be_bytes([a, b, c, d]));
        Some(Link {
            account: AccountId::try_from(String::from_utf8(account.to_vec()).ok()?).ok()?,
            digest: hex::encode(digest),
            created_at: Instant(0).plus_seconds(seconds),
            is_named: flags & UNNAMED == 0,
        })
    }
}

impl SignedLink {
    /// Reads a link's text; `None` for what no link looks like.
    pub fn parse(text: &str) -> Option<SignedLink> {
        let bytes = if text.len() > MAX_CHARS { None } else { BASE64_URL_SAFE_NO_PAD.decode(text).ok() };
        bytes.filter(|bytes| bytes.len() > MAC_BYTES).map(SignedLink)
    }

    /// Which key the link says that it was signed with; `None` for a version that there is not.
    pub fn key_name(&self) -> Option<LinkKeyName> {
        match *self.0.as_slice() {
            [first::VERSION, ..] => Some(LinkKeyName::First),
            [VERSION, _, year, ..] => Some(LinkKeyName::Year(FIRST_YEAR + i32::from(year))),
            _ => None,
        }
    }

    /// What the link opens, if this is the key that it was signed with.
    pub fn open(&self, key: &DataKey) -> Option<Link> {
        let (signed, shown) = self.0.split_at_checked(self.0.len().checked_sub(MAC_BYTES)?)?;
        if !bool::from(mac(key, signed).ct_eq(shown)) {
            return None;
        }
        if self.key_name()? == LinkKeyName::First { first::link(signed) } else { Link::of_bytes(signed) }
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
        Link::new(account, &storage, Instant(1_790_000_000_123_456), true)
    }

    fn key() -> LinkKey {
        LinkKey { year: 2026, key: DataKey::random() }
    }

    fn open(text: &str, key: &DataKey) -> Option<Link> {
        SignedLink::parse(text)?.open(key)
    }

    #[test]
    fn a_link_reads_back_and_is_the_same_text_every_time() {
        let key = key();
        for account in ["a", "demo", &"a".repeat(63)] {
            for storage in ["0", "../x", &"é".repeat(256)] {
                for is_named in [true, false] {
                    let link = Link { is_named, ..link(account, storage) };
                    let text = link.sign(&key);
                    assert_eq!(text, link.clone().sign(&key));
                    let signed = SignedLink::parse(&text).unwrap();
                    assert_eq!(signed.key_name(), Some(LinkKeyName::Year(Link::year(link.created_at))));
                    assert_eq!(signed.open(&key.key), Some(link));
                    assert!(
                        text.len() <= MAX_CHARS
                            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
                    );
                }
            }
        }
    }

    #[test]
    fn other_files_accounts_days_and_namings_have_other_links() {
        let key = key();
        let one = link("demo", "a");
        let later = Link { created_at: one.created_at.plus_seconds(1), ..one.clone() };
        let unnamed = Link { is_named: false, ..one.clone() };
        let texts = [one, link("demo", "b"), link("dem", "a"), later, unnamed].map(|link| link.sign(&key));
        let distinct: std::collections::BTreeSet<_> = texts.iter().collect();
        assert_eq!(distinct.len(), texts.len());
    }

    #[test]
    fn a_changed_cut_or_foreign_link_opens_nothing() {
        let key = key();
        let text = link("demo", "a").sign(&key);
        assert_eq!(open(&text, &DataKey::random()), None);
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(open(&String::from_utf8(changed).unwrap(), &key.key), None, "character {at}");
            assert_eq!(open(&text[..at], &key.key), None, "cut at {at}");
        }
        for odd in ["", "A", "é", "../..", &format!("{text}="), &format!("{text}A"), &"A".repeat(10_000)] {
            assert_eq!(open(odd, &key.key), None, "{odd}");
        }
    }

    #[test]
    fn times_outside_the_form_stay_at_its_edges() {
        let (key, storage) = (key(), StorageId::try_from("a".to_owned()).unwrap());
        for (created_at, seconds) in [(Instant(-1), 0), (Instant(i64::MAX), i64::from(u32::MAX))] {
            let account = AccountId::try_from("demo".to_owned()).unwrap();
            let link = Link::new(account, &storage, created_at, true);
            assert_eq!(link.created_at.seconds(), seconds);
            assert_eq!(open(&link.sign(&key), &key.key), Some(link));
        }
    }
}
