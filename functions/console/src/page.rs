//! `GET /`: the console's page, and `GET /docs`: the API for people. Nothing on them comes from elsewhere but the reports of
//! Data Studio that the console frames, and only their own files (see `assets`) may run.

use std::sync::LazyLock;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, header};

use crate::App;
use crate::assets::VERSION;

/// The pages; `{version}` stands for that of their files.
static PAGE: LazyLock<String> =
    LazyLock::new(|| include_str!("page/page.html").replace("{version}", &VERSION));
static DOCS: LazyLock<String> =
    LazyLock::new(|| include_str!("page/docs.html").replace("{version}", &VERSION));

/// What neither the page asks for nor anything that it frames.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

pub(crate) async fn page(State(app): State<App>) -> impl IntoResponse {
    let frames = "https://datastudio.google.com https://lookerstudio.google.com";
    let framed_by = app.deployment.platform_origin.map_or("'none'".to_owned(), |origin| origin.to_string());
    shown(&PAGE, frames, &framed_by)
}

pub(crate) async fn docs() -> impl IntoResponse {
    shown(&DOCS, "'none'", "'none'")
}

/// A page, with what it may frame and who may frame it.
fn shown(page: &'static str, frames: &str, framed_by: &str) -> Response {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         font-src 'self'; frame-src {frames}; base-uri 'none'; form-action 'self'; frame-ancestors {framed_by}"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, &policy),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ];
    (headers, page).into_response()
}
