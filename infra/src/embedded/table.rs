//! DynamoDB and its streams on one SQLite file.
//!
//! The crate dynoxide does what DynamoDB does and commits with an fsync before it answers, so an
//! acknowledged write survives the end of the process. Two things are added through a second connection to
//! the same file. The first is an index, without which each write searches all earlier stream records for the
//! last sequence number. The second is deleting those records, which dynoxide keeps for ever.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use dynoxide::Database;
use rusqlite::{Connection, params};
use tokio::net::TcpListener;

use super::server::{self, Server, Stop};
use super::{Credentials, dynamodb};

/// The shortest pause between two searches for expired items.
const SWEEP_PAUSE: Duration = Duration::from_secs(60);
/// A search reads the whole table, so the pause after it is at least this many times as long as the search
/// took.
const SWEEP_SHARE: u32 = 20;
/// How many records one transaction deletes. Writers wait for one such transaction at most.
const TRIM_PIECE: usize = 1000;
/// What dynoxide adds to a stored sequence number to show it with the 21 digits that DynamoDB's have.
const SEQUENCE_OFFSET: u128 = 100_000_000_000_000_000_000;

/// Why the table could not start or be trimmed.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The listener or a thread for blocking work cannot be used.
    #[error("the table server cannot run: {0}")]
    Io(#[from] io::Error),
    /// dynoxide cannot open the file.
    #[error("the table's file cannot be opened: {0}")]
    Open(String),
    /// SQLite refuses a statement.
    #[error("the table's file cannot be changed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The text is not a sequence number of this stream.
    #[error("{0:?} is no sequence number of this stream")]
    Sequence(String),
}

/// A running table server.
pub struct TableServer {
    /// The address of DynamoDB and DynamoDB Streams.
    pub endpoint: String,
    server: Server,
    side: Arc<Mutex<Connection>>,
}

impl TableServer {
    /// Opens or creates the file at `path` and serves it on the listener.
    ///
    /// Items whose time to live has passed are deleted at the start and then about once a minute, or less
    /// often where that takes long.
    pub(super) fn start(
        path: &Path,
        listener: TcpListener,
        credentials: &Credentials,
    ) -> Result<TableServer, TableError> {
        let text = path.to_str().ok_or_else(|| TableError::Open(format!("{} is no text", path.display())))?;
        let database = Database::new(text).map_err(|error| TableError::Open(error.to_string()))?;
        let side = Arc::new(Mutex::new(open_side(path)?));
        // dynoxide does its work with SQLite on the thread that took the request.
        let router = dynamodb::router(database.clone(), credentials.clone());
        let server = Server::start_apart(listener, |listener, stop| serve(listener, stop, router, database))?;
        Ok(TableServer { endpoint: server.endpoint(), server, side })
    }

    /// Deletes the records of the stream of `table` up to and including `sequence`, a sequence number as the
    /// stream shows it (21 digits). Returns how many were deleted. The newest record stays, so that sequence
    /// numbers keep growing whatever the clock does.
    pub async fn trim(&self, table: &str, sequence: &str) -> Result<usize, TableError> {
        let (table, side, last) = (table.to_owned(), Arc::clone(&self.side), stored(sequence)?);
        let work = move || delete(&side.lock().unwrap_or_else(PoisonError::into_inner), &table, last);
        tokio::task::spawn_blocking(work).await.map_err(io::Error::from)?
    }

    /// Stops the server, and waits until requests under way are done.
    pub(super) async fn stop(self) {
        self.server.stop().await;
    }
}

/// Opens the second connection and adds the index that dynoxide lacks.
fn open_side(path: &Path) -> Result<Connection, rusqlite::Error> {
    let side = Connection::open(path)?;
    side.busy_timeout(Duration::from_secs(30))?;
    // This connection only trims, and a trim that a power cut undoes is made again. dynoxide's own connection
    // stays at FULL.
    side.pragma_update(None, "synchronous", "NORMAL")?;
    side.execute_batch(
        "CREATE INDEX IF NOT EXISTS premium_stream_sequence
         ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
    )?;
    Ok(side)
}

async fn serve(listener: TcpListener, stop: Stop, router: Router, database: Database) {
    tokio::select! {
        () = server::serve(listener, stop, router) => {}
        () = sweep(database) => {}
    }
}

/// Deletes expired items again and again; never returns.
async fn sweep(database: Database) {
    loop {
        let start = Instant::now();
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(deleted)) => tracing::debug!(deleted, "expired items"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items stay for now"),
            Err(error) => tracing::warn!(%error, "expired items stay for now"),
        }
        tokio::time::sleep(SWEEP_PAUSE.max(start.elapsed() * SWEEP_SHARE)).await;
    }
}

/// Returns the number in the file for a sequence number that the stream showed.
fn stored(sequence: &str) -> Result<i64, TableError> {
    let shown = sequence.parse::<u128>().ok().and_then(|shown| shown.checked_sub(SEQUENCE_OFFSET));
    shown
        .and_then(|number| i64::try_from(number).ok())
        .ok_or_else(|| TableError::Sequence(sequence.to_owned()))
}

/// Deletes the records with numbers up to `last`, except for the newest record, and returns how many these
/// were.
fn delete(side: &Connection, table: &str, last: i64) -> Result<usize, TableError> {
    let sql = "DELETE FROM _stream_records WHERE id IN (
                 SELECT id FROM _stream_records
                 WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2
                   AND CAST(sequence_number AS INTEGER) < (
                     SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1)
                 LIMIT ?3)";
    let mut statement = side.prepare_cached(sql)?;
    let mut total = 0;
    loop {
        let deleted = statement.execute(params![table, last, TRIM_PIECE])?;
        total += deleted;
        if deleted < TRIM_PIECE {
            return Ok(total);
        }
    }
}
