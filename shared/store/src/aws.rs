//! AWS clients that start fast and give up in time.

use std::borrow::Cow;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_types::sdk_config::{self, SdkConfig};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use runtime::config::{ConfigError, optional, parsed, required};

/// The certificate authorities that sign the certificates of AWS's endpoints: Amazon Root CA 1-4 and
/// Starfield Services Root CA - G2, from <https://www.amazontrust.com/repository/>. Loading the system's 145
/// roots instead costs 4 ms of every cold start.
const AMAZON_ROOTS: &[u8] = include_bytes!("aws/amazon-roots.pem");

/// How many attempts a call has, the first one included.
const ATTEMPTS: u32 = 4;
/// The most time that connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// The most time that one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// The most time that a call may take with all its attempts. It is well below the 30 s after which the API
/// gateway gives up.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads from the environment, as Lambda sets it, the configuration from which all clients of a function are
/// made: the region, the credentials and the kind of endpoint (FIPS, dual stack, or a URL of one's own). The
/// crate `aws-config` would search many other places too, none of which a function has. Fails where a
/// required variable is missing or cannot be read.
pub fn config() -> Result<SdkConfig, ConfigError> {
    let set = required::<String>;
    let (key, secret) = (set("AWS_ACCESS_KEY_ID")?, set("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(key, secret, optional("AWS_SESSION_TOKEN"), None, "environment");
    let mut config = builder(set("AWS_REGION")?, credentials).service_config(Environment);
    config.set_endpoint_url(optional("AWS_ENDPOINT_URL"));
    config.set_use_fips(parsed("AWS_USE_FIPS_ENDPOINT")?);
    config.set_use_dual_stack(parsed("AWS_USE_DUALSTACK_ENDPOINT")?);
    Ok(config.build())
}

/// Begins a configuration for a caller that knows the region and the credentials.
pub fn builder(region: impl Into<Cow<'static, str>>, credentials: Credentials) -> sdk_config::Builder {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(retries())
        .timeout_config(timeouts());
    config.set_http_client(Some(client()));
    config
}

/// How many attempts a call to AWS has, and how long it waits between them.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

/// After what time a call to AWS, or one attempt at it, is given up.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build()
}

/// The HTTP client for calls to AWS. It trusts only the authorities that sign AWS's certificates.
pub fn client() -> SharedHttpClient {
    let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    match TlsContext::builder().with_trust_store(roots).build() {
        Ok(tls) => {
            Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https()
        }
        // This happens only if the shipped roots cannot be read; without TLS, local endpoints still work.
        Err(_) => Builder::new().build_http(),
    }
}

/// Settings of a single service from the environment, under the names that all AWS tools use, such as
/// `AWS_ENDPOINT_URL_DYNAMODB`.
#[derive(Debug)]
struct Environment;

impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        optional(&format!("{}_{service}", key.env()))
    }
}
