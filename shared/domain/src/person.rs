//! Persons: whom a session attended, as far as what it says of its contact tells.
//!
//! A contact is known by an id of the platform and by addresses on messaging services, such as a telephone number. Sessions
//! that have one of these in common are of one person; one that has none of them is of a person of its own. A name tells
//! nobody apart, so it is searched for and never joins.

use std::collections::{BTreeMap, BTreeSet};

use ring::hmac;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::cipher::DataKey;
use crate::dictionary::Record;
use crate::masking::{LOCAL_DIGITS, digits};
use crate::session::{Row, Session};

/// How many characters a search must have: fewer would find everybody.
pub const MIN_SEARCH_CHARS: usize = 2;
/// An address that more contacts than this have is no person's own, such as the number that forms are filled with where
/// there is none. It joins nobody.
const MOST_CONTACTS: usize = 8;
/// 128 bits of a pseudonym, so that two persons never share one.
const PSEUDONYM_BYTES: usize = 16;

/// One thing that a person is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identifier {
    /// The contact's id on the platform.
    Contact(String),
    /// An address on a messaging service, in one notation (`Identifier::address`).
    Address(String),
    /// The session itself, of a contact that has neither.
    Session(String),
}

impl Identifier {
    /// An address in the one notation in which addresses are compared: of a telephone number its digits without the
    /// country code of Brazil, of anything else small letters.
    pub fn address(text: &str) -> Identifier {
        let number = digits(text);
        let is_number = number.len() >= LOCAL_DIGITS && !text.chars().any(char::is_alphabetic);
        Identifier::Address(if is_number { national(&number).to_owned() } else { text.trim().to_lowercase() })
    }
}

/// A number without the country code of Brazil, or the zeros that are dialled before it.
fn national(number: &str) -> &str {
    let dialled = Some(number.trim_start_matches('0')).filter(|rest| rest.len() >= LOCAL_DIGITS);
    let number = dialled.unwrap_or(number);
    let without = number.strip_prefix("55").filter(|rest| matches!(rest.len(), 10 | 11));
    without.unwrap_or(number)
}

/// Makes the pseudonyms of an account's persons.
#[derive(Clone, Debug)]
pub struct PersonKey(hmac::Key);

impl PersonKey {
    /// That of the account with this key of bodies.
    pub fn new(body_key: &DataKey) -> PersonKey {
        PersonKey(hmac::Key::new(hmac::HMAC_SHA256, body_key.derive("person").bytes()))
    }

    /// The pseudonym of whoever is known by `identifier`, 32 hex digits.
    pub fn pseudonym(&self, identifier: &Identifier) -> String {
        let (kind, text) = match identifier {
            Identifier::Contact(text) => (b'c', text),
            Identifier::Address(text) => (b'a', text),
            Identifier::Session(text) => (b's', text),
        };
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&[kind]);
        context.update(text.as_bytes());
        hex::encode(&context.sign().as_ref()[..PSEUDONYM_BYTES])
    }
}

/// Whether a text can be a pseudonym.
pub fn is_pseudonym(text: &str) -> bool {
    text.len() == 2 * PSEUDONYM_BYTES && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whom to look for.
#[derive(Clone, Debug)]
pub enum Sought {
    /// Whoever a text that a person typed may mean.
    Typed(Typed),
    /// Whoever is known by one of these.
    Known(BTreeSet<Identifier>),
    /// Whoever has this pseudonym.
    Pseudonym {
        /// The pseudonym.
        person: String,
        /// What it was made with.
        key: PersonKey,
    },
}

impl Sought {
    /// Whether a contact's id is of whom is sought.
    pub fn has_contact(&self, id: &str) -> bool {
        match self {
            Sought::Typed(typed) => typed.text == id,
            _ => self.has(&Identifier::Contact(id.to_owned())),
        }
    }

    /// Whether an address is.
    pub fn has_address(&self, address: &str) -> bool {
        let identifier = Identifier::address(address);
        match self {
            Sought::Typed(typed) => typed.means(&identifier),
            _ => self.has(&identifier),
        }
    }

    /// Whether a name is; only a text that a person typed is held against names.
    pub fn has_name(&self, name: &str) -> bool {
        matches!(self, Sought::Typed(typed) if folded(name).contains(&typed.folded))
    }

    /// Whether a session of a contact without id and addresses is.
    pub fn has_session(&self, id: &str) -> bool {
        !matches!(self, Sought::Typed(_)) && self.has(&Identifier::Session(id.to_owned()))
    }

    fn has(&self, identifier: &Identifier) -> bool {
        match self {
            Sought::Typed(_) => false,
            Sought::Known(known) => known.contains(identifier),
            Sought::Pseudonym { person, key } => key.pseudonym(identifier) == *person,
        }
    }
}

/// A text that a person typed: an id of a contact, an address in any notation, or a part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    text: String,
    folded: String,
    address: Identifier,
    /// The end of a telephone number, where the text is one.
    number: Option<String>,
}

impl Typed {
    /// Reads the text; `None` where it is too short.
    pub fn new(text: &str) -> Option<Typed> {
        let text = text.trim();
        if text.chars().count() < MIN_SEARCH_CHARS {
            return None;
        }
        let is_number = !text.chars().any(char::is_alphabetic) && digits(text).len() >= LOCAL_DIGITS;
        let number = is_number.then(|| national(&digits(text)).to_owned());
        Some(Typed {
            folded: folded(text),
            address: Identifier::address(text),
            number,
            text: text.to_owned(),
        })
    }

    /// Whether the text means this address: the same, or a telephone number of which one says the area or country and the
    /// other does not.
    fn means(&self, address: &Identifier) -> bool {
        let ends_alike = |typed: &String| {
            let Identifier::Address(address) = address else { return false };
            let is_number = address.len() >= LOCAL_DIGITS && address.bytes().all(|b| b.is_ascii_digit());
            is_number && (address.ends_with(typed.as_str()) || typed.ends_with(address.as_str()))
        };
        self.address == *address || self.number.as_ref().is_some_and(ends_alike)
    }
}

/// A name without case and accents, its blanks single.
fn folded(name: &str) -> String {
    let plain: String = name.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a session says of its contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// The contact's id on the platform.
    pub id: Option<String>,
    /// The contact's name.
    pub name: Option<String>,
    /// Addresses, as they were sent.
    pub addresses: BTreeSet<String>,
}

impl Contact {
    /// The contact of a session.
    pub fn of(session: &Session) -> Contact {
        let text = |leaf| session.fields.text(Record::Session, leaf).map(str::to_owned);
        let of_platform = |row: &'_ Row| row.text(Record::ContactPlatform, "platform_id").map(str::to_owned);
        let addresses = session.platforms.iter().filter_map(of_platform).chain(text("platform_id"));
        Contact { id: text("contact_id"), name: text("contact_name"), addresses: addresses.collect() }
    }

    /// What the contact of this session is known by; the session itself where nothing else is there.
    pub fn identifiers(&self, session: &str) -> BTreeSet<Identifier> {
        let id = self.id.clone().map(Identifier::Contact);
        let all: BTreeSet<Identifier> =
            id.into_iter().chain(self.addresses.iter().map(|address| Identifier::address(address))).collect();
        if all.is_empty() { BTreeSet::from([Identifier::Session(session.to_owned())]) } else { all }
    }
}

/// Joins sessions into persons, each given as what it is known by and the sessions' positions in `sessions`. `sessions` are what
/// each session's contact is known by. The persons come in the order of their first session.
pub fn joined(sessions: &[BTreeSet<Identifier>]) -> Vec<(BTreeSet<Identifier>, Vec<usize>)> {
    let shared = shared_by_many(sessions);
    let mut person_of: BTreeMap<&Identifier, usize> = BTreeMap::new();
    let mut persons: Vec<Option<(BTreeSet<Identifier>, Vec<usize>)>> = Vec::new();
    for (at, identifiers) in sessions.iter().enumerate() {
        let own = |identifier: &&Identifier| !shared.contains(identifier) || identifiers.len() == 1;
        let own: Vec<&Identifier> = identifiers.iter().filter(own).collect();
        let joins: BTreeSet<usize> = own.iter().filter_map(|one| person_of.get(*one).copied()).collect();
        let mut person = (BTreeSet::new(), vec![at]);
        for other in &joins {
            if let Some((known, positions)) = persons[*other].take() {
                person.0.extend(known);
                person.1.extend(positions);
            }
        }
        person.0.extend(own.iter().map(|one| (*one).clone()));
        person.1.sort_unstable();
        let place = joins.first().copied().unwrap_or(persons.len());
        if place == persons.len() {
            persons.push(None);
        }
        for identifier in own {
            person_of.insert(identifier, place);
        }
        person_of.values_mut().filter(|at| joins.contains(at)).for_each(|at| *at = place);
        persons[place] = Some(person);
    }
    persons.into_iter().flatten().collect()
}

/// The addresses that more contacts have than one person has ids.
fn shared_by_many(sessions: &[BTreeSet<Identifier>]) -> BTreeSet<&Identifier> {
    let mut contacts: BTreeMap<&Identifier, BTreeSet<&Identifier>> = BTreeMap::new();
    for identifiers in sessions {
        let (ids, addresses): (Vec<_>, Vec<_>) =
            identifiers.iter().partition(|one| matches!(one, Identifier::Contact(_)));
        for address in addresses {
            contacts.entry(address).or_default().extend(ids.iter().copied());
        }
    }
    contacts.retain(|_, ids| ids.len() > MOST_CONTACTS);
    contacts.into_keys().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(id: &str, addresses: &[&str]) -> Contact {
        Contact {
            id: Some(id.to_owned()).filter(|id| !id.is_empty()),
            name: None,
            addresses: addresses.iter().map(|one| (*one).to_owned()).collect(),
        }
    }

    #[test]
    fn a_telephone_number_is_one_address_in_all_its_notations() {
        let one = Identifier::address("+55 (11) 90000-1234");
        for text in ["5511900001234", "11900001234", "011 90000-1234", "0055 11 90000 1234"] {
            assert_eq!(Identifier::address(text), one, "{text}");
        }
        assert_ne!(Identifier::address("5521900001234"), one);
        assert_eq!(
            Identifier::address(" Ana@Exemplo.COM "),
            Identifier::Address("ana@exemplo.com".to_owned())
        );
        assert_ne!(Identifier::address("BR.1234567890"), Identifier::address("1234567890"));
    }

    #[test]
    fn what_is_typed_finds_ids_addresses_and_parts_of_names() {
        let typed = |text| Sought::Typed(Typed::new(text).unwrap());
        assert!(typed("c-1").has_contact("c-1") && !typed("c-1").has_contact("c-10"));
        for text in ["90000-1234", "11 90000-1234", "+55 11 90000 1234"] {
            assert!(typed(text).has_address("5511900001234"), "{text}");
        }
        assert!(!typed("90000-1235").has_address("5511900001234"));
        assert!(
            !typed("0000-0000").has_address("5511900001234") && typed("0000-0000").has_address("00000000")
        );
        assert!(!typed("1234").has_address("5511900001234"), "too few digits to be a number");
        assert!(typed("ANA@exemplo.com").has_address("ana@exemplo.com"));
        for text in ["joão", "JOAO  da", "joa\u{303}o da silva"] {
            assert!(typed(text).has_name("João da Silva"), "{text}");
        }
        assert!(!typed("joana").has_name("João da Silva"));
        assert!(Typed::new(" a ").is_none());
    }

    #[test]
    fn sessions_with_something_in_common_are_of_one_person_whatever_their_order() {
        let sessions = [
            contact("c1", &["11900001111"]).identifiers("s0"),
            contact("c2", &["11900002222"]).identifiers("s1"),
            contact("", &[]).identifiers("s2"),
            contact("", &["+55 11 90000-2222"]).identifiers("s3"),
            contact("c1", &["11900002222"]).identifiers("s4"),
            contact("", &[]).identifiers("s5"),
        ];
        let positions: Vec<Vec<usize>> =
            joined(&sessions).into_iter().map(|(_, positions)| positions).collect();
        assert_eq!(positions, [vec![0, 1, 3, 4], vec![2], vec![5]]);
        let mut turned = sessions.to_vec();
        turned.reverse();
        let sizes: Vec<usize> = joined(&turned).into_iter().map(|(_, positions)| positions.len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 6);
        assert_eq!(sizes.len(), 3);
    }

    #[test]
    fn an_address_of_many_contacts_joins_nobody() {
        let many: Vec<_> =
            (0..9).map(|n| contact(&format!("c{n}"), &["00000000"]).identifiers("s")).collect();
        assert_eq!(joined(&many).len(), 9);
        assert_eq!(joined(&many[..8]).len(), 1);
    }

    #[test]
    fn a_pseudonym_is_of_one_identifier_and_one_account() {
        let (key, other) = (PersonKey::new(&DataKey::random()), PersonKey::new(&DataKey::random()));
        let one = Identifier::Contact("1".to_owned());
        let pseudonym = key.pseudonym(&one);
        assert!(is_pseudonym(&pseudonym));
        assert_eq!(pseudonym, key.pseudonym(&one));
        assert_ne!(pseudonym, other.pseudonym(&one));
        assert_ne!(pseudonym, key.pseudonym(&Identifier::Session("1".to_owned())));
        let sought = Sought::Pseudonym { person: pseudonym, key };
        assert!(sought.has_contact("1") && !sought.has_contact("2") && !sought.has_session("1"));
    }
}
