//! CSV, for programs and for people.
//!
//! A program gets every value as it is in `/v1/data` (RFC 4180). A person opens the file in a spreadsheet: texts stand in
//! quotes, none of them is computed, and dates, durations and numbers are written as the spreadsheet of that language reads
//! them.

use std::borrow::Cow;
use std::sync::LazyLock;

use domain::lang::Lang;
use regex::Regex;
use serde_json::Value as Json;

use super::cell::{Cell, hours};
use crate::catalog::value::Value;

/// The byte order mark, by which Excel recognises a file in UTF-8.
pub(super) const BOM: &[u8] = "\u{feff}".as_bytes();

/// A text that a spreadsheet takes for a formula (CWE-1236): one that begins with an operator, some in the full width of
/// East Asian scripts, also behind blanks and characters that are not seen; or with a character that ends a cell.
static FORMULA: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:[\t\r\n]|[\s\p{C}\p{M}\u{115F}\u{1160}\u{2800}\u{3164}\u{FFA0}]*[=+\-@＝＋－＠])").ok()
});

/// Appends a line for a program.
pub(super) fn line_for_program<'v>(values: impl Iterator<Item = Value<'v>>, out: &mut Vec<u8>) {
    texts_for_program(values.map(value), out);
}

/// Appends a line of texts for a program.
pub(super) fn texts_for_program<'v>(fields: impl Iterator<Item = Cow<'v, [u8]>>, out: &mut Vec<u8>) {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).buffer_capacity(1 << 10).from_writer(out);
    // Writing to memory cannot fail.
    let _ = writer.write_record(fields).and_then(|()| Ok(writer.flush()?));
}

/// A value as it is in `/v1/data`, without the quotes of JSON; nothing for null.
fn value(value: Value<'_>) -> Cow<'_, [u8]> {
    match value {
        Value::Null => Cow::Borrowed(b""),
        Value::Text(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
        Value::Text(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        Value::Digits(digits) => Cow::Owned(digits.as_bytes().to_vec()),
        Value::Json(json) => match serde_json::from_slice(json) {
            Ok(Json::String(text)) => Cow::Owned(text.into_bytes()),
            Ok(Json::Null) | Err(_) => Cow::Borrowed(b""),
            Ok(_) => Cow::Borrowed(json),
        },
        number => {
            let mut out = Vec::new();
            number.write(&mut out);
            Cow::Owned(out)
        }
    }
}

/// Appends a line for people. Where the decimal sign is the comma, semicolons stand between cells.
pub(super) fn line_for_people<'v>(row: impl Iterator<Item = Cell<'v>>, lang: Lang, out: &mut Vec<u8>) {
    let begin = out.len();
    for (at, cell) in row.enumerate() {
        if at > 0 {
            out.push(if lang == Lang::Pt { b';' } else { b',' });
        }
        write(&cell, lang, out);
    }
    if out.len() == begin {
        // A blank line would be no row.
        out.extend_from_slice(b"\"\"");
    }
    out.extend_from_slice(b"\r\n");
}

fn write(cell: &Cell<'_>, lang: Lang, out: &mut Vec<u8>) {
    let date = |pt: &'static str, en: &'static str| if lang == Lang::Pt { pt } else { en };
    match cell {
        Cell::Empty => {}
        Cell::Text(text) | Cell::Url(text) => quote(text, out),
        Cell::Boolean(flag) => {
            let (no, yes) = if lang == Lang::Pt { ("Não", "Sim") } else { ("No", "Yes") };
            quote(if *flag { yes } else { no }, out);
        }
        Cell::Number(value) | Cell::Percent(value) => number(*value, lang, out),
        Cell::Duration(seconds) => out.extend_from_slice(hours(*seconds).as_bytes()),
        Cell::Moment(at) => {
            let format = date("%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S");
            out.extend_from_slice(at.format(format).to_string().as_bytes());
        }
        Cell::Day(day) => {
            out.extend_from_slice(day.format(date("%d/%m/%Y", "%Y-%m-%d")).to_string().as_bytes());
        }
        Cell::Month(day) => {
            out.extend_from_slice(day.format(date("%m/%Y", "%Y-%m")).to_string().as_bytes());
        }
    }
}

fn number(number: f64, lang: Lang, out: &mut Vec<u8>) {
    let begin = out.len();
    Value::Number(number).write(out);
    if lang == Lang::Pt {
        out[begin..].iter_mut().filter(|byte| **byte == b'.').for_each(|point| *point = b',');
    }
}

/// A text in quotes, behind an apostrophe where a spreadsheet would compute it.
fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    if FORMULA.as_ref().is_none_or(|formula| formula.is_match(text)) {
        out.push(b'\'');
    }
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn to_people(lang: Lang, row: &[Cell<'_>]) -> String {
        let mut out = Vec::new();
        line_for_people(row.iter().cloned(), lang, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_program_gets_values_as_they_are_and_rows_as_the_rfc_says() {
        let values = [
            Value::Text("a;\"b\"\nc,d".into()),
            Value::Text("=1+1".into()),
            Value::Integer(-12),
            Value::Number(1473.5),
            Value::Null,
            Value::Boolean(true),
            Value::Json(b"\"x;y\""),
            Value::Json(b"null"),
            Value::Json(b"7"),
        ];
        let mut out = Vec::new();
        line_for_program(values.into_iter(), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "\"a;\"\"b\"\"\nc,d\",=1+1,-12,1473.5,,true,x;y,,7\r\n");
    }

    #[test]
    fn a_person_gets_dates_durations_and_numbers_of_the_language() {
        let day = NaiveDate::from_ymd_opt(2026, 10, 3).unwrap();
        let row = [
            Cell::Text("0012;\"a\"".into()),
            Cell::Number(1473.5),
            Cell::Number(12.0),
            Cell::Percent(0.25),
            Cell::Boolean(true),
            Cell::Boolean(false),
            Cell::Duration(93_784.0),
            Cell::Moment(day.and_hms_opt(4, 5, 9).unwrap()),
            Cell::Day(day),
            Cell::Month(day),
            Cell::Empty,
        ];
        assert_eq!(
            to_people(Lang::Pt, &row),
            "\"0012;\"\"a\"\"\";1473,5;12;0,25;\"Sim\";\"Não\";26:03:04;03/10/2026 04:05:09;03/10/2026;10/2026;\r\n"
        );
        assert_eq!(
            to_people(Lang::En, &row),
            "\"0012;\"\"a\"\"\",1473.5,12,0.25,\"Yes\",\"No\",26:03:04,2026-10-03 04:05:09,2026-10-03,2026-10,\r\n"
        );
        assert_eq!(to_people(Lang::Pt, &[Cell::Empty]), "\"\"\r\n", "no blank line");
    }

    #[test]
    fn no_text_is_read_as_a_formula() {
        let formulas = [
            "=1+1",
            "+5511",
            "-1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "\n1",
            "＝1",
            "  =1",
            "\u{a0}=1",
            "\u{200b}+1",
            "\u{feff}-1",
            "\u{0}=1",
            "\u{ad}\u{2060} @x",
            "\u{3164}=1",
            "\u{202e}=1",
            "\u{fe0f}=1",
            "\u{180b}=1",
            "\u{17b4}=1",
            "\u{e0100}=1",
            "\u{2800}=1",
            "\u{34f}=1",
        ];
        for text in formulas {
            let line = to_people(Lang::En, &[Cell::Text(text.into())]);
            assert_eq!(line, format!("\"'{text}\"\r\n"), "{text:?}");
        }
        for text in ["a=1", "1-2", " x", "", "ação", "55 +11"] {
            let line = to_people(Lang::En, &[Cell::Text(text.into())]);
            assert_eq!(line, format!("\"{text}\"\r\n"), "{text:?}");
        }
    }
}
