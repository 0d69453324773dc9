//! The keys of what callers have used of what they may use in a minute.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Key;

/// How many bytes of a digest are kept: enough that no two addresses of a minute have the same.
const DIGEST_BYTES: usize = 12;

/// What is counted of a caller, minute by minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Sessions that a token sends. The caller is the token, by its id.
    Sessions,
    /// Rows that a token reads. The caller is the token, by its id.
    Rows,
    /// Tokens shown that are not valid. The caller is the network address that they come from.
    Failures,
}

impl Usage {
    fn prefix(self) -> &'static str {
        match self {
            Usage::Sessions => "used-sessions#",
            Usage::Rows => "used-rows#",
            Usage::Failures => "used-failures#",
        }
    }
}

/// The item that counts what a caller has used in a minute (minutes since 1970). A network address stands in it as a
/// digest: nobody should read in the table from where people come.
pub fn usage(usage: Usage, caller: &str, minute: i64) -> Key {
    let caller = match usage {
        Usage::Sessions | Usage::Rows => caller.to_owned(),
        Usage::Failures => BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(caller.as_bytes())[..DIGEST_BYTES]),
    };
    Key::new(format!("{}{caller}", usage.prefix()), format!("{minute:010}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_counted_by_its_id_and_an_address_by_a_digest() {
        assert_eq!(
            usage(Usage::Sessions, "t1", 29_000_000),
            Key::new("used-sessions#t1".to_owned(), "0029000000")
        );
        let address = usage(Usage::Failures, "203.0.113.7", 29_000_000);
        assert_eq!(address.pk.len(), "used-failures#".len() + 16);
        assert!(!address.pk.contains("203"), "{}", address.pk);
        assert_ne!(address, usage(Usage::Failures, "203.0.113.8", 29_000_000));
    }
}
