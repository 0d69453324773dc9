//! Expressions: how the value of a report's column is computed from the columns of a segment, for one reader.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDateTime};
use domain::cipher::DataKey;
use domain::dictionary::{self, Field, Kind, Record};
use domain::id::{AccountId, StorageId};
use domain::link::Link;
use domain::time::Instant;

use crate::format::DateFormat;
use crate::measure::Sum;
use crate::report::{Column, Measure, Source};
use crate::segment_columns::{CREATED, ColumnRef, Columns, ID, SegmentColumns};
use crate::transcript::Records;
use crate::value::Value;
use domain::masking::{Masking, Pseudonyms, Reader};
use domain::zone::Zone;

/// What values depend on besides the columns of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) account: AccountId,
    pub(crate) zone: Zone,
    pub(crate) snapshot: Instant,
    pub(crate) pseudonyms: Pseudonyms,
    /// What media links begin with, without a slash at the end.
    pub(crate) base_url: String,
    pub(crate) link_key: DataKey,
}

impl Context {
    /// The link to a file of a session that began at `created_at`; `None` for a name that no file can have.
    pub(crate) fn link(&self, storage: &str, created_at: Instant) -> Option<String> {
        let storage = StorageId::try_from(storage.to_owned()).ok()?;
        let link = Link::new(self.account.clone(), &storage, created_at).sign(&self.link_key);
        Some(format!("{}/m/{link}", self.base_url))
    }
}

/// One row: a session, or a repeated record with its session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) columns: &'a SegmentColumns,
    pub(crate) session: usize,
    /// The record that the row stands for, and its own row in that record's file.
    pub(crate) record: Record,
    pub(crate) own: usize,
}

impl<'a> Row<'a> {
    pub(crate) fn of_session(columns: &'a SegmentColumns, session: usize) -> Row<'a> {
        Row { columns, session, record: Record::Session, own: session }
    }

    /// The row of a column's file that this row's value is in.
    pub(crate) fn at(&self, column: ColumnRef) -> usize {
        if column.record == Record::Session { self.session } else { self.own }
    }

    pub(crate) fn created_at(&self) -> Instant {
        self.instant(CREATED).unwrap_or(Instant(0))
    }

    pub(crate) fn session_id(&self) -> &'a str {
        self.columns.text(ID, self.session).unwrap_or_default()
    }

    pub(crate) fn position(&self) -> u64 {
        self.columns.position(self.record, self.own)
    }

    pub(crate) fn instant(&self, column: ColumnRef) -> Option<Instant> {
        self.columns.instant(column, self.at(column))
    }

    pub(crate) fn local(&self, column: ColumnRef) -> Option<i64> {
        self.columns.local(column, self.at(column))
    }
}

/// A text column and how its values are masked for the reader.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaskedColumn {
    pub(crate) column: ColumnRef,
    pub(crate) masking: Masking,
}

impl MaskedColumn {
    pub(crate) fn read<'a>(
        &self,
        columns: &'a SegmentColumns,
        row: usize,
        context: &Context,
    ) -> Option<Cow<'a, str>> {
        self.masking.mask(columns.text(self.column, row)?, None, &context.pseudonyms)
    }
}

/// How a column's value is read off a row.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    /// Nothing is shown.
    Hidden,
    Text(MaskedColumn),
    /// A text that is hidden where it holds the address that the second column has.
    Key(MaskedColumn, ColumnRef),
    Integer(ColumnRef),
    Seconds(ColumnRef),
    Boolean(ColumnRef),
    Date(ColumnRef, DateFormat),
    /// The local day of the last interaction, else of the session's beginning.
    LastDay(ColumnRef),
    Records(Box<Records>),
    Sum(Sum),
    Ratio(Sum, Sum),
    /// The link to the file that the column with storage ids names.
    MediaUrl(MaskedColumn),
    DataAsOf,
}

impl Expr {
    pub(crate) fn value<'a>(&self, row: &Row<'a>, context: &Context) -> Value<'a> {
        let columns = row.columns;
        let date = |local: i64, format: DateFormat| Value::Digits(format.digits(local_time(local)));
        match self {
            Expr::Hidden => Value::Null,
            Expr::Text(masked) => {
                masked.read(columns, row.at(masked.column), context).map_or(Value::Null, Value::Text)
            }
            Expr::Key(masked, address) => {
                let address = columns.text(*address, row.session);
                let text = columns.text(masked.column, row.at(masked.column));
                let seen = text.and_then(|text| masked.masking.mask(text, address, &context.pseudonyms));
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

/// Local microseconds since the local 1970 as a wall-clock time; the last one there is where they lie beyond it.
pub(crate) fn local_time(local: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(local).map_or(NaiveDateTime::MAX, |at| at.naive_utc())
}

/// One number over another; nothing over zero.
pub(crate) fn ratio(over: Option<f64>, under: Option<f64>) -> Value<'static> {
    match (over, under) {
        (Some(over), Some(under)) if under != 0.0 => Value::Number(over / under),
        _ => Value::Null,
    }
}

/// Compiles the columns of a report into expressions, and notes which columns of segments these read.
#[derive(Debug)]
pub(crate) struct Compiler<'a> {
    pub(crate) columns: Columns,
    /// The record that rows stand for.
    pub(crate) record: Record,
    pub(crate) reader: Reader<'a>,
}

impl Compiler<'_> {
    pub(crate) fn compile(&mut self, column: &Column) -> Expr {
        // What follows from a hidden field would tell of it.
        let inputs = column.source.inputs();
        if inputs.iter().any(|name| self.reader.hides(name)) || self.tells_of_hidden_day(column) {
            return Expr::Hidden;
        }
        match column.source {
            Source::Field(field) => self.field(field),
            Source::Part(name, format) => Expr::Date(self.columns.column_ref(Record::Session, name), format),
            Source::Measure(measure) => Expr::Sum(Sum::new(measure, &mut self.columns)),
            Source::Distinct(name) => self
                .masked_column(Record::Session, name)
                .filter(|masked| masked.masking != Masking::Hidden)
                .map_or(Expr::Hidden, |masked| Expr::Sum(Sum::Distinct(masked))),
            Source::Ratio(over, under) => {
                Expr::Ratio(Sum::new(over, &mut self.columns), Sum::new(under, &mut self.columns))
            }
            Source::One => Expr::Sum(Sum::One),
            Source::MediaUrl => {
                self.masked_column(Record::Talk, "talks.storage_id").map_or(Expr::Hidden, Expr::MediaUrl)
            }
            Source::DataAsOf => Expr::DataAsOf,
        }
    }

    /// Whether a column says on which day a contact was registered, to a reader who may not see that.
    fn tells_of_hidden_day(&self, column: &Column) -> bool {
        let registered = dictionary::field("contact_created_at").map(|field| self.reader.masking(field));
        matches!(column.source, Source::Measure(Measure::NewContact)) && registered == Some(Masking::Hidden)
    }

    fn field(&mut self, field: &'static Field) -> Expr {
        let masking = self.reader.masking(field);
        if masking == Masking::Hidden && !matches!(field.kind, Kind::Records(_)) {
            return Expr::Hidden;
        }
        let leaf = field.leaf();
        match field.kind {
            Kind::Text => {
                let masked = MaskedColumn { column: self.columns.column_ref(field.record, leaf), masking };
                if masking == Masking::Address {
                    Expr::Key(masked, self.columns.column_ref(Record::Session, "platform_id"))
                } else {
                    Expr::Text(masked)
                }
            }
            Kind::Integer => Expr::Integer(self.columns.column_ref(field.record, leaf)),
            Kind::Seconds => Expr::Seconds(self.columns.column_ref(field.record, leaf)),
            Kind::Boolean => Expr::Boolean(self.columns.column_ref(field.record, leaf)),
            Kind::Instant => Expr::Date(self.columns.column_ref(field.record, leaf), DateFormat::Second),
            Kind::Day => {
                self.columns.column_ref(Record::Session, "created_at");
                Expr::LastDay(self.columns.column_ref(Record::Session, "lastInteraction"))
            }
            Kind::Records(of) => {
                Records::compile(self, of).map_or(Expr::Hidden, |r| Expr::Records(Box::new(r)))
            }
        }
    }

    /// A text column of a repeated record, by its dictionary name; `None` for a name that is no field.
    pub(crate) fn masked_column(&mut self, record: Record, name: &str) -> Option<MaskedColumn> {
        let field = dictionary::field(name)?;
        let masking = self.reader.masking(field);
        Some(MaskedColumn { column: self.columns.column_ref(record, field.leaf()), masking })
    }

    /// The column of a repeated record's instant, by its dictionary name; `None` where it is hidden.
    pub(crate) fn moment(&mut self, record: Record, name: &str) -> Option<ColumnRef> {
        let field = dictionary::field(name).filter(|field| self.reader.masking(field) == Masking::Open)?;
        Some(self.columns.column_ref(record, field.leaf()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    };
    use domain::account::Account;
    use domain::token::Privacy;

    use super::*;
    use crate::report::ReportType;
    use crate::segment_columns::Keys;

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
        let mut compiler = Compiler { columns: Columns::default(), record: Record::Session, reader };
        let columns = ids.iter().map(|id| ReportType::Sessions.column(id).unwrap());
        let exprs: Vec<Expr> = columns.map(|column| compiler.compile(column)).collect();
        let needed = compiler.columns.needed(Record::Session, Keys { versioned: true, ..Keys::default() });
        let arrays = needed.iter().flatten().map(|name| (*name, array(name, timer)));
        let batch = RecordBatch::try_from_iter(arrays).unwrap();
        let mut columns = SegmentColumns::default();
        columns.put(Record::Session, &needed, &batch, account.zone).unwrap();
        let context = Context {
            account: id,
            zone: account.zone,
            snapshot: Instant(NOON),
            pseudonyms: Pseudonyms::new(&DataKey::random()),
            base_url: String::new(),
            link_key: DataKey::random(),
        };
        let row = Row::of_session(&columns, 0);
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
