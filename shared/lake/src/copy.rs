//! An account's open copy: plain Parquet files for Athena, DuckDB or Spark, in one folder per kind of record.
//!
//! Unlike segments, the files are not encrypted, have no tombstones and contain each session once, as it is
//! now. Repeated records carry the id of their session, because the row numbers by which they refer to it
//! within a segment mean nothing elsewhere.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array,
    new_null_array,
};
use arrow_schema::Schema;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take;
use domain::dictionary::{self, Kind, Record};
use domain::masking::{Masking, Pseudonyms, Reader};
use domain::time::Instant;
use domain::token::Privacy;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use store::StoreError;

use crate::addresses::Addresses;
use crate::resolve::resolve;
use crate::session_keys::{SESSION_KEYS, SessionKeys};
use crate::{Lake, Part, SNAPSHOT_MARGIN, columns};

/// The column with the id of the session that a repeated record belongs to.
const SESSION_ID: &str = "session_id";
/// The column of menu options with the position of their message in its session, from 0.
const TALK_POSITION: &str = "talk_position";
/// The column with the position of a repeated record in its session or, for a menu option, in its message,
/// from 0.
const POSITION: &str = "position";

/// A column of the open copy.
#[derive(Clone, Copy, Debug)]
pub struct OpenColumn {
    /// Its name.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
    /// The field of the dictionary that the column holds; `None` for a column that ties a repeated record to
    /// its session.
    pub field: Option<&'static dictionary::Field>,
}

/// The folder of the files of a kind of record, which is also the name of its table.
pub fn folder(record: Record) -> String {
    record.name().replace('.', "_")
}

/// The columns of the files of a kind of record, in order.
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
    /// The account has no sessions to copy.
    #[error("the account has no sessions")]
    Empty,
    /// A file or folder could not be written.
    #[error("a file of the copy cannot be written")]
    Io(#[from] io::Error),
    /// A file could not be written as Parquet.
    #[error("a file of the copy cannot be written")]
    Parquet(#[from] ParquetError),
}

impl Lake {
    /// Writes the open copy of an account, with what this reader may see of it now, into the folder `output`,
    /// which must be missing or empty. Returns how many rows were written of each kind of record, in the
    /// order of `Record::ALL`.
    pub async fn copy(&self, reader: &Reader<'_>, output: &Path) -> Result<[u64; 6], CopyError> {
        let account = &reader.account.id;
        // A snapshot that no commit can change any more: what is live is read by several queries, and a commit between
        // them would hide rows from all.
        let (all, snapshot) = (Instant(i64::MIN)..Instant(i64::MAX), Instant::now());
        tokio::time::sleep(SNAPSHOT_MARGIN).await;
        let mut parts = self.parts(account, &all, snapshot).await?;
        parts.sort_by(|a, b| {
            (a.created.min, &a.segment, a.number).cmp(&(b.created.min, &b.segment, b.number))
        });
        if parts.is_empty() {
            return Err(CopyError::Empty);
        }
        fs::create_dir_all(output)?;
        if fs::read_dir(output)?.next().is_some() {
            return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, "the folder is not empty").into());
        }
        for record in Record::ALL {
            fs::create_dir(output.join(folder(record)))?;
        }
        let mut rows = [0; Record::ALL.len()];
        let oldest = reader.account.oldest(Instant::now());
        let pseudonyms = Pseudonyms::new(&self.store.segment_key(account).await?);
        let parts: Vec<&Part> = parts.iter().collect();
        let counting = self.counting(&parts, oldest).await?;
        for (number, (part, keep)) in parts.iter().zip(&counting).enumerate() {
            // Nothing is hidden from a full reader.
            let is_full = reader.privacy == Privacy::Full;
            let addresses = if is_full { Addresses::default() } else { self.addresses(part).await? };
            for (rows, record) in rows.iter_mut().zip(Record::ALL) {
                // Even masked rows of a kind that is hidden from the reader would tell how many there are.
                let none = BooleanArray::from(vec![false; keep.len()]);
                let keep = if reader.hides(record.name()) { &none } else { keep };
                let batch = self.open_batch(part, record, keep).await?;
                let batch = batch.masked(reader, &addresses, &pseudonyms)?;
                // The first file is written even without rows, because it shows the columns.
                if batch.num_rows() > 0 || number == 0 {
                    write(&output.join(folder(record)).join(format!("part-{number:05}.parquet")), &batch)?;
                }
                *rows += batch.num_rows() as u64;
            }
        }
        Ok(rows)
    }

    /// Returns per part which rows of sessions count: the latest version of each session, unless it is a
    /// tombstone or past the account's retention.
    async fn counting(&self, parts: &[&Part], oldest: Instant) -> Result<Vec<BooleanArray>, StoreError> {
        let batches = self.load_columns(parts, Record::Session, &SESSION_KEYS).await?;
        let mut counting: Vec<Vec<bool>> =
            batches.iter().map(|batch| vec![false; batch.num_rows()]).collect();
        for kept in resolve(parts, &batches, |_| false)? {
            let removed = SessionKeys::of(&batches[kept.input])?.removed(kept.row);
            counting[kept.input][kept.row] = !removed && kept.created > oldest;
        }
        Ok(counting.into_iter().map(BooleanArray::from).collect())
    }

    /// Reads the rows of a kind of record that belong to the sessions that count.
    async fn open_batch(&self, part: &Part, record: Record, keep: &BooleanArray) -> Result<Open, StoreError> {
        let stored: Vec<&str> = dictionary::columns(record).iter().map(|field| field.leaf()).collect();
        let failed = |error| StoreError::broken("copying a segment", error);
        let fields = self.read_plain(part, record, &stored).await?;
        if record == Record::Session {
            let rows = filter_record_batch(&fields, keep).map_err(failed)?;
            let counting = (0..).zip(keep).filter(|(_, keep)| *keep == Some(true));
            return Ok(Open { record, rows, sessions: counting.map(|(row, _)| row).collect() });
        }
        let sessions = self.read_plain(part, Record::Session, &[SESSION_ID]).await?;
        let own = self.read_plain(part, record, &[columns::SESSION, columns::POSITION]).await?;
        let tied = || {
            let owners = own.column(0).as_any().downcast_ref::<UInt32Array>()?;
            Some((owners, own.column(1).as_any().downcast_ref::<UInt64Array>()?.values()))
        };
        let (owners, positions) =
            tied().ok_or_else(|| StoreError::broken("copying a segment", "a key column is missing"))?;
        let half = |shift: u32| -> ArrayRef {
            let half = |at: &u64| ((at >> shift) & u64::from(u32::MAX)).cast_signed();
            Arc::new(Int64Array::from_iter_values(positions.iter().map(half)))
        };
        let mut arrays: Vec<ArrayRef> = vec![take(sessions.column(0), owners, None).map_err(failed)?];
        arrays.extend((record == Record::TalkOption).then(|| half(32)));
        arrays.push(half(0));
        let schema = tied_schema(record, &arrays, &fields);
        arrays.extend(fields.columns().iter().cloned());
        let batch = RecordBatch::try_new(Arc::new(schema), arrays).map_err(failed)?;
        let counts = |row: &u32| keep.value(*row as usize);
        let sessions = owners.values().iter().copied().filter(counts).collect();
        let keep: BooleanArray = owners.values().iter().map(|row| Some(counts(row))).collect();
        Ok(Open { record, rows: filter_record_batch(&batch, &keep).map_err(failed)?, sessions })
    }
}

/// Rows of a kind of record, and for each row that of its session in the part.
struct Open {
    record: Record,
    rows: RecordBatch,
    sessions: Vec<u32>,
}

impl Open {
    /// Returns the rows as a reader may see them, by the same rules as for a token with that privacy.
    fn masked(
        self,
        reader: &Reader<'_>,
        addresses: &Addresses,
        pseudonyms: &Pseudonyms,
    ) -> Result<RecordBatch, StoreError> {
        let Open { record, rows, sessions } = self;
        let schema = rows.schema();
        let column = |(column, array): (&arrow_schema::FieldRef, &ArrayRef)| -> ArrayRef {
            let masking = field(record, column.name()).map_or(Masking::Open, |field| reader.masking(field));
            match array.as_string_opt::<i32>() {
                _ if masking == Masking::Open => Arc::clone(array),
                Some(texts) => {
                    let seen = |(text, session): (Option<&str>, &u32)| {
                        text.and_then(|text| masking.mask(text, &addresses.of(*session), pseudonyms))
                            .map(Cow::into_owned)
                    };
                    Arc::new(texts.iter().zip(&sessions).map(seen).collect::<StringArray>())
                }
                None => new_null_array(array.data_type(), array.len()),
            }
        };
        let columns = schema.fields().iter().zip(rows.columns()).map(column).collect();
        RecordBatch::try_new(Arc::clone(&schema), columns)
            .map_err(|error| StoreError::broken("copying a segment", error))
    }
}

/// The field of the dictionary that a column of the copy holds; `None` where there is none.
fn field(record: Record, name: &str) -> Option<&'static dictionary::Field> {
    let own = dictionary::columns(record).iter().copied().find(|field| field.leaf() == name);
    own.or_else(|| dictionary::field(SESSION_ID).filter(|_| name == SESSION_ID))
}

/// The schema of a repeated record: the columns that tie it to its session, then its own fields.
fn tied_schema(record: Record, tied: &[ArrayRef], fields: &RecordBatch) -> Schema {
    let own = open_columns(record);
    let own = own.iter().zip(tied).map(|(column, array)| {
        Arc::new(arrow_schema::Field::new(column.name, array.data_type().clone(), true))
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
