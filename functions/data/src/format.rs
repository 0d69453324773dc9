//! Dates as Data Studio reads them: digits of a fixed width, so that they also sort as text.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use shared::dictionary::Semantic;

/// The digits of a date or of a part of it.
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
    pub(crate) fn digits(self, at: NaiveDateTime) -> String {
        match self {
            Self::Second => joined(at.year(), &[at.month(), at.day(), at.hour(), at.minute(), at.second()]),
            Self::Day => joined(at.year(), &[at.month(), at.day()]),
            Self::Week => joined(at.iso_week().year(), &[at.iso_week().week()]),
            Self::Month => joined(at.year(), &[at.month()]),
            Self::Hour => format!("{:02}", at.hour()),
            Self::Weekday => at.weekday().num_days_from_sunday().to_string(),
        }
    }

    /// Local times with the same key have the same digits. Keys grow with time, and there are few of them where there
    /// are few digits.
    pub(crate) fn key(self, local: i64) -> i64 {
        const SECOND: i64 = 1_000_000;
        match self {
            Self::Second => local.div_euclid(SECOND),
            Self::Hour => local.div_euclid(3_600 * SECOND).rem_euclid(24),
            Self::Day | Self::Week | Self::Month | Self::Weekday => local.div_euclid(86_400 * SECOND),
        }
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
            Self::Second => Some(Self::Day.digits(day.into())),
            Self::Day | Self::Week | Self::Month => Some(self.digits(day.into())),
            Self::Hour | Self::Weekday => None,
        }
    }
}

/// A year of at least four digits and numbers of two: by hand, for this runs once a row and `format!` is ten times as
/// slow.
fn joined(year: i32, parts: &[u32]) -> String {
    let digit = |number: u32| char::from_digit(number % 10, 10).unwrap_or('0');
    let mut digits = String::with_capacity(14);
    match u32::try_from(year) {
        Ok(year @ 0..=9_999) => digits.extend([1_000, 100, 10, 1].map(|place| digit(year / place))),
        _ => digits.push_str(&format!("{year:04}")),
    }
    for part in parts {
        digits.extend([digit(part / 10), digit(*part)]);
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn every_format_has_its_digits() {
        let time = at("2026-10-03T04:05:09.999");
        let digits = DateFormat::ALL.map(|format| format.digits(time));
        assert_eq!(digits, ["20261003040509", "20261003", "202640", "202610", "04", "6"]);
        assert_eq!(DateFormat::Weekday.digits(at("2026-10-04T00:00:00")), "0");
    }

    #[test]
    fn the_year_of_a_week_is_the_week_s() {
        assert_eq!(DateFormat::Week.digits(at("2027-01-01T00:00:00")), "202653");
        assert_eq!(DateFormat::Week.digits(at("2024-12-30T00:00:00")), "202501");
    }

    #[test]
    fn a_filter_s_value_is_of_the_format_or_a_day() {
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
