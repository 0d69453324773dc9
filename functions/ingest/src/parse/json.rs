//! One level of a JSON text, borrowed from it: what is inside is looked at only if somebody asks.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The most keys in one object: far more than any document has, and few enough to be held.
pub(super) const MAX_KEYS: usize = 20_000;
/// The most elements in one list that is looked into.
const MAX_ELEMENTS: usize = 50_000;

/// The members of an object, in their order.
pub(super) type Entries<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// A value, its members not looked at yet.
#[derive(Debug)]
pub(super) enum Json<'a> {
    Null,
    Boolean(bool),
    /// A number as it is written.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<&'a RawValue>),
    Object(Entries<'a>),
}

impl<'a> Json<'a> {
    /// Looks at a value. The error says what it is too much of, or that a text in it cannot be read.
    pub(super) fn of(raw: &'a RawValue) -> Result<Json<'a>, &'static str> {
        let text = raw.get();
        Ok(match text.as_bytes() {
            [b'n', ..] => Json::Null,
            [b't', ..] => Json::Boolean(true),
            [b'f', ..] => Json::Boolean(false),
            [b'"', ..] => Json::Text(read::<Text>(text, "holds a broken text")?.0),
            [b'[', ..] => Json::List(read::<List>(text, "is a list of more than 50000 values")?.0),
            [b'{', ..] => Json::Object(read::<Object>(text, "has more than 20000 keys or a broken one")?.0),
            _ => Json::Number(text),
        })
    }
}

/// Whether there is nothing in a value: `null`, `""`, `[]` and `{}`.
pub(super) fn is_empty(raw: &RawValue) -> bool {
    let text = raw.get();
    let inside = || text[1..text.len() - 1].trim_ascii();
    text == "null" || text == r#""""# || (text.starts_with(['[', '{']) && inside().is_empty())
}

/// Whether a value is an object.
pub(super) fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

fn read<'a, T: Deserialize<'a>>(text: &'a str, wrong: &'static str) -> Result<T, &'static str> {
    serde_json::from_str(text).map_err(|_| wrong)
}

/// A text, borrowed where nothing in it is escaped.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'de>, D::Error> {
        deserializer.deserialize_str(Shape::<Text<'de>>(PhantomData))
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

/// Visits the one shape that is wanted.
struct Shape<T>(PhantomData<T>);

impl<'de> Visitor<'de> for Shape<Text<'de>> {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
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
        while let Some(Text(key)) = map.next_key()? {
            if entries.len() == MAX_KEYS {
                return Err(A::Error::custom("too many keys"));
            }
            entries.push((key, map.next_value()?));
        }
        Ok(Object(entries))
    }
}
