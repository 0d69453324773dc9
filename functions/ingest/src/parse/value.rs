//! From a value as it was sent to a value of its field's kind.

use std::borrow::Cow;

use domain::dictionary::Kind;
use domain::number::exact_integer;
use domain::session::Value;
use domain::time::{Instant, TimeError};
use domain::zone::Zone;
use serde_json::value::RawValue;

use super::json::{Json, is_empty};

/// The longest text of a field (the HTTP contract).
const MAX_TEXT: usize = 1 << 20;

/// What is wrong with a value, to be read after its path.
pub(super) type Wrong = Cow<'static, str>;

/// Reads a value of `kind`; `None` where it is empty. Local times are in `zone`.
pub(super) fn read(kind: Kind, raw: &RawValue, zone: Zone) -> Result<Option<Value>, Wrong> {
    if is_empty(raw) {
        return Ok(None);
    }
    Ok(match kind {
        Kind::Text => text(raw)?.map(Value::Text),
        Kind::Integer => parsed(raw, integer, "must be a whole number")?.map(Value::Integer),
        Kind::Seconds => parsed(raw, seconds, "must be a number of seconds")?.map(Value::Seconds),
        Kind::Boolean => parsed(raw, boolean, "must be true or false")?.map(Value::Boolean),
        Kind::Instant => instant(raw, zone)?.map(Value::Instant),
        Kind::Day | Kind::Records(_) => None,
    })
}

/// Reads a text: one as it was sent, a number as it was written, a list joined.
pub(super) fn text(raw: &RawValue) -> Result<Option<String>, Wrong> {
    let text = match Json::of(raw)? {
        Json::List(elements) => {
            let texts = elements.into_iter().map(element).filter_map(Result::transpose);
            texts.collect::<Result<Vec<_>, _>>()?.join(", ")
        }
        json => scalar(json, "must be a text")?.into_owned(),
    };
    if text.len() > MAX_TEXT {
        return Err("is longer than 1 MiB".into());
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// An element of a list: a scalar, or the name of an object.
fn element(raw: &RawValue) -> Result<Option<Cow<'_, str>>, Wrong> {
    const WRONG: &str = "must be a list of texts, or of objects with a name";
    if is_empty(raw) {
        return Ok(None);
    }
    let text = match Json::of(raw)? {
        Json::Object(entries) if entries.iter().any(|(key, _)| key == "name") => {
            let name = entries.into_iter().find(|(key, _)| key == "name").map(|(_, raw)| Json::of(raw));
            scalar(name.transpose()?.unwrap_or(Json::Null), WRONG)?
        }
        json => scalar(json, WRONG)?,
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The text of anything that is one value; empty for null.
fn scalar<'a>(json: Json<'a>, wrong: &'static str) -> Result<Cow<'a, str>, Wrong> {
    if let Some(inner) = EXTENDED.iter().find_map(|key| wrapped(&json, key)) {
        return match Json::of(inner)? {
            Json::Text(text) => Ok(text),
            _ => Err(wrong.into()),
        };
    }
    match json {
        Json::Null => Ok(Cow::Borrowed("")),
        Json::Boolean(flag) => Ok(Cow::Borrowed(if flag { "true" } else { "false" })),
        Json::Number(number) => Ok(Cow::Borrowed(number)),
        Json::Text(text) => Ok(text),
        Json::List(_) | Json::Object(_) => Err(wrong.into()),
    }
}

/// The wrappers that MongoDB's extended JSON puts around scalars, as in `{"$oid": "…"}`.
const EXTENDED: [&str; 5] = ["$oid", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"];

/// What an object with `key` alone holds.
fn wrapped<'a>(json: &Json<'a>, key: &str) -> Option<&'a RawValue> {
    match json {
        Json::Object(entries) => match entries.as_slice() {
            [(only, inner)] if only == key => Some(*inner),
            _ => None,
        },
        _ => None,
    }
}

/// Reads a value by its trimmed text, for the platform sends `"0"` as well as `0`.
fn parsed<T>(raw: &RawValue, parse: fn(&str) -> Option<T>, wrong: &'static str) -> Result<Option<T>, Wrong> {
    let text = scalar(Json::of(raw)?, wrong)?;
    match text.trim() {
        "" => Ok(None),
        text => parse(text).map(Some).ok_or_else(|| wrong.into()),
    }
}

fn integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| seconds(text).and_then(exact_integer))
}

fn seconds(text: &str) -> Option<f64> {
    // Adding zero makes of -0 what it is equal to, so that both have one canonical form.
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number + 0.0)
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn instant(raw: &RawValue, zone: Zone) -> Result<Option<Instant>, Wrong> {
    let wrong = || Wrong::from(TimeError.to_string());
    let json = Json::of(raw)?;
    let text = match wrapped(&json, "$date").map(Json::of).transpose()? {
        Some(Json::Text(text)) => text,
        Some(Json::Null) => return Ok(None),
        Some(millis) => from_millis(&scalar(millis, "").map_err(|_| wrong())?).ok_or_else(wrong)?.into(),
        None => match json {
            Json::Text(text) => text,
            _ => return Err(wrong()),
        },
    };
    Instant::parse(&text, zone).map_err(|_| wrong())
}

/// Milliseconds since 1970 as a text, so that one rule bounds all times.
fn from_millis(millis: &str) -> Option<String> {
    Some(Instant(integer(millis)?.checked_mul(1_000)?).to_rfc3339())
}

#[cfg(test)]
mod tests;
