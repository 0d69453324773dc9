//! Turns sessions into columns.

use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array,
};
use domain::dictionary::{self, Kind, Record};
use domain::id::SessionId;
use domain::session::{Row, Session, Value};
use domain::time::Instant;
use store::StoreError;

use crate::columns;
use crate::derived::DerivedColumns;

/// What a record of the stream says about a session: its latest version, or (as a tombstone) that it no
/// longer lies at a `created_at`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The stream record's sequence number, 40 digits; that of a rebuilt row lies behind the one that it outdoes.
    pub sequence: String,
    /// When the session began, which is where it lies in the lake; for a tombstone, where it lay.
    pub created_at: Instant,
    /// The session's id.
    pub id: SessionId,
    /// The session; `None` for a tombstone.
    pub session: Option<Session>,
    /// The content hash with which the session was accepted (`StoredSession::content_hash`). For a tombstone
    /// it has no meaning.
    pub content_hash: i64,
}

/// How many digits the longest sequence number of DynamoDB Streams has.
const SEQUENCE_DIGITS: usize = 40;

impl Entry {
    /// Pads a sequence number of the stream with zeros to 40 digits, so that texts sort as numbers do.
    pub fn sequence_of(number: &str) -> String {
        format!("{number:0>SEQUENCE_DIGITS$}")
    }

    /// About how many bytes of memory its session takes.
    pub(crate) fn bytes(&self) -> usize {
        let of_value = |(_, value): (u16, &Value)| {
            let text = if let Value::Text(text) = value { text.len() } else { 0 };
            size_of::<(u16, Value)>() + text
        };
        let of_row = |row: &Row| size_of::<Row>() + row.iter().map(of_value).sum::<usize>();
        let of_record = |session: &Session, record| {
            session.records(record).into_iter().map(|(_, row)| of_row(row)).sum::<usize>()
        };
        let of_session = |session| Record::ALL.into_iter().map(|record| of_record(session, record)).sum();
        self.session.as_ref().map_or(0, of_session)
    }
}

/// Sorts entries into the order of the lake: by `created_at`, then by the session's id.
pub(crate) fn sort(entries: &mut [Entry]) {
    entries.sort_by(|a, b| (a.created_at, a.id.as_str()).cmp(&(b.created_at, b.id.as_str())));
}

/// Encodes the rows of one kind of record of sorted entries, as one batch with the columns of
/// `columns::schema`.
pub(crate) fn encode(entries: &[Entry], record: Record) -> Result<RecordBatch, StoreError> {
    let columns = match record {
        Record::Session => sessions(entries),
        record => records(entries, record),
    };
    RecordBatch::try_new(Arc::new(columns::schema(record)), columns)
        .map_err(|error| StoreError::broken("encoding a segment", error))
}

fn sessions(entries: &[Entry]) -> Vec<ArrayRef> {
    let derived: Vec<DerivedColumns> = entries
        .iter()
        .map(|entry| entry.session.as_ref().map(DerivedColumns::of).unwrap_or_default())
        .collect();
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(entries.iter().map(|entry| &entry.sequence))),
        Arc::new(entries.iter().map(|entry| Some(entry.session.is_none())).collect::<BooleanArray>()),
        Arc::new(derived.iter().map(|derived| Some(derived.waited)).collect::<BooleanArray>()),
        Arc::new(derived.iter().map(|derived| Some(derived.transferred)).collect::<BooleanArray>()),
    ];
    for at in 0..columns::MESSAGES.len() {
        columns.push(Arc::new(Int64Array::from_iter_values(
            derived.iter().map(|derived| derived.messages.columns()[at]),
        )));
    }
    let content_hash = entries.iter().map(|entry| entry.session.as_ref().map(|_| entry.content_hash));
    columns.push(Arc::new(content_hash.collect::<Int64Array>()));
    for at in 0..columns::EVENT_TIMES.len() {
        columns.push(Arc::new(
            derived.iter().map(|derived| derived.times.columns()[at]).collect::<Float64Array>(),
        ));
    }
    for at in 0..columns::SENTIMENT.len() {
        columns.push(Arc::new(Int64Array::from_iter_values(
            derived.iter().map(|derived| derived.sentiment.columns()[at]),
        )));
    }
    let is_erased = |entry: &Entry| entry.session.as_ref().is_some_and(|session| session.erased.is_some());
    columns.push(Arc::new(entries.iter().map(|entry| Some(is_erased(entry))).collect::<BooleanArray>()));
    // A tombstone has the id and the `created_at` of the row that it stands for, by which readers find it.
    let rows: Vec<Row> = entries.iter().map(row_of).collect();
    let rows: Vec<&Row> = rows.iter().collect();
    columns.extend(dictionary_columns(Record::Session, &rows));
    columns
}

fn row_of(entry: &Entry) -> Row {
    if let Some(session) = &entry.session {
        return session.fields.clone();
    }
    let mut row = Row::default();
    let mut set = |leaf, value| {
        if let Some(ordinal) = dictionary::ordinal(Record::Session, leaf) {
            row.set(ordinal, Some(value));
        }
    };
    set("session_id", Value::Text(entry.id.as_str().to_owned()));
    set("created_at", Value::Instant(entry.created_at));
    row
}

fn records(entries: &[Entry], record: Record) -> Vec<ArrayRef> {
    let mut owners = Vec::new();
    let mut positions = Vec::new();
    let mut rows = Vec::new();
    for (owner, entry) in (0_u32..).zip(entries) {
        for (position, row) in entry.session.iter().flat_map(|session| session.records(record)) {
            owners.push(owner);
            positions.push(position);
            rows.push(row);
        }
    }
    let mut columns: Vec<ArrayRef> =
        vec![Arc::new(UInt32Array::from(owners)), Arc::new(UInt64Array::from(positions))];
    columns.extend(dictionary_columns(record, &rows));
    columns
}

fn dictionary_columns(record: Record, rows: &[&Row]) -> Vec<ArrayRef> {
    let column = |(ordinal, field): (u16, &&dictionary::Field)| {
        column(field.kind, rows.iter().map(|row| row.get(ordinal)))
    };
    (0..).zip(dictionary::columns(record)).map(column).collect()
}

/// Builds one column. A value of another type than its field's would become null, but a `Row` contains none.
fn column<'a>(kind: Kind, values: impl Iterator<Item = Option<&'a Value>>) -> ArrayRef {
    macro_rules! build {
        ($builder:expr, $pattern:pat => $value:expr) => {{
            let mut builder = $builder;
            for value in values {
                builder.append_option(match value {
                    Some($pattern) => Some($value),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }};
    }
    match kind {
        Kind::Integer => build!(Int64Builder::new(), Value::Integer(number) => *number),
        Kind::Seconds => build!(Float64Builder::new(), Value::Seconds(seconds) => *seconds),
        Kind::Boolean => build!(BooleanBuilder::new(), Value::Boolean(flag) => *flag),
        Kind::Instant => {
            build!(TimestampMicrosecondBuilder::new().with_timezone("UTC"), Value::Instant(instant) => instant.0)
        }
        Kind::Text | Kind::Day | Kind::Records(_) => build!(StringBuilder::new(), Value::Text(text) => text),
    }
}
