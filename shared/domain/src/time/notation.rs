//! The notations in which platforms and their clients write a time.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};

use super::{Instant, TimeError, local};
use crate::zone::Zone;

/// The years of which platforms make the date that means none: MySQL's, PHP's, Go's and .NET's, and that of "for ever".
const ZERO_YEARS: [&str; 4] = ["0000", "-0001", "0001", "9999"];
/// The least number that is read as seconds since 1970: in March 1973. A smaller one is rather a mistake than a time.
const LEAST_SECONDS: f64 = 1e8;
/// From here on a number is milliseconds: as seconds it would lie after the year 9999.
const LEAST_MILLIS: f64 = 253_402_300_800.0;
/// The seconds from the year -1 to the end of the year 1, of which programs make a time that was never set.
const NEVER: std::ops::Range<f64> = -62_198_755_200.0..-62_104_060_800.0;
/// The first second of the year 9999, of which programs make the end of time.
const FOR_EVER: f64 = 253_370_764_800.0;
/// Days and times without an offset, as programs and as people in Brazil write them. Fractions stand behind the seconds.
const DATED: [&str; 6] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%d/%m/%Y %H:%M:%S%.f",
    "%d/%m/%Y %H:%M",
];

impl Instant {
    /// Reads any of the notations that platforms send: `2026-10-03 14:05:22`, with `T`, and `03/10/2026 14:05:22` (local,
    /// in `zone`), with up to nine digits of a fraction, with `Z`, ` UTC` or an offset; a day alone (its local midnight);
    /// seconds or milliseconds since 1970. An empty text and a zero date (the years 0, -1, 1 and 9999) are `None`. An
    /// ambiguous local time is the earlier instant; a skipped one moves forward by the gap.
    pub fn parse(text: &str, zone: Zone) -> Result<Option<Instant>, TimeError> {
        let text = text.trim();
        if text.is_empty() || is_zero_date(text) {
            return Ok(None);
        }
        if let Ok(number) = text.parse() {
            return since_1970(number);
        }
        if !has_four_digit_year(text) {
            return Err(TimeError);
        }
        let instant = if let Some(day) = day(text) {
            Instant::start_of_day(day, zone)
        } else if let Some(time) = offset_time(text) {
            Instant::from_utc(time)
        } else {
            local(dated(text).ok_or(TimeError)?, zone)
        };
        let fits = |time: NaiveDateTime| (2..=9998).contains(&time.year());
        match fits(instant.to_utc().naive_utc()) && fits(instant.in_zone(zone)) {
            true => Ok(Some(instant)),
            false => Err(TimeError),
        }
    }
}

/// Seconds or milliseconds since 1970, told apart by their size. Zero is a time that was never set.
fn since_1970(number: f64) -> Result<Option<Instant>, TimeError> {
    let seconds = if number.abs() < LEAST_MILLIS { number } else { number / 1e3 };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it has no fraction, and few digits in the range it is asked for"
    )]
    let micros = |seconds: f64| (seconds * 1e6).round() as i64;
    match seconds {
        0.0 | FOR_EVER..LEAST_MILLIS => Ok(None),
        LEAST_SECONDS..FOR_EVER => Ok(Some(Instant(micros(seconds)))),
        _ if NEVER.contains(&seconds) => Ok(None),
        _ => Err(TimeError),
    }
}

/// Whether a text is a day in a year that means none, the year first or last.
pub fn is_zero_date(text: &str) -> bool {
    let last = text.get(6..).filter(|_| text.as_bytes()[5] == b'/');
    let leads = |year: &str| text.strip_prefix(year).is_some_and(|rest| rest.starts_with('-'));
    ZERO_YEARS.iter().any(|year| leads(year) || last.is_some_and(|last| last.starts_with(year)))
}

/// Whether the year is one of four digits, all that Data Studio's formats can carry.
fn has_four_digit_year(text: &str) -> bool {
    let digits = |at: std::ops::Range<usize>| {
        text.as_bytes().get(at).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    };
    let byte = |at: usize| text.as_bytes().get(at).copied();
    match byte(4) {
        Some(b'-') => digits(0..4),
        _ => digits(6..10) && byte(5) == Some(b'/') && !byte(10).is_some_and(|byte| byte.is_ascii_digit()),
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%d/%m/%Y"].iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok())
}

fn dated(text: &str) -> Option<NaiveDateTime> {
    DATED.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

/// A time that says how far it is from UTC: by an offset, or by a name of UTC, with or without a blank before.
fn offset_time(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let named = ["UTC", "GMT", "Z", "utc", "gmt", "z"].iter().find_map(|name| text.strip_suffix(name));
    if let Some(rest) = named {
        let rest = rest.trim_end();
        return dated(rest).map(|naive| naive.and_utc()).or_else(|| offset_time(rest));
    }
    let offset = |format: &&str| DateTime::parse_from_str(text, &format!("{format}%#z")).ok();
    let spaced = |format: &&str| DateTime::parse_from_str(text, &format!("{format} %#z")).ok();
    DATED.iter().find_map(|format| offset(format).or_else(|| spaced(format))).map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: Zone = Zone::SAO_PAULO;

    fn check(text: &str, expected: &str) {
        let instant = Instant::parse(text, ZONE).ok().flatten();
        assert_eq!(instant.map(Instant::to_rfc3339).as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn every_notation_is_read() {
        for (text, expected) in [
            ("2026-10-03 14:05:22", "2026-10-03T17:05:22Z"),
            ("2026-10-03T14:05:22", "2026-10-03T17:05:22Z"),
            ("2026-10-03 14:05", "2026-10-03T17:05:00Z"),
            ("2026-10-03 14:05:22.123", "2026-10-03T17:05:22.123Z"),
            ("2026-10-03 14:05:22.123456", "2026-10-03T17:05:22.123456Z"),
            ("2026-10-03T14:05:22.000000Z", "2026-10-03T14:05:22Z"),
            ("2026-10-03T14:05:22-03:00", "2026-10-03T17:05:22Z"),
            ("2026-10-03T14:05:22-0300", "2026-10-03T17:05:22Z"),
            ("2026-10-03 14:05:22.5 -03:00", "2026-10-03T17:05:22.500Z"),
            ("2026-10-03T14:05:22.123456789Z", "2026-10-03T14:05:22.123456Z"),
            ("2026-10-03 17:31:10 UTC", "2026-10-03T17:31:10Z"),
            ("2026-10-03 17:31:10.25 GMT", "2026-10-03T17:31:10.250Z"),
            ("2026-10-03 14:31:10 -0300 UTC", "2026-10-03T17:31:10Z"),
            ("2026-10-03", "2026-10-03T03:00:00Z"),
            ("03/10/2026", "2026-10-03T03:00:00Z"),
            ("03/10/2026 14:05", "2026-10-03T17:05:00Z"),
            ("03/10/2026 14:05:22", "2026-10-03T17:05:22Z"),
            ("03/10/2026 14:05:22.5", "2026-10-03T17:05:22.500Z"),
            ("1791047122", "2026-10-03T17:05:22Z"),
            ("1791047122.5", "2026-10-03T17:05:22.500Z"),
            ("1791047122123", "2026-10-03T17:05:22.123Z"),
            ("1.791047122e9", "2026-10-03T17:05:22Z"),
            ("2026-10-03t14:05:22z", "2026-10-03T14:05:22Z"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn empty_texts_and_the_zero_dates_of_all_platforms_are_nothing() {
        for text in [
            "",
            "  ",
            "0",
            "0000-00-00",
            "0000-00-00 00:00:00",
            "-0001-11-30 00:00:00",
            "-0001-11-30T00:00:00.000000Z",
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00",
            "0001-01-01 00:00:00 +0000 UTC",
            "9999-12-31 23:59:59",
            "9999-12-31T23:59:59.9999999Z",
            "00/00/0000",
            "31/12/9999 23:59:59",
            "-62135596800",
            "-62135596800000",
            "-62169984000",
            "253402300799",
            "253402300799999",
        ] {
            assert_eq!(Instant::parse(text, ZONE), Ok(None), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "ontem",
            "20260-10-03 14:05:22",
            "2026-13-03 14:05:22",
            "2026-10-03 25:00:00",
            "20261003",
            "-1791047122",
            "1e300",
            "NaN",
            "inf",
            "10/03/20260",
            "13/13/2026",
            "03/10/26",
            "+2026-10-03",
            "2026-10-03 14:05:22 lixo",
            "-0002-01-01",
            "é/é/é/é",
            "UTC",
            "Z",
        ] {
            assert_eq!(Instant::parse(text, ZONE), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn clock_changes_follow_the_rules() {
        // 2018-11-04 00:00 did not exist in São Paulo: the clock went from 23:59:59 to 01:00:00.
        check("2018-11-04 00:30:00", "2018-11-04T03:30:00Z");
        // 2018-02-17 23:30 came twice: first at -02:00, then at -03:00.
        check("2018-02-17 23:30:00", "2018-02-18T01:30:00Z");
    }
}
