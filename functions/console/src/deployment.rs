//! What whoever deploys the stack says of its surroundings.

use std::fmt;
use std::str::FromStr;

use runtime::config::{ConfigError, optional, parsed};

/// The surroundings of a stack.
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    /// The one site whose pages may frame the console; `None` for none.
    pub platform_origin: Option<Origin>,
    /// The deployment id of the Data Studio connector, until an operator sets another.
    pub connector_id: Option<String>,
}

impl Deployment {
    /// From `PREMIUM_PLATFORM_ORIGIN` and `PREMIUM_CONNECTOR_ID`.
    pub fn from_env() -> Result<Deployment, ConfigError> {
        let platform_origin = parsed("PREMIUM_PLATFORM_ORIGIN")?;
        Ok(Deployment { platform_origin, connector_id: optional("PREMIUM_CONNECTOR_ID") })
    }
}

/// A text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("https://plataforma.exemplo.com.br")]
pub struct OriginError;

/// A site: `https://`, a host and perhaps a port, and nothing else, so that it may stand in a policy. On the machine
/// itself `http://` will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Origin, OriginError> {
        let (scheme, authority) = text.split_once("://").ok_or(OriginError)?;
        let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
        let host_fits = !host.is_empty() && host.bytes().all(plain);
        let port_fits =
            port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
        let safe = scheme == "https" || scheme == "http" && matches!(host, "127.0.0.1" | "localhost");
        if host_fits && port_fits && safe { Ok(Origin(text.to_owned())) } else { Err(OriginError) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_a_host_and_a_port_and_nothing_else() {
        for good in [
            "https://a.example",
            "https://chat.example.com.br:8443",
            "http://127.0.0.1:8080",
            "http://localhost",
        ] {
            assert_eq!(good.parse::<Origin>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "https://",
            "https://:443",
            "a.example",
            "http://a.example",
            "https://a.example/",
            "https://*.example",
            "https://A.example",
            "https://a.example:0",
            "https://a.example:99999",
            "https://a.example:+80",
            "https://a.example https://b.example",
            "https://a.example; script-src *",
            "https://u@a.example",
            "data://a",
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(OriginError), "{bad}");
        }
    }
}
