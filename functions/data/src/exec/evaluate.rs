//! Evaluates expressions: the values of a row, as its reader sees them.

use super::context::Context;
use super::row::SegmentRow;
use super::segment_columns::local_time;
use crate::catalog::date_format::DateFormat;
use crate::catalog::value::Value;
use crate::plan::columns::CREATED;
use crate::plan::expr::Expr;

impl Expr {
    pub(crate) fn value<'a>(&self, row: &SegmentRow<'a>, context: &Context) -> Value<'a> {
        let columns = row.columns;
        let date = |local: i64, format: DateFormat| Value::Digits(format.digits(local_time(local)));
        match self {
            Expr::Hidden => Value::Null,
            Expr::Text(masked) => {
                masked.read(columns, row.at(masked.column), context).map_or(Value::Null, Value::Text)
            }
            Expr::Label(label) => {
                label.read(columns, row.at(label.masked.column), context).map_or(Value::Null, Value::Text)
            }
            Expr::UnlessAddress(masked, addresses) => {
                let addresses = addresses.read(columns, row.session);
                let text = columns.text(masked.column, row.at(masked.column));
                let seen = text.and_then(|text| masked.masking.mask(text, &addresses, &context.pseudonyms));
                seen.map_or(Value::Null, Value::Text)
            }
            Expr::Integer(column) => {
                columns.integer(*column, row.at(*column)).map_or(Value::Null, Value::Integer)
            }
            Expr::Seconds(column) => {
                columns.seconds(*column, row.at(*column)).map_or(Value::Null, Value::Number)
            }
            Expr::Boolean(column) => {
                columns.boolean(*column, row.at(*column)).map_or(Value::Null, Value::Boolean)
            }
            Expr::Date(column, format) => row.local(*column).map_or(Value::Null, |at| date(at, *format)),
            Expr::LastDay(last) => {
                let local = row.local(*last).or_else(|| row.local(CREATED));
                local.map_or(Value::Null, |at| date(at, DateFormat::Day))
            }
            Expr::Records(records) => Value::owned(records.text(row, context)),
            Expr::Sum(sum) => sum.of(columns, row.session).map_or(Value::Null, Value::Number),
            Expr::Ratio(over, under) => ratio(over.of(columns, row.session), under.of(columns, row.session)),
            Expr::MediaUrl(storage) => {
                let storage = storage.read(columns, row.at(storage.column), context);
                Value::owned(storage.and_then(|storage| context.link(&storage, row.created_at())))
            }
            Expr::DataAsOf => {
                Value::Digits(DateFormat::Second.digits(context.snapshot.in_zone(context.zone)))
            }
        }
    }
}

/// One number over another; nothing over zero.
pub(crate) fn ratio(over: Option<f64>, under: Option<f64>) -> Value<'static> {
    match (over, under) {
        (Some(over), Some(under)) if under != 0.0 => Value::Number(over / under),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::sync::Arc;

    use arrow_array::{
        ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    };
    use domain::account::Account;
    use domain::cipher::DataKey;
    use domain::dictionary::Record;
    use domain::id::AccountId;
    use domain::masking::{Pseudonyms, Reader};
    use domain::time::Instant;
    use domain::token::Privacy;

    use super::*;
    use crate::catalog::report::ReportType;
    use crate::exec::context::Links;
    use crate::exec::segment_columns::SegmentColumns;
    use crate::plan::column_choice::ColumnChoice;
    use crate::plan::columns::{Columns, Needs};
    use crate::plan::expr::Compiler;

    const NOON: i64 = 1_790_000_000_000_000;

    /// One session's values: times are noon, timers as given, texts their own names.
    fn array(name: &str, timer: f64) -> ArrayRef {
        match name {
            "created_at" | "finished_at" | "contact_created_at" => {
                Arc::new(TimestampMicrosecondArray::from(vec![NOON]))
            }
            "lastInteraction" => Arc::new(TimestampMicrosecondArray::from(vec![None::<i64>])),
            "attendance_timer_tme" | "timerOnWait" => Arc::new(Float64Array::from(vec![timer])),
            "_waited" | "_removed" => Arc::new(BooleanArray::from(vec![false])),
            "agent_id" => Arc::new(StringArray::from(vec![None::<&str>])),
            name => Arc::new(StringArray::from(vec![name])),
        }
    }

    /// The values of some columns of one session, as a token of some privacy sees them.
    fn values(privacy: Privacy, timer: f64, ids: &[&str]) -> Vec<Value<'static>> {
        let id = AccountId::try_from("demo".to_owned()).unwrap();
        let account = Account { confidential: vec!["status".to_owned()], ..Account::new(id.clone()) };
        let reader = Reader { privacy, account: &account };
        let choice = ColumnChoice { columns: Columns::default(), reader };
        let mut compiler = Compiler { choice, record: Record::Session };
        let columns = ids.iter().map(|id| ReportType::Sessions.column(id).unwrap());
        let exprs: Vec<Expr> = columns.map(|column| compiler.compile(column)).collect();
        let needed =
            compiler.choice.columns.needed(Record::Session, Needs { versioned: true, ..Needs::default() });
        let arrays = needed.names().into_iter().map(|name| (name, array(name, timer)));
        let batch = RecordBatch::try_from_iter(arrays).unwrap();
        let mut columns = SegmentColumns::default();
        columns.put(&needed, &batch, account.zone).unwrap();
        let context = Context {
            account: id,
            zone: account.zone,
            snapshot: Instant(NOON),
            pseudonyms: Pseudonyms::new(&DataKey::random()),
            base_url: String::new(),
            links: Links { keys: Vec::new(), are_named: true },
        };
        let row = SegmentRow::of_session(&columns, 0);
        let owned = |value: Value<'_>| match value {
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Digits(digits) => Value::Digits(digits),
            Value::Number(number) => Value::Number(number),
            _ => Value::Null,
        };
        exprs.iter().map(|expr| owned(expr.value(&row, &context))).collect()
    }

    #[test]
    fn a_reader_sees_what_its_token_shows() {
        let ids = ["contact_name", "campaign_name", "status", "agent_id", "session_id"];
        let text = |text: &'static str| Value::Text(Cow::Borrowed(text));
        let full =
            [text("contact_name"), text("campaign_name"), text("status"), Value::Null, text("session_id")];
        assert_eq!(values(Privacy::Full, 0.0, &ids), full);
        let masked = [text("c***"), text("campaign_name"), Value::Null, Value::Null, text("session_id")];
        assert_eq!(values(Privacy::Masked, 0.0, &ids), masked);
        let anonymous = values(Privacy::Anonymous, 0.0, &ids);
        assert_eq!(anonymous[1..], masked[1..]);
        assert!(matches!(&anonymous[0], Value::Text(name) if name.len() == 12), "{anonymous:?}");
    }

    #[test]
    fn a_session_that_ended_unattended_is_lost_if_it_waited() {
        assert_eq!(values(Privacy::Full, 1.0, &["lost_sessions"]), [Value::Number(1.0)]);
        assert_eq!(values(Privacy::Full, 0.0, &["lost_sessions"]), [Value::Number(0.0)]);
    }

    #[test]
    fn days_fall_back_on_the_beginning_and_ratios_over_nothing_are_null() {
        let values = values(Privacy::Full, 5.0, &["partition_column", "last_date", "new_contact_sessions"]);
        assert_eq!(values[0].text(), Some("20260921"));
        assert_eq!(values[1..], [Value::Null, Value::Number(1.0)]);
        assert_eq!(ratio(Some(1.0), Some(0.0)), Value::Null);
        assert_eq!(ratio(None, Some(1.0)), Value::Null);
    }
}
