//! `POST /v1/media`: a name for a new file and a signed request to put its bytes with.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::{AccountId, StorageId, random_hex};
use domain::lang::{Text, Words};
use domain::time::Instant;
use domain::token::Scope;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::key;
use store::{Store, StoreError};
use web::caller::Caller;
use web::input::{AccountParameter, InputField, Json, Others, Parameters, all};
use web::problem::Problem;

use crate::{App, filename, presigned_for};

/// What the largest file of a messaging platform needs, and well within one S3 PUT (5 GB).
const MAX_BYTES: i64 = 2 << 30;
const MAX_FILENAME_CHARS: usize = 255;
const MAX_TYPE_CHARS: usize = 255;
/// How long the signed request holds. The bucket's policy refuses older signatures.
const ADDRESS_SECONDS: u32 = 15 * 60;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UploadRequest {
    account: InputField<AccountId>,
    filename: InputField<String>,
    content_type: InputField<String>,
    size: InputField<Value>,
    #[serde(flatten)]
    others: Others,
}

/// A file that may be put.
#[derive(Debug, PartialEq)]
struct File {
    filename: String,
    content_type: String,
    size: i64,
}

#[derive(Debug, Serialize)]
struct Announced {
    storage_id: String,
    upload: Upload,
}

/// The request that the client sends next, to the letter: what is not sent as signed is refused.
#[derive(Debug, Serialize)]
struct Upload {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    expires_at: String,
}

pub(crate) async fn upload(
    State(app): State<App>,
    caller: Caller,
    Parameters(named): Parameters<AccountParameter>,
    Json(mut request): Json<UploadRequest>,
) -> Result<impl IntoResponse, Problem> {
    let named = named.or_in_body(std::mem::take(&mut request.account).optional("account")?)?;
    let account = caller.account(&[Scope::Ingest], named.as_ref())?;
    let file = parse(request)?;
    let storage_id = random_hex(16);
    let storage = StorageId::try_from(storage_id.clone())
        .map_err(|error| StoreError::broken("naming a file", error))?;
    let upload = sign(&app.store, &account, &storage, file, Instant::now()).await?;
    let body = Announced { storage_id, upload };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)))
}

fn parse(request: UploadRequest) -> Result<File, Problem> {
    let (filename, content_type, size, ()) = all((
        filename(request.filename),
        content_type(request.content_type),
        size(request.size),
        request.others.refuse(),
    ))?;
    Ok(File { filename, content_type, size })
}

fn filename(field: InputField<String>) -> Result<String, Problem> {
    let name = field.required("filename")?;
    let plain = !name.chars().any(char::is_control);
    if plain && (1..=MAX_FILENAME_CHARS).contains(&name.chars().count()) {
        return Ok(name);
    }
    let rule = Words::new(
        format!("deve ter de 1 a {MAX_FILENAME_CHARS} caracteres, nenhum deles de controle"),
        format!("must have 1 to {MAX_FILENAME_CHARS} characters, none of them a control character"),
    );
    Err(Problem::invalid("filename", rule))
}

fn content_type(field: InputField<String>) -> Result<String, Problem> {
    let kind = field.required("content_type")?;
    if is_media_type(&kind) {
        return Ok(kind);
    }
    let rule = Text::new(
        "deve ser um tipo de mídia, por exemplo image/jpeg",
        "must be a media type, for example image/jpeg",
    );
    Err(Problem::invalid("content_type", rule))
}

fn size(field: InputField<Value>) -> Result<i64, Problem> {
    let size = field.required("size")?.as_i64().filter(|size| (1..=MAX_BYTES).contains(size));
    let rule = Words::new(
        format!("deve ser um número inteiro de bytes, de 1 a {MAX_BYTES}"),
        format!("must be a whole number of bytes from 1 to {MAX_BYTES}"),
    );
    size.ok_or_else(|| Problem::invalid("size", rule))
}

/// `type/subtype`, with or without parameters (`audio/ogg; codecs=opus`), in printable ASCII.
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    text.len() <= MAX_TYPE_CHARS
        && text.bytes().all(|b| (b' '..=b'~').contains(&b))
        && essence.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

/// A PUT that stores exactly this type, size and name under this key, once, and nothing else.
async fn sign(
    store: &Store,
    account: &AccountId,
    storage: &StorageId,
    file: File,
    now: Instant,
) -> Result<Upload, StoreError> {
    let signed = store
        .s3()
        .put_object()
        .bucket(&store.names().media_bucket)
        .key(key::media_object(account, storage))
        .content_type(file.content_type)
        .content_length(file.size)
        // A file that is there is never overwritten, nor one that was deleted filled again.
        .if_none_match("*")
        .metadata(filename::METADATA, filename::to_metadata(&file.filename))
        .presigned(presigned_for(u64::from(ADDRESS_SECONDS))?)
        .await
        .map_err(|error| StoreError::aws("signing an upload", error))?;
    let headers = signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let expires_at = Instant(0).plus_seconds(now.seconds() + i64::from(ADDRESS_SECONDS)).to_rfc3339();
    Ok(Upload { method: signed.method().to_owned(), url: signed.uri().to_owned(), headers, expires_at })
}

#[cfg(test)]
mod tests;
