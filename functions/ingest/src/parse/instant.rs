//! Reads instants in the shapes that platforms wrap them in. The notations of the text itself are in `domain::time`.

use domain::lang::Text;
use domain::time::Instant;
use domain::zone::Zone;
use serde_json::value::RawValue;

use super::number::integer;
use super::text::{Wrong, named, scalar, single, wrapped};
use crate::json::Json;

pub(super) const NO_INSTANT: Text = Text::new(
    "não é uma data com hora: envie aaaa-mm-dd hh:mm:ss, dd/mm/aaaa hh:mm:ss ou ISO 8601",
    "is not a date and time: send yyyy-mm-dd hh:mm:ss, dd/mm/yyyy hh:mm:ss or ISO 8601",
);

/// Reads an instant; `None` where it is empty or a zero date. Local times are in `zone`.
pub(super) fn instant(raw: &RawValue, zone: Zone) -> Result<Option<Instant>, Wrong> {
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
    let timezone = timezone.map(single).transpose().map_err(|error| match error {
        Wrong::Unreadable(_) => wrong(),
        unacceptable => unacceptable,
    });
    let timezone = timezone?.flatten().unwrap_or_default();
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
