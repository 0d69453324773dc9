//! What a token of less than full privacy sees of a text.

use std::borrow::Cow;

use ring::hmac;
use shared::account::Account;
use shared::cipher::DataKey;
use shared::dictionary::{Confidential, Field};
use shared::token::Privacy;

/// Pseudonyms are 12 hex digits: short enough for a chart, and collisions begin at millions of people.
const PSEUDONYM_BYTES: usize = 6;

/// What lies between a cell and its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Veil {
    /// Nothing.
    Open,
    /// Names, phones and e-mails are partly hidden.
    Mask,
    /// The same person has the same name, which is nobody's.
    Pseudonym,
    /// The value is not shown.
    Hidden,
}

/// Who reads: what the token shows, and what the account holds confidential.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) privacy: Privacy,
    pub(crate) account: &'a Account,
}

impl Reader<'_> {
    /// Whether the account hides what this id names from this reader.
    pub(crate) fn is_hidden(&self, id: &str) -> bool {
        self.privacy != Privacy::Full && self.account.confidential.iter().any(|hidden| hidden == id)
    }

    /// The veil over a field of the dictionary.
    pub(crate) fn veil(&self, field: &Field) -> Veil {
        if self.is_hidden(&field.id()) {
            return Veil::Hidden;
        }
        // An id identifies nobody to those who have no access to the platform, and distinct counts need it.
        let is_id = field.leaf().ends_with("_id") && field.leaf() != "platform_id";
        match (self.privacy, field.confidential) {
            (Privacy::Full, _) | (_, Confidential::No) => Veil::Open,
            (Privacy::Masked, Confidential::Content) => Veil::Open,
            (Privacy::Masked, _) => {
                if is_id {
                    Veil::Open
                } else {
                    Veil::Mask
                }
            }
            (Privacy::Anonymous, Confidential::Content) => Veil::Hidden,
            (Privacy::Anonymous, _) => Veil::Pseudonym,
        }
    }
}

/// Makes the pseudonyms of one account.
#[derive(Clone, Debug)]
pub(crate) struct Pseudonyms(hmac::Key);

impl Pseudonyms {
    pub(crate) fn new(account_key: &DataKey) -> Pseudonyms {
        Pseudonyms(hmac::Key::new(hmac::HMAC_SHA256, account_key.derive("pseudonym").bytes()))
    }

    fn of(&self, text: &str) -> String {
        hex::encode(&hmac::sign(&self.0, text.as_bytes()).as_ref()[..PSEUDONYM_BYTES])
    }
}

impl Veil {
    pub(crate) fn over<'a>(self, text: &'a str, pseudonyms: &Pseudonyms) -> Option<Cow<'a, str>> {
        match self {
            Veil::Open => Some(Cow::Borrowed(text)),
            Veil::Mask => Some(Cow::Owned(mask(text))),
            Veil::Pseudonym => Some(Cow::Owned(pseudonyms.of(text))),
            Veil::Hidden => None,
        }
    }
}

/// Of a number its last four digits are left, of an e-mail its domain, of a name its initials.
fn mask(text: &str) -> String {
    if let Some((name, domain)) = text.rsplit_once('@') {
        return format!("{}***@{domain}", name.chars().take(1).collect::<String>());
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if digits > 0 && !text.chars().any(char::is_alphabetic) {
        return mask_digits(text, digits);
    }
    let initial = |word: &str| format!("{}***", word.chars().take(1).collect::<String>());
    text.split_whitespace().map(initial).collect::<Vec<_>>().join(" ")
}

fn mask_digits(text: &str, digits: usize) -> String {
    let shown = if digits > 6 { 4 } else { 1 };
    let mut left = digits;
    let mut hide = |c: char| {
        if !c.is_ascii_digit() {
            return c;
        }
        left -= 1;
        if left < shown { c } else { '*' }
    };
    text.chars().map(&mut hide).collect()
}

#[cfg(test)]
mod tests {
    use shared::dictionary;
    use shared::id::AccountId;

    use super::*;

    #[test]
    fn masks_leave_little() {
        let cases = [
            ("Maria da Silva", "M*** d*** S***"),
            ("maria@exemplo.com.br", "m***@exemplo.com.br"),
            ("+55 11 90000-1234", "+** ** *****-1234"),
            ("4021", "***1"),
            ("BR.1234", "B***"),
        ];
        for (text, masked) in cases {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn each_privacy_has_its_veil() {
        let account = AccountId::try_from("demo".to_owned()).unwrap();
        let account = Account { confidential: vec!["tabulation".to_owned()], ..Account::new(account) };
        let veil =
            |privacy, name| Reader { privacy, account: &account }.veil(dictionary::field(name).unwrap());
        let cases = [
            ("contact_name", Veil::Mask, Veil::Pseudonym),
            ("contact_id", Veil::Open, Veil::Pseudonym),
            ("platform_id", Veil::Mask, Veil::Pseudonym),
            ("agent_email", Veil::Mask, Veil::Pseudonym),
            ("talks.message", Veil::Open, Veil::Hidden),
            ("tabulation", Veil::Hidden, Veil::Hidden),
            ("campaign_name", Veil::Open, Veil::Open),
        ];
        for (name, masked, anonymous) in cases {
            assert_eq!(veil(Privacy::Full, name), Veil::Open, "{name}");
            assert_eq!(veil(Privacy::Masked, name), masked, "{name}");
            assert_eq!(veil(Privacy::Anonymous, name), anonymous, "{name}");
        }
    }

    #[test]
    fn a_pseudonym_is_stable_within_an_account_only() {
        let key = DataKey::random();
        let (one, other) = (Pseudonyms::new(&key), Pseudonyms::new(&DataKey::random()));
        assert_eq!(one.of("Maria"), Pseudonyms::new(&key).of("Maria"));
        assert_ne!(one.of("Maria"), one.of("Marta"));
        assert_ne!(one.of("Maria"), other.of("Maria"));
    }
}
