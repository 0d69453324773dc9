//! What the lake has of a day that is rebuilt.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use arrow_array::RecordBatch;
use chrono::NaiveDate;
use domain::dictionary::Record;
use domain::id::AccountId;
use domain::time::Instant;
use store::StoreError;

use super::error::{RebuildError, give_up};
use crate::Lake;
use crate::policy::CompactionPolicy;
use crate::segment::{Part, Segment, Span};
use crate::session_keys::{SESSION_KEYS, SessionKeys};

/// The segments that the rebuild of a day replaces.
pub(super) struct Inputs {
    /// Those whose keys can be read.
    pub(super) segments: Vec<Segment>,
    /// The keys (`SESSION_KEYS`) of their sessions' rows, as one batch per part.
    pub(super) keys: Vec<RecordBatch>,
    /// Those that cannot be read. They count as having no rows.
    pub(super) unreadable: Vec<Segment>,
    /// Other live segments with sessions of the day, which are too young to be replaced.
    pub(super) staying: Vec<Segment>,
}

impl Inputs {
    /// How many segments there are.
    pub(super) fn count(&self) -> usize {
        self.segments.len() + self.unreadable.len()
    }

    /// The ids of all segments.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().chain(&self.unreadable).map(|segment| segment.id.as_str())
    }

    /// Whether a segment that is not replaced may hold rows of sessions that began at this instant.
    pub(super) fn stays(&self, created: Instant) -> bool {
        let place = Span { min: created, max: created };
        self.staying.iter().flat_map(|segment| &segment.parts).any(|part| part.created.overlaps(place))
    }

    /// The parts of the segments whose keys can be read.
    pub(super) fn parts(&self) -> Vec<&Part> {
        self.segments.iter().flat_map(|segment| &segment.parts).collect()
    }

    /// The greatest sequence number of the rows of each of these sessions.
    pub(super) fn greatest_sequences(
        &self,
        sessions: &HashSet<&str>,
    ) -> Result<HashMap<&str, &str>, StoreError> {
        let mut greatest: HashMap<&str, &str> = HashMap::new();
        for batch in &self.keys {
            let rows = SessionKeys::of(batch)?;
            for row in (0..batch.num_rows()).filter(|row| sessions.contains(rows.id(*row))) {
                let of_session = greatest.entry(rows.id(row)).or_default();
                *of_session = rows.sequence(row).max(*of_session);
            }
        }
        Ok(greatest)
    }
}

impl Lake {
    /// Returns the live segments with sessions of a day that may be replaced. What a compaction made, or an earlier day of
    /// the same order, may be at once, so that a segment of several days is replaced day after day. Fails where one of them cannot be read and has days that are not `ordered`.
    pub(super) async fn inputs(
        &self,
        account: &AccountId,
        day: Span,
        ordered: &RangeInclusive<NaiveDate>,
        policy: &CompactionPolicy,
    ) -> Result<Inputs, RebuildError> {
        let now = Instant::now();
        let live = self.live_in(account, day).await?;
        let (old, staying): (Vec<Segment>, Vec<Segment>) =
            live.into_iter().partition(|segment| segment.may_be_replaced(policy.min_age_seconds, now));
        let mut inputs = Inputs { segments: Vec::new(), keys: Vec::new(), unreadable: Vec::new(), staying };
        for segment in old {
            let parts: Vec<&Part> = segment.parts.iter().collect();
            match self.load_columns(&parts, Record::Session, &SESSION_KEYS).await {
                Ok(keys) => {
                    inputs.keys.extend(keys);
                    inputs.segments.push(segment);
                }
                Err(error) => {
                    // Without the account's key no segment can be read, and none is at fault.
                    self.store.segment_key(account).await?;
                    give_up(&segment, ordered, error)?;
                    inputs.unreadable.push(segment);
                }
            }
        }
        Ok(inputs)
    }
}
