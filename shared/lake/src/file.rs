//! Parquet files. A file is written whole, read by ranges and encrypted throughout.
//!
//! The encryption is Parquet's modular encryption with one key for the footer and all columns, so that no
//! column stays unencrypted by mistake. Each file has a key of its own, derived from the account's key, and
//! its own name as AAD prefix. A file that was renamed, moved to another account or changed by one byte does
//! not open.

use std::collections::HashSet;
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{DataType, Field as Column, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use domain::cipher::DataKey;
use domain::dictionary::Record;
use futures::TryStreamExt;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::encryption::encrypt::FileEncryptionProperties;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use store::StoreError;

use crate::chunks::CachedReader;
use crate::segment::Part;
use crate::{Lake, columns};

/// The level of zstd. Level 9 would make files 3 % smaller for 2.6 times the work.
const ZSTD_LEVEL: i32 = 3;
/// A column with at most one distinct value per so many rows is written as a dictionary column.
const CODED_SHARE: usize = 4;

/// Returns the key of the file with this name, and the AAD prefix that binds its encryption to the name.
fn binding(account_key: &DataKey, name: &str) -> (Vec<u8>, Vec<u8>) {
    (account_key.derive(name).bytes().to_vec(), name.as_bytes().to_vec())
}

/// Turns an error of Parquet's reader into one of storage. An error that came from storage keeps its kind,
/// because a file that is missing is something else than a file that cannot be read.
fn reading_failed(error: ParquetError) -> StoreError {
    match error {
        ParquetError::External(source) => match source.downcast::<StoreError>() {
            Ok(error) => *error,
            Err(source) => StoreError::broken("reading a segment", source),
        },
        error => StoreError::broken("reading a segment", error),
    }
}

/// Writes a batch as a Parquet file with one row group, compressed with zstd and with statistics per page.
pub(crate) fn write(batch: &RecordBatch, account_key: &DataKey, name: &str) -> Result<Vec<u8>, StoreError> {
    let failed = |error: ParquetError| StoreError::broken("writing a segment", error);
    let (key, aad) = binding(account_key, name);
    let encryption = FileEncryptionProperties::builder(key).with_aad_prefix(aad).build().map_err(failed)?;
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL).map_err(failed)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(None)
        // A dictionary that the writer gives up midway helps neither grouping by codes nor the size of the
        // file.
        .set_dictionary_page_size_limit(usize::MAX)
        .with_file_encryption_properties(encryption);
    let batch = popular_last(batch)?;
    for (column, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let path = ColumnPath::new(vec![column.name().clone()]);
        let is_coded = match column.data_type() {
            DataType::Utf8 => array.as_string_opt::<i32>().is_some_and(repeats),
            DataType::Int64 => array.as_primitive_opt::<Int64Type>().is_some_and(repeats),
            DataType::Float64 => array
                .as_primitive_opt::<Float64Type>()
                .is_some_and(|seconds| repeats(seconds.iter().map(|value| value.map(f64::to_bits)))),
            DataType::Boolean => false,
            // These are numbers that mostly grow, which are smallest as differences.
            _ => {
                properties = properties.set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED);
                false
            }
        };
        properties = properties.set_column_dictionary_enabled(path, is_coded);
    }
    let mut file = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut file, batch.schema(), Some(properties.build())).map_err(failed)?;
    writer.write(&batch).map_err(failed)?;
    writer.close().map_err(failed)?;
    Ok(file)
}

/// Returns the columns in the order in which they lie in a file: the popular ones last.
fn popular_last(batch: &RecordBatch) -> Result<RecordBatch, StoreError> {
    let schema = batch.schema();
    let place = |at: &usize| columns::POPULAR.iter().position(|name| name == schema.field(*at).name());
    let mut order: Vec<usize> = (0..batch.num_columns()).collect();
    order.sort_by_key(|at| place(at).map_or(0, |place| place + 1));
    batch.project(&order).map_err(|error| StoreError::broken("writing a segment", error))
}

/// Whether a column repeats its values so often that it is written as a dictionary column.
fn repeats<T: Hash + Eq>(values: impl IntoIterator<Item = Option<T>>) -> bool {
    let values = values.into_iter();
    let most = values.size_hint().0 / CODED_SHARE;
    let mut distinct = HashSet::new();
    for value in values.flatten() {
        distinct.insert(value);
        if distinct.len() > most {
            return false;
        }
    }
    true
}

/// How texts are read: as plain texts, or as codes where the file has a dictionary column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    Plain,
    Coded,
}

/// Reads the columns of `wanted` from the file of a kind of record in a part: all rows, or the `selected`
/// ranges of row numbers, which are in order. A column that the file does not have is null in every row.
/// Fails as `NotFound` where the file is missing, and as `Broken` where it cannot be read.
pub(crate) async fn read(
    lake: &Lake,
    part: &Part,
    record: Record,
    wanted: Schema,
    texts: Texts,
    selected: Option<&[Range<usize>]>,
) -> Result<RecordBatch, StoreError> {
    let failed = reading_failed;
    let location = part.location(record);
    let account_key = lake.store.segment_key(&part.account).await?;
    let (key, aad) = binding(&account_key, &location.name);
    let decryption = FileDecryptionProperties::builder(key).with_aad_prefix(aad).build().map_err(failed)?;
    let mut reader = CachedReader::new(lake, &location, Arc::clone(&decryption));
    let coded = match lake.footers.get(&location.name).await {
        Some(metadata) => metadata,
        None => {
            let options = ArrowReaderOptions::new().with_file_decryption_properties(decryption);
            let plain =
                ArrowReaderMetadata::load_async(&mut reader, options.clone()).await.map_err(failed)?;
            let options = options.with_schema(coded_schema(&plain));
            let coded =
                ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options).map_err(failed)?;
            lake.footers.insert(location.name, coded.clone()).await;
            coded
        }
    };
    let metadata = match texts {
        Texts::Coded => coded,
        Texts::Plain => {
            let options = ArrowReaderOptions::new();
            ArrowReaderMetadata::try_new(Arc::clone(coded.metadata()), options).map_err(failed)?
        }
    };
    let names = wanted.fields().iter().map(|column| column.name().as_str());
    let mask = ProjectionMask::columns(metadata.parquet_schema(), names);
    let rows = usize::try_from(part.rows(record)).unwrap_or(usize::MAX);
    let reader = reader.with(metadata.metadata());
    let mut stream = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata)
        .with_projection(mask)
        .with_batch_size(rows);
    if let Some(selected) = selected {
        let selection = RowSelection::from_consecutive_ranges(selected.iter().cloned(), rows);
        stream = stream.with_row_selection(selection);
    }
    let stream = stream.build().map_err(failed)?;
    let schema = Arc::clone(stream.schema());
    let batches: Vec<RecordBatch> = stream.try_collect().await.map_err(failed)?;
    let batch = match batches.as_slice() {
        [batch] => batch.clone(),
        batches => concat_batches(&schema, batches)
            .map_err(|error| StoreError::broken("reading a segment", error))?,
    };
    arrange(&batch, &wanted)
}

/// Returns the file's schema, in which those texts are dictionary columns that the file has as such.
fn coded_schema(metadata: &ArrowReaderMetadata) -> SchemaRef {
    let chunks = metadata.metadata().row_groups().first().map(RowGroupMetaData::columns).unwrap_or_default();
    let column = |(at, column): (usize, &Arc<Column>)| {
        let by_code = chunks.get(at).is_some_and(|chunk| chunk.dictionary_page_offset().is_some());
        if by_code && *column.data_type() == DataType::Utf8 {
            Arc::new(column.as_ref().clone().with_data_type(columns::codes()))
        } else {
            Arc::clone(column)
        }
    };
    Arc::new(Schema::new(metadata.schema().fields().iter().enumerate().map(column).collect::<Vec<_>>()))
}

/// Returns the columns of `batch` in the order of `wanted`; those that are missing are null in every row.
fn arrange(batch: &RecordBatch, wanted: &Schema) -> Result<RecordBatch, StoreError> {
    let column = |field: &Arc<Column>| -> (Column, ArrayRef) {
        let found = batch.column_by_name(field.name()).cloned();
        let array = found.unwrap_or_else(|| new_null_array(field.data_type(), batch.num_rows()));
        (field.as_ref().clone().with_data_type(array.data_type().clone()), array)
    };
    let (columns, arrays): (Vec<_>, Vec<_>) = wanted.fields().iter().map(column).unzip();
    let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(columns)), arrays, &rows)
        .map_err(|error| StoreError::broken("arranging columns", error))
}
