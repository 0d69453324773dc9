//! AWS in this process: DynamoDB with its streams, S3 and KMS, each on a loopback port of its own, all kept in one
//! folder.
//!
//! They speak AWS's wire protocols, so the program calls them with the same SDK and the same code as the real ones.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared::cipher::DataKey;
use shared::id::random_hex;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

mod kms;
mod objects;
mod server;
pub mod table;

use server::{Server, listen};
use table::{TableError, TableServer};

/// Why the embedded servers could not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process keeps its data there.
    #[error("the data folder {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// A file of the data folder holds something else than it should.
    #[error("the file {} cannot be understood", .0.display())]
    Damaged(PathBuf),
    /// The folder or a port cannot be used.
    #[error("the data folder or a port cannot be used: {0}")]
    Io(#[from] io::Error),
    /// The table's file cannot be used.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The running servers. Dropping it stops them; `stop` also waits for them.
pub struct Embedded {
    /// Where DynamoDB and DynamoDB Streams listen: `http://127.0.0.1:port`, as the others.
    pub dynamo_endpoint: String,
    /// Where S3 listens; buckets are in the path.
    pub s3_endpoint: String,
    /// Where KMS listens; any key id names its one key.
    pub kms_endpoint: String,
    /// Access key id that S3 and KMS know.
    pub access_key: String,
    /// Secret access key that S3 checks signatures with.
    pub secret_key: String,
    table: TableServer,
    objects: Server,
    kms: Server,
    // Last, so that the folder is free only when the servers are told to stop.
    _lock: File,
}

/// What requests have to be signed with.
#[derive(Serialize, Deserialize)]
struct Credentials {
    access_key: String,
    secret_key: String,
}

/// The ports of the last run, which presigned URLs and clients still name.
#[derive(Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Ports {
    dynamo: u16,
    s3: u16,
    kms: u16,
}

impl Embedded {
    /// Starts all three on what `data` holds; creates what is missing. Credentials and the master key are made once;
    /// ports stay the same as long as they are free.
    pub async fn start(data: &Path) -> Result<Embedded, EmbeddedError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(data)?;
        let lock = lock(data)?;
        let credentials = credentials(&data.join("credentials.json"))?;
        let master = master_key(&data.join("master.key"))?;

        let saved = data.join("ports.json");
        let last: Ports =
            fs::read(&saved).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        let (dynamo, s3, kms) =
            (listen_again(last.dynamo).await?, listen_again(last.s3).await?, listen_again(last.kms).await?);
        let ports = Ports {
            dynamo: dynamo.local_addr()?.port(),
            s3: s3.local_addr()?.port(),
            kms: kms.local_addr()?.port(),
        };
        if ports != last {
            write_file(&saved, &serde_json::to_vec(&ports).map_err(io::Error::from)?)?;
        }

        let Credentials { access_key, secret_key } = credentials;
        let table = TableServer::start(&data.join("table.sqlite"), dynamo)?;
        let objects = Server::route(s3, objects::router(&data.join("objects"), &access_key, &secret_key)?)?;
        let kms = Server::route(kms, kms::router(master, &access_key))?;
        Ok(Embedded {
            dynamo_endpoint: table.endpoint.clone(),
            s3_endpoint: objects.endpoint(),
            kms_endpoint: kms.endpoint(),
            access_key,
            secret_key,
            table,
            objects,
            kms,
            _lock: lock,
        })
    }

    /// The table server, to trim its stream.
    pub fn table(&self) -> &TableServer {
        &self.table
    }

    /// Stops, and waits until requests under way are done (5 s at most) and ports and folder are free.
    pub async fn stop(self) {
        let Embedded { table, objects, kms, _lock, .. } = self;
        tokio::join!(table.stop(), objects.stop(), kms.stop());
    }
}

/// Holds the folder for this process until the file is closed, which the system does for a killed process too.
fn lock(data: &Path) -> Result<File, EmbeddedError> {
    let file = File::options().create(true).truncate(false).write(true).open(data.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EmbeddedError::InUse(data.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

async fn listen_again(port: u16) -> io::Result<TcpListener> {
    match listen(port).await {
        Err(error) if port != 0 && error.kind() == ErrorKind::AddrInUse => listen(0).await,
        listening => listening,
    }
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

/// What the file holds; where there is none, it is made once, for its owner alone to read.
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

/// Writes a file for its owner alone: it is there as a whole or not at all, and survives a power cut.
pub(crate) fn write_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    File::open(folder)?.sync_all()
}
