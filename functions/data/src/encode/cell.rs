//! A value as a spreadsheet of a person shows it.
//!
//! Data Studio reads dates as digits and durations as seconds. A person reads a date, and hours, minutes and seconds. What a
//! column means (its [`Semantic`]) says which of the two a value is.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use domain::dictionary::Semantic;
use domain::lang::Lang;
use domain::number::nearest_float;
use serde_json::Value as Json;

use crate::catalog::value::Value;

/// From here on a spreadsheet, which keeps 15 digits of a number, would change a whole number.
const TOO_LONG: u64 = 1_000_000_000_000_000;

/// What stands in a cell. Dates are local times of the account.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'v> {
    Empty,
    Text(Cow<'v, str>),
    /// A link that opens a file.
    Url(Cow<'v, str>),
    Number(f64),
    /// A share: 0.5 is half.
    Percent(f64),
    Boolean(bool),
    /// Seconds, which may be more than a day.
    Duration(f64),
    Moment(NaiveDateTime),
    Day(NaiveDate),
    /// The first day of a month.
    Month(NaiveDate),
}

impl<'v> Cell<'v> {
    /// The cell of a value of a column with this meaning. Names of weekdays are in the language.
    pub(crate) fn of(value: Value<'v>, semantic: Semantic, lang: Lang) -> Cell<'v> {
        match value {
            Value::Null => Cell::Empty,
            Value::Text(text) => Cell::of_text(text, semantic, lang),
            Value::Digits(digits) => Cell::of_text(Cow::Owned(digits.as_str().to_owned()), semantic, lang),
            Value::Integer(number) if number.unsigned_abs() >= TOO_LONG => {
                Cell::Text(number.to_string().into())
            }
            Value::Integer(number) => Cell::of_number(nearest_float(number), semantic),
            Value::Number(number) => Cell::of_number(number, semantic),
            Value::Boolean(flag) => Cell::Boolean(flag),
            Value::Json(json) => Cell::of_json(json, semantic, lang),
        }
    }

    /// Groups of a summary are kept as JSON.
    fn of_json(json: &'v [u8], semantic: Semantic, lang: Lang) -> Cell<'v> {
        match serde_json::from_slice(json) {
            Ok(Json::String(text)) => Cell::of_text(Cow::Owned(text), semantic, lang),
            Ok(Json::Bool(flag)) => Cell::Boolean(flag),
            Ok(Json::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Cell::of(Value::Integer(number), semantic, lang),
                (None, Some(number)) => Cell::of_number(number, semantic),
                (None, None) => Cell::Text(number.to_string().into()),
            },
            Ok(Json::Null) | Err(_) => Cell::Empty,
            Ok(other) => Cell::Text(other.to_string().into()),
        }
    }

    fn of_number(number: f64, semantic: Semantic) -> Cell<'v> {
        match semantic {
            Semantic::Duration => Cell::Duration(number),
            Semantic::Percent => Cell::Percent(number),
            _ => Cell::Number(number),
        }
    }

    /// A text, or the date that its digits mean.
    fn of_text(text: Cow<'v, str>, semantic: Semantic, lang: Lang) -> Cell<'v> {
        let day = |digits: &str| NaiveDate::parse_from_str(digits, "%Y%m%d").ok();
        let date = match semantic {
            Semantic::YearMonthDaySecond => {
                NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%S").ok().map(Cell::Moment)
            }
            Semantic::YearMonthDay => day(&text).map(Cell::Day),
            Semantic::YearMonth => day(&format!("{text}01")).map(Cell::Month),
            Semantic::YearWeek => {
                text.split_at_checked(4).map(|(year, week)| Cell::Text(format!("{year}-W{week}").into()))
            }
            Semantic::Hour => text.parse().ok().map(Cell::Number),
            Semantic::DayOfWeek => weekday(&text, lang).map(|name| Cell::Text(name.into())),
            Semantic::Url => return Cell::Url(text),
            Semantic::Text
            | Semantic::Boolean
            | Semantic::Number
            | Semantic::Percent
            | Semantic::Duration => None,
        };
        date.unwrap_or(Cell::Text(text))
    }

    /// The same cell, which does not borrow from its row.
    pub(crate) fn into_owned(self) -> Cell<'static> {
        match self {
            Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Cell::Url(url) => Cell::Url(Cow::Owned(url.into_owned())),
            Cell::Empty => Cell::Empty,
            Cell::Number(number) => Cell::Number(number),
            Cell::Percent(share) => Cell::Percent(share),
            Cell::Boolean(flag) => Cell::Boolean(flag),
            Cell::Duration(seconds) => Cell::Duration(seconds),
            Cell::Moment(at) => Cell::Moment(at),
            Cell::Day(day) => Cell::Day(day),
            Cell::Month(day) => Cell::Month(day),
        }
    }
}

/// The name of a weekday, of which Sunday is 0.
fn weekday(digit: &str, lang: Lang) -> Option<&'static str> {
    let names = match lang {
        Lang::Pt => [
            "domingo",
            "segunda-feira",
            "terça-feira",
            "quarta-feira",
            "quinta-feira",
            "sexta-feira",
            "sábado",
        ],
        Lang::En => ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
    };
    names.get(digit.parse::<usize>().ok()?).copied()
}

/// Whether a spreadsheet knows a date: its years go from 1900 to 9999.
pub(crate) fn is_in_calendar(day: NaiveDate) -> bool {
    (1900..=9999).contains(&day.year())
}

/// Seconds as hours, minutes and seconds, to the nearest second: `26:03:04`.
pub(crate) fn hours(seconds: f64) -> String {
    let whole = seconds.abs().round();
    let sign = if seconds < 0.0 && whole > 0.0 { "-" } else { "" };
    let (hours, minutes) = ((whole / 3_600.0).floor(), (whole / 60.0).floor() % 60.0);
    format!("{sign}{hours:02}:{minutes:02}:{:02}", whole % 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, semantic: Semantic) -> Cell<'_> {
        Cell::of(Value::Text(text.into()), semantic, Lang::Pt)
    }

    #[test]
    fn digits_are_the_date_that_they_mean() {
        let day = NaiveDate::from_ymd_opt(2026, 10, 3).unwrap();
        let first = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
        let moment = day.and_hms_opt(4, 5, 9).unwrap();
        assert_eq!(text("20261003040509", Semantic::YearMonthDaySecond), Cell::Moment(moment));
        assert_eq!(text("20261003", Semantic::YearMonthDay), Cell::Day(day));
        assert_eq!(text("202610", Semantic::YearMonth), Cell::Month(first));
        assert_eq!(text("202640", Semantic::YearWeek), Cell::Text("2026-W40".into()));
        assert_eq!(text("04", Semantic::Hour), Cell::Number(4.0));
        assert_eq!(text("0", Semantic::DayOfWeek), Cell::Text("domingo".into()));
        assert_eq!(text("6", Semantic::DayOfWeek), Cell::Text("sábado".into()));
        // In a column of texts, digits are a text.
        assert_eq!(text("20261003", Semantic::Text), Cell::Text("20261003".into()));
        // What is no date stays as it is.
        let far = "-2621430101000000";
        assert_eq!(text(far, Semantic::YearMonthDaySecond), Cell::Text(far.into()));
    }

    #[test]
    fn a_summary_s_json_values_become_the_same_cells_as_rows() {
        let json = |json: &'static str, semantic| Cell::of(Value::Json(json.as_bytes()), semantic, Lang::En);
        assert_eq!(json("\"0\"", Semantic::DayOfWeek), Cell::Text("Sunday".into()));
        assert_eq!(json("\"00123\"", Semantic::Text), Cell::Text("00123".into()));
        assert_eq!(json("true", Semantic::Boolean), Cell::Boolean(true));
        assert_eq!(json("90", Semantic::Duration), Cell::Duration(90.0));
        assert_eq!(json("0.5", Semantic::Percent), Cell::Percent(0.5));
        assert_eq!(json("null", Semantic::Text), Cell::Empty);
    }

    #[test]
    fn a_whole_number_that_a_spreadsheet_would_change_is_a_text() {
        let number = |number| Cell::of(Value::Integer(number), Semantic::Number, Lang::Pt);
        assert_eq!(number(999_999_999_999_999), Cell::Number(999_999_999_999_999.0));
        assert_eq!(number(-1_000_000_000_000_000), Cell::Text("-1000000000000000".into()));
        for edge in [i64::MIN, i64::MAX] {
            assert_eq!(number(edge), Cell::Text(edge.to_string().into()));
        }
    }

    #[test]
    fn durations_go_past_a_day() {
        assert_eq!(hours(0.0), "00:00:00");
        assert_eq!(hours(93_784.0), "26:03:04");
        assert_eq!(hours(59.6), "00:01:00");
        assert_eq!(hours(-61.0), "-00:01:01");
        assert_eq!(hours(-0.2), "00:00:00");
    }
}
