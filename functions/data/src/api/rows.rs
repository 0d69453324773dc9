//! `POST /v1/data`: rows, as Data Studio's `getData` wants them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use runtime::compute;
use web::caller::Caller;
use web::input::{AccountParameter, Json, Parameters};
use web::problem::Problem;

use super::execute::{QueryExecutor, QueryPage};
use crate::App;
use crate::encode::encoder::RowEncoder;
use crate::encode::get_data;
use crate::plan::request::DataRequest;

pub(crate) async fn rows(
    State(app): State<App>,
    caller: Caller,
    Parameters(named): Parameters<AccountParameter>,
    headers: HeaderMap,
    Json(request): Json<DataRequest>,
) -> Result<Response, Problem> {
    let named = named.or_in_body(request.account.clone())?;
    let executor = QueryExecutor::new(app, &caller, named.as_ref(), &headers).await?;
    let body = compute::run(async move {
        let query = executor.resolve(&request)?;
        let head = get_data::head(&query);
        let QueryPage { page, next, total } = executor.execute(&query, RowEncoder::Values, head).await?;
        let mut body = page.into_bytes()?;
        body.extend(get_data::tail(next, total));
        Ok::<_, Problem>(body)
    });
    let about = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((about, body.await?).into_response())
}
