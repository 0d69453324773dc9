//! What is read of a file: by ranges, joined where they lie close, and kept in memory.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt, try_join_all};
use moka::future::Cache;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use shared::store::{Store, StoreError};

use crate::Lake;

/// A file up to this size is fetched whole: one request instead of two.
const WHOLE: u64 = 256 * 1024;
/// Ranges that lie closer than this are fetched as one.
const GAP: u64 = 64 * 1024;
/// The footer's expected size, so that one request usually brings all of it.
const FOOTER_HINT: usize = 48 * 1024;
/// Bytes kept in memory: the popular columns of a month of 50,000 sessions a day, and a fraction of a function's memory.
const KEPT: u64 = 64 << 20;

/// Parts of files as they lie in S3, still encrypted, kept in memory.
///
/// A segment never changes, so what was read once stays true; what was not used for longest goes first.
#[derive(Clone, Debug)]
pub(crate) struct Chunks(Cache<(Arc<str>, u64), Bytes>);

impl Chunks {
    pub(crate) fn new() -> Chunks {
        let weight = |_: &(Arc<str>, u64), bytes: &Bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Chunks(Cache::builder().max_capacity(KEPT).weigher(weight).build())
    }
}

/// A file in S3, read by ranges.
pub(crate) struct Reader {
    store: Store,
    chunks: Chunks,
    object: Arc<str>,
    size: u64,
    decryption: Arc<FileDecryptionProperties>,
}

impl Reader {
    pub(crate) fn new(
        lake: &Lake,
        object: &str,
        size: u64,
        decryption: Arc<FileDecryptionProperties>,
    ) -> Reader {
        let (store, chunks) = (lake.store.clone(), lake.chunks.clone());
        Reader { store, chunks, object: Arc::from(object), size, decryption }
    }

    async fn fetch(&self, range: Option<Range<u64>>) -> Result<Bytes, StoreError> {
        let answer = self
            .store
            .s3()
            .get_object()
            .bucket(&self.store.names().lake_bucket)
            .key(&*self.object)
            .set_range(range.map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1))))
            .send()
            .await
            .map_err(|error| StoreError::aws("reading a segment", error))?;
        let bytes =
            answer.body.collect().await.map_err(|error| StoreError::broken("reading a segment", error))?;
        Ok(bytes.into_bytes())
    }

    /// One range: from memory, from the file where that is small enough to be kept whole, or by a request.
    async fn range(&self, range: Range<u64>) -> Result<Bytes, StoreError> {
        let at = |start: u64| (Arc::clone(&self.object), start);
        if self.size <= WHOLE {
            let whole = match self.chunks.0.get(&at(0)).await {
                Some(whole) => whole,
                None => {
                    let whole = self.fetch(None).await?;
                    self.chunks.0.insert(at(0), whole.clone()).await;
                    whole
                }
            };
            return slice(&whole, 0, &range);
        }
        // A column chunk always begins at the same place; a shorter range is another reader's.
        match self.chunks.0.get(&at(range.start)).await {
            Some(chunk) if chunk.len() as u64 >= range.end - range.start => {
                slice(&chunk, range.start, &range)
            }
            _ => self.fetch(Some(range)).await,
        }
    }

    /// Several ranges: those that are not in memory by as few requests as are worth it.
    async fn ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, StoreError> {
        if self.size <= WHOLE {
            return try_join_all(ranges.iter().map(|range| self.range(range.clone()))).await;
        }
        let at = |range: &Range<u64>| (Arc::clone(&self.object), range.start);
        let mut found: Vec<Option<Bytes>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            let chunk = self.chunks.0.get(&at(range)).await;
            found.push(chunk.filter(|chunk| chunk.len() as u64 == range.end - range.start));
        }
        let missing = ranges.iter().zip(&found).filter(|(_, found)| found.is_none());
        let joined = coalesce(missing.map(|(range, _)| range.clone()).collect());
        let fetched = try_join_all(joined.iter().map(|range| self.fetch(Some(range.clone())))).await?;
        let mut parts = Vec::with_capacity(ranges.len());
        for (range, found) in ranges.iter().zip(found) {
            parts.push(match found {
                Some(chunk) => chunk,
                None => {
                    let from = joined.partition_point(|joined| joined.start <= range.start).saturating_sub(1);
                    // A copy: a slice would keep all that was fetched along with it.
                    let part = Bytes::copy_from_slice(&slice(&fetched[from], joined[from].start, range)?);
                    self.chunks.0.insert(at(range), part.clone()).await;
                    part
                }
            });
        }
        Ok(parts)
    }
}

/// The part of `bytes`, which begin at `start` in their file, that lies in `range`.
fn slice(bytes: &Bytes, start: u64, range: &Range<u64>) -> Result<Bytes, StoreError> {
    let at = |position: u64| usize::try_from(position.saturating_sub(start)).unwrap_or(usize::MAX);
    let (from, to) = (at(range.start), at(range.end));
    if from <= to && to <= bytes.len() {
        Ok(bytes.slice(from..to))
    } else {
        let reason = format!("{}..{} lies outside the file", range.start, range.end);
        Err(StoreError::broken("reading a segment", reason))
    }
}

/// Joins ranges that lie closer than `GAP`, in order.
fn coalesce(mut sorted: Vec<Range<u64>>) -> Vec<Range<u64>> {
    sorted.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match joined.last_mut() {
            Some(last) if range.start <= last.end + GAP => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// What Parquet's reader passes on of an error of storage.
fn external(error: StoreError) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move { self.range(range).await.map_err(external) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        async move { self.ranges(&ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let (size, decryption) = (self.size, Arc::clone(&self.decryption));
            let reader = ParquetMetaDataReader::new()
                .with_prefetch_hint(Some(FOOTER_HINT))
                // Where the pages lie, so that some rows can be read without the others.
                .with_offset_index_policy(PageIndexPolicy::Optional)
                .with_decryption_properties(Some(decryption));
            Ok(Arc::new(reader.load_and_finish(self, size).await?))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ranges_become_one_request() {
        assert_eq!(coalesce(vec![0..10, 10..20, 100_000..100_010]), [0..20, 100_000..100_010]);
        assert_eq!(coalesce(vec![50..60, 0..10, 5..8, 200_000..200_001]), [0..60, 200_000..200_001]);
        assert_eq!(coalesce(vec![]), []);
    }
}
