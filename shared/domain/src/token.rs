//! Tokens: what they claim, how they are signed and how they are read.
//!
//! ES256 and nothing else. The algorithm is fixed by this module and never taken from a token, the header may hold
//! `alg`, `kid` and `typ` alone (RFC 8725), and a good signature is only half of the way in: the allowlist row is the
//! other (see `caller`).

mod es256;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::time::Instant;

/// Explicit typing keeps our tokens apart from any other JWT (RFC 8725, section 3.11).
const TYPE: &str = "premium+jwt";
const ISSUER: &str = "premium-report";
/// Clocks may differ by this much, in seconds.
const LEEWAY: u64 = 30;
/// Longer than any token we issue; nothing longer is looked at.
const MAX_TOKEN_BYTES: usize = 2_048;

/// A key that tokens are signed with.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// The id that tokens name it by.
    pub kid: String,
    /// When it was made.
    pub created_at: Instant,
    /// The private half: PKCS#8 DER.
    pub private: Vec<u8>,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Everything, for any account.
    Admin,
    /// Post sessions and media.
    Ingest,
    /// Read rows: the one pasted into Data Studio.
    Report,
    /// The console of an account.
    Console,
}

impl Scope {
    /// The scope as it is written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Admin => "admin",
            Scope::Ingest => "ingest",
            Scope::Report => "report",
            Scope::Console => "console",
        }
    }
}

/// What a `report` token shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Privacy {
    /// Everything.
    #[default]
    Full,
    /// Names, phones and e-mails partly hidden.
    Masked,
    /// Stable pseudonyms, no content.
    Anonymous,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom it is.
    pub aud: String,
    /// Whose data it opens: an account id, or `*` for an operator.
    pub sub: String,
    /// Its id.
    pub jti: String,
    /// What it may do.
    pub scope: Scope,
    /// What it shows; not said of a token that shows everything, nor by those that were issued before it was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Privacy>,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// From when it holds.
    pub nbf: i64,
    /// When it ends.
    pub exp: i64,
}

impl Claims {
    /// The claims of a new token.
    pub fn new(
        id: &str,
        account: Option<&str>,
        (scope, privacy): (Scope, Privacy),
        issued: i64,
        ends: i64,
    ) -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: account.unwrap_or("*").to_owned(),
            jti: id.to_owned(),
            scope,
            privacy: Some(privacy).filter(|privacy| *privacy != Privacy::Full),
            iat: issued,
            nbf: issued,
            exp: ends,
        }
    }
}

/// A token is not ours, not whole, or not valid now. Which of these it is helps only an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct TokenError;

/// A new ES256 key pair: both halves, before they are kept.
pub struct NewKeyPair {
    /// The half that signs, as PKCS#8 DER.
    pub private: Vec<u8>,
    /// The half that verifies, as an uncompressed point.
    pub public: Vec<u8>,
}

/// A new key pair.
pub fn new_key_pair() -> Result<NewKeyPair, TokenError> {
    let random = SystemRandom::new();
    let document =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(|_| TokenError)?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
        .map_err(|_| TokenError)?;
    Ok(NewKeyPair { private: document.as_ref().to_vec(), public: pair.public_key().as_ref().to_vec() })
}

/// Signs claims.
pub fn sign(key: &SigningKey, claims: &Claims) -> Result<String, TokenError> {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(key.kid.clone());
    header.typ = Some(TYPE.to_owned());
    es256::install();
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(&key.private)).map_err(|_| TokenError)
}

/// What is kept of a token: its SHA-256, in hex. A token holds a signature, so nothing slower is needed.
pub fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: String,
    kid: String,
    typ: String,
}

/// The id of the key that a token says it is signed with, once its header is one that we write.
pub fn key_id(token: &str) -> Result<String, TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError);
    }
    let head = token.split('.').next().unwrap_or_default();
    let json = BASE64_URL_SAFE_NO_PAD.decode(head).map_err(|_| TokenError)?;
    let header: StrictHeader = serde_json::from_slice(&json).map_err(|_| TokenError)?;
    let plain_kid = header.kid.len() == 16 && header.kid.bytes().all(|b| b.is_ascii_hexdigit());
    if header.alg == "ES256" && header.typ == TYPE && plain_kid { Ok(header.kid) } else { Err(TokenError) }
}

/// Checks a token's signature and times and gives its claims. `public` belongs to the token's `key_id`.
pub fn verify(token: &str, public: &[u8]) -> Result<Claims, TokenError> {
    let mut rules = Validation::new(Algorithm::ES256);
    rules.leeway = LEEWAY;
    rules.validate_nbf = true;
    rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[ISSUER]);
    es256::install();
    let data = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_ec_der(public), &rules);
    Ok(data.map_err(|_| TokenError)?.claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> (SigningKey, Vec<u8>) {
        let NewKeyPair { private, public } = new_key_pair().unwrap();
        (SigningKey { kid: "0123456789abcdef".to_owned(), created_at: Instant::now(), private }, public)
    }

    fn claims() -> Claims {
        let now = Instant::now().seconds();
        Claims::new("t1", Some("demo"), (Scope::Report, Privacy::Masked), now, now + 3600)
    }

    #[test]
    fn a_signed_token_reads_back() {
        let (key, public) = key();
        let claims = claims();
        let token = sign(&key, &claims).unwrap();
        assert_eq!(key_id(&token).unwrap(), key.kid);
        assert_eq!(verify(&token, &public).unwrap(), claims);
    }

    #[test]
    fn a_token_of_another_key_time_or_issuer_is_refused() {
        let (key, public) = key();
        let (other, other_public) = self::key();
        let token = sign(&key, &claims()).unwrap();
        assert_eq!(verify(&token, &other_public), Err(TokenError));
        let now = Instant::now().seconds();
        for wrong in [
            Claims { exp: now - 60, ..claims() },
            Claims { nbf: now + 60, ..claims() },
            Claims { iss: "x".to_owned(), ..claims() },
            Claims { aud: "x".to_owned(), ..claims() },
        ] {
            assert_eq!(verify(&sign(&key, &wrong).unwrap(), &public), Err(TokenError), "{wrong:?}");
        }
        assert_eq!(verify(&sign(&other, &claims()).unwrap(), &public), Err(TokenError));
    }

    #[test]
    fn only_the_header_that_we_write_is_read() {
        let header = |json: &str| format!("{}.e30.AA", BASE64_URL_SAFE_NO_PAD.encode(json));
        assert!(key_id(&header(r#"{"alg":"ES256","kid":"0123456789abcdef","typ":"premium+jwt"}"#)).is_ok());
        for odd in [
            r#"{"alg":"none","kid":"0123456789abcdef","typ":"premium+jwt"}"#,
            r#"{"alg":"HS256","kid":"0123456789abcdef","typ":"premium+jwt"}"#,
            r#"{"alg":"ES256","kid":"0123456789abcdef","typ":"JWT"}"#,
            r#"{"alg":"ES256","kid":"../../etc/passwd","typ":"premium+jwt"}"#,
            r#"{"alg":"ES256","typ":"premium+jwt"}"#,
            r#"{"alg":"ES256","kid":7,"typ":"premium+jwt"}"#,
            r#"{"alg":"ES256","kid":"0123456789abcdef","typ":"premium+jwt","crit":["x"]}"#,
            r#"{"alg":"ES256","kid":"0123456789abcdef","typ":"premium+jwt","jku":"http://x"}"#,
            r#"{"alg":"ES256","alg":"none","kid":"0123456789abcdef","typ":"premium+jwt"}"#,
        ] {
            assert_eq!(key_id(&header(odd)), Err(TokenError), "{odd}");
        }
        assert_eq!(key_id(&"a".repeat(3000)), Err(TokenError));
        assert_eq!(key_id(""), Err(TokenError));
    }
}
