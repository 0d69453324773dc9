//! Compaction: rewrites several segments into fewer, and leaves out the rows that later versions have
//! replaced.
//!
//! It works on the sessions of all inputs first, then on one kind of repeated record after the other, so that
//! only one kind of these is in memory at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_select::interleave::interleave_record_batch;
use chrono::{Days, NaiveDate};
use domain::dictionary::Record;
use domain::id::AccountId;
use domain::time::Instant;
use domain::zone::Zone;
use store::{StoreError, StoreErrorKind};

use crate::cut::Piece;
use crate::job::Job;
use crate::policy::{CompactionPolicy, MAX_INPUTS, Next};
use crate::resolve::{Kept, resolve};
use crate::segment::{Part, Segment, Span};
use crate::write::{DAY, Identities};
use crate::{Lake, columns};

/// How many days before and after a day its neighbours are looked for.
const AROUND: u64 = 64;

/// What one step of compaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compacted {
    /// Some segments were replaced.
    Segments {
        /// How many segments were replaced.
        inputs: usize,
        /// How many rows of sessions were written, tombstones included.
        rows: usize,
    },
    /// Another process replaced one of the inputs first, so nothing was changed.
    Lost,
    /// There was nothing to do.
    Nothing {
        /// When there may be something to do, if nothing is appended meanwhile; `None` for never.
        again_at: Option<Instant>,
        /// The days for which there may be.
        open: BTreeSet<NaiveDate>,
    },
}

impl Compacted {
    fn nothing() -> Compacted {
        Compacted::Nothing { again_at: None, open: BTreeSet::new() }
    }
}

impl Lake {
    /// Makes one compaction, if the policy asks for one, of segments that hold sessions of these UTC days or
    /// of days around them; `None` stands for all days. Only that part of the manifest is read. Any number of
    /// compactions may run at once: of two that want to replace the same segment, one is `Lost`.
    pub async fn compact(
        &self,
        account: &AccountId,
        days: Option<&BTreeSet<NaiveDate>>,
        policy: &CompactionPolicy,
        now: Instant,
    ) -> Result<Compacted, StoreError> {
        let live = self.live_in(account, around(days)).await?;
        let days = days.cloned().unwrap_or_else(|| {
            let parts = live.iter().flat_map(|segment| &segment.parts);
            parts.map(|part| part.created.min.day(Zone::UTC)).collect()
        });
        match policy.next(&live, &days, now) {
            Next::Job(job) => self.run(account, job, policy, Instant(i64::MIN)).await,
            Next::Nothing { again_at, open } => Ok(Compacted::Nothing { again_at, open }),
        }
    }

    /// Compacts all days of an account until the policy asks for nothing more. Returns how many compactions
    /// that took.
    pub async fn compact_all(
        &self,
        account: &AccountId,
        policy: &CompactionPolicy,
    ) -> Result<usize, StoreError> {
        let mut compactions = 0;
        while let Compacted::Segments { .. } = self.compact(account, None, policy, Instant::now()).await? {
            compactions += 1;
        }
        Ok(compactions)
    }

    /// Makes one step of dropping the sessions that began before `oldest`. Segments that hold nothing else
    /// are replaced by nothing. Where there are none, one segment is rewritten that holds sessions which
    /// began more than a day before `oldest`. A tombstone is kept for as long as the row that it is about,
    /// because otherwise a deleted session would be there again if the retention were raised.
    pub async fn expire(
        &self,
        account: &AccountId,
        oldest: Instant,
        policy: &CompactionPolicy,
    ) -> Result<Compacted, StoreError> {
        let live = self.live_in(account, Span { min: Instant(i64::MIN), max: oldest }).await?;
        let (past, reaching): (Vec<&Segment>, Vec<&Segment>) =
            live.iter().partition(|segment| segment.created().max < oldest);
        let is_of_another = |segment: &Segment| {
            !segment.parts.iter().all(|part| part.is_unique)
                && reaching.iter().any(|other| other.created().overlaps(segment.created()))
        };
        let past: Vec<&Segment> = past.into_iter().filter(|segment| !is_of_another(segment)).collect();
        let whole = overlapping_together(&past, MAX_INPUTS);
        if !whole.is_empty() {
            let inputs = whole.len();
            return Ok(match self.commit(&mut [], &whole).await {
                Err(error) if error.kind == StoreErrorKind::Conflict => Compacted::Lost,
                done => done.map(|()| Compacted::Segments { inputs, rows: 0 })?,
            });
        }
        let yesterday = Instant(oldest.0.saturating_sub(DAY));
        match live.iter().find(|segment| segment.created().min < yesterday) {
            Some(segment) => {
                self.run(account, policy.pick_past_retention(segment, &live), policy, oldest).await
            }
            None => Ok(Compacted::nothing()),
        }
    }

    /// Replaces the inputs of a job by the latest version of each session among them. Sessions that began
    /// before `oldest` are left out, but not the tombstones of rows that other segments hold.
    async fn run(
        &self,
        account: &AccountId,
        job: Job,
        policy: &CompactionPolicy,
        oldest: Instant,
    ) -> Result<Compacted, StoreError> {
        let inputs = &job.inputs;
        let span = Span::of(inputs.iter().flat_map(|one| [one.created().min, one.created().max]));
        let Some(span) = span else { return Ok(Compacted::nothing()) };
        let mut others = self.live_in(account, span).await?;
        others.retain(|one| inputs.iter().all(|input| input.id != one.id));
        let parts: Vec<&Part> = inputs.iter().flat_map(|segment| &segment.parts).collect();
        let sessions = self.load(&parts, Record::Session).await?;
        let mut kept = resolve(&parts, &sessions, |at| {
            let place = Span { min: at, max: at };
            others.iter().flat_map(|one| &one.parts).any(|part| part.created.overlaps(place))
        })?;
        let ids = sessions.iter().map(Identities::of).collect::<Result<Vec<_>, _>>()?;
        // A single input is single because nothing fits beside it. Its old tombstones must go, or it would be
        // rewritten for ever.
        let is_needed = |row: &Kept| inputs.len() > 1 && ids[row.input].removed(row.row);
        kept.retain(|row| row.created >= oldest || is_needed(row));
        let pieces = job.pieces(&kept, &others, policy.max_rows, policy.max_decoded);
        let mut added = self.stage_rows(account, &parts, &sessions, &pieces).await?;
        match self.commit(&mut added, inputs).await {
            Err(error) if error.kind == StoreErrorKind::Conflict => Ok(Compacted::Lost),
            done => done.map(|()| Compacted::Segments { inputs: inputs.len(), rows: kept.len() }),
        }
    }

    /// Reads all rows of one kind of record, as one batch per part.
    pub(crate) async fn load(&self, parts: &[&Part], record: Record) -> Result<Vec<RecordBatch>, StoreError> {
        let schema = columns::schema(record);
        let names: Vec<&str> = schema.fields().iter().map(|column| column.name().as_str()).collect();
        self.load_columns(parts, record, &names).await
    }

    /// Some columns of one kind of record of some parts.
    pub(crate) async fn load_columns(
        &self,
        parts: &[&Part],
        record: Record,
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>, StoreError> {
        let mut loaded = Vec::new();
        for part in parts {
            loaded.push(self.read_plain(part, record, columns).await?);
        }
        Ok(loaded)
    }

    /// Writes one segment per piece of the kept rows, with their repeated records, and does not commit them.
    pub(crate) async fn stage_rows(
        &self,
        account: &AccountId,
        parts: &[&Part],
        sessions: &[RecordBatch],
        pieces: &[Piece<'_>],
    ) -> Result<Vec<Segment>, StoreError> {
        let mut drafts = Vec::new();
        for piece in pieces {
            let mut draft = self.draft(account).await?;
            for part in piece {
                let rows: Vec<(usize, usize)> = part.iter().map(|row| (row.input, row.row)).collect();
                draft.begin_part(&gather(sessions, &rows)?)?;
            }
            drafts.push((draft, piece));
        }
        for record in Record::CHILDREN {
            let batches = self.load(parts, record).await?;
            for (draft, piece) in &mut drafts {
                for (number, part) in piece.iter().enumerate() {
                    draft.add(number, record, &gather_children(&batches, part)?)?;
                }
            }
        }
        let mut staged = Vec::new();
        for (draft, _) in drafts {
            staged.extend(self.upload(draft).await?);
        }
        Ok(staged)
    }
}

/// The first of some segments, in the order of their first session, so that those that overlap are together: up to `most`.
/// Of more that overlap the first are taken.
fn overlapping_together(segments: &[&Segment], most: usize) -> Vec<Segment> {
    let mut reach = Instant(i64::MIN);
    let mut taken = 0;
    for (at, segment) in segments.iter().enumerate().take(most + 1) {
        if segment.created().min > reach {
            taken = at;
        }
        reach = reach.max(segment.created().max);
    }
    let fit_all = segments.len() <= most;
    let taken = if fit_all || taken == 0 { segments.len().min(most) } else { taken };
    segments[..taken].iter().map(|segment| (*segment).clone()).collect()
}

/// The span of some days and those around them; of all there are for `None`.
pub(crate) fn around(days: Option<&BTreeSet<NaiveDate>>) -> Span {
    let all = Span { min: Instant(i64::MIN), max: Instant(i64::MAX) };
    let Some(days) = days else { return all };
    let first = days.first().and_then(|day| day.checked_sub_days(Days::new(AROUND)));
    let last = days.last().and_then(|day| day.checked_add_days(Days::new(AROUND)));
    Span {
        min: first.map_or(all.min, |day| Span::of_day(day).min),
        max: last.map_or(all.max, |day| Span::of_day(day).max),
    }
}

fn gather(batches: &[RecordBatch], rows: &[(usize, usize)]) -> Result<RecordBatch, StoreError> {
    let inputs: Vec<&RecordBatch> = batches.iter().collect();
    interleave_record_batch(&inputs, rows).map_err(|error| StoreError::broken("compacting segments", error))
}

/// Gathers the repeated records of the kept rows. They point to the new row numbers of their sessions.
fn gather_children(batches: &[RecordBatch], kept: &[Kept]) -> Result<RecordBatch, StoreError> {
    let broken = || StoreError::broken("compacting segments", "a repeated record does not know its session");
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
        .map_err(|error| StoreError::broken("compacting segments", error))
}
