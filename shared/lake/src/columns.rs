//! The columns of a segment's files: those of the dictionary, and a few of the lake's own.
//!
//! Names of the lake's own columns begin with `_`, which no name of the dictionary does.

use std::sync::Arc;

use arrow_schema::{DataType, Field as Column, Schema, TimeUnit};
use domain::dictionary::{self, Kind, Record};
use store::StoreError;

/// Sessions: the sequence number of the stream's record as 40 digits, so that texts compare as numbers do.
/// Rows of a day that was rebuilt from the table have zeros, so that any record of the stream wins over them.
pub const SEQUENCE: &str = "_sequence";
/// Sessions: whether the row is a tombstone.
pub const REMOVED: &str = "_removed";
/// Sessions: the content hash (`Session::content_hash`), by which the lake is compared with the table. It is
/// null for a tombstone, and in files that are older than this column.
pub const CONTENT_HASH: &str = "_content";
/// Sessions: whether the session has an event `waitStart`.
pub const WAITED: &str = "_waited";
/// Sessions: whether the session has an event whose name contains `Transfer`.
pub const TRANSFERRED: &str = "_transferred";
/// Sessions: how many messages the session has: all, those of the contact, of agents and of automatic
/// senders, those with a file, and those made from a template (HSM).
pub const MESSAGES: [&str; 6] = [
    "_messages",
    "_messages_contact",
    "_messages_agent",
    "_messages_automatic",
    "_messages_media",
    "_messages_hsm",
];
/// Sessions: seconds that the platform's events imply (`derived::Times`), nothing where the events do not tell. Null in
/// files older than these columns, as are the two after them.
pub const EVENT_TIMES: [&str; 3] = ["_event_tma", "_event_tme", "_event_tta"];
/// Sessions: the sum of the messages' sentiment levels, and how many messages have a level. They are null in
/// files that are older than these columns.
pub const SENTIMENT: [&str; 2] = ["_sentiment_level", "_sentiment_messages"];
/// Sessions: whether the row is of a session that an erasure has emptied. It is null in files that are older than this column.
pub const ERASED: &str = "_erased";
/// Repeated records: the row number of their session in the sessions file of the same part.
pub const SESSION: &str = "_session";
/// Repeated records: their position in the session's document (see `Session::records`).
pub const POSITION: &str = "_position";

/// The Arrow type in which the values of a dictionary field are stored.
fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Integer => DataType::Int64,
        Kind::Seconds => DataType::Float64,
        Kind::Boolean => DataType::Boolean,
        Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
        Kind::Text | Kind::Day | Kind::Records(_) => DataType::Utf8,
    }
}

/// The Arrow type of a text column that is read as a dictionary column: codes into its distinct texts.
pub fn codes() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The columns that most charts ask for, and the keys of repeated records, in the order in which they lie at
/// the end of a file. Columns that lie side by side are fetched by one request, and the last ones together
/// with the footer.
pub(crate) const POPULAR: &[&str] = &[
    "lastInteraction",
    "finished_at",
    "attendance_timer_tta",
    "attendance_timer_tme",
    "attendance_timer_tma",
    "created_at",
    "agent_id",
    "tabulation",
    REMOVED,
    "status",
    "channel",
    "agent_name",
    "campaign_name",
    POSITION,
    SESSION,
];

/// The schema of the file of a kind of record: the lake's own columns, then those of the dictionary in its
/// order.
pub fn schema(record: Record) -> Schema {
    let own = match record {
        Record::Session => {
            let mut own = vec![
                Column::new(SEQUENCE, DataType::Utf8, false),
                Column::new(REMOVED, DataType::Boolean, false),
                Column::new(WAITED, DataType::Boolean, false),
                Column::new(TRANSFERRED, DataType::Boolean, false),
            ];
            own.extend(MESSAGES.map(|name| Column::new(name, DataType::Int64, false)));
            own.push(Column::new(CONTENT_HASH, DataType::Int64, true));
            own.extend(EVENT_TIMES.map(|name| Column::new(name, DataType::Float64, true)));
            own.extend(SENTIMENT.map(|name| Column::new(name, DataType::Int64, true)));
            own.push(Column::new(ERASED, DataType::Boolean, true));
            own
        }
        _ => vec![
            Column::new(SESSION, DataType::UInt32, false),
            Column::new(POSITION, DataType::UInt64, false),
        ],
    };
    let of_dictionary = dictionary::columns(record)
        .iter()
        .map(|field| Column::new(field.leaf(), data_type(field.kind), true));
    Schema::new(own.into_iter().chain(of_dictionary).collect::<Vec<_>>())
}

/// The schema of some columns of a kind of record, in the given order. Fails where there is no such column.
pub(crate) fn schema_of(record: Record, columns: &[&str]) -> Result<Schema, StoreError> {
    let all = schema(record);
    let chosen = columns.iter().map(|name| all.field_with_name(name).cloned()).collect::<Result<Vec<_>, _>>();
    chosen.map(Schema::new).map_err(|error| StoreError::broken("choosing columns", error))
}
