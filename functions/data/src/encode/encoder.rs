//! Row encoders: a page's rows as `getData` wants them, as CSV, as NDJSON, or as a workbook.

use rust_xlsxwriter::XlsxError;
use serde_json::Value as Json;

use super::cell::Cell;
use super::csv;
use super::file_columns::FileColumns;
use super::workbook::Sheet;
use crate::catalog::value::Value;
use crate::plan::query::Output;

/// Writes rows, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) enum RowEncoder {
    /// The inside of a JSON array.
    #[default]
    Values,
    /// CSV for a program, with the fields' ids as its first line.
    Csv,
    /// CSV for a person's spreadsheet.
    PeopleCsv(FileColumns),
    /// NDJSON: one JSON object for each row, on a line of its own.
    Lines {
        /// What stands before each value, in order: its id as a JSON key.
        keys: Vec<String>,
    },
    /// A workbook for a person.
    Workbook(Box<Sheet>),
}

impl RowEncoder {
    /// NDJSON of these columns.
    pub(crate) fn lines(outputs: &[Output]) -> RowEncoder {
        let key = |output: &Output| format!("{}:", Json::from(output.column.id.as_str()));
        RowEncoder::Lines { keys: outputs.iter().map(key).collect() }
    }

    /// What stands before the first row of a page.
    pub(crate) fn head(&self, outputs: &[Output]) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            RowEncoder::Values | RowEncoder::Lines { .. } | RowEncoder::Workbook(_) => {}
            RowEncoder::Csv => {
                let ids = outputs.iter().map(|output| output.column.id.as_bytes().into());
                csv::texts_for_program(ids, &mut out);
            }
            RowEncoder::PeopleCsv(columns) => {
                out.extend_from_slice(csv::BOM);
                let labels = columns.labels.iter().map(|label| Cell::Text(label.into()));
                csv::line_for_people(labels, columns.lang, &mut out);
            }
        }
        out
    }

    /// Takes a row: appends it to `out`, unless the file is written at the end. Gives how many bytes it comes to as Lambda
    /// sends it: JSON as a text in which it stands escaped, files in base64.
    pub(crate) fn row<'v>(
        &mut self,
        is_first: bool,
        values: impl Iterator<Item = Value<'v>>,
        out: &mut Vec<u8>,
    ) -> usize {
        let begin = out.len();
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
                out.len() - begin + escapes(&out[begin..])
            }
            RowEncoder::Csv => {
                csv::line_for_program(values, out);
                base64(out.len() - begin)
            }
            RowEncoder::PeopleCsv(columns) => {
                csv::line_for_people(columns.row(values), columns.lang, out);
                base64(out.len() - begin)
            }
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
                base64(out.len() - begin)
            }
            RowEncoder::Workbook(sheet) => base64(sheet.push(values)),
        }
    }

    /// Takes back the row that begins at `begin`, the last.
    pub(crate) fn take_back(&mut self, begin: usize, out: &mut Vec<u8>) {
        match self {
            RowEncoder::Workbook(sheet) => sheet.pop(),
            _ => out.truncate(begin),
        }
    }

    /// The file, of which `out` is what was appended.
    pub(crate) fn finish(self, out: Vec<u8>) -> Result<Vec<u8>, XlsxError> {
        match self {
            RowEncoder::Workbook(sheet) => sheet.into_file(),
            _ => Ok(out),
        }
    }
}

/// How many bytes of a row are escaped when it becomes part of a JSON text. The count of up to 255 bytes is kept in one
/// byte, which is quicker than a wider counter.
fn escapes(row: &[u8]) -> usize {
    let escaped = |b: &u8| u8::from(matches!(b, b'"' | b'\\'));
    row.chunks(255).map(|some| usize::from(some.iter().map(escaped).sum::<u8>())).sum()
}

/// What bytes come to in base64.
fn base64(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ndjson_keeps_values_as_they_are() {
        let mut encoder = RowEncoder::Lines { keys: vec!["\"a\":".to_owned(), "\"b\":".to_owned()] };
        let mut out = Vec::new();
        encoder.row(true, [Value::Text("=1\n\"x\"".into()), Value::Null].into_iter(), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "{\"a\":\"=1\\n\\\"x\\\"\",\"b\":null}\n");
    }
}
