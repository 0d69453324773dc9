//! `POST /v1/data`: rows, as Data Studio's `getData` wants them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde::Serialize;
use web::caller::Caller;
use web::input::{AccountParameter, Json, Query as Parameters};
use web::problem::Problem;

use crate::App;
use crate::encoder::RowEncoder;
use crate::execute::{QueryExecutor, QueryPage};
use crate::query::{Output, Query};
use crate::request::DataRequest;

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

pub(crate) async fn rows(
    State(app): State<App>,
    caller: Caller,
    Parameters(named): Parameters<AccountParameter>,
    headers: HeaderMap,
    Json(request): Json<DataRequest>,
) -> Result<Response, Problem> {
    let named = named.or_in_body(request.account.clone())?;
    let executor = QueryExecutor::new(app, &caller, named.as_ref(), &headers).await?;
    let query = executor.resolve(&request)?;
    let QueryPage { page, next, total } = executor.execute(&query, RowEncoder::Values, head(&query)).await?;
    let mut body = page.into_bytes();
    body.extend_from_slice(b"],");
    body.extend(&object(&Tail { next_cursor: next, total_rows: total })[1..]);
    let about = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((about, body).into_response())
}

fn head(query: &Query) -> Vec<u8> {
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

/// An object of fixed fields as JSON: serialising that to memory cannot fail.
fn object(fields: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(fields).unwrap_or_else(|_| b"{}".to_vec())
}
