//! The embedded servers: DynamoDB with its streams, S3 and KMS in this process, each on a loopback port of
//! its own, with all their data in one folder.
//!
//! They speak AWS's wire protocols, so the program calls them with the same SDK and the same code as AWS
//! itself.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use domain::cipher::DataKey;
use domain::id::random_hex;
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

mod privacy;
mod signature;
mod server;
mod dynamodb;
pub mod table;
mod kms;
mod objects;

use privacy::close_to_others;
use server::{Server, listen};
use table::{TableError, TableServer};

/// Why the embedded servers could not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process uses the data folder.
    #[error("the data folder {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// A file of the data folder does not contain what it should.
    #[error("the file {} cannot be understood", .0.display())]
    Damaged(PathBuf),
    /// The folder or a port cannot be used.
    #[error("the data folder or a port cannot be used: {0}")]
    Io(#[from] io::Error),
    /// The table's file cannot be used.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Which services are outside of this process, so that no server is started for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outside {
    /// DynamoDB and DynamoDB Streams.
    pub dynamodb: bool,
    /// S3.
    pub s3: bool,
    /// KMS.
    pub kms: bool,
}

/// The running servers. Dropping this stops them; `stop` also waits until they have stopped.
pub struct Embedded {
    /// The address of DynamoDB and DynamoDB Streams, `http://127.0.0.1:port`; `None` where the server was not
    /// started.
    pub dynamo_endpoint: Option<String>,
    /// The address of S3, with buckets in the path; `None` where the server was not started.
    pub s3_endpoint: Option<String>,
    /// The address of KMS, where any key id names its only key; `None` where the server was not started.
    pub kms_endpoint: Option<String>,
    /// The access key id of all requests.
    pub access_key: String,
    /// The secret access key by which their signatures are checked.
    pub secret_key: String,
    table: Option<TableServer>,
    objects: Option<Server>,
    kms: Option<Server>,
    // The last field, so that the folder is free only after the servers were told to stop.
    _lock: File,
}

/// The credentials with which requests must be signed.
#[derive(Clone, Serialize, Deserialize)]
struct Credentials {
    access_key: String,
    secret_key: String,
}

/// The ports of the last run, which presigned URLs and clients may still use. A port is 0 before the first
/// run.
#[derive(Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Ports {
    dynamo: u16,
    s3: u16,
    kms: u16,
}

impl Embedded {
    /// Starts all three servers on the data in the folder `data`, and creates what is missing. Credentials
    /// and the master key are made once. Ports stay the same as long as they are free.
    pub async fn start(data: &Path) -> Result<Embedded, EmbeddedError> {
        Embedded::start_without(Outside::default(), data).await
    }

    /// Starts the servers, but not those of services that are `outside`. Even without any server, only one
    /// process at a time may use the folder.
    pub async fn start_without(outside: Outside, data: &Path) -> Result<Embedded, EmbeddedError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(data)?;
        close_to_others(data)?;
        let lock = lock(data)?;
        let credentials = credentials(&data.join("credentials.json"))?;

        let saved = data.join("ports.json");
        let last: Ports =
            fs::read(&saved).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        let mut ports = last;
        let (mut table, mut objects, mut kms) = (None, None, None);
        if !outside.dynamodb {
            let listener = listen_again(&mut ports.dynamo).await?;
            table = Some(TableServer::start(&data.join("table.sqlite"), listener, &credentials)?);
        }
        if !outside.s3 {
            let listener = listen_again(&mut ports.s3).await?;
            let router = objects::router(&data.join("objects"), &credentials)?;
            objects = Some(Server::route(listener, router)?);
        }
        if !outside.kms {
            let listener = listen_again(&mut ports.kms).await?;
            let master = master_key(&data.join("master.key"))?;
            kms = Some(Server::route(listener, kms::router(master, credentials.clone()))?);
        }
        if ports != last {
            write_file(&saved, &serde_json::to_vec(&ports).map_err(io::Error::from)?)?;
        }
        Ok(Embedded {
            dynamo_endpoint: table.as_ref().map(|table| table.endpoint.clone()),
            s3_endpoint: objects.as_ref().map(Server::endpoint),
            kms_endpoint: kms.as_ref().map(Server::endpoint),
            access_key: credentials.access_key,
            secret_key: credentials.secret_key,
            table,
            objects,
            kms,
            _lock: lock,
        })
    }

    /// The table server, whose stream can be trimmed; `None` where DynamoDB is outside.
    pub fn table(&self) -> Option<&TableServer> {
        self.table.as_ref()
    }

    /// Stops the servers, and waits until requests under way are done, for 5 s at most, and until ports and
    /// folder are free.
    pub async fn stop(self) {
        let Embedded { table, objects, kms, _lock, .. } = self;
        let table = async {
            if let Some(table) = table {
                table.stop().await;
            }
        };
        let others = objects.into_iter().chain(kms).map(Server::stop);
        tokio::join!(table, join_all(others));
    }
}

/// Reserves the folder for this process until the returned file is closed, which the system also does for a
/// killed process.
fn lock(data: &Path) -> Result<File, EmbeddedError> {
    let file = File::options().create(true).truncate(false).write(true).open(data.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EmbeddedError::InUse(data.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Listens on the port of the last run, or on a free port where that one is taken. Sets `port` to the port
/// that is used.
async fn listen_again(port: &mut u16) -> io::Result<TcpListener> {
    let listener = match listen(*port).await {
        Err(error) if *port != 0 && error.kind() == ErrorKind::AddrInUse => listen(0).await?,
        listening => listening?,
    };
    *port = listener.local_addr()?.port();
    Ok(listener)
}

fn credentials(path: &Path) -> Result<Credentials, EmbeddedError> {
    let json = keep(path, || {
        let credentials = Credentials { access_key: random_hex(10), secret_key: random_hex(20) };
        Ok(serde_json::to_vec(&credentials)?)
    })?;
    serde_json::from_slice(&json).map_err(|_| EmbeddedError::Damaged(path.to_owned()))
}

fn master_key(path: &Path) -> Result<DataKey, EmbeddedError> {
    let bytes = keep(path, || Ok(DataKey::random().bytes().to_vec()))?;
    DataKey::from_bytes(&bytes).ok_or_else(|| EmbeddedError::Damaged(path.to_owned()))
}

/// Returns the contents of a file. Where there is no file, it is written with what `make` returns, readable
/// by its owner only.
fn keep(path: &Path, make: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let content = make()?;
            write_file(path, &content)?;
            Ok(content)
        }
        read => read,
    }
}

/// Writes a file that only its owner can read. It is there as a whole or not at all, and survives a power
/// cut.
pub fn write_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    File::open(folder)?.sync_all()
}
