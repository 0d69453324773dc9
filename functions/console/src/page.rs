//! `GET /`: the console's page. Nothing on it comes from elsewhere but the reports of Data Studio that it frames, and
//! only its own files (see `assets`) may run.

use std::sync::LazyLock;

use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderName, header};

use crate::App;
use crate::assets::VERSION;

/// The page; `{version}` stands for that of its files.
static PAGE: LazyLock<String> =
    LazyLock::new(|| include_str!("page/page.html").replace("{version}", &VERSION));

/// What neither the page asks for nor anything that it frames.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

pub(crate) async fn page(State(app): State<App>) -> impl IntoResponse {
    let framed_by = app.deployment.platform_origin.map_or("'none'".to_owned(), |origin| origin.to_string());
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         font-src 'self'; frame-src https://datastudio.google.com https://lookerstudio.google.com; base-uri 'none'; \
         form-action 'self'; frame-ancestors {framed_by}"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, &policy),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ];
    (headers, PAGE.as_str()).into_response()
}
