//! Row encoders: a page's rows as `getData` wants them, as CSV, or as NDJSON.

use std::borrow::Cow;

use domain::lang::Lang;
use serde_json::Value as Json;

use crate::catalog::value::Value;
use crate::plan::query::Output;

/// The byte order mark, by which Excel recognises a file in UTF-8.
const BOM: &[u8] = "\u{feff}".as_bytes();
/// What a spreadsheet takes for the beginning of a formula (CWE-1236), some in the full width of East Asian scripts.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Writes rows, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) enum RowEncoder {
    /// The inside of a JSON array.
    #[default]
    Values,
    /// CSV (RFC 4180) with the fields' ids as its first line.
    Csv(CsvDialect),
    /// NDJSON: one JSON object for each row, on a line of its own.
    Lines {
        /// What stands before each value, in order: its id as a JSON key.
        keys: Vec<String>,
    },
}

/// How CSV is written, by what reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CsvDialect {
    /// A program: every value is as it is.
    Program,
    /// A person's spreadsheet of this language: no cell is a formula. Where the decimal sign is the comma, semicolons
    /// stand between cells.
    Spreadsheet(Lang),
}

impl CsvDialect {
    fn separator(self) -> u8 {
        if self.has_decimal_comma() { b';' } else { b',' }
    }

    fn has_decimal_comma(self) -> bool {
        self == CsvDialect::Spreadsheet(Lang::Pt)
    }

    /// A number, given as JSON writes it.
    fn number(self, mut text: Vec<u8>) -> Vec<u8> {
        if self.has_decimal_comma() {
            text.iter_mut().filter(|byte| **byte == b'.').for_each(|point| *point = b',');
        }
        text
    }
}

impl RowEncoder {
    /// NDJSON of these columns.
    pub(crate) fn lines(outputs: &[Output]) -> RowEncoder {
        let key = |output: &Output| format!("{}:", Json::from(output.column.id.as_str()));
        RowEncoder::Lines { keys: outputs.iter().map(key).collect() }
    }

    /// What stands before the first row of a page.
    pub(crate) fn head(&self, outputs: &[Output]) -> Vec<u8> {
        match self {
            RowEncoder::Values | RowEncoder::Lines { .. } => Vec::new(),
            RowEncoder::Csv(dialect) => {
                let mut out = if dialect.has_decimal_comma() { BOM.to_vec() } else { Vec::new() };
                let ids = outputs.iter().map(|output| Cow::Borrowed(output.column.id.as_bytes()));
                record(*dialect, ids, &mut out);
                out
            }
        }
    }

    /// Appends a row.
    pub(crate) fn row<'v>(&self, is_first: bool, values: impl Iterator<Item = Value<'v>>, out: &mut Vec<u8>) {
        match self {
            RowEncoder::Values => {
                out.extend_from_slice(if is_first { b"{\"values\":[" } else { b",{\"values\":[" });
                for (at, value) in values.enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    value.write(out);
                }
                out.extend_from_slice(b"]}");
            }
            RowEncoder::Csv(dialect) => record(*dialect, values.map(|value| cell(*dialect, value)), out),
            RowEncoder::Lines { keys } => {
                out.push(b'{');
                for (at, (key, value)) in keys.iter().zip(values).enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(key.as_bytes());
                    value.write(out);
                }
                out.extend_from_slice(b"}\n");
            }
        }
    }

    /// How many bytes a row comes to as Lambda sends it: JSON as a text in which it stands escaped, files in base64.
    pub(crate) fn bytes(&self, row: &[u8]) -> usize {
        match self {
            RowEncoder::Values => row.len() + escapes(row),
            RowEncoder::Csv(_) | RowEncoder::Lines { .. } => row.len().div_ceil(3) * 4,
        }
    }
}

/// How many bytes of a row are escaped when it becomes part of a JSON text. The count of up to 255 bytes is kept in one
/// byte, which is quicker than a wider counter.
fn escapes(row: &[u8]) -> usize {
    let escaped = |b: &u8| u8::from(matches!(b, b'"' | b'\\'));
    row.chunks(255).map(|some| usize::from(some.iter().map(escaped).sum::<u8>())).sum()
}

/// One line of CSV.
fn record<'v>(dialect: CsvDialect, fields: impl Iterator<Item = Cow<'v, [u8]>>, out: &mut Vec<u8>) {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(dialect.separator())
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(1 << 10)
        .from_writer(out);
    // Writing to memory cannot fail.
    let _ = writer.write_record(fields).and_then(|()| Ok(writer.flush()?));
}

/// A value as a cell: nothing for null.
fn cell(dialect: CsvDialect, value: Value<'_>) -> Cow<'_, [u8]> {
    match value {
        Value::Null => Cow::Borrowed(b""),
        Value::Text(text) => words(dialect, text),
        Value::Digits(digits) => Cow::Owned(digits.as_bytes().to_vec()),
        Value::Json(json) => match serde_json::from_slice(json) {
            Ok(Json::String(text)) => words(dialect, Cow::Owned(text)),
            Ok(Json::Null) | Err(_) => Cow::Borrowed(b""),
            Ok(_) => Cow::Owned(dialect.number(json.to_vec())),
        },
        number => {
            let mut out = Vec::new();
            number.write(&mut out);
            Cow::Owned(dialect.number(out))
        }
    }
}

/// A text, which no spreadsheet takes for a formula.
fn words(dialect: CsvDialect, text: Cow<'_, str>) -> Cow<'_, [u8]> {
    if dialect != CsvDialect::Program && text.starts_with(FORMULA) {
        return Cow::Owned(format!("'{text}").into_bytes());
    }
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PT: RowEncoder = RowEncoder::Csv(CsvDialect::Spreadsheet(Lang::Pt));

    fn written(encoder: &RowEncoder, values: &[Value<'_>]) -> String {
        let mut out = Vec::new();
        encoder.row(true, values.iter().cloned(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn csv_quotes_what_would_break_a_row_and_ends_it_as_the_rfc_says() {
        let values = [
            Value::Text("a;\"b\"\nc,d".into()),
            Value::Integer(-12),
            Value::Number(1473.5),
            Value::Null,
            Value::Boolean(true),
            Value::Json(b"\"x;y\""),
            Value::Json(b"null"),
            Value::Json(b"7"),
        ];
        let commas = "\"a;\"\"b\"\"\nc,d\",-12,1473.5,,true,x;y,,7\r\n";
        assert_eq!(written(&RowEncoder::Csv(CsvDialect::Program), &values), commas);
        assert_eq!(written(&RowEncoder::Csv(CsvDialect::Spreadsheet(Lang::En)), &values), commas);
        let semicolons = "\"a;\"\"b\"\"\nc,d\";-12;1473,5;;true;\"x;y\";;7\r\n";
        assert_eq!(written(&PT, &values), semicolons);
        assert_eq!(written(&PT, &[Value::Json(b"7.25"), Value::Json(b"\"7.25\"")]), "7,25;7.25\r\n");
        assert_eq!(written(&PT, &[Value::Null]), "\"\"\r\n", "no blank line");
    }

    #[test]
    fn a_text_that_would_be_a_formula_is_made_a_text() {
        let encoder = RowEncoder::Csv(CsvDialect::Spreadsheet(Lang::En));
        for text in ["=1+1", "+5511", "-1", "@SUM(A1)", "\tx", "\rx", "\n=1", "＝1"] {
            let quoted = serde_json::to_vec(text).unwrap();
            for value in [Value::Text(text.into()), Value::Json(&quoted)] {
                let line = written(&encoder, &[value]);
                assert!(line.trim_start_matches('"').starts_with(&format!("'{text}")), "{line:?}");
            }
        }
        assert_eq!(written(&encoder, &[Value::Text("a=1".into()), Value::Number(-0.5)]), "a=1,-0.5\r\n");
        assert_eq!(written(&RowEncoder::Csv(CsvDialect::Program), &[Value::Text("=1".into())]), "=1\r\n");
    }

    #[test]
    fn ndjson_keeps_values_as_they_are() {
        let encoder = RowEncoder::Lines { keys: vec!["\"a\":".to_owned(), "\"b\":".to_owned()] };
        let line = written(&encoder, &[Value::Text("=1\n\"x\"".into()), Value::Null]);
        assert_eq!(line, "{\"a\":\"=1\\n\\\"x\\\"\",\"b\":null}\n");
    }
}
