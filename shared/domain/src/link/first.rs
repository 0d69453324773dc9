//! The first form of links, which stands in reports and is not written any more. All of these are signed with one key.
//!
//! ```text
//! byte 0       version (1)
//! bytes 1-4    created_at of the session, seconds since 1970, big-endian
//! byte 5       length n of the account id
//! bytes 6…     account id (n bytes), SHA-256 of the storage id (32), HMAC-SHA-256 of all before it (first 16)
//! ```

use super::{DIGEST_BYTES, Link};
use crate::id::AccountId;
use crate::time::Instant;

pub(super) const VERSION: u8 = 1;

/// The link of bytes whose signature was checked.
pub(super) fn link(signed: &[u8]) -> Option<Link> {
    let (&[VERSION, a, b, c, d, length], rest) = signed.split_first_chunk::<6>()? else { return None };
    let (account, digest) = rest.split_at_checked(usize::from(length))?;
    let account = AccountId::try_from(String::from_utf8(account.to_vec()).ok()?).ok()?;
    let created_at = Instant(0).plus_seconds(i64::from(u32::from_be_bytes([a, b, c, d])));
    let is_whole = digest.len() == DIGEST_BYTES;
    is_whole.then(|| Link { account, digest: hex::encode(digest), created_at, is_named: true })
}

#[cfg(test)]
mod tests {
    use super::super::{LinkKeyName, SignedLink};
    use crate::cipher::DataKey;

    #[test]
    fn a_link_of_the_first_form_is_read() {
        let text = "AWqxO4AEZGVtb8qXgRLKG73K-sIxs5oj3E2nhu_4FHxOcrmAd4Wv7ki7ns5UxRV1i56EPPf7_dkJ2Q";
        let link = SignedLink::parse(text).unwrap();
        assert_eq!(link.key_name(), Some(LinkKeyName::First));
        let opened = link.open(&DataKey::from_bytes(&[7; 32]).unwrap()).unwrap();
        assert_eq!((opened.account.as_str(), opened.is_named), ("demo", true));
        assert_eq!(opened.created_at.seconds(), 1_790_000_000);
        assert_eq!(opened.digest, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
        assert!(link.open(&DataKey::random()).is_none());
    }
}
