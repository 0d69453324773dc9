//! The secret that issues the first admin token of a new stack.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Shorter secrets could be guessed.
const MIN_CHARS: usize = 32;

/// What is kept of the secret: its digest, so that neither memory nor comparison gives it away.
#[derive(Clone)]
pub(crate) struct Secret([u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The secret, unless it is too short to be one.
    pub(crate) fn new(text: &str) -> Option<Secret> {
        if text.chars().count() < MIN_CHARS {
            tracing::warn!("the bootstrap secret has fewer than {MIN_CHARS} characters and is not accepted");
            return None;
        }
        Some(Secret(digest(text)))
    }

    /// Whether `text` is the secret, in a time that does not depend on where they differ.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0.ct_eq(&digest(text)).into()
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_complete_secret_is_accepted() {
        let text = "0123456789abcdef0123456789abcdef";
        let secret = Secret::new(text).unwrap();
        assert!(secret.is(text));
        for wrong in ["", &text[1..], &text[..31], "0123456789abcdef0123456789abcdeF"] {
            assert!(!secret.is(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_secret_that_is_too_short_is_never_accepted() {
        assert!(Secret::new("").is_none());
        assert!(Secret::new(&"a".repeat(31)).is_none());
    }
}
