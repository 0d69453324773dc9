//! Where clients find this stack, as their requests tell.

use http::HeaderMap;

/// The address that the request came in by, without a slash at the end.
pub fn base_url(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let plain = |host: &&str| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
    };
    let host = text("host").filter(plain).unwrap_or("localhost");
    let loopback = ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name));
    let forwarded = text("x-forwarded-proto").filter(|scheme| ["http", "https"].contains(scheme));
    let scheme = forwarded.unwrap_or(if loopback { "http" } else { "https" });
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_with_the_address_that_the_request_came_in_by() {
        let url = |pairs: &[(&'static str, &str)]| {
            base_url(
                &pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect(),
            )
        };
        assert_eq!(url(&[("host", "127.0.0.1:8787")]), "http://127.0.0.1:8787");
        assert_eq!(url(&[("host", "reports.example.com")]), "https://reports.example.com");
        assert_eq!(url(&[("host", "localhost:1"), ("x-forwarded-proto", "https")]), "https://localhost:1");
        assert_eq!(url(&[("host", "a.example"), ("x-forwarded-proto", "ftp")]), "https://a.example");
        assert_eq!(url(&[("host", "a/../b")]), "http://localhost");
    }
}
