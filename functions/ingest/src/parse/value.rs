//! From a value as it was sent to a value of its field's kind: one reader for each kind, wherever a field of it stands.

use std::borrow::Cow;

use domain::dictionary::{Field, Kind};
use domain::lang::Text;
use domain::number::exact_integer;
use domain::session::Value;
use domain::time::Instant;
use domain::zone::Zone;
use serde_json::value::RawValue;

use crate::json::{Entries, Json, is_empty, lone};

/// The longest text of a field, in bytes (the HTTP contract).
const MAX_TEXT: usize = 1 << 20;

const NO_TEXT: Text = Text::new("deve ser um texto", "must be a text");
const NO_INTEGER: Text = Text::new("deve ser um número inteiro", "must be a whole number");
const NO_SECONDS: Text =
    Text::new("deve ser um número de segundos, ou hh:mm:ss", "must be a number of seconds, or hh:mm:ss");
const NO_BOOLEAN: Text = Text::new("deve ser true ou false", "must be true or false");
const NO_INSTANT: Text = Text::new(
    "não é uma data com hora (por exemplo 2026-10-03 14:05:22 ou 2026-10-03T14:05:22-03:00)",
    "is not a date and time (for example 2026-10-03 14:05:22 or 2026-10-03T14:05:22-03:00)",
);
const LONG_TEXT: Text = Text::new("tem mais de 1 MiB", "is longer than 1 MiB");

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

/// Reads a value of a field; `None` where it is empty. Local times are in `zone`. The only value of a list counts as itself.
pub(super) fn read(field: &Field, raw: &RawValue, zone: Zone) -> Result<Option<Value>, Wrong> {
    if is_empty(raw) {
        return Ok(None);
    }
    Ok(match field.kind {
        // A session is known by one value, never by the JSON of a list or an object.
        Kind::Text if field.required => single(raw)?.map(Value::Text),
        Kind::Text => text(raw)?.map(|text| Value::Text(field.inside(&text).map_or(text, str::to_owned))),
        Kind::Integer => parsed(raw, integer, NO_INTEGER)?.map(Value::Integer),
        Kind::Seconds => parsed(raw, seconds, NO_SECONDS)?.map(Value::Seconds),
        Kind::Boolean => parsed(raw, boolean, NO_BOOLEAN)?.map(Value::Boolean),
        Kind::Instant => instant(lone(raw)?, zone)?.map(Value::Instant),
        Kind::Day | Kind::Records(_) => None,
    })
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

/// Reads the text of one value, not of a list of several or an object.
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
        Json::Object(entries) if named(&entries, "name").is_some() => {
            scalar(Json::of(named(&entries, "name").unwrap_or(raw))?)?
        }
        json => scalar(json)?,
    };
    Ok(Some(text.unwrap_or(Cow::Borrowed(raw.get()))).filter(|text| !text.is_empty()))
}

/// The text of anything that is one value; empty for null, `None` for lists and objects.
fn scalar(json: Json<'_>) -> Result<Option<Cow<'_, str>>, Text> {
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
fn wrapped<'a>(json: &Json<'a>, key: &str) -> Option<&'a RawValue> {
    match json {
        Json::Object(entries) => match entries.as_slice() {
            [(only, inner)] if only == key => Some(*inner),
            _ => None,
        },
        _ => None,
    }
}

/// What an object holds under `key`.
fn named<'a>(entries: &Entries<'a>, key: &str) -> Option<&'a RawValue> {
    entries.iter().find(|(name, _)| name == key).map(|(_, raw)| *raw)
}

/// Reads a value by its trimmed text, for the platform sends `"0"` as well as `0`.
fn parsed<T>(raw: &RawValue, parse: fn(&str) -> Option<T>, wrong: Text) -> Result<Option<T>, Wrong> {
    let text = scalar(Json::of(lone(raw)?)?)?.ok_or(Wrong::Unreadable(wrong))?;
    match text.trim() {
        "" => Ok(None),
        text => parse(text).map(Some).ok_or(Wrong::Unreadable(wrong)),
    }
}

fn integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| decimal(text).and_then(exact_integer))
}

fn seconds(text: &str) -> Option<f64> {
    decimal(text).or_else(|| clock(text))
}

/// A number with a decimal point or a decimal comma.
fn decimal(text: &str) -> Option<f64> {
    let text = if text.contains('.') { Cow::Borrowed(text) } else { text.replacen(',', ".", 1).into() };
    // Adding zero makes of -0 what it is equal to, so that both have one canonical form.
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number + 0.0)
}

/// A duration as `hh:mm:ss`, of any number of hours, perhaps with a fraction of a second or a sign.
fn clock(text: &str) -> Option<f64> {
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |text| (-1.0, text));
    let mut parts = text.split(':');
    let (hours, minutes, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let starts = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
    if parts.next().is_some() || ![hours, minutes, rest].into_iter().all(starts) {
        return None;
    }
    let (hours, minutes, rest) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?, decimal(rest)?);
    (minutes < 60 && rest < 60.0)
        .then(|| sign * (f64::from(hours) * 3_600.0 + f64::from(minutes) * 60.0 + rest) + 0.0)
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "1" | "1.0" | "sim" | "yes" | "on" => Some(true),
        "false" | "0" | "0.0" | "não" | "na\u{303}o" | "nao" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn instant(raw: &RawValue, zone: Zone) -> Result<Option<Instant>, Wrong> {
    let wrong = || Wrong::Unreadable(NO_INSTANT);
    let json = Json::of(raw)?;
    if let Json::Object(entries) = &json
        && let Some(date) = named(entries, "date")
    {
        return php(date, named(entries, "timezone"), zone);
    }
    let (json, is_wrapped) = match wrapped(&json, "$date").map(Json::of).transpose()? {
        Some(inner) => (inner, true),
        None => (json, false),
    };
    let is_text = matches!(json, Json::Text(_));
    let text = scalar(json)?.ok_or_else(wrong)?;
    let text = match is_wrapped && !is_text && !text.is_empty() {
        true => from_millis(&text).ok_or_else(wrong)?.into(),
        false => text,
    };
    Instant::parse(&text, zone).map_err(|_| wrong())
}

/// A date as PHP writes its objects, in a zone by name, in UTC by a letter, or with an offset.
fn php(date: &RawValue, timezone: Option<&RawValue>, zone: Zone) -> Result<Option<Instant>, Wrong> {
    let wrong = || Wrong::Unreadable(NO_INSTANT);
    let Json::Text(date) = Json::of(date)? else { return Err(wrong()) };
    let timezone = timezone.map(single).transpose()?.flatten().unwrap_or_default();
    let read = match timezone.as_str() {
        "" => Instant::parse(&date, zone),
        name => match Zone::named(name) {
            Some(zone) => Instant::parse(&date, zone),
            None => Instant::parse(&format!("{date} {name}"), zone),
        },
    };
    read.map_err(|_| wrong())
}

/// Milliseconds since 1970 as a text, so that one rule bounds all times.
fn from_millis(millis: &str) -> Option<String> {
    Some(Instant(integer(millis)?.checked_mul(1_000)?).to_rfc3339())
}

#[cfg(test)]
mod tests;
