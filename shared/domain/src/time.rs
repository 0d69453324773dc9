//! Instants and local days; `notation` reads the platform's mix of time formats.

mod notation;

pub use notation::is_zero_date;

use std::ops::Range;

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::number::nearest_float;
use crate::zone::Zone;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, the finest step the platform sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

/// A time that is none of the platform's formats, or lies outside the years 2 to 9998.
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

    /// Reads what [`Instant::to_rfc3339`] wrote.
    pub fn from_rfc3339(text: &str) -> Option<Instant> {
        DateTime::parse_from_rfc3339(text).ok().map(|time| Instant::from_utc(time.to_utc()))
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
}

/// The instant of a wall-clock time: an ambiguous one is the earlier instant, a skipped one moves forward by the gap.
fn local(naive: NaiveDateTime, zone: Zone) -> Instant {
    let utc = naive.checked_sub_signed(Duration::seconds(zone.local_offset(naive)));
    Instant::from_utc(utc.unwrap_or(naive).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_days_are_instants_that_lie_on_one_utc_day_more() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 10, day).unwrap();
        let range = Instant::of_days((day(3), day(4)), Zone::SAO_PAULO);
        let text = [range.start, range.end].map(Instant::to_rfc3339);
        assert_eq!(text, ["2026-10-03T03:00:00Z", "2026-10-05T03:00:00Z"]);
        assert_eq!(Instant::utc_days(&range), [day(3), day(4), day(5)]);
        assert_eq!(Instant::utc_days(&Instant::of_days((day(3), day(4)), Zone::UTC)), [day(3), day(4)]);
        assert_eq!(Instant::utc_days(&(range.start..range.start)), []);
    }
}
