//! Expressions: how the value of a report's column is computed from the columns of a segment, for one reader.

use domain::dictionary::{Field, Kind, Record};
use domain::masking::Masking;

use super::column_choice::ColumnChoice;
use super::columns::ColumnRef;
use super::masked_column::{AddressColumns, LabelColumn, MaskedColumn};
use super::records::Records;
use super::sum::Sum;
use crate::catalog::column::{Column, Source};
use crate::catalog::date_format::DateFormat;
use crate::catalog::measure::Measure;

/// How a column's value is read off a row.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    /// Nothing is shown.
    Hidden,
    Text(MaskedColumn),
    /// The Portuguese label of a text that is a word, else the text.
    Label(LabelColumn),
    /// A text that is hidden where it holds an address of the contact.
    UnlessAddress(MaskedColumn, AddressColumns),
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

/// Compiles the columns of a report into expressions, and notes which columns of segments these read.
#[derive(Debug)]
pub(crate) struct Compiler<'a> {
    pub(crate) choice: ColumnChoice<'a>,
    /// The record that rows stand for.
    pub(crate) record: Record,
}

impl Compiler<'_> {
    pub(crate) fn compile(&mut self, column: &Column) -> Expr {
        // What follows from a hidden field would tell of it.
        if column.source.inputs().into_iter().any(|name| self.choice.is_hidden(name)) {
            return Expr::Hidden;
        }
        match column.source {
            Source::Field(field) => self.field(field),
            Source::Label(field) => {
                self.choice.label_column(field.record, field.name).map_or(Expr::Hidden, Expr::Label)
            }
            Source::DatePart(date, format) => {
                Expr::Date(self.choice.columns.column_ref(Record::Session, date.name()), format)
            }
            Source::Measure(measure) => Expr::Sum(Sum::of_measure(measure, &mut self.choice.columns)),
            Source::Distinct(name) => self
                .choice
                .masked_column(Record::Session, name)
                .map_or(Expr::Hidden, |masked| Expr::Sum(Sum::Distinct(masked))),
            Source::Ratio(over, under) => Expr::Ratio(
                Sum::of_measure(over, &mut self.choice.columns),
                Sum::of_measure(under, &mut self.choice.columns),
            ),
            Source::One => Expr::Sum(Sum::Measure(Measure::One)),
            Source::MediaUrl => self.choice.linked_column().map_or(Expr::Hidden, Expr::MediaUrl),
            Source::DataAsOf => Expr::DataAsOf,
        }
    }

    fn field(&mut self, field: &'static Field) -> Expr {
        let masking = self.choice.reader.masking(field);
        let leaf = field.leaf();
        match field.kind {
            Kind::Text => {
                let masked =
                    MaskedColumn { column: self.choice.columns.column_ref(field.record, leaf), masking };
                if matches!(masking, Masking::UnlessAddress(_)) {
                    let columns = &mut self.choice.columns;
                    let of_session = columns.column_ref(Record::Session, "platform_id");
                    let of_platforms = columns.column_ref(Record::ContactPlatform, "platform_id");
                    Expr::UnlessAddress(masked, AddressColumns { of_session, of_platforms })
                } else {
                    Expr::Text(masked)
                }
            }
            Kind::Integer => Expr::Integer(self.choice.columns.column_ref(field.record, leaf)),
            Kind::Seconds => Expr::Seconds(self.choice.columns.column_ref(field.record, leaf)),
            Kind::Boolean => Expr::Boolean(self.choice.columns.column_ref(field.record, leaf)),
            Kind::Instant => {
                Expr::Date(self.choice.columns.column_ref(field.record, leaf), DateFormat::Second)
            }
            Kind::Day => {
                self.choice.columns.column_ref(Record::Session, "created_at");
                Expr::LastDay(self.choice.columns.column_ref(Record::Session, "lastInteraction"))
            }
            Kind::Records(of) => Records::compile(&mut self.choice, self.record, of)
                .map_or(Expr::Hidden, |r| Expr::Records(Box::new(r))),
        }
    }
}
