//! Compaction: rewrites several segments into fewer, and leaves out the rows that later versions have
//! replaced.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use domain::dictionary::Record;
use domain::id::AccountId;
use domain::time::Instant;
use domain::zone::Zone;
use store::{StoreError, StoreErrorKind};

use crate::Lake;
use crate::job::Job;
use crate::policy::{CompactionPolicy, Next};
use crate::resolve::{Kept, resolve};
use crate::segment::{Part, Segment, Span};
use crate::session_keys::SessionKeys;

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
    /// There was nothing to do, and never will be.
    pub(crate) fn nothing() -> Compacted {
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
        let period = around(days);
        let live = self.live_in(account, period).await?;
        let days = days.cloned().unwrap_or_else(|| {
            let parts = live.iter().flat_map(|segment| &segment.parts);
            parts.map(|part| part.created.min.day(Zone::UTC)).collect()
        });
        match policy.next(&live, &days, now) {
            Next::Job(job) => {
                let span = job.span();
                let live = if period.contains(span) { live } else { self.live_in(account, span).await? };
                self.run_job(account, job, live, policy, Instant(i64::MIN)).await
            }
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

    /// Replaces the inputs of a job by the latest version of each session among them. `live` are at least the live
    /// segments that the job's span touches. Sessions that began before `oldest` are left out, but not the tombstones
    /// of rows that other segments hold.
    pub(crate) async fn run_job(
        &self,
        account: &AccountId,
        job: Job,
        live: Vec<Segment>,
        policy: &CompactionPolicy,
        oldest: Instant,
    ) -> Result<Compacted, StoreError> {
        let inputs = &job.inputs;
        let mut others = live;
        others.retain(|one| inputs.iter().all(|input| input.id != one.id));
        let parts: Vec<&Part> = inputs.iter().flat_map(|segment| &segment.parts).collect();
        let sessions = self.load(&parts, Record::Session).await?;
        let mut kept = resolve(&parts, &sessions, |at| {
            let place = Span { min: at, max: at };
            others.iter().flat_map(|one| &one.parts).any(|part| part.created.overlaps(place))
        })?;
        let ids = sessions.iter().map(SessionKeys::of).collect::<Result<Vec<_>, _>>()?;
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
