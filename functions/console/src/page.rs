//! `GET /`: the console's page, and `GET /docs`: the API for people. Nothing on them comes from elsewhere but the reports of
//! Data Studio that the console frames, and only their own files (see `assets`) may run.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::time::Instant;
use http::{HeaderMap, HeaderName, header};
use web::input::base_url;

use crate::App;
use crate::assets::VERSION;

/// The pages; `{version}` stands for that of their files, `{base}` for the address of the stack, `{now}` for the time.
static PAGE: LazyLock<String> =
    LazyLock::new(|| include_str!("page/page.html").replace("{version}", &VERSION));
static DOCS: LazyLock<String> =
    LazyLock::new(|| include_str!("page/docs.html").replace("{version}", &VERSION));

/// What neither the page asks for nor anything that it frames.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

pub(crate) async fn page(State(app): State<App>) -> impl IntoResponse {
    let frames = "https://datastudio.google.com https://lookerstudio.google.com";
    let framed_by = app.deployment.platform_origin.map_or("'none'".to_owned(), |origin| origin.to_string());
    shown(PAGE.as_str(), frames, &framed_by)
}

/// The page says where it was asked for and has a session of now, for who reads it without running its files.
pub(crate) async fn docs(headers: HeaderMap) -> impl IntoResponse {
    let now = Instant::now().to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let page = DOCS.replace("{base}", &base_url(&headers)).replace("{now}", &now);
    shown(page, "'none'", "'none'")
}

/// A page, with what it may frame and who may frame it.
fn shown(page: impl Into<Body>, frames: &str, framed_by: &str) -> Response {
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
    let body: Body = page.into();
    (headers, body).into_response()
}
