//! `POST /v1/data`: rows, as Data Studio's `getData` wants them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use shared::caller::Caller;
use shared::cipher::{DataKey, SealError};
use shared::id::AccountId;
use shared::input::{Json, Query as Parameters};
use shared::key;
use shared::problem::Problem;
use shared::store::{StoreError, StoreErrorKind};
use shared::time::Instant;

use crate::cursor::{Cursor, Place};
use crate::expr::Context;
use crate::narrow::narrow;
use crate::page::{Page, RowPage};
use crate::plan::plan;
use crate::query::{Asked, Query};
use crate::report::ReportType;
use crate::request::DataRequest;
use crate::run::{run, sum_up};
use crate::summary::Summary;
use crate::veil::{Pseudonyms, Reader};
use crate::{App, READERS};

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
    let id = caller.account(READERS, named.account.as_ref().or(request.account.as_ref()))?;
    let (account, key, link_key) =
        futures::try_join!(app.store.account(&id), account_key(&app, &id), app.store.link_key())?;
    let cursor_key = key.derive("cursor");
    let reader = Reader { privacy: caller.privacy, account: &account };
    let asked = Asked { reader, cursor_key: &cursor_key, now: Instant::now() };
    let query = Query::resolve(&request, &asked)?;
    let context = Context {
        account: id,
        zone: account.zone,
        state: query.state,
        pseudonyms: Pseudonyms::new(&key),
        base_url: app.public_url.clone().unwrap_or_else(|| base_url(&headers)),
        link_key,
    };
    let answer = answer(&app, &query, &context).await.map_err(|error| failed(error, &query))?;
    answer.respond(&query, &context, &cursor_key)
}

/// The account's key. Only writers may make it, and before they did there is nothing to seal a cursor or a pseudonym
/// of: any key will do.
async fn account_key(app: &App, account: &AccountId) -> Result<DataKey, StoreError> {
    match app.store.get(key::account_key(account)).await? {
        Some(_) => app.store.segment_key(account).await,
        None => Ok(DataKey::random()),
    }
}

/// A page, where it ended, and how many rows there are where that is known.
#[derive(Debug)]
struct Answer {
    page: Page,
    last: Option<Place>,
    total: Option<usize>,
}

async fn answer(app: &App, query: &Query, context: &Context) -> Result<Answer, StoreError> {
    let segments = app.lake.segments(&context.account, query.state).await?;
    let clusters = plan(segments, &narrow(app.lake.store(), &context.account, query).await?);
    if query.report == ReportType::Summary {
        let mut summary = Summary::new(&query.outputs);
        sum_up(&app.lake, clusters, query, context, &mut summary).await?;
        let before = if let Some(Place::Groups(before)) = query.after { before } else { 0 };
        let mut page = Page::new(query.limit);
        summary.fill(&mut page, before);
        let last = Some(Place::Groups(before + page.rows()));
        return Ok(Answer { page, last, total: Some(summary.groups()) });
    }
    let mut rows = RowPage::new(query.limit);
    run(&app.lake, clusters, query, context, &mut |row| rows.push(row, query, context)).await?;
    let RowPage { page, last } = rows;
    let total = (query.after.is_none() && !page.is_cut()).then_some(page.rows());
    Ok(Answer { page, last, total })
}

impl Answer {
    fn respond(self, query: &Query, context: &Context, cursor_key: &DataKey) -> Result<Response, Problem> {
        let next = self.last.filter(|_| self.page.is_cut());
        let next = next.map(|place| Cursor::new(query.state, &query.digest, place));
        let next = next.map(|cursor| cursor.seal(cursor_key, &context.account)).transpose();
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
            next_cursor: next.map_err(|error: SealError| StoreError::broken("sealing a cursor", error))?,
            data_as_of: query.state.to_rfc3339(),
            total_rows: self.total,
        };
        // Serialising to memory fails only for maps with odd keys, which this type does not have.
        let mut body = serde_json::to_vec(&frame).unwrap_or_default();
        body.pop();
        body.extend_from_slice(b",\"rows\":[");
        body.extend(self.page.into_json());
        body.extend_from_slice(b"]}");
        let about = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
        Ok((about, body).into_response())
    }
}

/// A file that a state needs is deleted early only by an erasure; the state cannot be shown any more, a new one can.
fn failed(error: StoreError, query: &Query) -> Problem {
    if error.kind == StoreErrorKind::NotFound && query.after.is_some() {
        return Problem::invalid(
            "cursor",
            "leads to data that was erased: send the request without it to start again",
        );
    }
    error.into()
}

/// The address that the request came in by, without a slash at the end.
fn base_url(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let plain = |host: &&str| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
    };
    let host = text("host").filter(plain).unwrap_or("localhost");
    let loopback = ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name));
    let forwarded = text("x-forwarded-proto").filter(|scheme| ["http", "https"].contains(scheme));
    let scheme = forwarded.unwrap_or(if loopback { "http" } else { "https" });
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_with_the_address_that_the_request_came_in_by() {
        let url = |pairs: &[(&'static str, &str)]| {
            base_url(
                &pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect(),
            )
        };
        assert_eq!(url(&[("host", "127.0.0.1:8787")]), "http://127.0.0.1:8787");
        assert_eq!(url(&[("host", "reports.example.com")]), "https://reports.example.com");
        assert_eq!(url(&[("host", "localhost:1"), ("x-forwarded-proto", "https")]), "https://localhost:1");
        assert_eq!(url(&[("host", "a.example"), ("x-forwarded-proto", "ftp")]), "https://a.example");
        assert_eq!(url(&[("host", "a/../b")]), "http://localhost");
    }
}
