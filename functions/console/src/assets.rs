//! `GET /assets/{version}/{name}`: the files that the page is made of besides itself.
//!
//! All of them stand under one version, the digest of what they hold, so that they may be kept for ever and modules
//! find each other by their names (`./x.js`). Under any other version there is nothing: an answer that is kept for
//! ever must never be another's.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};
use web::problem::Problem;

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

/// Every file: its name, its type and what it holds. The templates are those of the connector.
pub(crate) const FILES: &[(&str, &str, &[u8])] = &[
    ("account.js", JAVASCRIPT, include_bytes!("page/account.js")),
    ("agentes.json", JSON, include_bytes!("../../../connector/templates/agentes.json")),
    ("api.js", JAVASCRIPT, include_bytes!("page/api.js")),
    ("atendimento.json", JSON, include_bytes!("../../../connector/templates/atendimento.json")),
    ("base.css", CSS, include_bytes!("page/base.css")),
    ("catalogue.js", JAVASCRIPT, include_bytes!("page/catalogue.js")),
    ("charts.js", JAVASCRIPT, include_bytes!("page/charts.js")),
    ("connector.js", JAVASCRIPT, include_bytes!("page/connector.js")),
    ("conversas.json", JSON, include_bytes!("../../../connector/templates/conversas.json")),
    ("conversations.js", JAVASCRIPT, include_bytes!("page/conversations.js")),
    ("cost.js", JAVASCRIPT, include_bytes!("page/cost.js")),
    ("csv.js", JAVASCRIPT, include_bytes!("page/csv.js")),
    ("dashboard.js", JAVASCRIPT, include_bytes!("page/dashboard.js")),
    ("dictionary.js", JAVASCRIPT, include_bytes!("page/dictionary.js")),
    ("distribuicao.json", JSON, include_bytes!("../../../connector/templates/distribuicao.json")),
    ("dom.js", JAVASCRIPT, include_bytes!("page/dom.js")),
    ("export.js", JAVASCRIPT, include_bytes!("page/export.js")),
    ("health.js", JAVASCRIPT, include_bytes!("page/health.js")),
    ("main.js", JAVASCRIPT, include_bytes!("page/main.js")),
    ("pages.css", CSS, include_bytes!("page/pages.css")),
    ("parts.js", JAVASCRIPT, include_bytes!("page/parts.js")),
    ("perdidas.json", JSON, include_bytes!("../../../connector/templates/perdidas.json")),
    ("period.js", JAVASCRIPT, include_bytes!("page/period.js")),
    ("pictures.js", JAVASCRIPT, include_bytes!("page/pictures.js")),
    ("report-list.js", JAVASCRIPT, include_bytes!("page/report-list.js")),
    ("reports.js", JAVASCRIPT, include_bytes!("page/reports.js")),
    ("route.js", JAVASCRIPT, include_bytes!("page/route.js")),
    ("settings.js", JAVASCRIPT, include_bytes!("page/settings.js")),
    ("tabulacao.json", JSON, include_bytes!("../../../connector/templates/tabulacao.json")),
    ("templates.js", JAVASCRIPT, include_bytes!("page/templates.js")),
    ("text.js", JAVASCRIPT, include_bytes!("page/text.js")),
    ("thread.js", JAVASCRIPT, include_bytes!("page/thread.js")),
    ("tokens.js", JAVASCRIPT, include_bytes!("page/tokens.js")),
];

/// The digest of all files.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for (name, kind, bytes) in FILES {
        digest.update(format!("{name}\n{kind}\n{}\n", bytes.len()));
        digest.update(bytes);
    }
    hex::encode(&digest.finalize()[..8])
});

/// One file. Its entity tag is weak, for it is the same however the answer is packed.
pub(crate) async fn asset(
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("there is no such file in this version of the console");
    let Path((version, name)) = path.map_err(|_| missing())?;
    let file = FILES.iter().find(|(known, _, _)| *known == name).filter(|_| version == *VERSION);
    let (_, kind, bytes) = *file.ok_or_else(missing)?;
    let tag = format!("W/\"{version}-{name}\"");
    let is_known = tag.parse().is_ok_and(|tag: ETag| {
        headers.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&tag))
    });
    let kept = [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, [(header::CONTENT_TYPE, kind)], bytes).into_response())
}
