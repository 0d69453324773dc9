//! HTTP clients that can speak TLS.

/// A client that follows the system's certificates. TLS is done by `ring`, as everywhere here; it is chosen once for
/// the process, and a choice made earlier stays.
pub fn client() -> reqwest::ClientBuilder {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
}
