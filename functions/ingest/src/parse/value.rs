//! From a value as it was sent to a value of its field's kind: one reader for each kind, wherever a field of it stands.

use domain::dictionary::{Field, Kind};
use domain::id::{IdError, SessionId};
use domain::lang::Text;
use domain::session::Value;
use domain::time::is_zero_date;
use domain::zone::Zone;
use serde_json::value::RawValue;

use super::duration::seconds;
use super::instant::instant;
use super::number::integer;
use super::text::{Wrong, scalar, single, text};
use crate::json::{Json, is_empty, lone};

const LONG_ID: Text = Text::new("deve ter de 1 a 128 caracteres", "must have 1 to 128 characters");
const CONTROL_IN_ID: Text =
    Text::new("não deve conter caracteres de controle", "must not contain control characters");
const NO_INTEGER: Text = Text::new("deve ser um número inteiro", "must be a whole number");
const NO_SECONDS: Text =
    Text::new("deve ser um número de segundos, ou hh:mm:ss", "must be a number of seconds, or hh:mm:ss");
const NO_BOOLEAN: Text = Text::new("deve ser true ou false", "must be true or false");

/// Reads a value of a field; `None` where it is empty. Local times are in `zone`. The only value of a list counts as itself.
pub(super) fn read(field: &Field, raw: &RawValue, zone: Zone) -> Result<Option<Value>, Wrong> {
    if is_empty(raw) {
        return Ok(None);
    }
    Ok(match field.kind {
        Kind::Text if field.required => id(raw)?.map(|id| Value::Text(id.into())),
        Kind::Text => text(raw)?.map(|text| Value::Text(field.inside(&text).map_or(text, str::to_owned))),
        Kind::Integer => parsed(raw, integer, NO_INTEGER)?.map(Value::Integer),
        Kind::Seconds => parsed(raw, seconds, NO_SECONDS)?.map(Value::Seconds),
        Kind::Boolean => parsed(raw, boolean, NO_BOOLEAN)?.map(Value::Boolean),
        Kind::Instant => instant(lone(raw)?, zone)?.map(Value::Instant),
        Kind::Day | Kind::Records(_) => None,
    })
}

/// Reads the id of a session. It is known by one value, never by the JSON of a list or an object.
fn id(raw: &RawValue) -> Result<Option<SessionId>, Wrong> {
    let read = single(raw)?.map(SessionId::try_from).transpose();
    read.map_err(|error| match error {
        IdError::SessionControl => Wrong::Unreadable(CONTROL_IN_ID),
        _ => Wrong::Unreadable(LONG_ID),
    })
}

/// Reads a value by its trimmed text, for the platform sends `"0"` as well as `0`.
fn parsed<T>(raw: &RawValue, parse: fn(&str) -> Option<T>, wrong: Text) -> Result<Option<T>, Wrong> {
    let text = scalar(Json::of(lone(raw)?)?)?.ok_or(Wrong::Unreadable(wrong))?;
    match text.trim() {
        "" => Ok(None),
        // What was never set is sent as a zero date where a timer stands, too.
        text if is_zero_date(text) => Ok(None),
        text => parse(text).map(Some).ok_or(Wrong::Unreadable(wrong)),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "1" | "1.0" | "sim" | "yes" | "on" => Some(true),
        "false" | "0" | "0.0" | "não" | "na\u{303}o" | "nao" | "no" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
