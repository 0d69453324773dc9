//! `DELETE /v1/media/{storage_id}`: the file goes and its links never open again.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::id::{IdError, StorageId};
use domain::lang::Text;
use domain::time::Instant;
use http::StatusCode;
use store::key;
use store::{Action, StoreError, StoreErrorKind};
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
    // The row comes first: whatever happens next, and whatever an open upload still puts there, no link shows it.
    let revoked_at = AttributeValue::N(Instant::now().0.to_string());
    match app.store.put_new(key::revoked_link(&account, &storage), [("revoked_at", revoked_at)]).await {
        Err(error) if error.kind != StoreErrorKind::Conflict => return Err(error.into()),
        _ => {}
    }
    // An empty object takes the file's place: the signed upload of the file, which holds for minutes, creates only.
    app.store
        .s3()
        .put_object()
        .bucket(&app.store.names().media_bucket)
        .key(key::media_object(&account, &storage))
        .body(ByteStream::default())
        .send()
        .await
        .map_err(|error| StoreError::aws("deleting a file", error))?;
    tracing::info!(%account, by = caller.token_id, "file deleted");
    Ok(StatusCode::NO_CONTENT)
}
