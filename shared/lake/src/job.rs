//! A compaction to be done: which segments it replaces, and how it cuts what it keeps of them.

use domain::dictionary::Record;
use domain::time::Instant;

use crate::cut::{Piece, cut, cut_by_day, cut_evenly};
use crate::resolve::Kept;
use crate::segment::{Segment, Span};

/// A compaction to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) inputs: Vec<Segment>,
    cut: Cut,
}

/// How what a compaction keeps is cut into segments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cut {
    /// Where it is too much for one.
    BySize,
    /// By days too: what was gathered for several of them goes to each.
    ByDay,
    /// Into so many pieces.
    Into(usize),
}

impl Job {
    pub(crate) fn of(inputs: &[&Segment], cut: Cut) -> Job {
        Job { inputs: inputs.iter().map(|segment| (*segment).clone()).collect(), cut }
    }

    /// The span of `created_at` of all its inputs; there is at least one.
    pub(crate) fn span(&self) -> Span {
        Span::over(self.inputs.iter().map(Segment::created))
            .unwrap_or(Span { min: Instant(0), max: Instant(0) })
    }

    /// The kept rows of its inputs as they are cut beside the `others`. A segment has no more than `max_rows`, and no more
    /// than take `max_decoded` bytes of memory if each takes about as much.
    pub(crate) fn pieces<'a>(
        &self,
        kept: &'a [Kept],
        others: &[Segment],
        max_rows: u64,
        max_decoded: u64,
    ) -> Vec<Piece<'a>> {
        let sum = |of: fn(&Segment) -> u64| self.inputs.iter().map(of).sum::<u64>();
        let rows = sum(|segment| segment.rows(Record::Session));
        let max_rows = max_rows.min(rows.saturating_mul(max_decoded) / sum(Segment::decoded).max(1));
        match self.cut {
            Cut::BySize => cut(kept, max_rows),
            Cut::ByDay => cut_by_day(kept, others, max_rows),
            Cut::Into(pieces) => cut_evenly(kept, pieces),
        }
    }
}
