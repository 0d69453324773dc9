//! Reads texts as platforms write them, and the text of whatever is one value.

use std::borrow::Cow;

use domain::lang::Text;
use serde_json::value::RawValue;

use crate::json::{Entries, Json, is_empty, lone};
use crate::limits::MAX_TEXT;

const NO_TEXT: Text =
    Text::new("deve ser um texto de 1 a 128 caracteres", "must be a text of 1 to 128 characters");
pub(super) const LONG_TEXT: Text = Text::new("tem mais de 1 MiB", "is longer than 1 MiB");

/// What is wrong with a value, to be read after its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is none of its field's kind, and is left out.
    Unreadable(Text),
    /// It passes a limit or holds a broken text: its session is rejected.
    Unacceptable(Text),
}

/// A text is an error of `Json::of`, which concerns the session as a whole.
impl From<Text> for Wrong {
    fn from(what: Text) -> Wrong {
        Wrong::Unacceptable(what)
    }
}

/// Reads a text: one as it was sent, a number as it was written, a list joined, an object as its JSON.
pub(super) fn text(raw: &RawValue) -> Result<Option<String>, Wrong> {
    let text = match Json::of(raw)?.elements() {
        Ok(elements) => {
            let texts = elements.into_iter().map(element).filter_map(Result::transpose);
            texts.collect::<Result<Vec<_>, _>>()?.join(", ")
        }
        Err(json) => match scalar(json)? {
            Some(text) => text.into_owned(),
            None if raw.get().len() > MAX_TEXT => return Err(Wrong::Unacceptable(LONG_TEXT)),
            None => raw.get().to_owned(),
        },
    };
    if text.len() > MAX_TEXT {
        return Err(Wrong::Unacceptable(LONG_TEXT));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Reads the text of one value, not of a list of several or an object: that of an id.
pub(super) fn single(raw: &RawValue) -> Result<Option<String>, Wrong> {
    if is_empty(raw) {
        return Ok(None);
    }
    let text = scalar(Json::of(lone(raw)?)?)?.ok_or(Wrong::Unreadable(NO_TEXT))?;
    Ok(Some(text.into_owned()).filter(|text| !text.is_empty()))
}

/// An element of a list: a scalar, the name of an object, or the JSON of anything else.
fn element(raw: &RawValue) -> Result<Option<Cow<'_, str>>, Wrong> {
    if is_empty(raw) {
        return Ok(None);
    }
    let text = match Json::of(raw)? {
        Json::Object(entries) => match named(&entries, "name").or_else(|| named(&entries, "description")) {
            Some(name) => scalar(Json::of(name)?)?,
            None => scalar(Json::Object(entries))?,
        },
        json => scalar(json)?,
    };
    Ok(Some(text.unwrap_or(Cow::Borrowed(raw.get()))).filter(|text| !text.is_empty()))
}

/// The text of anything that is one value; empty for null, `None` for lists and objects.
pub(super) fn scalar(json: Json<'_>) -> Result<Option<Cow<'_, str>>, Text> {
    if let Some(inner) = EXTENDED.iter().find_map(|key| wrapped(&json, key)) {
        return Ok(match Json::of(inner)? {
            Json::Text(text) => Some(text),
            Json::Number(number) => Some(Cow::Borrowed(number)),
            _ => None,
        });
    }
    Ok(match json {
        Json::Null => Some(Cow::Borrowed("")),
        Json::Boolean(flag) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
        Json::Number(number) => Some(Cow::Borrowed(number)),
        Json::Text(text) => Some(text),
        Json::List(_) | Json::Object(_) => None,
    })
}

/// The wrappers that MongoDB's extended JSON puts around scalars, as in `{"$oid": "…"}`.
const EXTENDED: [&str; 5] = ["$oid", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"];

/// Returns the value of an object that has no other member than `key`.
pub(super) fn wrapped<'a>(json: &Json<'a>, key: &str) -> Option<&'a RawValue> {
    match json {
        Json::Object(entries) => match entries.as_slice() {
            [(only, inner)] if only == key => Some(*inner),
            _ => None,
        },
        _ => None,
    }
}

/// What an object holds under `key`.
pub(super) fn named<'a>(entries: &Entries<'a>, key: &str) -> Option<&'a RawValue> {
    entries.iter().find(|(name, _)| name == key).map(|(_, raw)| *raw)
}
