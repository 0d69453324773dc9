//! DynamoDB's protocol over dynoxide's engine: the operations that the program and its tests call, of signed requests only.
//!
//! dynoxide has a server of its own, which answers anybody: any web page that is open on this machine could ask it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Credentials;
use super::signature::signed_target;

/// The largest body that DynamoDB takes, in bytes.
const MAX_BODY: usize = 16 << 20;
/// What the header `x-amz-target` says before the name of an operation.
const TARGETS: [&str; 2] = ["DynamoDB_20120810.", "DynamoDBStreams_20120810."];

#[derive(Clone)]
struct Table {
    database: Database,
    credentials: Credentials,
}

/// Serves a database to callers with these credentials.
pub(super) fn router(database: Database, credentials: Credentials) -> Router {
    let table = Table { database, credentials };
    Router::new().route("/", post(answer)).layer(DefaultBodyLimit::max(MAX_BODY)).with_state(table)
}

async fn answer(State(table): State<Table>, headers: HeaderMap, body: Bytes) -> Response {
    let (status, json) = match signed_target(&headers, &body, &table.credentials) {
        None => (StatusCode::BAD_REQUEST, refusal("com.amazon.coral.service#UnrecognizedClientException")),
        Some(target) => match run(&table.database, operation(target), &body) {
            None => (StatusCode::BAD_REQUEST, refusal("com.amazon.coral.service#UnknownOperationException")),
            Some(Ok(json)) => (StatusCode::OK, json),
            Some(Err(error)) => {
                let status = StatusCode::from_u16(error.status_code());
                (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error.to_json())
            }
        },
    };
    (status, [(CONTENT_TYPE, "application/x-amz-json-1.0")], json).into_response()
}

/// The name of the operation that a target names, without its service; empty where the service is another.
fn operation(target: &str) -> &str {
    TARGETS.iter().find_map(|service| target.strip_prefix(service)).unwrap_or_default()
}

/// The body of an error that has a name and nothing else.
fn refusal(name: &str) -> String {
    serde_json::json!({ "__type": name }).to_string()
}

/// Runs an operation; `None` where there is none of this name.
fn run(database: &Database, operation: &str, body: &[u8]) -> Option<Result<String, DynoxideError>> {
    Some(match operation {
        "CreateTable" => call(body, |request| database.create_table(request)),
        "DeleteTable" => call(body, |request| database.delete_table(request)),
        "DescribeTable" => call(body, |request| database.describe_table(request)),
        "ListTables" => call(body, |request| database.list_tables(request)),
        "UpdateTimeToLive" => call(body, |request| database.update_time_to_live(request)),
        "DescribeTimeToLive" => call(body, |request| database.describe_time_to_live(request)),
        "PutItem" => call(body, |request| database.put_item(request)),
        "GetItem" => call(body, |request| database.get_item(request)),
        "DeleteItem" => call(body, |request| database.delete_item(request)),
        "UpdateItem" => call(body, |request| database.update_item(request)),
        "Query" => call(body, |request| database.query(request)),
        "Scan" => call(body, |request| database.scan(request)),
        "BatchGetItem" => call(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => call(body, |request| database.batch_write_item(request)),
        "TransactWriteItems" => call(body, |request| database.transact_write_items(request)),
        "TransactGetItems" => call(body, |request| database.transact_get_items(request)),
        "ExecuteStatement" => call(body, |request| database.execute_statement(request)),
        "ListStreams" => call(body, |request| database.list_streams(request)),
        "DescribeStream" => call(body, |request| database.describe_stream(request)),
        "GetShardIterator" => call(body, |request| database.get_shard_iterator(request)),
        "GetRecords" => call(body, |request| database.get_records(request)),
        _ => return None,
    })
}

fn call<I: DeserializeOwned, O: Serialize>(
    body: &[u8],
    operation: impl FnOnce(I) -> Result<O, DynoxideError>,
) -> Result<String, DynoxideError> {
    let request = serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    let answer = operation(request)?;
    serde_json::to_string(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
