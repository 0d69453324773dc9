//! What Data Studio's `getData` has around its rows.

use serde::Serialize;

use crate::plan::query::{Output, Query};

/// What stands before the rows of the answer, which are written right behind it as they are found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    schema: Vec<SchemaField<'a>>,
    filters_applied: bool,
    data_as_of: String,
}

/// What stands after them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tail {
    next_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_rows: Option<usize>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SchemaField<'a> {
    name: &'a str,
    data_type: &'static str,
}

/// The beginning of the JSON object, up to the first row.
pub(crate) fn head(query: &Query) -> Vec<u8> {
    let field = |output: &'_ Output| SchemaField {
        name: &output.column.id,
        data_type: output.column.semantic.data_type().as_str(),
    };
    let mut head = object(&Head {
        schema: query.outputs.iter().map(field).collect(),
        filters_applied: query.filters_applied,
        data_as_of: query.snapshot.to_rfc3339(),
    });
    head.pop();
    head.extend_from_slice(b",\"rows\":[");
    head
}

/// The end of the JSON object, from behind the last row.
pub(crate) fn tail(next_cursor: Option<String>, total_rows: Option<usize>) -> Vec<u8> {
    let mut tail = object(&Tail { next_cursor, total_rows });
    tail.splice(..1, *b"],");
    tail
}

/// An object of fixed fields as JSON: serialising that to memory cannot fail.
fn object(fields: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(fields).unwrap_or_else(|_| b"{}".to_vec())
}
