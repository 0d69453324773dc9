//! `GET` and `HEAD /m/{link}`: sends whoever holds a link on to the file, for a few minutes.
//!
//! A link that is bad, revoked, past its retention or without a file gets one and the same answer, so that nobody learns
//! which it is.

use aws_sdk_s3::error::ProvideErrorMetadata;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use domain::lang::Text;
use domain::link::{Link, SignedLink};
use domain::time::Instant;
use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use store::key;
use store::{Action, Store, StoreError, StoreErrorKind};
use web::problem::Problem;

use crate::kind::{HEAD_BYTES, kind};
use crate::{App, filename, presigned_for};

/// How long the file's own address holds.
const ADDRESS_SECONDS: u64 = 300;

/// The address is a secret for as long as it holds, so nobody may keep it, pass it on or frame it.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store, private"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
];

const NOTHING: Text = Text::new(
    "não há nada neste link: ele está incompleto, foi revogado ou venceu, ou o arquivo não existe",
    "there is nothing at this link: it is not whole, was revoked or has expired, or there is no file",
);

/// The same for a person, who followed the link from a report.
const NOTHING_PAGE: &str = include_str!("nothing.html");

/// A file as it is served.
struct File {
    object: String,
    media_type: &'static str,
    disposition: String,
}

pub(crate) async fn open(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    link: Result<Path<String>, PathRejection>,
) -> Response {
    match redirect(&app, &method, link).await {
        Ok(redirect) => redirect.into_response(),
        Err(problem) if problem.status() == StatusCode::NOT_FOUND && is_browser(&headers) => {
            (problem.status(), HEADERS, Html(NOTHING_PAGE)).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// Whether a person looks at the answer, as the header `Accept` of a browser says.
fn is_browser(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|range| range.trim().starts_with("text/html"))
}

async fn redirect(
    app: &App,
    method: &Method,
    link: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse + use<>, Problem> {
    let nothing = || Problem::not_found(NOTHING);
    let Path(text) = link.map_err(|_| nothing())?;
    let link = read(&app.store, &text).await?.ok_or_else(nothing)?;
    if !holds(&app.store, &link).await? {
        return Err(nothing());
    }
    let file = find(&app.store, &link).await?;
    let file = file.ok_or_else(nothing)?;
    if method == Method::GET {
        app.store.count_event(&link.account, Action::FileOpened, "link").await?;
    }
    let url = sign(&app.store, method, file).await?;
    Ok((StatusCode::FOUND, HEADERS, [(header::LOCATION, url)]))
}

/// The link of a text; `None` where it was signed with none of our keys.
async fn read(store: &Store, text: &str) -> Result<Option<Link>, StoreError> {
    let Some(signed) = SignedLink::parse(text) else { return Ok(None) };
    let Some(name) = signed.key_name() else { return Ok(None) };
    let key = store.made_link_key(name).await?;
    Ok(key.and_then(|key| signed.open(&key)))
}

/// Whether the link's session is within its retention and the file was not deleted.
async fn holds(store: &Store, link: &Link) -> Result<bool, StoreError> {
    let revoked = key::revoked_link_of(&link.account, &link.digest);
    let (account, revoked) = tokio::try_join!(store.account(&link.account), store.get(revoked))?;
    Ok(revoked.is_none() && account.expires_at(link.created_at) > Instant::now())
}

/// The file that a link opens, judged by its first bytes; `None` if there is none.
async fn find(store: &Store, link: &Link) -> Result<Option<File>, StoreError> {
    let object = key::media_object_of(&link.account, &link.digest);
    let request = store.s3().get_object().bucket(&store.names().media_bucket).key(&object);
    let (head, name) = match request.range(format!("bytes=0-{}", HEAD_BYTES - 1)).send().await {
        Ok(answer) => {
            let name = answer.metadata().and_then(|metadata| metadata.get(filename::METADATA)).cloned();
            let head = answer.body.collect().await;
            (head.map_err(|error| StoreError::body("reading a file", error))?.to_vec(), name)
        }
        // An empty object has no first byte to ask for.
        Err(error) if error.code() == Some("InvalidRange") => (Vec::new(), None),
        Err(error) => {
            return match StoreError::aws("reading a file", error) {
                error if error.kind == StoreErrorKind::NotFound => Ok(None),
                error => Err(error),
            };
        }
    };
    let (kind, name) = (kind(&head), name.filter(|_| link.is_named));
    let disposition = filename::disposition(kind.inline, &filename::from_metadata(name.as_ref()));
    Ok(Some(File { object, media_type: kind.media_type, disposition }))
}

/// The file's own address, signed for the method it is asked with: object storage takes no other.
async fn sign(store: &Store, method: &Method, file: File) -> Result<String, StoreError> {
    let (bucket, config) = (&store.names().media_bucket, presigned_for(ADDRESS_SECONDS)?);
    let signed = if method == Method::HEAD {
        let request = store.s3().head_object().bucket(bucket).key(file.object);
        request
            .response_content_type(file.media_type)
            .response_content_disposition(file.disposition)
            .presigned(config)
            .await
            .map_err(|error| StoreError::aws("signing a file's address", error))?
    } else {
        let request = store.s3().get_object().bucket(bucket).key(file.object);
        request
            .response_content_type(file.media_type)
            .response_content_disposition(file.disposition)
            .presigned(config)
            .await
            .map_err(|error| StoreError::aws("signing a file's address", error))?
    };
    Ok(signed.uri().to_owned())
}

#[cfg(test)]
mod tests;
