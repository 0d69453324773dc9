//! `GET /assets/{version}/{name}`: the files that the page is made of besides itself.
//!
//! All of them stand under one version, the digest of what they hold, so that they may be kept for ever and modules
//! find each other by their names (`./x.js`). Under any other version there is nothing: an answer that is kept for
//! ever must never be another's.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use domain::lang::Text;
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};
use web::problem::Problem;

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

/// A file of the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asset {
    pub(crate) name: &'static str,
    media_type: &'static str,
    pub(crate) content: &'static [u8],
}

const fn asset_of(name: &'static str, media_type: &'static str, content: &'static [u8]) -> Asset {
    Asset { name, media_type, content }
}

/// Every file. The templates are those of the connector.
pub(crate) const FILES: &[Asset] = &[
    asset_of("account.js", JAVASCRIPT, include_bytes!("page/account.js")),
    asset_of("agentes.json", JSON, include_bytes!("../../../connector/templates/agentes.json")),
    asset_of("api.js", JAVASCRIPT, include_bytes!("page/api.js")),
    asset_of("atendimento.json", JSON, include_bytes!("../../../connector/templates/atendimento.json")),
    asset_of("audit.js", JAVASCRIPT, include_bytes!("page/audit.js")),
    asset_of("base.css", CSS, include_bytes!("page/base.css")),
    asset_of("catalogue.js", JAVASCRIPT, include_bytes!("page/catalogue.js")),
    asset_of("charts.js", JAVASCRIPT, include_bytes!("page/charts.js")),
    asset_of("connector.js", JAVASCRIPT, include_bytes!("page/connector.js")),
    asset_of("conversas.json", JSON, include_bytes!("../../../connector/templates/conversas.json")),
    asset_of("conversations.js", JAVASCRIPT, include_bytes!("page/conversations.js")),
    asset_of("cost.js", JAVASCRIPT, include_bytes!("page/cost.js")),
    asset_of("csv.js", JAVASCRIPT, include_bytes!("page/csv.js")),
    asset_of("dashboard.js", JAVASCRIPT, include_bytes!("page/dashboard.js")),
    asset_of("dictionary.js", JAVASCRIPT, include_bytes!("page/dictionary.js")),
    asset_of("distribuicao.json", JSON, include_bytes!("../../../connector/templates/distribuicao.json")),
    asset_of("docs-calls.js", JAVASCRIPT, include_bytes!("page/docs-calls.js")),
    asset_of("docs-dates.js", JAVASCRIPT, include_bytes!("page/docs-dates.js")),
    asset_of("docs-endpoints.js", JAVASCRIPT, include_bytes!("page/docs-endpoints.js")),
    asset_of("docs-fields.js", JAVASCRIPT, include_bytes!("page/docs-fields.js")),
    asset_of("docs-guide.js", JAVASCRIPT, include_bytes!("page/docs-guide.js")),
    asset_of("docs-parts.js", JAVASCRIPT, include_bytes!("page/docs-parts.js")),
    asset_of("docs-rules.js", JAVASCRIPT, include_bytes!("page/docs-rules.js")),
    asset_of("docs-tester.js", JAVASCRIPT, include_bytes!("page/docs-tester.js")),
    asset_of("docs.js", JAVASCRIPT, include_bytes!("page/docs.js")),
    asset_of("dom.js", JAVASCRIPT, include_bytes!("page/dom.js")),
    asset_of("erasures.js", JAVASCRIPT, include_bytes!("page/erasures.js")),
    asset_of("export.js", JAVASCRIPT, include_bytes!("page/export.js")),
    asset_of("health.js", JAVASCRIPT, include_bytes!("page/health.js")),
    asset_of("main.js", JAVASCRIPT, include_bytes!("page/main.js")),
    asset_of("pages.css", CSS, include_bytes!("page/pages.css")),
    asset_of("parts.js", JAVASCRIPT, include_bytes!("page/parts.js")),
    asset_of("perdidas.json", JSON, include_bytes!("../../../connector/templates/perdidas.json")),
    asset_of("period.js", JAVASCRIPT, include_bytes!("page/period.js")),
    asset_of("pictures.js", JAVASCRIPT, include_bytes!("page/pictures.js")),
    asset_of("privacy-erase.js", JAVASCRIPT, include_bytes!("page/privacy-erase.js")),
    asset_of("privacy-person.js", JAVASCRIPT, include_bytes!("page/privacy-person.js")),
    asset_of("privacy.js", JAVASCRIPT, include_bytes!("page/privacy.js")),
    asset_of("report-list.js", JAVASCRIPT, include_bytes!("page/report-list.js")),
    asset_of("reports.js", JAVASCRIPT, include_bytes!("page/reports.js")),
    asset_of("route.js", JAVASCRIPT, include_bytes!("page/route.js")),
    asset_of("settings.js", JAVASCRIPT, include_bytes!("page/settings.js")),
    asset_of("tabulacao.json", JSON, include_bytes!("../../../connector/templates/tabulacao.json")),
    asset_of("templates.js", JAVASCRIPT, include_bytes!("page/templates.js")),
    asset_of("text.js", JAVASCRIPT, include_bytes!("page/text.js")),
    asset_of("thread.js", JAVASCRIPT, include_bytes!("page/thread.js")),
    asset_of("tokens.js", JAVASCRIPT, include_bytes!("page/tokens.js")),
];

/// The digest of all files.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for Asset { name, media_type, content } in FILES {
        digest.update(format!("{name}\n{media_type}\n{}\n", content.len()));
        digest.update(content);
    }
    hex::encode(&digest.finalize()[..8])
});

const MISSING: Text = Text::new(
    "não há este arquivo nesta versão do console: recarregue a página",
    "there is no such file in this version of the console: reload the page",
);

/// One file. Its entity tag is weak, for it is the same however the answer is packed.
pub(crate) async fn asset(
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found(MISSING);
    let Path((version, name)) = path.map_err(|_| missing())?;
    let file = FILES.iter().find(|known| known.name == name).filter(|_| version == *VERSION);
    let Asset { media_type, content, .. } = *file.ok_or_else(missing)?;
    let tag = format!("W/\"{version}-{name}\"");
    let is_known = tag.parse().is_ok_and(|tag: ETag| {
        headers.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&tag))
    });
    let kept = [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, [(header::CONTENT_TYPE, media_type)], content).into_response())
}
