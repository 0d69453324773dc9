//! Reads one level of a JSON text and borrows from it. What is inside of a value is read only when it is
//! needed.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use domain::lang::Text;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::limits::{MAX_ELEMENTS, MAX_KEYS};

/// What the structure check tells too, and better, for it names the place.
pub(crate) const OF_STRUCTURE: [Text; 2] = [BROKEN, MANY_KEYS];
const BROKEN: Text = Text::new("contém um texto corrompido", "holds a broken text");
const LONG_LIST: Text =
    Text::new("é uma lista de mais de 50000 valores", "is a list of more than 50000 values");
const MANY_KEYS: Text = Text::new("tem mais de 20000 chaves", "has more than 20000 keys");

/// The members of an object, in their order.
pub(crate) type Entries<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// A value whose members are not read yet.
#[derive(Debug)]
pub(crate) enum Json<'a> {
    Null,
    Boolean(bool),
    /// A number as it is written.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<&'a RawValue>),
    Object(Entries<'a>),
}

impl<'a> Json<'a> {
    /// Looks at a value. The error says what it is too much of, or that a text in it cannot be read: the item is rejected.
    pub(crate) fn of(raw: &'a RawValue) -> Result<Json<'a>, Text> {
        let text = raw.get();
        Ok(match text.as_bytes() {
            [b'n', ..] => Json::Null,
            [b't', ..] => Json::Boolean(true),
            [b'f', ..] => Json::Boolean(false),
            [b'"', ..] => Json::Text(read::<JsonText>(text, BROKEN)?.0),
            [b'[', ..] => Json::List(read::<List>(text, LONG_LIST)?.0),
            [b'{', ..] => Json::Object(read::<Object>(text, MANY_KEYS)?.0),
            _ => Json::Number(text),
        })
    }
}

impl<'a> Json<'a> {
    /// The elements of a list, also of one that PHP wrote as an object because an index is missing. Gives anything else back.
    pub(crate) fn elements(self) -> Result<Vec<&'a RawValue>, Json<'a>> {
        match self {
            Json::List(elements) => Ok(elements),
            Json::Object(entries) => {
                let indexed = entries.iter().map(|(key, raw)| Some((index(key)?, *raw)));
                match indexed.collect::<Option<Vec<_>>>() {
                    Some(mut indexed) if !indexed.is_empty() => {
                        indexed.sort_by_key(|(index, _)| *index);
                        Ok(indexed.into_iter().map(|(_, raw)| raw).collect())
                    }
                    _ => Err(Json::Object(entries)),
                }
            }
            other => Err(other),
        }
    }
}

fn index(key: &str) -> Option<u32> {
    key.parse().ok().filter(|_| key.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The one value that a list holds beside empty ones; a value that is no list, or a list of several, is itself.
pub(crate) fn lone(raw: &RawValue) -> Result<&RawValue, Text> {
    // Only lists and objects are looked into.
    if !raw.get().starts_with(['[', '{']) {
        return Ok(raw);
    }
    let Ok(elements) = Json::of(raw)?.elements() else { return Ok(raw) };
    let mut some = elements.into_iter().filter(|element| !is_empty(element));
    Ok(match (some.next(), some.next()) {
        (Some(only), None) => only,
        _ => raw,
    })
}

/// Whether there is nothing in a value: `null`, `""`, `[]` and `{}`.
pub(crate) fn is_empty(raw: &RawValue) -> bool {
    let text = raw.get();
    let inside = || text[1..text.len() - 1].trim_ascii();
    text == "null" || text == r#""""# || (text.starts_with(['[', '{']) && inside().is_empty())
}

pub(crate) fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// Whether a value is a text or a number, or MongoDB's wrapper of an id.
pub(crate) fn is_single(raw: &RawValue) -> bool {
    let text = raw.get();
    let is_id = || text[1..].trim_ascii_start().starts_with(r#""$oid""#);
    text.starts_with(['"', '-'])
        || text.starts_with(|first: char| first.is_ascii_digit())
        || (is_object(raw) && is_id())
}

fn read<'a, T: Deserialize<'a>>(text: &'a str, wrong: Text) -> Result<T, Text> {
    serde_json::from_str(text).map_err(|_| wrong)
}

/// A key as it is written, with its quotes.
pub(crate) fn key_of(written: &str) -> Cow<'_, str> {
    serde_json::from_str::<JsonKey>(written).map_or(Cow::Borrowed(written), |key| key.0)
}

/// A key, borrowed where it contains no escapes. Half of a surrogate pair in it becomes replacement characters, so that
/// one broken key does not hide what stands beside it; the structure check refuses it.
struct JsonKey<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for JsonKey<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<JsonKey<'de>, D::Error> {
        deserializer.deserialize_bytes(Shape::<JsonKey<'de>>(PhantomData))
    }
}

/// A text, borrowed where it contains no escapes.
struct JsonText<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for JsonText<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<JsonText<'de>, D::Error> {
        deserializer.deserialize_str(Shape::<JsonText<'de>>(PhantomData))
    }
}

struct List<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for List<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List<'de>, D::Error> {
        deserializer.deserialize_seq(Shape::<List<'de>>(PhantomData))
    }
}

struct Object<'a>(Entries<'a>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<'de>, D::Error> {
        deserializer.deserialize_map(Shape::<Object<'de>>(PhantomData))
    }
}

/// Visits a value of the one shape that is wanted.
struct Shape<T>(PhantomData<T>);

impl<'de> Visitor<'de> for Shape<JsonKey<'de>> {
    type Value = JsonKey<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_bytes<E: Error>(self, key: &'de [u8]) -> Result<JsonKey<'de>, E> {
        Ok(JsonKey(String::from_utf8_lossy(key)))
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<JsonKey<'de>, E> {
        Ok(JsonKey(Cow::Owned(String::from_utf8_lossy(key).into_owned())))
    }
}

impl<'de> Visitor<'de> for Shape<JsonText<'de>> {
    type Value = JsonText<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<JsonText<'de>, E> {
        Ok(JsonText(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<JsonText<'de>, E> {
        Ok(JsonText(Cow::Owned(text.to_owned())))
    }
}

impl<'de> Visitor<'de> for Shape<List<'de>> {
    type Value = List<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<'de>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            if elements.len() == MAX_ELEMENTS {
                return Err(A::Error::custom("too many values"));
            }
            elements.push(element);
        }
        Ok(List(elements))
    }
}

impl<'de> Visitor<'de> for Shape<Object<'de>> {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(JsonKey(key)) = map.next_key()? {
            if entries.len() == MAX_KEYS {
                return Err(A::Error::custom("too many keys"));
            }
            entries.push((key, map.next_value()?));
        }
        Ok(Object(entries))
    }
}
