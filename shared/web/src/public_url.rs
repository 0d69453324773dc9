//! Where clients find this stack: what links in answers begin with.

use http::HeaderMap;

use crate::input::base_url;

/// The stack's address, without a slash at the end; of a stack that was told none it is where each request came in.
#[derive(Clone, Debug)]
pub struct PublicUrl(Option<String>);

impl PublicUrl {
    /// The address that is given, or where a request says that it came in.
    pub fn new(url: Option<String>) -> PublicUrl {
        PublicUrl(url.map(|url| url.trim_end_matches('/').to_owned()))
    }

    /// That of the setting `PREMIUM_PUBLIC_URL`.
    pub fn from_env() -> PublicUrl {
        PublicUrl::new(runtime::config::optional("PREMIUM_PUBLIC_URL"))
    }

    /// The address for whoever sent a request with these headers.
    pub fn of(&self, headers: &HeaderMap) -> String {
        self.0.clone().unwrap_or_else(|| base_url(headers))
    }
}
