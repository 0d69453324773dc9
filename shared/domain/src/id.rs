//! Identifiers that come from outside, with their limits.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::lang::Text;

/// What is wrong with an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text().en)]
pub enum IdError {
    /// An account id of another shape.
    Account,
    /// A session id of another length.
    SessionLength,
    /// A session id with a control character, which no log, CSV or URL would carry unharmed.
    SessionControl,
    /// A storage id of another length.
    StorageLength,
}

impl IdError {
    /// Every error.
    pub const ALL: [IdError; 4] =
        [Self::Account, Self::SessionLength, Self::SessionControl, Self::StorageLength];

    /// The error as it goes on after a field's name.
    pub const fn text(self) -> Text {
        match self {
            IdError::Account => Text::new(
                "deve ter de 1 a 63 caracteres, só letras minúsculas de a a z, algarismos e hífen, e não pode começar com \
                 hífen",
                "must have 1 to 63 characters, only a-z, 0-9 and '-', and must not begin with '-'",
            ),
            IdError::SessionLength => {
                Text::new("deve ter de 1 a 128 caracteres", "must have 1 to 128 characters")
            }
            IdError::SessionControl => {
                Text::new("não pode ter caracteres de controle", "must not contain control characters")
            }
            IdError::StorageLength => {
                Text::new("deve ter de 1 a 256 caracteres", "must have 1 to 256 characters")
            }
        }
    }
}

/// The platform's customer: the owner of sessions, tokens and files. `[a-z0-9][a-z0-9-]{0,62}`, so that it is safe in
/// keys, paths and host names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

impl AccountId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = IdError;

    fn try_from(text: String) -> Result<AccountId, IdError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let fits = (1..=63).contains(&bytes.len())
            && plain(bytes[0])
            && bytes.iter().all(|b| plain(*b) || *b == b'-');
        if fits { Ok(AccountId(text)) } else { Err(IdError::Account) }
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> String {
        id.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A session's id as the platform gives it: 1 to 128 characters, no control characters; anything else (`#`, `/`, `..`)
/// is allowed, so it must never be used as a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(String);

impl SessionId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SessionId {
    type Error = IdError;

    fn try_from(text: String) -> Result<SessionId, IdError> {
        if !(1..=128).contains(&text.chars().count()) {
            Err(IdError::SessionLength)
        } else if text.chars().any(char::is_control) {
            Err(IdError::SessionControl)
        } else {
            Ok(SessionId(text))
        }
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> String {
        id.0
    }
}

/// A file's name in an account: opaque, 1 to 256 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageId(String);

impl StorageId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its SHA-256 in hex: what links and keys say in its place.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl TryFrom<String> for StorageId {
    type Error = IdError;

    fn try_from(text: String) -> Result<StorageId, IdError> {
        if (1..=256).contains(&text.chars().count()) {
            Ok(StorageId(text))
        } else {
            Err(IdError::StorageLength)
        }
    }
}

/// `bytes` random bytes as lower-case hex: ids nobody can guess and that need no coordination.
///
/// # Panics
/// Never in practice: only if the operating system has no randomness to give.
pub fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    fill_random(&mut buffer);
    hex::encode(buffer)
}

/// Fills `buffer` from the operating system's random source.
#[expect(
    clippy::expect_used,
    reason = "a system without randomness can keep no secret: stopping is the only safe answer"
)]
pub fn fill_random(buffer: &mut [u8]) {
    use ring::rand::SecureRandom;
    ring::rand::SystemRandom::new().fill(buffer).expect("the operating system's random source works");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_are_lower_case_host_name_labels() {
        for good in ["a", "demo", "0-a", &"a".repeat(63)] {
            assert!(AccountId::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a_b", "a#b", "é", &"a".repeat(64)] {
            assert_eq!(AccountId::try_from(bad.to_owned()), Err(IdError::Account), "{bad}");
        }
    }

    #[test]
    fn session_ids_may_hold_anything_but_control_characters() {
        for good in ["a#b", "../..", "a/b", "ç", &"é".repeat(128)] {
            assert!(SessionId::try_from(good.to_owned()).is_ok(), "{good}");
        }
        assert_eq!(SessionId::try_from(String::new()), Err(IdError::SessionLength));
        assert_eq!(SessionId::try_from("é".repeat(129)), Err(IdError::SessionLength));
        assert_eq!(SessionId::try_from("a\0b".to_owned()), Err(IdError::SessionControl));
        assert_eq!(SessionId::try_from("a\u{85}b".to_owned()), Err(IdError::SessionControl));
    }
}
