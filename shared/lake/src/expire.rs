//! Drops sessions that are past their retention from the lake.

use std::collections::BTreeSet;

use domain::id::AccountId;
use domain::time::Instant;
use store::{StoreError, StoreErrorKind};

use crate::Lake;
use crate::compact::Compacted;
use crate::policy::{CompactionPolicy, MAX_INPUTS};
use crate::segment::{Segment, Span};

impl Lake {
    /// Makes one step of dropping the sessions that began before `oldest`. Segments that hold nothing else
    /// are replaced by nothing. Where there are none, one segment is rewritten that holds sessions which
    /// began before `oldest`. A segment that is too young to be replaced waits. A tombstone is kept for as long as the
    /// row that it is about, because otherwise a deleted session would be there again if the retention were raised.
    pub async fn expire(
        &self,
        account: &AccountId,
        oldest: Instant,
        policy: &CompactionPolicy,
        now: Instant,
    ) -> Result<Compacted, StoreError> {
        let live = self.live_in(account, Span { min: Instant(i64::MIN), max: oldest }).await?;
        let min_age = policy.min_age_seconds;
        let is_old = |segment: &&Segment| segment.may_be_replaced(min_age, now);
        let (past, staying): (Vec<&Segment>, Vec<&Segment>) =
            live.iter().partition(|segment| segment.created().max < oldest && is_old(segment));
        let is_of_another = |segment: &Segment| {
            !segment.parts.iter().all(|part| part.is_unique)
                && staying.iter().any(|other| other.created().overlaps(segment.created()))
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
        let old: Vec<Segment> = live.iter().filter(is_old).cloned().collect();
        match old.iter().find(|segment| segment.created().min < oldest) {
            Some(segment) => {
                let job = policy.pick_past_retention(segment, &old);
                let live = self.live_in(account, job.span()).await?;
                self.run_job(account, job, live, policy, oldest).await
            }
            None if old.len() < live.len() => {
                let again_at = Some(now.plus_seconds(min_age + 1));
                Ok(Compacted::Nothing { again_at, open: BTreeSet::new() })
            }
            None => Ok(Compacted::nothing()),
        }
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
