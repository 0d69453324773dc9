//! Instants, local days and the platform's mix of time formats.

use std::ops::Range;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::number::nearest_float;
use crate::zone::Zone;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, the finest step the platform sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

/// A time that is none of the platform's formats, or lies outside the years 1 to 9999.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a date and time (for example 2026-10-03 14:05:22 or 2026-10-03T14:05:22-03:00)")]
pub struct TimeError;

impl Instant {
    /// The present.
    pub fn now() -> Instant {
        Instant(Utc::now().timestamp_micros())
    }

    /// This instant `seconds` later (earlier if negative).
    pub fn plus_seconds(self, seconds: i64) -> Instant {
        Instant(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Whole seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// How many seconds this instant is after another one (negative if before), to the microsecond within 285 years.
    pub fn seconds_since(self, earlier: Instant) -> f64 {
        nearest_float(self.0.saturating_sub(earlier.0)) / 1e6
    }

    /// The instant of a `chrono` time.
    pub fn from_utc(time: DateTime<Utc>) -> Instant {
        Instant(time.timestamp_micros())
    }

    /// As a `chrono` time; the nearest one where this lies outside what `chrono` can hold.
    pub fn to_utc(self) -> DateTime<Utc> {
        let edge = if self.0 < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        DateTime::from_timestamp_micros(self.0).unwrap_or(edge)
    }

    /// Wall-clock time in `zone`.
    pub fn in_zone(self, zone: Zone) -> NaiveDateTime {
        let utc = self.to_utc().naive_utc();
        utc.checked_add_signed(Duration::seconds(zone.offset(self.0))).unwrap_or(utc)
    }

    /// The calendar day in `zone`.
    pub fn day(self, zone: Zone) -> NaiveDate {
        self.in_zone(zone).date()
    }

    /// RFC 3339 in UTC, to the second or as fine as needed.
    pub fn to_rfc3339(self) -> String {
        self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    /// The instant at which the local day `day` begins in `zone`.
    pub fn start_of_day(day: NaiveDate, zone: Zone) -> Instant {
        local(day.and_hms_opt(0, 0, 0).unwrap_or_default(), zone)
    }

    /// The instants of the local days from `first` to `last`, both included.
    pub fn of_days((first, last): (NaiveDate, NaiveDate), zone: Zone) -> Range<Instant> {
        let end = last.succ_opt().map_or(Instant(i64::MAX), |next| Instant::start_of_day(next, zone));
        Instant::start_of_day(first, zone)..end
    }

    /// The UTC days that hold the instants of a range, in order.
    pub fn utc_days(range: &Range<Instant>) -> Vec<NaiveDate> {
        if range.is_empty() {
            return Vec::new();
        }
        let last = Instant(range.end.0 - 1).to_utc().date_naive();
        range.start.to_utc().date_naive().iter_days().take_while(|day| *day <= last).collect()
    }

    /// Reads any of the platform's formats: `2026-10-03 14:05:22` and `2026-10-03T14:05:22` (local, in `zone`), with up
    /// to nine digits of a fraction, with `Z` or an offset, or a day alone (its local midnight). An empty text and a zero
    /// date (`0000-00-00…`) are `None`. An ambiguous local time is the earlier instant; a skipped one moves forward by
    /// the gap.
    pub fn parse(text: &str, zone: Zone) -> Result<Option<Instant>, TimeError> {
        let text = text.trim();
        if text.is_empty() || text.starts_with("0000-00-00") {
            return Ok(None);
        }
        // Four digits of a year are all that Data Studio's formats can carry.
        if !four_digit_year(text) {
            return Err(TimeError);
        }
        let instant = if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Instant::start_of_day(day, zone)
        } else if let Some(time) = offset_time(text) {
            Instant::from_utc(time)
        } else {
            let naive = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
                .ok_or(TimeError)?;
            local(naive, zone)
        };
        let year_fits = |time: NaiveDateTime| (1..=9999).contains(&time.year());
        let fits = year_fits(instant.to_utc().naive_utc()) && year_fits(instant.in_zone(zone));
        if fits { Ok(Some(instant)) } else { Err(TimeError) }
    }
}

fn four_digit_year(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 4 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-'
}

fn offset_time(text: &str) -> Option<DateTime<Utc>> {
    let spaced = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"];
    DateTime::parse_from_rfc3339(text)
        .ok()
        .or_else(|| spaced.iter().find_map(|format| DateTime::parse_from_str(text, format).ok()))
        .map(|time| time.with_timezone(&Utc))
}

/// The instant of a wall-clock time, by the rules of `Instant::parse`.
fn local(naive: NaiveDateTime, zone: Zone) -> Instant {
    let utc = naive.checked_sub_signed(Duration::seconds(zone.local_offset(naive)));
    Instant::from_utc(utc.unwrap_or(naive).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAO_PAULO: Zone = Zone::SAO_PAULO;

    fn check(text: &str, expected: &str) {
        let instant = Instant::parse(text, SAO_PAULO).unwrap().unwrap();
        assert_eq!(instant.to_rfc3339(), expected, "{text}");
    }

    #[test]
    fn every_format_of_the_platform_is_read() {
        check("2026-10-03 14:05:22", "2026-10-03T17:05:22Z");
        check("2026-10-03T14:05:22", "2026-10-03T17:05:22Z");
        check("2026-10-03 14:05:22.123", "2026-10-03T17:05:22.123Z");
        check("2026-10-03 14:05:22.123456", "2026-10-03T17:05:22.123456Z");
        check("2026-10-03T14:05:22.000000Z", "2026-10-03T14:05:22Z");
        check("2026-10-03T14:05:22-03:00", "2026-10-03T17:05:22Z");
        check("2026-10-03T14:05:22-0300", "2026-10-03T17:05:22Z");
        check("2026-10-03T14:05:22.123456789Z", "2026-10-03T14:05:22.123456Z");
        check("2026-10-03", "2026-10-03T03:00:00Z");
    }

    #[test]
    fn local_days_are_instants_that_lie_on_one_utc_day_more() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 10, day).unwrap();
        let range = Instant::of_days((day(3), day(4)), SAO_PAULO);
        let text = [range.start, range.end].map(Instant::to_rfc3339);
        assert_eq!(text, ["2026-10-03T03:00:00Z", "2026-10-05T03:00:00Z"]);
        assert_eq!(Instant::utc_days(&range), [day(3), day(4), day(5)]);
        assert_eq!(Instant::utc_days(&Instant::of_days((day(3), day(4)), Zone::UTC)), [day(3), day(4)]);
        assert_eq!(Instant::utc_days(&(range.start..range.start)), []);
    }

    #[test]
    fn empty_texts_and_zero_dates_are_nothing() {
        for text in ["", "  ", "0000-00-00", "0000-00-00 00:00:00"] {
            assert_eq!(Instant::parse(text, SAO_PAULO), Ok(None), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "ontem",
            "20260-10-03 14:05:22",
            "2026-13-03 14:05:22",
            "2026-10-03 25:00:00",
            "1696339522",
            "03/10/2026",
            "+2026-10-03",
            "2026-10-03 14:05:22 lixo",
            "-0001-01-01",
        ] {
            assert_eq!(Instant::parse(text, SAO_PAULO), Err(TimeError), "{text}");
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
