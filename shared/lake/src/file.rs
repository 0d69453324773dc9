//! One Parquet file: written whole, read by ranges, encrypted throughout.
//!
//! Parquet modular encryption with one key for footer and columns, so that no column stays in clear by mistake. Each
//! file has a key of its own, derived from the account's, and its own name as AAD prefix: a file that was renamed,
//! moved to another account or changed by one byte does not open.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, new_null_array};
use arrow_schema::Schema;
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use futures::TryStreamExt;
use futures::future::{BoxFuture, FutureExt, try_join_all};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use shared::cipher::DataKey;
use shared::dictionary::Record;
use shared::key;
use shared::store::{Store, StoreError};

use crate::{Lake, Segment};

/// Level 9 saves 3 % for 2.6 times the work.
const ZSTD_LEVEL: i32 = 3;
/// A file up to this size is fetched whole: one request instead of two.
const WHOLE: u64 = 256 * 1024;
/// Ranges that lie closer than this are fetched as one.
const GAP: u64 = 64 * 1024;
/// The footer's expected size, so that one request usually brings all of it.
const FOOTER_HINT: usize = 48 * 1024;

/// The name that a file is bound to, and its key.
fn binding(account_key: &DataKey, object: &str) -> (Vec<u8>, Vec<u8>) {
    (account_key.derive(object).bytes().to_vec(), object.as_bytes().to_vec())
}

/// Writes a batch as a Parquet file: one row group, zstd, page statistics.
pub(crate) fn write(batch: &RecordBatch, account_key: &DataKey, object: &str) -> Result<Vec<u8>, StoreError> {
    let failed = |error: ParquetError| StoreError::broken("writing a segment", error);
    let (key, aad) = binding(account_key, object);
    let encryption = FileEncryptionProperties::builder(key).with_aad_prefix(aad).build().map_err(failed)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL).map_err(failed)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(None)
        .with_file_encryption_properties(encryption)
        .build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).map_err(failed)?;
    writer.write(batch).map_err(failed)?;
    writer.close().map_err(failed)?;
    Ok(file)
}

/// Reads the columns of `wanted` from a segment's file; a column that the file does not have is all null.
pub(crate) async fn read(
    lake: &Lake,
    segment: &Segment,
    record: Record,
    wanted: Schema,
) -> Result<RecordBatch, StoreError> {
    let failed = |error: ParquetError| StoreError::broken("reading a segment", error);
    let object = key::segment_object(&segment.account, &segment.id, record);
    let account_key = lake.store.segment_key(&segment.account).await?;
    let mut reader = Reader::open(&lake.store, object.clone(), segment.bytes(record), &account_key).await?;
    let metadata = match lake.footers.get(&object).await {
        Some(metadata) => metadata,
        None => {
            let options =
                ArrowReaderOptions::new().with_file_decryption_properties(Arc::clone(&reader.decryption));
            let metadata = ArrowReaderMetadata::load_async(&mut reader, options).await.map_err(failed)?;
            lake.footers.insert(object, metadata.clone()).await;
            metadata
        }
    };
    let names = wanted.fields().iter().map(|column| column.name().as_str());
    let mask = ProjectionMask::columns(metadata.parquet_schema(), names);
    let rows = usize::try_from(segment.rows(record)).unwrap_or(usize::MAX);
    let stream = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata)
        .with_projection(mask)
        .with_batch_size(rows)
        .build()
        .map_err(failed)?;
    let schema = Arc::clone(stream.schema());
    let batches: Vec<RecordBatch> = stream.try_collect().await.map_err(failed)?;
    let batch =
        concat_batches(&schema, &batches).map_err(|error| StoreError::broken("reading a segment", error))?;
    arrange(&batch, wanted)
}

/// The columns of `batch` in the order of `wanted`.
fn arrange(batch: &RecordBatch, wanted: Schema) -> Result<RecordBatch, StoreError> {
    let column = |field: &Arc<arrow_schema::Field>| -> ArrayRef {
        let found = batch.column_by_name(field.name()).cloned();
        found.unwrap_or_else(|| new_null_array(field.data_type(), batch.num_rows()))
    };
    let columns = wanted.fields().iter().map(column).collect();
    RecordBatch::try_new(Arc::new(wanted), columns)
        .map_err(|error| StoreError::broken("arranging columns", error))
}

/// A file in S3, read by ranges.
struct Reader {
    store: Store,
    object: String,
    size: u64,
    decryption: Arc<FileDecryptionProperties>,
    whole: Option<Bytes>,
}

impl Reader {
    async fn open(
        store: &Store,
        object: String,
        size: u64,
        account_key: &DataKey,
    ) -> Result<Reader, StoreError> {
        let (key, aad) = binding(account_key, &object);
        let decryption = FileDecryptionProperties::builder(key)
            .with_aad_prefix(aad)
            .build()
            .map_err(|error| StoreError::broken("reading a segment", error))?;
        let mut reader = Reader { store: store.clone(), object, size, decryption, whole: None };
        if size <= WHOLE {
            reader.whole = Some(reader.fetch(None).await?);
        }
        Ok(reader)
    }

    async fn fetch(&self, range: Option<Range<u64>>) -> Result<Bytes, StoreError> {
        let answer = self
            .store
            .s3()
            .get_object()
            .bucket(&self.store.names().lake_bucket)
            .key(&self.object)
            .set_range(range.map(|range| format!("bytes={}-{}", range.start, range.end.saturating_sub(1))))
            .send()
            .await
            .map_err(|error| StoreError::aws("reading a segment", error))?;
        let bytes =
            answer.body.collect().await.map_err(|error| StoreError::broken("reading a segment", error))?;
        Ok(bytes.into_bytes())
    }

    async fn range(&self, range: Range<u64>) -> ParquetResult<Bytes> {
        let Some(whole) = &self.whole else {
            return self.fetch(Some(range)).await.map_err(|error| ParquetError::External(Box::new(error)));
        };
        slice(whole, 0, &range)
    }
}

/// The part of `bytes`, which begin at `start` in their file, that lies in `range`.
fn slice(bytes: &Bytes, start: u64, range: &Range<u64>) -> ParquetResult<Bytes> {
    let at = |position: u64| usize::try_from(position.saturating_sub(start)).unwrap_or(usize::MAX);
    let (from, to) = (at(range.start), at(range.end));
    if from <= to && to <= bytes.len() {
        Ok(bytes.slice(from..to))
    } else {
        Err(ParquetError::EOF(format!("{}..{} lies outside the file", range.start, range.end)))
    }
}

/// Joins ranges that lie closer than `GAP`, in order.
fn coalesce(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut sorted = ranges.to_vec();
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

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move { self.range(range).await }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        async move {
            let joined = coalesce(&ranges);
            let fetched = try_join_all(joined.iter().map(|range| self.range(range.clone()))).await?;
            let part = |range: &Range<u64>| {
                let at = joined.partition_point(|joined| joined.start <= range.start).saturating_sub(1);
                slice(&fetched[at], joined[at].start, range)
            };
            ranges.iter().map(part).collect()
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let (size, decryption) = (self.size, Arc::clone(&self.decryption));
            let reader = ParquetMetaDataReader::new()
                .with_prefetch_hint(Some(FOOTER_HINT))
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
        assert_eq!(coalesce(&[0..10, 10..20, 100_000..100_010]), [0..20, 100_000..100_010]);
        assert_eq!(coalesce(&[50..60, 0..10, 5..8, 200_000..200_001]), [0..60, 200_000..200_001]);
        assert_eq!(coalesce(&[]), []);
    }
}
