//! A query is a checked request: it says what is read, which rows pass, and what is shown of them.

use std::ops::Range;

use domain::cipher::DataKey;
use domain::dictionary::{Aggregation, Record};
use domain::lang::{Text, Words};
use domain::masking::Reader;
use domain::time::Instant;
use domain::token::Privacy;
use domain::zone::Zone;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use web::input::{Object, all, each};
use web::misfit::{quoted, whole_number};
use web::problem::Problem;

use super::column_choice::ColumnChoice;
use super::columns::Columns;
use super::conditions::{Condition, Conditions};
use super::cursor::{Cursor, Fingerprint, PageEnd, SNAPSHOT_SECONDS, leads_to_erased};
use super::expr::{Compiler, Expr};
use super::filter::Filter;
use super::limits::{check_fields, check_filters, regex_bytes};
use super::records::Records;
use super::request::{DataRequest, DateRange, FieldRequest, FilterRequest};
use super::unknown_field::unknown_field;
use super::window::{Window, created_window};
use crate::catalog::column::{Column, Source};
use crate::catalog::date_field::DateField;
use crate::catalog::report::ReportType;

/// Rows of a page unless a limit is set.
const DEFAULT_LIMIT: usize = 10_000;
/// The most rows of a page, whatever their size.
const MAX_LIMIT: usize = 50_000;

const NO_FIELDS: Text = Text::new(
    "deve ter ao menos um campo: /v1/schema os lista",
    "must name at least one field: /v1/schema lists them",
);

/// What a request is resolved with: its reader, the key that seals cursors, and the present.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext<'a> {
    pub(crate) reader: Reader<'a>,
    pub(crate) cursor_key: &'a DataKey,
    pub(crate) now: Instant,
}

/// A column that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) column: &'static Column,
    pub(crate) expr: Expr,
}

/// A query, ready to be planned and run.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) report: ReportType,
    pub(crate) columns: Columns,
    pub(crate) window: Window,
    /// What can be told from the session, then what cannot.
    pub(crate) session_filters: Conditions,
    pub(crate) record_filters: Conditions,
    pub(crate) filters_applied: bool,
    pub(crate) outputs: Vec<Output>,
    pub(crate) limit: usize,
    pub(crate) snapshot: Instant,
    pub(crate) after: Option<PageEnd>,
    /// What a cursor of this query must carry.
    pub(crate) fingerprint: Fingerprint,
}

impl Query {
    /// Resolves a request. 422 for whatever in it is unknown or does not fit, by its name.
    pub(crate) fn resolve(request: &DataRequest, context: &RequestContext<'_>) -> Result<Query, Problem> {
        let account = context.reader.account;
        let Object(config) = request.config_params.clone().unwrap_or_default();
        let (report, date_field, period, limit) = all((
            ReportType::parse(config.report_type.as_deref()),
            date_field(config.date_field.as_deref()),
            request.date_range.as_ref().map(|Object(range)| period(range, account.zone)).transpose(),
            limit(request.limit.as_ref()),
        ))?;
        // A period of a date that the reader may not see would tell it day by day: to that reader the date is empty.
        let hidden = context.reader.hides(date_field.name());
        let period = period.map(|period| if hidden { period.start..period.start } else { period });
        // Rows of records that the reader may not see would tell it how many there are: to that reader there are none.
        let period =
            if context.reader.hides(report.record().name()) { Some(Instant(0)..Instant(0)) } else { period };
        let choice = ColumnChoice { columns: Columns::default(), reader: context.reader.clone() };
        let mut compiler = Compiler { choice, record: report.record() };
        compiler.choice.columns.include(report.record());
        let filters = filters(report, request.dimensions_filters.as_deref(), &mut compiler);
        let (fields, filters) = all((fields(report, request.fields.as_deref()), filters))?;
        let fingerprint = fingerprint(request, &context.reader);
        let cursor = request
            .cursor
            .as_deref()
            .map(|text| Cursor::open(text, context.cursor_key, &account.id, fingerprint, context.now));
        let cursor = cursor.transpose()?;
        let is_gone = |snapshot: Instant| account.erased_at.is_some_and(|at| snapshot < at);
        let snapshot = match &cursor {
            Some(cursor) if is_gone(cursor.snapshot) => return Err(leads_to_erased()),
            Some(cursor) => cursor.snapshot,
            None => snapshot(request, is_gone, context.now),
        };
        let after = cursor.map(|cursor| cursor.end);
        let filters_applied = filters.is_some();
        if !filters_applied && report == ReportType::Summary {
            // Then no field is left out, and what a summary cannot group by it cannot show.
            each(fields.iter().map(|(column, _)| shown(report, &column.id)))?;
        }
        let (session_filters, record_filters) = filters
            .unwrap_or_default()
            .into_iter()
            .partition(|any: &Vec<Condition>| any.iter().all(|one| one.of_session));
        let created = created_window(account.oldest(snapshot), after.as_ref());
        let window = Window::new(created, date_field, period, &mut compiler.choice.columns);
        let fields = fields.into_iter().filter(|(_, filter_only)| !(filters_applied && *filter_only));
        let outputs = fields.map(|(column, _)| Output { column, expr: compiler.compile(column) }).collect();
        let columns = compiler.choice.columns;
        Ok(Query {
            report,
            columns,
            window,
            session_filters: Conditions::new(session_filters),
            record_filters: Conditions::new(record_filters),
            filters_applied,
            outputs,
            limit,
            snapshot,
            after,
            fingerprint,
        })
    }

    /// Whether links to files are made, to be shown or to be held against a filter.
    pub(crate) fn shows_links(&self) -> bool {
        let mut exprs = self.outputs.iter().map(|output| &output.expr).chain(self.conditions());
        exprs.any(|expr| match expr {
            Expr::MediaUrl(_) => true,
            Expr::Records(records) => matches!(&**records, Records::Talks(_)),
            _ => false,
        })
    }

    /// What filters look at.
    fn conditions(&self) -> impl Iterator<Item = &Expr> {
        let groups = [&self.session_filters, &self.record_filters].into_iter().flat_map(Conditions::groups);
        groups.flatten().map(|condition| &condition.expr)
    }

    /// Whether no row is left out by a filter.
    pub(crate) fn is_unfiltered(&self) -> bool {
        self.session_filters.is_empty() && self.record_filters.is_empty()
    }
}

fn fingerprint(request: &DataRequest, reader: &Reader<'_>) -> Fingerprint {
    let Reader { privacy, account } = reader;
    // Serialising to memory fails only for maps with odd keys, which these do not have.
    let of = |json: serde_json::Result<Vec<u8>>| {
        let hash = Sha256::digest(json.unwrap_or_default());
        hash.iter().take(16).fold(0, |number: u128, byte| number << 8 | u128::from(*byte))
    };
    // What is confidential is hidden from some readers only.
    let confidential = (*privacy != Privacy::Full).then_some(&account.confidential);
    let settings = (privacy, account.zone.name(), account.retention_days, confidential);
    Fingerprint { request: of(serde_json::to_vec(request)), settings: of(serde_json::to_vec(&settings)) }
}

fn date_field(name: Option<&str>) -> Result<DateField, Problem> {
    let name = name.filter(|name| !name.is_empty()).unwrap_or(DateField::Created.name());
    DateField::parse(name).ok_or_else(|| {
        let (name, Words { pt, en }) = (quoted(name), Words::one_of(&DateField::ALL.map(DateField::name)));
        let message = Words::new(format!("deve ser {pt}, e não {name}"), format!("must be {en}, not {name}"));
        Problem::invalid("date_field", message)
    })
}

/// The instants of a period of local days.
fn period(range: &DateRange, zone: Zone) -> Result<Range<Instant>, Problem> {
    Ok(Instant::of_days(range.days(["dateRange.startDate", "dateRange.endDate"])?, zone))
}

fn limit(limit: Option<&Json>) -> Result<usize, Problem> {
    let Some(limit) = limit else { return Ok(DEFAULT_LIMIT) };
    let number = limit.as_u64().and_then(|number| usize::try_from(number).ok());
    number
        .filter(|number| (1..=MAX_LIMIT).contains(number))
        .ok_or_else(|| Problem::invalid("limit", whole_number(1, MAX_LIMIT)))
}

/// The columns asked for, each with whether it is there for filters only.
fn fields(
    report: ReportType,
    requested: Option<&[Object<FieldRequest>]>,
) -> Result<Vec<(&'static Column, bool)>, Problem> {
    let requested = requested.filter(|fields| !fields.is_empty());
    let requested = requested.ok_or_else(|| Problem::invalid("fields", NO_FIELDS))?;
    check_fields(report, requested)?;
    let column = |Object(field): &Object<FieldRequest>| {
        let filter_only = field.for_filter_only.unwrap_or_default();
        let found = if filter_only { filterable } else { shown };
        Ok((found(report, &field.name)?, filter_only))
    };
    each(requested.iter().map(column))
}

fn shown(report: ReportType, name: &str) -> Result<&'static Column, Problem> {
    report.column(name).ok_or_else(|| unknown_field(report, name))
}

fn filterable(report: ReportType, name: &str) -> Result<&'static Column, Problem> {
    report.filterable(name).ok_or_else(|| unknown_field(report, name))
}

/// The conditions; `None` where one of them cannot be applied, and then none is.
fn filters(
    report: ReportType,
    requested: Option<&[Vec<Object<FilterRequest>>]>,
    compiler: &mut Compiler<'_>,
) -> Result<Option<Vec<Vec<Condition>>>, Problem> {
    let requested = requested.unwrap_or_default();
    check_filters(requested)?;
    let regex_bytes = regex_bytes(requested);
    let mut one = |Object(one): &Object<FilterRequest>| {
        Ok(condition(report, filterable(report, &one.field_name)?, one, regex_bytes, compiler))
    };
    let all_of = requested.iter().filter(|any_of| !any_of.is_empty());
    let all_of = each(all_of.map(|any_of| each(any_of.iter().map(&mut one))))?;
    Ok(all_of.into_iter().map(|any_of| any_of.into_iter().collect()).collect())
}

fn condition(
    report: ReportType,
    column: &'static Column,
    request: &FilterRequest,
    regex_bytes: usize,
    compiler: &mut Compiler<'_>,
) -> Option<Condition> {
    // What a summary adds up is known only after all rows have passed.
    let added_up = column.aggregation == Aggregation::Sum || column.formula.is_some();
    if report == ReportType::Summary && added_up {
        return None;
    }
    let filter = Filter::new(request, column.semantic, regex_bytes)?;
    let of_session = match column.source {
        Source::Field(field) | Source::Label(field) => {
            report.record() == Record::Session || field.record != report.record()
        }
        Source::MediaUrl => false,
        _ => true,
    };
    Some(Condition { expr: compiler.compile(column), filter, of_session })
}

/// The snapshot to show: as of the report's last refresh if that is within a day, else as of now; a little earlier, so that no
/// commit still under way can change it. It is one of a whole second, so that requests of one second see one snapshot.
///
/// What an erasure has taken cannot be shown as of then (`is_gone`), but as of now.
fn snapshot(request: &DataRequest, is_gone: impl Fn(Instant) -> bool, now: Instant) -> Instant {
    let snapshot = |at: Instant| lake::latest_snapshot(Instant(0).plus_seconds(at.seconds()));
    let refresh = request.script_params.as_ref().and_then(|Object(params)| params.last_refresh.as_ref());
    let milliseconds = refresh.and_then(|value| match value {
        Json::String(text) => text.parse().ok(),
        value => value.as_i64(),
    });
    let refresh = milliseconds.and_then(|ms: i64| ms.checked_mul(1_000)).map(Instant);
    let recent = refresh.filter(|at| *at >= now.plus_seconds(-SNAPSHOT_SECONDS));
    let asked = recent.map(|at| snapshot(at.min(now))).filter(|asked| !is_gone(*asked));
    asked.unwrap_or_else(|| snapshot(now))
}
