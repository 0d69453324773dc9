//! Where a request comes from: the network address that the other side of the connection cannot choose.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::Extensions;
use lambda_http::request::RequestContext;

/// The network address of who asks, as text. Of an IPv6 address its first 64 bits, because whoever has one has all that
/// begin with these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source(String);

impl Source {
    /// The source of a request: what API Gateway saw, or on a machine of its own the address of the socket. `None` where
    /// neither is known. The header `X-Forwarded-For` is never read: anybody may write it.
    pub fn of(extensions: &Extensions) -> Option<Source> {
        let address = match extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_ref()?.parse().ok()?,
            _ => extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip(),
        };
        Some(Source::from(address))
    }

    /// The source as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Source {
        Source(match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_one_client_may_choose_between_are_one_source() {
        let source = |text: &str| Source::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(source("203.0.113.7").as_str(), "203.0.113.7");
        assert_eq!(source("::ffff:203.0.113.7"), source("203.0.113.7"));
        assert_eq!(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff::9"));
        assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
        assert_ne!(source("203.0.113.7"), source("203.0.113.8"));
    }

    #[test]
    fn no_header_says_where_a_request_comes_from() {
        let mut request =
            http::Request::builder().header("x-forwarded-for", "198.51.100.1").body(()).unwrap();
        assert_eq!(Source::of(request.extensions()), None);
        let address: SocketAddr = "203.0.113.7:4711".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(address));
        assert_eq!(Source::of(request.extensions()), Some(Source::from(address.ip())));
    }
}
