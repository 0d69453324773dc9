//! The columnar lake, which archive writes, maintain rewrites and data reads.
//!
//! A *segment* is one object of one or more *parts*. A part is one Parquet file of sessions and one Parquet
//! file for each kind of repeated record that has rows, all in the order of `created_at`, then `session_id`.
//! The *manifest* in the table says which segments there are. Nothing in the lake is ever changed: segments
//! are added, and compaction replaces several of them by fewer.
//!
//! Three rules make any set of segments readable:
//! - **The latest version counts.** Of all rows of a session in the segments that a reader sees, the one with
//!   the greatest rank counts (`resolve::Rank`: the sequence number, then live before tombstone, then the
//!   place). If that row is a tombstone, the session is gone.
//! - **A tombstone lies where the old row lay.** A session that got another `created_at`, or was removed,
//!   leaves a tombstone at its old `created_at`. So a reader may leave out every segment whose span of
//!   `created_at` it does not ask for.
//! - **A repeated record counts if the row of its session counts**, to which it points by row number within
//!   the part.
//!
//! The modules stand in reading order.

pub mod columns;
mod derived;
mod encode;
mod segment;
mod chunks;
mod item;
mod file;
mod manifest;
mod session_keys;
mod days;
mod draft;
mod append;
pub mod resolve;
mod cut;
mod job;
mod policy;
mod rewrite;
mod compact;
mod expire;
mod garbage;
mod rebuild;
mod receipt;
mod size;
mod addresses;
mod contacts;
mod erase;
pub mod copy;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{RecordBatch, RecordBatchOptions};
use domain::dictionary::Record;
use moka::future::Cache;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use store::{Store, StoreError};

use chunks::Chunks;
pub use compact::Compacted;
pub use contacts::SessionContact;
pub use encode::Entry;
pub use erase::{Cleaned, ErasedSessions};
use file::Texts;
pub use garbage::{Orphans, Swept};
pub use manifest::{COMMIT_LIMIT, SNAPSHOT_MARGIN, latest_snapshot};
pub use policy::CompactionPolicy;
pub use rebuild::{RebuildError, RebuiltDay};
pub use receipt::{Receipt, ReceiptQuery};
pub use segment::{FileInfo, Part, Segment, Span};

/// How many parsed footers are kept in memory, each of about 100 KB.
const FOOTERS: u64 = 400;

/// The lake on a store. It is cheap to clone, and clones share what they keep in memory.
#[derive(Clone, Debug)]
pub struct Lake {
    store: Store,
    footers: Cache<String, ArrowReaderMetadata>,
    chunks: Chunks,
}

impl Lake {
    /// Returns the lake on a store.
    pub fn new(store: Store) -> Lake {
        let footers = Cache::builder().max_capacity(FOOTERS).time_to_idle(Duration::from_secs(3_600)).build();
        Lake { store, footers, chunks: Chunks::new() }
    }

    /// The store that the lake lies in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Reads all rows of a kind of record in a part, with exactly these columns in this order. A kind of
    /// record without rows gives an empty batch, and a column that is younger than the file is null in every
    /// row. A text column is a dictionary column (`columns::codes`) where the file has it as one.
    pub async fn read(
        &self,
        part: &Part,
        record: Record,
        columns: &[&str],
    ) -> Result<RecordBatch, StoreError> {
        self.read_with(part, record, columns, Texts::Coded, None).await
    }

    /// Reads some rows in the same way. `rows` are ranges of row numbers in ascending order. Of large
    /// columns, only the pages that hold these rows are fetched.
    pub async fn read_rows(
        &self,
        part: &Part,
        record: Record,
        columns: &[&str],
        rows: &[Range<usize>],
    ) -> Result<RecordBatch, StoreError> {
        self.read_with(part, record, columns, Texts::Coded, Some(rows)).await
    }

    /// Reads all rows in the same way, but every text column as plain texts.
    pub(crate) async fn read_plain(
        &self,
        part: &Part,
        record: Record,
        columns: &[&str],
    ) -> Result<RecordBatch, StoreError> {
        self.read_with(part, record, columns, Texts::Plain, None).await
    }

    async fn read_with(
        &self,
        part: &Part,
        record: Record,
        columns: &[&str],
        texts: Texts,
        selected: Option<&[Range<usize>]>,
    ) -> Result<RecordBatch, StoreError> {
        let wanted = columns::schema_of(record, columns)?;
        let rows = usize::try_from(part.rows(record)).unwrap_or(usize::MAX);
        if rows == 0 || selected.is_some_and(|ranges| ranges.iter().all(Range::is_empty)) {
            return Ok(RecordBatch::new_empty(Arc::new(wanted)));
        }
        if columns.is_empty() {
            let rows = RecordBatchOptions::new().with_row_count(Some(rows));
            return RecordBatch::try_new_with_options(Arc::new(wanted), Vec::new(), &rows)
                .map_err(|error| StoreError::broken("reading a segment", error));
        }
        // The future is boxed because the compiler gives up on computing the layout of those that contain it.
        Box::pin(file::read(self, part, record, wanted, texts, selected)).await
    }
}
