//! A dimension of a summary over one segment: a code for each row, and what each code stands for.

use std::borrow::Cow;

use chrono::NaiveDateTime;
use domain::zone::Zone;
use hashbrown::HashMap;

use super::context::Context;
use super::numbering::number;
use super::row::SegmentRow;
use super::segment_columns::SegmentColumns;
use crate::catalog::date_format::{DateFormat, around};
use crate::catalog::value::Value;
use crate::plan::columns::ColumnRef;
use crate::plan::expr::Expr;
use crate::plan::masked_column::MaskedColumn;

/// A dimension's values.
#[derive(Debug, Default)]
pub(crate) struct Dimension {
    /// The code of each of the rows that were asked about.
    pub(crate) codes: Vec<u32>,
    /// The value of each code as JSON. Two codes may have the same one.
    pub(crate) values: Vec<Vec<u8>>,
}

impl Dimension {
    /// The values that an expression has in some rows.
    pub(crate) fn of(expr: &Expr, columns: &SegmentColumns, rows: &[u32], context: &Context) -> Dimension {
        match expr {
            Expr::Text(masked) => Dimension::of_texts(masked, columns, rows, context),
            Expr::Date(column, format) => Dimension::of_dates(*column, *format, columns, rows, context.zone),
            Expr::Boolean(column) => {
                let flag = |row: u32| columns.boolean(*column, row as usize);
                Dimension::by(rows, flag, |row| flag(row).map_or(Value::Null, Value::Boolean))
            }
            expr => {
                let value = |row: u32| expr.value(&SegmentRow::of_session(columns, row as usize), context);
                Dimension::by(rows, |row| json(&value(row)), value)
            }
        }
    }

    fn of_texts(
        masked: &MaskedColumn,
        columns: &SegmentColumns,
        rows: &[u32],
        context: &Context,
    ) -> Dimension {
        let shown = |text: Option<&str>| {
            let shown = text.and_then(|text| masked.masking.mask(text, &[], &context.pseudonyms));
            Value::owned(shown.map(Cow::into_owned))
        };
        let Some(codes) = columns.dictionary(masked.column) else {
            let text = |row: u32| columns.text(masked.column, row as usize);
            return Dimension::by(rows, text, |row| shown(text(row)));
        };
        let code = |row: &u32| codes.code(*row as usize);
        let values = codes.texts().map(|text| json(&shown(text))).collect();
        Dimension { codes: rows.iter().map(code).collect(), values }
    }

    /// Sessions lie in the order of their beginning, so that most dates are like the one before.
    fn of_dates(
        column: ColumnRef,
        format: DateFormat,
        columns: &SegmentColumns,
        rows: &[u32],
        zone: Zone,
    ) -> Dimension {
        let mut dimension = Dimension { codes: Vec::with_capacity(rows.len()), values: Vec::new() };
        let mut known: HashMap<Option<i64>, u32> = HashMap::new();
        let mut code_of = |local: Option<NaiveDateTime>| {
            let key = local.map(|at| format.key(at.and_utc().timestamp_micros()));
            *known.entry(key).or_insert_with(|| {
                let digits = local.map_or(Value::Null, |at| Value::Digits(format.digits(at)));
                add(&mut dimension.values, json(&digits))
            })
        };
        let (mut alike, mut code) = (0..0, 0);
        for row in rows {
            match columns.instant(column, *row as usize) {
                Some(at) if alike.contains(&at.0) => {}
                Some(at) => {
                    alike = around(at.0, format.grain(at));
                    code = code_of(Some(at.in_zone(zone)));
                }
                None => {
                    alike = 0..0;
                    code = code_of(None);
                }
            }
            dimension.codes.push(code);
        }
        dimension
    }

    /// Gives rows with the same key the same code; neighbours mostly have.
    fn by<'a, K: std::hash::Hash + Eq + Clone>(
        rows: &[u32],
        key: impl Fn(u32) -> K,
        value: impl Fn(u32) -> Value<'a>,
    ) -> Dimension {
        let mut dimension = Dimension { codes: Vec::with_capacity(rows.len()), values: Vec::new() };
        let mut known: HashMap<K, u32> = HashMap::new();
        let mut last: Option<(K, u32)> = None;
        for row in rows {
            let own = key(*row);
            let code = match &last {
                Some((before, code)) if *before == own => *code,
                _ => {
                    let code = *known
                        .entry(own.clone())
                        .or_insert_with(|| add(&mut dimension.values, json(&value(*row))));
                    last = Some((own, code));
                    code
                }
            };
            dimension.codes.push(code);
        }
        dimension
    }
}

/// Adds a value; returns its code.
fn add(values: &mut Vec<Vec<u8>>, value: Vec<u8>) -> u32 {
    let code = number(values.len());
    values.push(value);
    code
}

fn json(value: &Value<'_>) -> Vec<u8> {
    let mut json = Vec::new();
    value.write(&mut json);
    json
}
