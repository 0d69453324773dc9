//! `DELETE /v1/media/{storage_id}`: the file goes and its links never open again.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::id::{IdError, StorageId};
use domain::lang::Text;
use http::StatusCode;
use store::Action;
use web::caller::Caller;
use web::input::{AccountParameter, Parameters};
use web::problem::Problem;

use crate::App;

const NO_UTF8: Text =
    Text::new("deve estar em UTF-8, com escapes de URL (%C3%A9)", "must be UTF-8, percent-encoded (%C3%A9)");

pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Parameters(named): Parameters<AccountParameter>,
    storage: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    caller.require_admin()?;
    let account = caller.account(&[], named.account.as_ref())?;
    let text = storage.map_err(|_| Problem::invalid("storage_id", NO_UTF8))?.0;
    let storage =
        StorageId::try_from(text).map_err(|error: IdError| Problem::invalid("storage_id", error.text()))?;
    app.store
        .note_event(Some(&account), Action::FileDeleted, &caller.token_id, Some(storage.digest()))
        .await?;
    app.store.delete_file(&account, &storage).await?;
    tracing::info!(%account, by = caller.token_id, "file deleted");
    Ok(StatusCode::NO_CONTENT)
}
