//! Masking: what a reader of less than full privacy sees of values. The token decides it for rows, and the privacy asked
//! for decides it for an open copy.

use std::borrow::Cow;

use crate::account::Account;
use crate::cipher::DataKey;
use crate::dictionary::{self, Confidential, Field, Group, Kind};
use crate::token::Privacy;
use ring::hmac;

/// Pseudonyms are 12 hex digits: short enough for a chart, and collisions begin at millions of people.
const PSEUDONYM_BYTES: usize = 6;
/// Digits that make a telephone number without its country and area.
pub(crate) const LOCAL_DIGITS: usize = 8;
/// The shortest address other than a number that is looked for in an id.
const MIN_ADDRESS: usize = 4;

/// What a reader sees of a field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masking {
    /// The value as it is.
    Open,
    /// Part of the value: the initials of a name, the last digits of a number, the domain of an e-mail address.
    Partial,
    /// The value as it is, unless it holds an address: then a pseudonym.
    UnlessAddress(Whom),
    /// A pseudonym, which is the same wherever the value is the same.
    Pseudonym(Whom),
    /// The value is not shown.
    Hidden,
}

/// Whom a value is about. An agent and a contact of one name have different pseudonyms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The contact, or nobody.
    Contact,
    /// An agent.
    Agent,
}

/// Who reads: what the token shows, and what the account holds confidential.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    /// What the token shows.
    pub privacy: Privacy,
    /// The account with its confidential fields.
    pub account: &'a Account,
}

impl Reader<'_> {
    /// Whether the account hides the field of this dictionary name from this reader, by itself or with the records
    /// that it is part of.
    pub fn hides(&self, name: &str) -> bool {
        let covers = |id: &String| {
            let rest = dictionary::by_id(id).and_then(|hidden| name.strip_prefix(hidden.name));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.privacy != Privacy::Full && self.account.confidential.iter().any(covers)
    }

    /// How the values of a field of the dictionary are masked for this reader.
    pub fn masking(&self, field: &Field) -> Masking {
        if self.hides(field.name) {
            return Masking::Hidden;
        }
        let whom = if field.group == Group::Agent { Whom::Agent } else { Whom::Contact };
        let unless_address = Masking::UnlessAddress(whom);
        // An id identifies nobody to those who have no access to the platform, and distinct counts need it.
        let is_id = field.leaf().ends_with("_id") && field.leaf() != "platform_id";
        let masking = match (self.privacy, field.confidential) {
            (Privacy::Full, _) | (_, Confidential::No) => return Masking::Open,
            (_, Confidential::Key) => unless_address,
            (Privacy::Masked, Confidential::Contact | Confidential::Agent) if is_id => unless_address,
            (Privacy::Masked, Confidential::Contact | Confidential::Agent) => Masking::Partial,
            (Privacy::Masked, Confidential::Trait) if field.kind == Kind::Text => unless_address,
            (Privacy::Masked, Confidential::Trait | Confidential::Content) => return Masking::Open,
            (Privacy::Anonymous, Confidential::Content) => Masking::Hidden,
            (Privacy::Anonymous, _) => Masking::Pseudonym(whom),
        };
        // Of a number or a date there is no part to show.
        if matches!(field.kind, Kind::Text | Kind::Records(_)) { masking } else { Masking::Hidden }
    }
}

/// Makes the pseudonyms of one account.
#[derive(Clone, Debug)]
pub struct Pseudonyms(hmac::Key);

impl Pseudonyms {
    /// Those of the account with this segment key: they are the same as long as it is.
    pub fn new(account_key: &DataKey) -> Pseudonyms {
        Pseudonyms(hmac::Key::new(hmac::HMAC_SHA256, account_key.derive("pseudonym").bytes()))
    }

    fn of(&self, whom: Whom, text: &str) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        // Those of contacts are of the text alone, so that reports keep the ones that they have.
        if whom == Whom::Agent {
            context.update(b"agent\0");
        }
        context.update(text.as_bytes());
        hex::encode(&context.sign().as_ref()[..PSEUDONYM_BYTES])
    }
}

impl Masking {
    /// Masks a text in a session whose contact has these addresses; `None` where nothing is shown.
    pub fn mask<'a>(
        self,
        text: &'a str,
        addresses: &[&str],
        pseudonyms: &Pseudonyms,
    ) -> Option<Cow<'a, str>> {
        match self {
            Masking::Open => Some(Cow::Borrowed(text)),
            Masking::UnlessAddress(_) if !holds_address(text, addresses) => Some(Cow::Borrowed(text)),
            Masking::Partial => Some(Cow::Owned(mask_partly(text))),
            Masking::Pseudonym(whom) | Masking::UnlessAddress(whom) => {
                Some(Cow::Owned(pseudonyms.of(whom, text)))
            }
            Masking::Hidden => None,
        }
    }
}

/// Whether a text holds an e-mail, a telephone number or one of these addresses, in whatever notation.
///
/// A number that is none of the addresses is told from a protocol or any other code by its plus sign, or because it is one
/// of Brazil: with its country code, or a mobile one with its area.
fn holds_address(text: &str, addresses: &[&str]) -> bool {
    text.contains(['@', '+'])
        || numbers(text).iter().any(|number| is_brazilian(number))
        || addresses.iter().any(|address| holds(text, address))
}

/// Whether a text holds this address. Of a number its last digits are enough, for it is written with and without its
/// country, its area and what stands between them.
pub(crate) fn holds(text: &str, address: &str) -> bool {
    let (digits_of_text, number) = (digits(text), digits(address));
    let local = number.len().checked_sub(LOCAL_DIGITS).and_then(|from| number.get(from..));
    local.is_some_and(|local| digits_of_text.contains(local))
        || (address.len() >= MIN_ADDRESS && text.to_lowercase().contains(&address.to_lowercase()))
}

/// The digits of a text.
pub(crate) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The numbers in a text, as digits: those that are written in groups as one, and each group by itself.
fn numbers(text: &str) -> Vec<String> {
    let between = |c: char| matches!(c, ' ' | '\u{a0}' | '(' | ')' | '-' | '.' | '/');
    let joined = text.split(|c: char| !c.is_ascii_digit() && !between(c)).map(digits);
    let alone = text.split(|c: char| !c.is_ascii_digit()).map(str::to_owned);
    joined.chain(alone).filter(|number| number.len() > LOCAL_DIGITS).collect()
}

/// Whether digits are a telephone number of Brazil: with the country code, or a mobile one with its area, before which
/// a zero may stand.
fn is_brazilian(number: &str) -> bool {
    let is_mobile = |number: &str| {
        matches!(number.as_bytes(), [area @ .., b'9', _, _, _, _, _, _, _, _]
            if area.len() == 2 && area.iter().all(|digit| *digit != b'0'))
    };
    matches!(number.len(), 12 | 13) && number.starts_with("55")
        || is_mobile(number)
        || number.strip_prefix('0').is_some_and(is_mobile)
}

/// Of a number its last four digits are left, of an e-mail its domain, of a name its initials.
fn mask_partly(text: &str) -> String {
    let is_domain = |text: &str| text.contains('.') && !text.contains(char::is_whitespace);
    if let Some((name, domain)) = text.rsplit_once('@')
        && !name.is_empty()
        && is_domain(domain)
    {
        return format!("{}@{domain}", initial(name));
    }
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    if digits > 0 && !text.chars().any(char::is_alphabetic) {
        return mask_digits(text, digits);
    }
    text.split_whitespace().map(initial).collect::<Vec<_>>().join(" ")
}

/// The first character; not of a text that is no longer than that.
fn initial(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().filter(|_| chars.next().is_some());
    format!("{}***", first.map(String::from).unwrap_or_default())
}

/// Hides the digits of a number but the last four; of a short one all but the last, of one or two digits all.
fn mask_digits(text: &str, digits: usize) -> String {
    // Four digits of a short number would be most of it.
    let shown = match digits {
        0..=2 => 0,
        3..=LOCAL_DIGITS => 1,
        _ => 4,
    };
    let mut left = digits;
    let mut hide = |c: char| {
        if !c.is_numeric() {
            return c;
        }
        left -= 1;
        if left < shown { c } else { '*' }
    };
    text.chars().map(&mut hide).collect()
}

#[cfg(test)]
mod tests {
    use crate::id::AccountId;

    use super::*;

    #[test]
    fn masked_texts_keep_initials_last_digits_and_domains() {
        let cases = [
            ("Maria da Silva", "M*** d*** S***"),
            ("maria@exemplo.com.br", "m***@exemplo.com.br"),
            ("+55 11 90000-1234", "+** ** *****-1234"),
            ("4021", "***1"),
            ("91234567", "*******7"),
            ("7", "*"),
            ("+５５ 11", "+** *1"),
            ("BR.1234", "B***"),
            ("@maria.silva", "@***"),
            ("maria@silva", "m***"),
            ("Maria @ Silva.Souza", "M*** *** S***"),
            ("Li X", "L*** ***"),
        ];
        for (text, masked) in cases {
            assert_eq!(mask_partly(text), masked);
        }
    }

    #[test]
    fn each_privacy_has_its_masking() {
        let account = AccountId::try_from("demo".to_owned()).unwrap();
        let confidential = vec!["tabulation".to_owned(), "events".to_owned(), "talks_stt".to_owned()];
        let account = Account { confidential, ..Account::new(account) };
        let masking =
            |privacy, name| Reader { privacy, account: &account }.masking(dictionary::field(name).unwrap());
        let cases = [
            ("contact_name", Masking::Partial, Masking::Pseudonym(Whom::Contact)),
            ("contact_id", Masking::UnlessAddress(Whom::Contact), Masking::Pseudonym(Whom::Contact)),
            ("platform_id", Masking::Partial, Masking::Pseudonym(Whom::Contact)),
            ("agent_email", Masking::Partial, Masking::Pseudonym(Whom::Agent)),
            ("agent_language", Masking::UnlessAddress(Whom::Agent), Masking::Pseudonym(Whom::Agent)),
            ("contact_created_at", Masking::Open, Masking::Hidden),
            ("session_id", Masking::UnlessAddress(Whom::Contact), Masking::UnlessAddress(Whom::Contact)),
            ("talks.message", Masking::Open, Masking::Hidden),
            ("events.created_at", Masking::Hidden, Masking::Hidden),
            ("events", Masking::Hidden, Masking::Hidden),
            ("tabulation", Masking::Hidden, Masking::Hidden),
            ("campaign_name", Masking::Open, Masking::Open),
        ];
        for (name, masked, anonymous) in cases {
            assert_eq!(masking(Privacy::Full, name), Masking::Open, "{name}");
            assert_eq!(masking(Privacy::Masked, name), masked, "{name}");
            assert_eq!(masking(Privacy::Anonymous, name), anonymous, "{name}");
        }
    }

    #[test]
    fn an_id_that_holds_an_address_becomes_a_pseudonym() {
        let phone: &[&str] = &["+55 (11) 90000-1234"];
        let code: &[&str] = &["c-other", "BR.98x7"];
        let several: &[&str] = &["BR.98x7", "0055 11 3333 4444"];
        for (text, addresses) in [
            ("5511900001234-20260301", phone),
            ("wa:00001234", phone),
            ("p.0000.1234", phone),
            ("c-BR.98x7", code),
            ("c-br.98X7", code),
            ("11 3333-4444/1", several),
            ("5511900001234", &[]),
            ("55 11 3333-4444", &[]),
            ("11900001234", &[]),
            ("p(11) 90000-1234", &[]),
            ("2026-011900001234", &[]),
            ("ana@exemplo.com.br", &[]),
            ("+351 912 345 678", &[]),
        ] {
            assert!(holds_address(text, addresses), "{text}");
        }
        for (text, addresses) in [
            ("65f0c0ffee00000000000001", phone),
            ("2026100300017", phone),
            ("2026100300017", &[]),
            ("20261003-00017", &[]),
            ("26100300017", &[]),
            ("550e8400-e29b-41d4-a716-446655440000", &[]),
            ("1790000000123", &[]),
            ("s1", &["1"]),
            ("08:00", phone),
        ] {
            assert!(!holds_address(text, addresses), "{text}");
        }
    }

    #[test]
    fn a_pseudonym_is_stable_within_an_account_only() {
        let key = DataKey::random();
        let (one, other) = (Pseudonyms::new(&key), Pseudonyms::new(&DataKey::random()));
        assert_eq!(one.of(Whom::Contact, "Maria"), Pseudonyms::new(&key).of(Whom::Contact, "Maria"));
        assert_ne!(one.of(Whom::Contact, "Maria"), one.of(Whom::Contact, "Marta"));
        assert_ne!(one.of(Whom::Contact, "Maria"), one.of(Whom::Agent, "Maria"));
        assert_ne!(one.of(Whom::Contact, "Maria"), other.of(Whom::Contact, "Maria"));
    }
}
