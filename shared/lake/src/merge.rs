//! Merging segments, and rebuilding days from the table.
//!
//! Both work on the sessions of all inputs first, then on one kind of repeated record after the other, so that of these no
//! more than the largest kind is in memory at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_select::interleave::interleave_record_batch;
use chrono::NaiveDate;
use shared::dictionary::Record;
use shared::id::AccountId;
use shared::store::{StoreError, StoreErrorKind};
use shared::telemetry::chain;
use shared::time::Instant;
use shared::zone::Zone;

use crate::encode::Entry;
use crate::policy::{MAX_INPUTS, MergePolicy};
use crate::write::{DAY, Identities, MAX_DAYS};
use crate::{Lake, Segment, Span, columns};

impl Lake {
    /// Merges what the policy asks for, again and again until it asks for nothing. Somebody else's merge of the same
    /// segments wins. Gives how many merges were committed.
    pub async fn merge(&self, account: &AccountId, policy: MergePolicy) -> Result<usize, StoreError> {
        let mut merges = 0;
        loop {
            let live = self.live(account).await?;
            let inputs = policy.pick(&live, Instant::now());
            if inputs.is_empty() {
                return Ok(merges);
            }
            let others: Vec<Span> = live
                .iter()
                .filter(|one| inputs.iter().all(|input| input.id != one.id))
                .map(|one| one.created)
                .collect();
            let sessions = self.load(&inputs, Record::Session).await?;
            let kept = survivors(&sessions, |at| {
                others.iter().any(|span| span.overlaps(Span { min: at, max: at }))
            })?;
            let parts = if policy.cuts(&inputs, kept.len()) { cut(&kept) } else { vec![kept.as_slice()] };
            let mut merged = self.stage_rows(account, &inputs, &sessions, &parts).await?;
            match self.commit(&mut merged, &inputs).await {
                Err(error) if error.kind == StoreErrorKind::Conflict => return Ok(merges),
                done => done?,
            }
            merges += 1;
        }
    }

    /// Replaces everything the lake says of a UTC day by what the table says now. Gives the number of sessions. Of a
    /// session that cannot be read the lake goes on saying what it said.
    ///
    /// The manifest is read before the table, and rebuilt rows yield to any stream record: a session that changes
    /// meanwhile comes with a segment of its own, which is not among the replaced ones, and wins.
    pub async fn rebuild(&self, account: &AccountId, day: NaiveDate) -> Result<usize, StoreError> {
        let midnight = |day: NaiveDate| Instant::start_of_day(day, Zone::UTC);
        let start = midnight(day);
        let end = day.succ_opt().map_or(Instant(i64::MAX), midnight);
        let span = Span { min: start, max: Instant(end.0 - 1) };
        let mut inputs = self.live(account).await?;
        inputs.retain(|segment| segment.created.overlaps(span));
        if inputs.len() > MAX_INPUTS {
            return Err(StoreError::broken("rebuilding a day", "too many segments: merge them first"));
        }
        let (entries, unreadable) = self.table_entries(account, day).await?;
        let count = entries.len();
        let rebuilt = self.stage(account, entries).await?;
        let sessions = self.load(&inputs, Record::Session).await?;
        let mut kept = survivors(&sessions, |_| true)?;
        let ids = sessions.iter().map(Identities::of).collect::<Result<Vec<_>, _>>()?;
        kept.retain(|row| {
            !(start..end).contains(&row.created) || unreadable.contains(ids[row.input].id(row.row))
        });
        let others = self.stage_rows(account, &inputs, &sessions, &[&kept]).await?;
        let mut added: Vec<Segment> = rebuilt.into_iter().chain(others).collect();
        self.commit(&mut added, &inputs).await?;
        Ok(count)
    }

    /// What the table says of a UTC day's sessions, and the ids of those that cannot be read.
    async fn table_entries(
        &self,
        account: &AccountId,
        day: NaiveDate,
    ) -> Result<(Vec<Entry>, HashSet<String>), StoreError> {
        let (mut entries, mut unreadable) = (Vec::new(), HashSet::new());
        for listed in self.store.listed(account, day).await? {
            match self.store.session(account, &listed.id).await {
                Ok(stored) => entries.extend(stored.map(|stored| Entry {
                    sequence: "0".repeat(40),
                    created_at: stored.identity.created_at,
                    id: stored.identity.id,
                    session: Some(stored.session),
                })),
                Err(error) if error.kind.is_unreadable() => {
                    tracing::error!(%account, %day, error = %chain(&error), "a session cannot be read");
                    unreadable.insert(listed.id.as_str().to_owned());
                }
                Err(error) => return Err(error),
            }
        }
        Ok((entries, unreadable))
    }

    /// One kind of record of some segments.
    async fn load(&self, segments: &[Segment], record: Record) -> Result<Vec<RecordBatch>, StoreError> {
        let schema = columns::schema(record);
        let names: Vec<&str> = schema.fields().iter().map(|column| column.name().as_str()).collect();
        let mut loaded = Vec::new();
        for segment in segments {
            loaded.push(self.read_plain(segment, record, &names).await?);
        }
        Ok(loaded)
    }

    /// Writes one segment of each part of the kept rows, their repeated records with them.
    async fn stage_rows(
        &self,
        account: &AccountId,
        inputs: &[Segment],
        sessions: &[RecordBatch],
        parts: &[&[Kept]],
    ) -> Result<Vec<Segment>, StoreError> {
        let mut staged = Vec::new();
        for part in parts.iter().filter(|part| !part.is_empty()) {
            let rows: Vec<(usize, usize)> = part.iter().map(|row| (row.input, row.row)).collect();
            let segment = self.stage_sessions(account, &gather(sessions, &rows)?).await?;
            staged.extend(segment.map(|segment| (segment, part)));
        }
        for record in Record::CHILDREN {
            let batches = self.load(inputs, record).await?;
            for (segment, part) in &mut staged {
                self.stage_record(segment, record, &gather_children(&batches, part)?).await?;
            }
        }
        Ok(staged.into_iter().map(|(segment, _)| segment).collect())
    }
}

/// A session row that a merge keeps.
pub(crate) struct Kept {
    pub(crate) created: Instant,
    pub(crate) input: usize,
    pub(crate) row: usize,
}

/// Parts of about the same size, each of whole UTC days.
fn cut(kept: &[Kept]) -> Vec<&[Kept]> {
    let least = kept.len().div_ceil(MAX_DAYS);
    let mut parts = Vec::new();
    let mut rest = kept;
    while !rest.is_empty() {
        let day = |row: &Kept| row.created.0.div_euclid(DAY);
        let last = day(&rest[least.min(rest.len()) - 1]);
        let (part, after) = rest.split_at(rest.partition_point(|row| day(row) <= last));
        parts.push(part);
        rest = after;
    }
    parts
}

/// The rows worth keeping, in the lake's order: of each session the newest row, and every tombstone at another place
/// for which `needed` says that a segment outside may still hold an older row.
pub(crate) fn survivors(
    batches: &[RecordBatch],
    needed: impl Fn(Instant) -> bool,
) -> Result<Vec<Kept>, StoreError> {
    let keys = batches.iter().map(Identities::of).collect::<Result<Vec<_>, _>>()?;
    let rank = |(input, row): (usize, usize)| (keys[input].sequence(row), !keys[input].removed(row), input);
    let every =
        || (0..batches.len()).flat_map(|input| (0..batches[input].num_rows()).map(move |row| (input, row)));
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

fn gather(batches: &[RecordBatch], rows: &[(usize, usize)]) -> Result<RecordBatch, StoreError> {
    let inputs: Vec<&RecordBatch> = batches.iter().collect();
    interleave_record_batch(&inputs, rows).map_err(|error| StoreError::broken("merging segments", error))
}

/// The repeated records of the kept rows, pointing to their sessions' new row numbers.
fn gather_children(batches: &[RecordBatch], kept: &[Kept]) -> Result<RecordBatch, StoreError> {
    let broken = || StoreError::broken("merging segments", "a repeated record does not know its session");
    let owners = |batch: &RecordBatch| -> Option<UInt32Array> {
        batch.column_by_name(columns::SESSION)?.as_any().downcast_ref::<UInt32Array>().cloned()
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
    let batch = gather(batches, &rows)?;
    let mut arrays: Vec<ArrayRef> = batch.columns().to_vec();
    arrays[0] = Arc::new(UInt32Array::from(sessions));
    RecordBatch::try_new(batch.schema(), arrays)
        .map_err(|error| StoreError::broken("merging segments", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_of_whole_days_and_of_about_the_same_size() {
        let kept: Vec<Kept> =
            (0..1_000).map(|at| Kept { created: Instant(at / 5 * DAY + at), input: 0, row: 0 }).collect();
        let parts = cut(&kept);
        assert!((MAX_DAYS - 2..=MAX_DAYS).contains(&parts.len()), "{}", parts.len());
        assert!(parts.iter().all(|part| part.len() % 5 == 0));
        assert_eq!(parts.iter().map(|part| part.len()).sum::<usize>(), 1_000);
        assert_eq!(cut(&kept[..5]).len(), 1);
    }
}
