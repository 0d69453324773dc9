//! A workbook (`xlsx`) for people: the only file that says of a cell whether it is a text, a number or a date.

use std::borrow::Cow;

use domain::dictionary::Semantic;
use domain::lang::Lang;
use rust_xlsxwriter::{DocProperties, Format, Url, Workbook, Worksheet, XlsxError};

use super::cell::{Cell, hours, is_in_calendar};
use super::file_columns::FileColumns;
use crate::catalog::value::Value;

/// What a spreadsheet keeps of a text, in UTF-16 units.
const LONGEST_TEXT: usize = 32_767;
/// What a spreadsheet keeps of a link.
const LONGEST_URL: usize = 2_079;
/// The links that a spreadsheet keeps on one sheet.
const MOST_URLS: usize = 65_530;
/// What a cell comes to in the packed file, at most: where it stands, and which text it has.
const CELL_BYTES: usize = 12;
/// What a number, a date or a duration comes to, at most: it may have 17 digits.
const NUMBER_BYTES: usize = 18;
/// What a link takes besides its address, which the file holds twice.
const URL_BYTES: usize = 24;
const SECONDS_OF_DAY: f64 = 86_400.0;

/// The rows of a workbook, which is written when all are known.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    /// What it is called, at most 31 characters.
    name: &'static str,
    columns: FileColumns,
    rows: Vec<Vec<Cell<'static>>>,
}

/// How dates and durations are shown.
struct Formats {
    moment: Format,
    day: Format,
    month: Format,
    duration: Format,
    percent: Format,
}

impl Sheet {
    /// An empty sheet of these columns.
    pub(crate) fn new(name: &'static str, columns: FileColumns) -> Sheet {
        Sheet { name, columns, rows: Vec::new() }
    }

    /// Takes a row. Gives what it comes to in the packed file, at most.
    pub(super) fn push<'v>(&mut self, values: impl Iterator<Item = Value<'v>>) -> usize {
        let row: Vec<Cell<'static>> = self.columns.row(values).map(Cell::into_owned).collect();
        let bytes = row.iter().map(packed).sum();
        self.rows.push(row);
        bytes
    }

    /// Takes the last row back.
    pub(super) fn pop(&mut self) {
        self.rows.pop();
    }

    /// The file.
    pub(super) fn into_file(self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        workbook.set_properties(&DocProperties::new().set_title(self.name));
        let sheet = workbook.add_worksheet();
        sheet.set_name(self.name)?;
        let bold = Format::new().set_bold();
        let mut last_column = 0;
        let FileColumns { labels, semantics, lang } = &self.columns;
        for (column, (label, semantic)) in (0..).zip(labels.iter().zip(semantics)) {
            last_column = column;
            sheet.write_string_with_format(0, column, label, &bold)?;
            sheet.set_column_width(column, width(*semantic))?;
        }
        sheet.set_freeze_panes(1, 0)?;
        let formats = Formats::of(*lang);
        let (mut last_row, mut urls) = (0, 0);
        for (number, row) in (1..).zip(self.rows) {
            last_row = number;
            for (column, cell) in (0..).zip(row) {
                write(sheet, (number, column), cell, &formats, &mut urls)?;
            }
        }
        sheet.autofilter(0, 0, last_row, last_column)?;
        workbook.save_to_buffer()
    }
}

impl Formats {
    fn of(lang: Lang) -> Formats {
        let date = |pt: &str, en: &str| Format::new().set_num_format(if lang == Lang::Pt { pt } else { en });
        Formats {
            moment: date("dd/mm/yyyy hh:mm:ss", "yyyy-mm-dd hh:mm:ss"),
            day: date("dd/mm/yyyy", "yyyy-mm-dd"),
            month: date("mm/yyyy", "yyyy-mm"),
            duration: Format::new().set_num_format("[hh]:mm:ss"),
            percent: Format::new().set_num_format("0.0%"),
        }
    }
}

/// What a cell comes to in the packed file, at most.
fn packed(cell: &Cell<'_>) -> usize {
    match cell {
        Cell::Empty => 0,
        Cell::Text(text) => CELL_BYTES + text.len().min(4 * LONGEST_TEXT),
        Cell::Url(url) => CELL_BYTES + URL_BYTES + 2 * url.len(),
        Cell::Boolean(_) => CELL_BYTES,
        Cell::Number(_)
        | Cell::Percent(_)
        | Cell::Duration(_)
        | Cell::Moment(_)
        | Cell::Day(_)
        | Cell::Month(_) => NUMBER_BYTES,
    }
}

/// About how wide a column of this meaning is, in characters.
fn width(semantic: Semantic) -> f64 {
    match semantic {
        Semantic::Text | Semantic::Url => 24.0,
        Semantic::YearMonthDaySecond => 19.0,
        _ => 12.0,
    }
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: Cell<'_>,
    formats: &Formats,
    urls: &mut usize,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => return Ok(()),
        Cell::Text(text) => sheet.write_string(row, column, shortened(text))?,
        Cell::Url(url) if is_link(&url) && *urls < MOST_URLS => {
            *urls += 1;
            sheet.write_url(row, column, Url::new(url))?
        }
        Cell::Url(url) => sheet.write_string(row, column, shortened(url))?,
        Cell::Number(number) => sheet.write_number(row, column, number)?,
        Cell::Percent(share) => sheet.write_number_with_format(row, column, share, &formats.percent)?,
        Cell::Boolean(flag) => sheet.write_boolean(row, column, flag)?,
        // A spreadsheet shows no time before midnight of its first day.
        Cell::Duration(seconds) if seconds < 0.0 => sheet.write_string(row, column, hours(seconds))?,
        Cell::Duration(seconds) => {
            sheet.write_number_with_format(row, column, seconds / SECONDS_OF_DAY, &formats.duration)?
        }
        Cell::Moment(at) if is_in_calendar(at.date()) => {
            sheet.write_datetime_with_format(row, column, at, &formats.moment)?
        }
        Cell::Day(day) if is_in_calendar(day) => {
            sheet.write_datetime_with_format(row, column, day, &formats.day)?
        }
        Cell::Month(day) if is_in_calendar(day) => {
            sheet.write_datetime_with_format(row, column, day, &formats.month)?
        }
        Cell::Moment(at) => sheet.write_string(row, column, at.to_string())?,
        Cell::Day(day) | Cell::Month(day) => sheet.write_string(row, column, day.to_string())?,
    };
    Ok(())
}

/// Whether a spreadsheet opens an address.
fn is_link(url: &str) -> bool {
    url.len() <= LONGEST_URL && ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme))
}

/// What a cell takes of a text; where some is left out, an ellipsis tells.
fn shortened(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.encode_utf16().count() <= LONGEST_TEXT {
        return text;
    }
    let mut units = 0;
    let fits = text.char_indices().find(|(_, one)| {
        units += one.len_utf16();
        units >= LONGEST_TEXT
    });
    let end = fits.map_or(text.len(), |(at, _)| at);
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(semantics: &[Semantic]) -> Sheet {
        let labels = semantics.iter().map(|semantic| semantic.as_str().to_owned()).collect();
        Sheet::new("x", FileColumns { lang: Lang::Pt, labels, semantics: semantics.to_vec() })
    }

    #[test]
    fn a_file_is_never_larger_than_the_estimate_of_its_rows() {
        use Semantic::{Boolean, Duration, Number, Text, Url, YearMonthDaySecond};
        let mut rng = fastrand::Rng::with_seed(20_261_128);
        let columns = [Text, Url, Number, Duration, Boolean, YearMonthDaySecond];
        let empty = sheet(&columns).into_file().unwrap().len();
        for kind in 0..6 {
            let mut sheet = sheet(&columns);
            let mut said = 0;
            for _ in 0..3_000 {
                let noise: String = (0..rng.usize(..60)).map(|_| rng.char(' '..'\u{ff}')).collect();
                let path: String = (0..rng.usize(..300)).map(|_| rng.alphanumeric()).collect();
                let url = format!("https://example.com/{path}");
                let [number, seconds] = [rng.f64(), rng.f64() * 1e5];
                let row = match kind {
                    0 => vec![Value::Text(noise.into()), Value::Text(url.into()), Value::Number(number)],
                    1 => vec![Value::Text("a".into()), Value::Text("https://example.com".into())],
                    2 => vec![Value::Text("\u{1}".repeat(100).into())],
                    3 => vec![Value::Null, Value::Null, Value::Number(number * 1e-9), Value::Number(seconds)],
                    _ => vec![
                        Value::Null,
                        Value::Text(url.into()),
                        Value::Null,
                        Value::Null,
                        Value::Boolean(rng.bool()),
                    ],
                };
                said += sheet.push(row.into_iter());
            }
            let file = sheet.into_file().unwrap();
            assert!(file.len() <= said + empty, "{kind}: {} of {said}", file.len());
        }
    }

    #[test]
    fn a_text_is_cut_where_a_cell_ends() {
        let fits = "é".repeat(LONGEST_TEXT);
        assert_eq!(shortened(fits.as_str().into()), fits);
        let long = "😕".repeat(LONGEST_TEXT);
        let cut = shortened(long.as_str().into());
        assert!(cut.encode_utf16().count() <= LONGEST_TEXT && cut.ends_with("😕…"));
        let mut sheet = sheet(&[Semantic::Text]);
        sheet.push([Value::Text(long.into())].into_iter());
        sheet.into_file().unwrap();
    }

    #[test]
    fn values_that_no_spreadsheet_can_hold_become_texts() {
        let long = format!("https://example.com/{}", "x".repeat(LONGEST_URL));
        let odd = [
            (Semantic::YearMonthDay, Value::Text("18991231".into())),
            (Semantic::YearMonth, Value::Text("189912".into())),
            (Semantic::YearMonthDaySecond, Value::Text("18991231000000".into())),
            (Semantic::YearMonthDaySecond, Value::Text("-2621430101000000".into())),
            (Semantic::Duration, Value::Number(-1.0)),
            (Semantic::Number, Value::Number(f64::NAN)),
            (Semantic::Url, Value::Text("ftp://example.com".into())),
            (Semantic::Url, Value::Text(long.into())),
            (Semantic::Url, Value::Text("".into())),
        ];
        for (semantic, value) in odd {
            let mut sheet = sheet(&[semantic]);
            sheet.push([value].into_iter());
            sheet.into_file().unwrap_or_else(|error| panic!("{semantic:?}: {error}"));
        }
    }

    #[test]
    fn a_popped_row_is_not_in_the_file() {
        let write = |rows: &[&str], takes_back: bool| {
            let mut sheet = sheet(&[Semantic::Text]);
            for row in rows {
                sheet.push([Value::Text((*row).into())].into_iter());
            }
            if takes_back {
                sheet.pop();
            }
            sheet.into_file().unwrap().len()
        };
        assert_eq!(write(&["a", "b"], true), write(&["a"], false));
    }
}
