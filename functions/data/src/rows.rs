//! `POST /v1/data`: rows, as Data Studio's `getData` wants them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use shared::caller::Caller;
use shared::id::AccountId;
use shared::input::{Json, Query as Parameters, one_account};
use shared::problem::Problem;

use crate::App;
use crate::answer::{Answer, Asking};
use crate::form::Form;
use crate::query::Query;
use crate::request::DataRequest;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    account: Option<AccountId>,
}

/// The answer without its rows, which are written as they are found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame<'a> {
    schema: Vec<SchemaField<'a>>,
    filters_applied: bool,
    next_cursor: Option<String>,
    data_as_of: String,
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
    Parameters(named): Parameters<Named>,
    headers: HeaderMap,
    Json(request): Json<DataRequest>,
) -> Result<Response, Problem> {
    let named = one_account(named.account, request.account.clone())?;
    let asking = Asking::new(app, &caller, named.as_ref(), &headers).await?;
    let query = asking.resolve(&request)?;
    Ok(respond(asking.answer(&query, Form::Values).await?, &query))
}

fn respond(answer: Answer, query: &Query) -> Response {
    let frame = Frame {
        schema: query
            .outputs
            .iter()
            .map(|output| SchemaField {
                name: &output.column.id,
                data_type: output.column.semantic.data_type().as_str(),
            })
            .collect(),
        filters_applied: query.filters_applied,
        next_cursor: answer.next,
        data_as_of: query.state.to_rfc3339(),
        total_rows: answer.total,
    };
    // Serialising to memory fails only for maps with odd keys, which this type does not have.
    let mut body = serde_json::to_vec(&frame).unwrap_or_default();
    body.pop();
    body.extend_from_slice(b",\"rows\":[");
    body.extend(answer.page.into_bytes());
    body.extend_from_slice(b"]}");
    let about = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (about, body).into_response()
}
