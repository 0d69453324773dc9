//! `GET /`: the console's page, whole in one answer. Nothing on it comes from elsewhere, and only the style and the
//! script that stand in it may run.

use std::sync::LazyLock;

use axum::response::IntoResponse;
use http::header;
use shared::id::random_hex;

/// Stands for the nonce in the page.
const NONCE: &str = "{nonce}";

/// The page with its style and script, but for the nonce.
static PAGE: LazyLock<String> = LazyLock::new(|| {
    include_str!("page/page.html")
        .replace("{style}", include_str!("page/style.css"))
        .replace("{script}", include_str!("page/script.js"))
});

/// The page under a nonce of its own, so that nothing that slips into it can run.
pub(crate) async fn page() -> impl IntoResponse {
    let nonce = random_hex(16);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, PAGE.replace(NONCE, &nonce))
}
