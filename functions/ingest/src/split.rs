//! Splits a body into its items without reading what is inside of them, so that a fault in one item does not
//! affect its neighbours.

use std::borrow::Cow;
use std::fmt;

use domain::lang::Text;
use http::{HeaderMap, header};
use serde::de::{Deserializer as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;
use web::misfit::no_json;
use web::problem::Problem;

use crate::limits::MAX_ITEMS;

const TOO_MANY: Text = Text::new(
    "o corpo tem mais de 5000 sessões: divida-o em vários",
    "the body holds more than 5000 sessions: send it in several parts",
);
const NO_SESSIONS: Text = Text::new(
    "o corpo não é uma sessão, nem uma lista delas, nem NDJSON",
    "the body is neither a session, an array of them nor NDJSON",
);
const SEVERAL_TEXTS: Text = Text::new(
    "o corpo contém vários textos JSON: envie-os como application/x-ndjson ou como uma lista",
    "the body holds several JSON texts: send them as application/x-ndjson or as an array",
);
const TRAILING: Text = Text::new(
    "o corpo não é JSON: há algo depois do fim da sessão",
    "the body is not JSON: something follows the session's end",
);

/// How a body holds its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One JSON text: an object, or an array of them.
    Json,
    /// One JSON text per line (NDJSON). Blank lines do not count.
    Lines,
}

impl Layout {
    /// Returns the layout that `Content-Type` names: JSON, unless it is one of the names of NDJSON.
    pub(crate) fn of(headers: &HeaderMap) -> Layout {
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines" => Layout::Lines,
            _ => Layout::Json,
        }
    }
}

/// Returns the items of a body, each as it was sent. Fails with 400 where the structure of the body is
/// broken, and with 413 for too many items.
///
/// What is wrong inside of an item is left to its parser. A line that is not JSON is an item too.
pub(crate) fn split(body: &[u8], layout: Layout) -> Result<Vec<&[u8]>, Problem> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let items = match layout {
        Layout::Lines => lines(body),
        Layout::Json => match body.trim_ascii_start().first() {
            Some(b'[') => array(body)?,
            Some(b'{') => vec![object(body)?],
            _ => return Err(Problem::bad_request(NO_SESSIONS)),
        },
    };
    limited(items.len())?;
    Ok(items)
}

/// Fails with 413 for more items than a body may have.
pub(crate) fn limited(items: usize) -> Result<(), Problem> {
    if items > MAX_ITEMS { Err(Problem::too_large(TOO_MANY)) } else { Ok(()) }
}

/// The bytes of a body that a value of its text (see `ascii_only`) stands for.
pub(crate) fn bytes_of<'b>(body: &'b [u8], text: &str, value: &RawValue) -> &'b [u8] {
    // That text is as long as the body, so offsets in one are offsets in the other.
    let begin = value.get().as_ptr() as usize - text.as_ptr() as usize;
    &body[begin..begin + value.get().len()]
}

fn lines(body: &[u8]) -> Vec<&[u8]> {
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.is_empty()).take(MAX_ITEMS + 1).collect()
}

fn array(body: &[u8]) -> Result<Vec<&[u8]>, Problem> {
    let text = ascii_only(body);
    let mut source = Deserializer::from_str(&text);
    let items = source
        .deserialize_seq(Items)
        .and_then(|items| source.end().map(|()| items))
        .map_err(|error| Problem::bad_request(no_json(&error)))?;
    Ok(items.into_iter().map(|item| bytes_of(body, &text, item)).collect())
}

fn object(body: &[u8]) -> Result<&[u8], Problem> {
    let text = ascii_only(body);
    let mut values = Deserializer::from_str(&text).into_iter::<&RawValue>();
    values.next().transpose().map_err(|error| Problem::bad_request(no_json(&error)))?;
    let (item, rest) = body.split_at(values.byte_offset());
    match rest.trim_ascii_start().first() {
        None => Ok(item),
        Some(b'{') => Err(Problem::bad_request(SEVERAL_TEXTS)),
        Some(_) => Err(Problem::bad_request(TRAILING)),
    }
}

/// Returns the body as text. Where it is not valid UTF-8, every byte beyond ASCII is replaced by another
/// character, because serde_json would refuse the whole body for the fault of one item. The replacement is
/// allowed only within strings, like the bytes that it replaces.
pub(crate) fn ascii_only(body: &[u8]) -> Cow<'_, str> {
    const COVER: u8 = 0x7F;
    std::str::from_utf8(body).map_or_else(
        |_| body.iter().map(|byte| char::from(if byte.is_ascii() { *byte } else { COVER })).collect(),
        Cow::Borrowed,
    )
}

/// Collects the items of an array. Once there is one too many, the structure of the rest is only checked.
struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of sessions")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() <= MAX_ITEMS
            && let Some(item) = seq.next_element()?
        {
            items.push(item);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(items)
    }
}

#[cfg(test)]
mod tests;
