//! Reads files by ranges. Ranges that lie close to each other are fetched as one, and what was fetched is
//! kept in memory.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt, try_join_all};
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use store::{Store, StoreError};

use crate::Lake;
use crate::segment::Location;

/// How many bytes at the end of a file are fetched at once: its footer, and the columns before it that most
/// charts ask for. Fetching these bytes costs less than another request. A smaller file is fetched whole.
const TAIL: usize = 256 * 1024;
/// A column chunk of up to so many bytes is fetched whole, even if few of its pages are wanted, because
/// transferring it takes no longer than the request itself.
const WHOLE_CHUNK: u64 = 1 << 20;
/// Ranges with at most so many bytes between them are fetched as one.
const GAP: u64 = 64 * 1024;
/// How many bytes are kept in memory: enough for the popular columns of a month with 50,000 sessions per day,
/// and a fraction of a function's memory.
const KEPT: u64 = 64 << 20;

/// Pieces of objects in memory, as they are in S3, still encrypted. A piece is found by its object's key and
/// its offset.
///
/// A segment never changes, so what was read once stays true. What has not been used for the longest time is
/// dropped first.
#[derive(Clone, Debug)]
pub(crate) struct Chunks(Cache<(Arc<str>, u64), Bytes>);

impl Chunks {
    pub(crate) fn new() -> Chunks {
        let weight = |_: &(Arc<str>, u64), bytes: &Bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let kept = Cache::builder().max_capacity(KEPT).weigher(weight);
        Chunks(kept.eviction_policy(EvictionPolicy::lru()).build())
    }
}

/// Reads a file within an object of S3 by ranges.
pub(crate) struct CachedReader {
    store: Store,
    chunks: Chunks,
    object: Arc<str>,
    object_bytes: u64,
    /// The offset in bytes at which the file begins in its object.
    offset: u64,
    /// The size of the file in bytes.
    size: u64,
    decryption: Arc<FileDecryptionProperties>,
    /// The file's footer, once it has been read.
    metadata: Option<Arc<ParquetMetaData>>,
}

impl CachedReader {
    pub(crate) fn new(
        lake: &Lake,
        location: &Location,
        decryption: Arc<FileDecryptionProperties>,
    ) -> CachedReader {
        CachedReader {
            store: lake.store.clone(),
            chunks: lake.chunks.clone(),
            object: Arc::from(location.object.as_str()),
            object_bytes: location.object_bytes,
            offset: location.offset,
            size: location.bytes,
            decryption,
            metadata: None,
        }
    }

    /// Returns the reader with the file's footer, which tells it where column chunks begin and end.
    pub(crate) fn with(self, metadata: &Arc<ParquetMetaData>) -> CachedReader {
        CachedReader { metadata: Some(Arc::clone(metadata)), ..self }
    }

    /// Fetches a range of the object.
    async fn fetch(&self, range: Range<u64>) -> Result<Bytes, StoreError> {
        let answer = self
            .store
            .s3()
            .get_object()
            .bucket(&self.store.names().lake_bucket)
            .key(&*self.object)
            .range(format!("bytes={}-{}", range.start, range.end.saturating_sub(1)))
            .send()
            .await
            .map_err(|error| StoreError::aws("reading a segment", error))?;
        let bytes =
            answer.body.collect().await.map_err(|error| StoreError::body("reading a segment", error))?;
        Ok(bytes.into_bytes())
    }

    /// Returns the range of the object that is fetched and kept as one chunk for a range of the file. A small object is
    /// fetched as a whole, so that its other files are there too. Otherwise it is the end of the file where
    /// the range lies in that, or the column chunk in which the range lies where that is small, so that later
    /// reads find it whole. Otherwise it is the range itself.
    fn chunk_range(&self, range: &Range<u64>) -> Range<u64> {
        if self.object_bytes <= TAIL as u64 {
            return 0..self.object_bytes;
        }
        self.in_object(&self.chunk_range_in_file(range))
    }

    /// Turns a range of the file into a range of its object.
    fn in_object(&self, range: &Range<u64>) -> Range<u64> {
        self.offset.saturating_add(range.start)..self.offset.saturating_add(range.end)
    }

    fn chunk_range_in_file(&self, range: &Range<u64>) -> Range<u64> {
        let tail = self.size.saturating_sub(TAIL as u64);
        if range.start >= tail {
            return tail..self.size;
        }
        let groups = self.metadata.iter().flat_map(|metadata| metadata.row_groups());
        let chunks = groups.flat_map(RowGroupMetaData::columns).map(ColumnChunkMetaData::byte_range);
        let mut small = chunks.filter(|(_, length)| *length <= WHOLE_CHUNK);
        let around = small.find(|(start, length)| *start <= range.start && range.end <= start + length);
        around.map_or_else(|| range.clone(), |(start, length)| start..start + length)
    }

    /// Returns the bytes of several ranges of the file. Those that are not in memory are fetched, close ones
    /// by one request.
    async fn ranges(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, StoreError> {
        let at = |range: &Range<u64>| (Arc::clone(&self.object), range.start);
        let chunk_ranges: Vec<Range<u64>> = ranges.iter().map(|range| self.chunk_range(range)).collect();
        let mut found: HashMap<u64, Bytes> = HashMap::new();
        let mut missing = Vec::new();
        for range in &chunk_ranges {
            // Another reader may have kept fewer bytes at the same offset.
            let chunk = self.chunks.0.get(&at(range)).await;
            match chunk.filter(|chunk| chunk.len() as u64 >= range.end - range.start) {
                Some(chunk) => drop(found.insert(range.start, chunk)),
                None => missing.push(range.clone()),
            }
        }
        missing.sort_by_key(|range| range.start);
        missing.dedup();
        let joined = coalesce(missing.clone());
        let fetched = try_join_all(joined.iter().map(|range| self.fetch(range.clone()))).await?;
        for range in missing {
            let from = joined.partition_point(|joined| joined.start <= range.start).saturating_sub(1);
            // This is a copy, because a slice would keep everything in memory that was fetched with it.
            let chunk = Bytes::copy_from_slice(&slice(&fetched[from], joined[from].start, &range)?);
            self.chunks.0.insert(at(&range), chunk.clone()).await;
            found.insert(range.start, chunk);
        }
        let bytes = |(range, chunk): (&Range<u64>, &Range<u64>)| {
            let range = self.in_object(range);
            slice(&found.get(&chunk.start).cloned().unwrap_or_default(), chunk.start, &range)
        };
        ranges.iter().zip(&chunk_ranges).map(bytes).collect()
    }
}

/// Returns those of `bytes`, which begin at `start` in their object, that lie in `range`. Fails as `Broken`
/// where the range is not within the bytes.
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

/// Sorts ranges, and joins those with at most `GAP` bytes between them.
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

/// Wraps an error of storage so that Parquet's reader passes it on.
fn external(error: StoreError) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for CachedReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move {
            let part = self.ranges(std::slice::from_ref(&range)).await.map_err(external)?;
            Ok(part.into_iter().next().unwrap_or_default())
        }
        .boxed()
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
                .with_prefetch_hint(Some(TAIL))
                // The offset index tells where pages begin, so that some rows can be read without the others.
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
