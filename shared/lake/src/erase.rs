//! Erasure in the lake: takes what is left of emptied sessions out of segments, and deletes the segments that were replaced.
//!
//! An emptied session comes to the lake as a later version, so from then on no reader sees what it was. Its earlier rows are
//! taken out here, and until that is done they lie in segments, live and replaced.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use domain::dictionary::Record;
use domain::id::AccountId;
use domain::time::Instant;
use store::{StoreError, StoreErrorKind, key};

use crate::garbage::{LOT, Swept};
use crate::policy::CompactionPolicy;
use crate::resolve::Kept;
use crate::segment::{Part, Segment, Span};
use crate::session_keys::{SESSION_KEYS, SessionKeys};
use crate::{Lake, columns};

/// The sessions of an erasure: their ids, and the spans of `created_at` in which their rows lie.
#[derive(Clone, Debug, Default)]
pub struct ErasedSessions {
    /// Their ids.
    pub ids: BTreeSet<String>,
    /// Where they lie.
    pub lay: Vec<Span>,
}

impl ErasedSessions {
    /// Whether a segment may hold one of them.
    pub fn may_be_in(&self, segment: &Segment) -> bool {
        segment.parts.iter().any(|part| self.may_be_in_part(part))
    }

    fn may_be_in_part(&self, part: &Part) -> bool {
        self.lay.iter().any(|lay| lay.overlaps(part.created))
    }
}

/// What became of a segment that was to be cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleaned {
    /// It holds nothing of the sessions but what an erasure leaves.
    IsClean,
    /// It was replaced by one that does not hold their earlier rows.
    Replaced,
    /// It is too young to be replaced, or another process replaced it first.
    Later,
}

impl Lake {
    /// The sessions among `erased` that these segments have as emptied ones.
    pub async fn emptied_in(
        &self,
        segments: &[Segment],
        erased: &ErasedSessions,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut found = BTreeSet::new();
        for part in segments.iter().flat_map(|segment| &segment.parts) {
            if erased.may_be_in_part(part) {
                let rows = self.read_plain(part, Record::Session, &key_columns()).await?;
                let (keys, emptied) = (SessionKeys::of(&rows)?, emptied(&rows)?);
                let ids = (0..rows.num_rows()).filter(|row| emptied(*row)).map(|row| keys.id(row));
                found.extend(ids.filter(|id| erased.ids.contains(*id)).map(str::to_owned));
            }
        }
        Ok(found)
    }

    /// Takes the earlier rows of erased sessions out of a segment: writes one with all its other rows in its place.
    pub async fn clean(
        &self,
        account: &AccountId,
        segment: &Segment,
        erased: &ErasedSessions,
        policy: &CompactionPolicy,
        now: Instant,
    ) -> Result<Cleaned, StoreError> {
        if !self.holds_whole(segment, erased).await? {
            return Ok(Cleaned::IsClean);
        }
        if !segment.may_be_replaced(policy.min_age_seconds, now) {
            return Ok(Cleaned::Later);
        }
        let parts: Vec<&Part> = segment.parts.iter().collect();
        let sessions = self.load(&parts, Record::Session).await?;
        let mut kept = Vec::new();
        for (input, batch) in sessions.iter().enumerate() {
            let (keys, is_whole) = (SessionKeys::of(batch)?, whole(batch, erased)?);
            let rows = (0..batch.num_rows()).filter(|row| !is_whole(*row));
            kept.extend(rows.map(|row| Kept { created: keys.created(row), input, row }));
        }
        // The parts stay as they are, each with what is left of it.
        let piece: Vec<&[Kept]> = kept.chunk_by(|one, next| one.input == next.input).collect();
        let pieces = if piece.is_empty() { Vec::new() } else { vec![piece] };
        let mut added = self.stage_rows(account, &parts, &sessions, &pieces).await?;
        match self.commit(&mut added, std::slice::from_ref(segment)).await {
            Err(error) if error.kind == StoreErrorKind::Conflict => Ok(Cleaned::Later),
            done => done.map(|()| Cleaned::Replaced),
        }
    }

    /// Whether a segment holds a row of an erased session as it was before.
    async fn holds_whole(&self, segment: &Segment, erased: &ErasedSessions) -> Result<bool, StoreError> {
        for part in segment.parts.iter().filter(|part| erased.may_be_in_part(part)) {
            let rows = self.read_plain(part, Record::Session, &key_columns()).await?;
            let is_whole = whole(&rows, erased)?;
            if (0..rows.num_rows()).any(is_whole) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Deletes the segments that were replaced until `until` and may hold rows of erased sessions. From then on the lake
    /// cannot be shown as it was before.
    pub async fn delete_replaced(
        &self,
        account: &AccountId,
        erased: &ErasedSessions,
        until: Instant,
    ) -> Result<usize, StoreError> {
        let (mut swept, end) = (Swept::default(), Instant(until.0.saturating_add(1)));
        for keys in key::replaced_before(end).into_iter().chain([key::before_sections()]) {
            let mut replaced = self.segments_in(account, keys).await?;
            replaced.retain(|segment| {
                segment.removed_at.is_some_and(|at| at <= until) && erased.may_be_in(segment)
            });
            for lot in replaced.chunks(LOT) {
                self.delete(account, lot, &mut swept).await?;
            }
        }
        Ok(swept.segments)
    }
}

fn key_columns() -> Vec<&'static str> {
    SESSION_KEYS.into_iter().chain([columns::ERASED]).collect()
}

/// Tells which rows are of emptied sessions.
fn emptied(batch: &RecordBatch) -> Result<impl Fn(usize) -> bool, StoreError> {
    let missing = || StoreError::broken("reading a segment", "a key column is missing");
    let column = batch.column_by_name(columns::ERASED).and_then(|column| column.as_boolean_opt());
    let column = column.cloned().ok_or_else(missing)?;
    Ok(move |row| column.is_valid(row) && column.value(row))
}

/// Tells which rows are of erased sessions and not emptied. Tombstones say nothing of anybody.
fn whole<'a>(
    batch: &'a RecordBatch,
    erased: &'a ErasedSessions,
) -> Result<impl Fn(usize) -> bool + 'a, StoreError> {
    let (keys, emptied) = (SessionKeys::of(batch)?, emptied(batch)?);
    Ok(move |row| !keys.removed(row) && !emptied(row) && erased.ids.contains(keys.id(row)))
}
