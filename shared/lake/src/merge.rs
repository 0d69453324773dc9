//! Merging segments, and rebuilding days from the table.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_select::interleave::interleave_record_batch;
use chrono::NaiveDate;
use shared::dictionary::Record;
use shared::id::AccountId;
use shared::store::{StoreError, StoreErrorKind};
use shared::time::Instant;

use crate::encode::Entry;
use crate::file::Texts;
use crate::write::Identities;
use crate::{Lake, Segment, Span, columns};

/// When segments are merged: as soon as `fan_in` of them are about equally large, so that every row is rewritten once
/// a size class, and never into more than `max_rows` sessions, so that a merge fits in memory.
#[derive(Clone, Copy, Debug)]
pub struct MergePolicy {
    /// How many segments of a size class make a merge; also the step from one class to the next.
    pub fan_in: usize,
    /// The most sessions that a merge may write.
    pub max_rows: u64,
}

impl Default for MergePolicy {
    fn default() -> MergePolicy {
        MergePolicy { fan_in: 8, max_rows: 50_000 }
    }
}

/// The most segments that one commit may replace: a transaction takes 100 actions, and two are for what is added.
const MAX_INPUTS: usize = 98;

impl MergePolicy {
    /// The segments to merge next, of the smallest size class that has enough.
    fn pick(&self, live: &[Segment]) -> Vec<Segment> {
        let mut classes: HashMap<u32, Vec<&Segment>> = HashMap::new();
        for segment in live {
            let class = segment.rows(Record::Session).max(1).ilog(self.fan_in.max(2) as u64);
            classes.entry(class).or_default().push(segment);
        }
        let mut full: Vec<_> =
            classes.into_iter().filter(|(_, segments)| segments.len() >= self.fan_in).collect();
        full.sort_by_key(|(class, _)| *class);
        for (_, segments) in full {
            let mut rows = 0;
            let fits = |segment: &&&Segment| {
                rows += segment.rows(Record::Session);
                rows <= self.max_rows
            };
            let picked: Vec<Segment> =
                segments.iter().take(MAX_INPUTS).take_while(fits).copied().cloned().collect();
            if picked.len() > 1 {
                return picked;
            }
        }
        Vec::new()
    }
}

/// A segment's batches in `Record::ALL`'s order.
type Batches = Vec<RecordBatch>;

impl Lake {
    /// Merges what the policy asks for, again and again until it asks for nothing. Somebody else's merge of the same
    /// segments wins. Gives how many merges were committed.
    pub async fn merge(&self, account: &AccountId, policy: MergePolicy) -> Result<usize, StoreError> {
        let mut merges = 0;
        loop {
            let live = self.live(account).await?;
            let inputs = policy.pick(&live);
            if inputs.is_empty() {
                return Ok(merges);
            }
            let others: Vec<Span> = live
                .iter()
                .filter(|one| inputs.iter().all(|input| input.id != one.id))
                .map(|one| one.created)
                .collect();
            let batches = self.load(&inputs).await?;
            let kept =
                survivors(&batches, |at| others.iter().any(|span| span.overlaps(Span { min: at, max: at })))?;
            let merged = self.stage_rows(account, &batches, &kept).await?;
            match self.commit(&mut merged.into_iter().collect::<Vec<_>>(), &inputs).await {
                Err(error) if error.kind == StoreErrorKind::Conflict => return Ok(merges),
                done => done?,
            }
            merges += 1;
        }
    }

    /// Replaces everything the lake says of a UTC day by what the table says now. Gives the number of sessions.
    ///
    /// The manifest is read before the table, and rebuilt rows yield to any stream record: a session that changes
    /// meanwhile comes with a segment of its own, which is not among the replaced ones, and wins.
    pub async fn rebuild(&self, account: &AccountId, day: NaiveDate) -> Result<usize, StoreError> {
        let midnight = |day: NaiveDate| Instant::start_of_day(day, chrono_tz::UTC);
        let start = midnight(day);
        let end = day.succ_opt().map_or(Instant(i64::MAX), midnight);
        let span = Span { min: start, max: Instant(end.0 - 1) };
        let mut inputs = self.live(account).await?;
        inputs.retain(|segment| segment.created.overlaps(span));
        if inputs.len() > MAX_INPUTS {
            return Err(StoreError::broken("rebuilding a day", "too many segments: merge them first"));
        }
        let sessions = self.store.sessions_of(account, day).await?;
        let count = sessions.len();
        let entries = sessions.into_iter().map(|stored| Entry {
            sequence: "0".repeat(40),
            created_at: stored.identity.created_at,
            id: stored.identity.id,
            session: Some(stored.session),
        });
        let rebuilt = self.stage(account, entries.collect()).await?;
        let batches = self.load(&inputs).await?;
        let mut kept = survivors(&batches, |_| true)?;
        kept.retain(|row| !(start..end).contains(&row.created));
        let others = self.stage_rows(account, &batches, &kept).await?;
        let mut added: Vec<Segment> = rebuilt.into_iter().chain(others).collect();
        self.commit(&mut added, &inputs).await?;
        Ok(count)
    }

    async fn load(&self, segments: &[Segment]) -> Result<Vec<Batches>, StoreError> {
        let mut loaded = Vec::new();
        for segment in segments {
            let mut batches = Batches::new();
            for record in Record::ALL {
                let schema = columns::schema(record);
                let names: Vec<&str> = schema.fields().iter().map(|column| column.name().as_str()).collect();
                batches.push(self.read_as(segment, record, &names, Texts::Plain).await?);
            }
            loaded.push(batches);
        }
        Ok(loaded)
    }

    /// Writes one segment of the kept rows, their repeated records with them.
    async fn stage_rows(
        &self,
        account: &AccountId,
        batches: &[Batches],
        kept: &[Kept],
    ) -> Result<Option<Segment>, StoreError> {
        if kept.is_empty() {
            return Ok(None);
        }
        let rows: Vec<(usize, usize)> = kept.iter().map(|row| (row.input, row.row)).collect();
        let mut merged = vec![(Record::Session, gather(batches, 0, &rows)?)];
        for (at, record) in Record::ALL.into_iter().enumerate().skip(1) {
            merged.push((record, gather_children(batches, at, kept)?));
        }
        self.stage_batches(account, &merged).await
    }
}

/// A session row that a merge keeps.
struct Kept {
    created: Instant,
    input: usize,
    row: usize,
}

/// The rows worth keeping, in the lake's order: of each session the newest row, and every tombstone at another place
/// for which `needed` says that a segment outside may still hold an older row.
fn survivors(batches: &[Batches], needed: impl Fn(Instant) -> bool) -> Result<Vec<Kept>, StoreError> {
    let keys = batches.iter().map(|batches| Identities::of(&batches[0])).collect::<Result<Vec<_>, _>>()?;
    let rank = |(input, row): (usize, usize)| (keys[input].sequence(row), !keys[input].removed(row), input);
    let every = || {
        (0..batches.len()).flat_map(|input| (0..batches[input][0].num_rows()).map(move |row| (input, row)))
    };
    let mut newest: HashMap<&str, (usize, usize)> = HashMap::new();
    let mut tombstones: HashMap<(&str, Instant), (usize, usize)> = HashMap::new();
    for at in every() {
        let (id, created) = (keys[at.0].id(at.1), keys[at.0].created(at.1));
        let winner = newest.entry(id).or_insert(at);
        if rank(at) > rank(*winner) {
            *winner = at;
        }
        if keys[at.0].removed(at.1) {
            let last = tombstones.entry((id, created)).or_insert(at);
            if rank(at) > rank(*last) {
                *last = at;
            }
        }
    }
    let live = newest.values().filter(|at| !keys[at.0].removed(at.1));
    let dead = tombstones.values().filter(|at| {
        let (id, created) = (keys[at.0].id(at.1), keys[at.0].created(at.1));
        // Where the newest row lies in the same place, it says all that the tombstone says.
        let covered =
            newest.get(id).is_some_and(|winner| winner != *at && keys[winner.0].created(winner.1) == created);
        !covered && needed(created)
    });
    let mut kept: Vec<Kept> = live
        .chain(dead)
        .map(|&(input, row)| Kept { created: keys[input].created(row), input, row })
        .collect();
    kept.sort_by_key(|kept| {
        (kept.created, keys[kept.input].id(kept.row), !keys[kept.input].removed(kept.row))
    });
    Ok(kept)
}

fn gather(batches: &[Batches], record: usize, rows: &[(usize, usize)]) -> Result<RecordBatch, StoreError> {
    let inputs: Vec<&RecordBatch> = batches.iter().map(|batches| &batches[record]).collect();
    interleave_record_batch(&inputs, rows).map_err(|error| StoreError::broken("merging segments", error))
}

/// The repeated records of the kept rows, pointing to their sessions' new row numbers.
fn gather_children(batches: &[Batches], record: usize, kept: &[Kept]) -> Result<RecordBatch, StoreError> {
    let broken = || StoreError::broken("merging segments", "a repeated record does not know its session");
    let owners = |batches: &Batches| -> Option<UInt32Array> {
        batches[record].column_by_name(columns::SESSION)?.as_any().downcast_ref::<UInt32Array>().cloned()
    };
    let owners = batches.iter().map(owners).collect::<Option<Vec<_>>>().ok_or_else(broken)?;
    let (mut rows, mut sessions) = (Vec::new(), Vec::new());
    for (session, kept) in (0_u32..).zip(kept) {
        let owner = owners[kept.input].values();
        let row = u32::try_from(kept.row).map_err(|_| broken())?;
        let first = owner.partition_point(|owner| *owner < row);
        let end = owner.partition_point(|owner| *owner <= row);
        rows.extend((first..end).map(|at| (kept.input, at)));
        sessions.extend(std::iter::repeat_n(session, end - first));
    }
    let batch = gather(batches, record, &rows)?;
    let mut arrays: Vec<ArrayRef> = batch.columns().to_vec();
    arrays[0] = Arc::new(UInt32Array::from(sessions));
    RecordBatch::try_new(batch.schema(), arrays)
        .map_err(|error| StoreError::broken("merging segments", error))
}

#[cfg(test)]
mod tests {
    use shared::id::random_hex;

    use super::*;
    use crate::FileInfo;

    fn segment(rows: u64) -> Segment {
        let account = AccountId::try_from("demo".to_owned()).unwrap();
        let mut segment = Segment::new(random_hex(4), account, Span { min: Instant(0), max: Instant(1) });
        segment.files.insert("sessions".to_owned(), FileInfo { rows, bytes: 1 });
        segment
    }

    #[test]
    fn segments_of_a_size_are_merged_once_there_are_enough() {
        let policy = MergePolicy { fan_in: 4, max_rows: 100 };
        let sizes = |live: &[u64]| -> Vec<u64> {
            let live: Vec<Segment> = live.iter().map(|rows| segment(*rows)).collect();
            policy.pick(&live).iter().map(|segment| segment.rows(Record::Session)).collect()
        };
        assert!(sizes(&[1, 2, 3]).is_empty());
        assert_eq!(sizes(&[1, 2, 3, 20, 1]), [1, 2, 3, 1]);
        assert_eq!(sizes(&[20, 20, 20, 20]), [20, 20, 20, 20]);
        assert_eq!(sizes(&[60, 60, 60, 60, 60]), [] as [u64; 0], "two of them would be too many rows");
    }
}
