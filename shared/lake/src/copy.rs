//! An account's open copy: plain Parquet files for Athena, DuckDB or Spark, one folder a kind of record.
//!
//! Unlike segments, the files are not encrypted, know no tombstones and hold each session once, as it is now. Repeated
//! records carry their session's id, for the row numbers that tie them to it within a segment mean nothing elsewhere.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array};
use arrow_schema::Schema;
use arrow_select::filter::filter_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use shared::dictionary::{self, Kind, Record};
use shared::id::AccountId;
use shared::store::StoreError;
use shared::time::Instant;

use crate::write::Identities;
use crate::{Lake, Segment, columns};

/// The id of the session that a repeated record belongs to.
const SESSION_ID: &str = "session_id";
/// Menu options: the position of their message in its session.
const TALK_POSITION: &str = "talk_position";
/// The position of a repeated record in its session, of a menu option in its message; from 0.
const POSITION: &str = "position";

/// A column of the copy.
#[derive(Clone, Copy, Debug)]
pub struct OpenColumn {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The field of the dictionary that it is; `None` for what ties a repeated record to its session.
    pub field: Option<&'static dictionary::Field>,
}

/// The folder of a record's files, which is also its table's name.
pub fn folder(record: Record) -> String {
    record.name().replace('.', "_")
}

/// The columns of a record's files, in order.
pub fn open_columns(record: Record) -> Vec<OpenColumn> {
    let own: &[(&'static str, Kind)] = match record {
        Record::Session => &[],
        Record::TalkOption => {
            &[(SESSION_ID, Kind::Text), (TALK_POSITION, Kind::Integer), (POSITION, Kind::Integer)]
        }
        _ => &[(SESSION_ID, Kind::Text), (POSITION, Kind::Integer)],
    };
    let own = own.iter().map(|&(name, kind)| OpenColumn { name, kind, field: None });
    let of_dictionary = dictionary::columns(record).iter();
    own.chain(of_dictionary.map(|&field| OpenColumn {
        name: field.leaf(),
        kind: field.kind,
        field: Some(field),
    }))
    .collect()
}

/// Why a copy was not made.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The lake could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be written.
    #[error("a file of the copy cannot be written: {0}")]
    Io(#[from] io::Error),
    /// A file could not be written as Parquet.
    #[error("a file of the copy cannot be written: {0}")]
    Parquet(#[from] ParquetError),
}

impl Lake {
    /// Writes the account's copy as of now into `output`, which must not be there or be empty. Gives the number of
    /// rows of each record, in `Record::ALL`'s order.
    pub async fn copy(&self, account: &AccountId, output: &Path) -> Result<[u64; 6], CopyError> {
        fs::create_dir_all(output)?;
        if fs::read_dir(output)?.next().is_some() {
            return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, "the folder is not empty").into());
        }
        for record in Record::ALL {
            fs::create_dir(output.join(folder(record)))?;
        }
        let segments = self.live(account).await?;
        let mut rows = [0; Record::ALL.len()];
        let oldest = self.store.account(account).await?.oldest(Instant::now());
        let counting = self.counting(&segments, oldest).await?;
        for (number, (segment, keep)) in segments.iter().zip(counting).enumerate() {
            for (rows, record) in rows.iter_mut().zip(Record::ALL) {
                let batch = self.open_batch(segment, record, &keep).await?;
                // The first part is written even without rows: it shows the columns.
                if batch.num_rows() > 0 || number == 0 {
                    write(&output.join(folder(record)).join(format!("part-{number:05}.parquet")), &batch)?;
                }
                *rows += batch.num_rows() as u64;
            }
        }
        Ok(rows)
    }

    /// Of each segment, which rows of sessions count: the newest of each session, unless it is a tombstone or past the
    /// account's retention.
    async fn counting(&self, segments: &[Segment], oldest: Instant) -> Result<Vec<BooleanArray>, StoreError> {
        let mut batches = Vec::new();
        for segment in segments {
            let keys = [SESSION_ID, "created_at", columns::SEQUENCE, columns::REMOVED];
            batches.push(self.read_plain(segment, Record::Session, &keys).await?);
        }
        let keys = batches.iter().map(Identities::of).collect::<Result<Vec<_>, _>>()?;
        let rank = |(at, row): (usize, usize)| {
            (keys[at].sequence(row), !keys[at].removed(row), segments[at].id.as_str())
        };
        let mut newest: HashMap<&str, (usize, usize)> = HashMap::new();
        for (at, batch) in batches.iter().enumerate() {
            for row in 0..batch.num_rows() {
                let best = newest.entry(keys[at].id(row)).or_insert((at, row));
                if rank((at, row)) > rank(*best) {
                    *best = (at, row);
                }
            }
        }
        let mut counting: Vec<Vec<bool>> =
            batches.iter().map(|batch| vec![false; batch.num_rows()]).collect();
        for (at, row) in newest.into_values() {
            counting[at][row] = !keys[at].removed(row) && keys[at].created(row) > oldest;
        }
        Ok(counting.into_iter().map(BooleanArray::from).collect())
    }

    /// The rows of a record that belong to the sessions that count.
    async fn open_batch(
        &self,
        segment: &Segment,
        record: Record,
        keep: &BooleanArray,
    ) -> Result<RecordBatch, StoreError> {
        let stored: Vec<&str> = dictionary::columns(record).iter().map(|field| field.leaf()).collect();
        let failed = |error| StoreError::broken("copying a segment", error);
        if record == Record::Session {
            let batch = self.read_plain(segment, record, &stored).await?;
            return filter_record_batch(&batch, keep).map_err(failed);
        }
        let own = self.read_plain(segment, record, &[columns::SESSION, columns::POSITION]).await?;
        let sessions = self.read_plain(segment, Record::Session, &[SESSION_ID]).await?;
        let fields = self.read_plain(segment, record, &stored).await?;
        let tied = || {
            let owners = own.column(0).as_any().downcast_ref::<UInt32Array>()?.values();
            let positions = own.column(1).as_any().downcast_ref::<UInt64Array>()?.values();
            let ids = sessions.column(0).as_any().downcast_ref::<StringArray>()?;
            Some((owners, ids, positions))
        };
        let (owners, ids, positions) =
            tied().ok_or_else(|| StoreError::broken("copying a segment", "a key column is missing"))?;
        let half = |shift: u32| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(positions.iter().map(|at| i64::from((at >> shift) as u32))))
        };
        let mut arrays: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from_iter_values(owners.iter().map(|row| ids.value(*row as usize))))];
        arrays.extend((record == Record::TalkOption).then(|| half(32)));
        arrays.push(half(0));
        let schema = tied_schema(record, &arrays, &fields);
        arrays.extend(fields.columns().iter().cloned());
        let batch = RecordBatch::try_new(Arc::new(schema), arrays).map_err(failed)?;
        let keep: BooleanArray = owners.iter().map(|row| Some(keep.value(*row as usize))).collect();
        filter_record_batch(&batch, &keep).map_err(failed)
    }
}

/// The schema of a repeated record: the arrays that tie it to its session, then its own fields.
fn tied_schema(record: Record, tied: &[ArrayRef], fields: &RecordBatch) -> Schema {
    let own = open_columns(record);
    let own = own.iter().zip(tied).map(|(column, array)| {
        Arc::new(arrow_schema::Field::new(column.name, array.data_type().clone(), false))
    });
    Schema::new(own.chain(fields.schema().fields().iter().cloned()).collect::<Vec<_>>())
}

fn write(path: &Path, batch: &RecordBatch) -> Result<(), CopyError> {
    let level = ZstdLevel::try_new(3)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let mut writer = ArrowWriter::try_new(File::create_new(path)?, batch.schema(), Some(properties))?;
    writer.write(batch)?;
    writer.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_columns_of_a_file_have_one_name_in_whatever_case() {
        for record in Record::ALL {
            let columns = open_columns(record);
            let names: HashSet<String> = columns.iter().map(|column| column.name.to_lowercase()).collect();
            assert_eq!(names.len(), columns.len(), "{record:?}");
        }
    }
}
