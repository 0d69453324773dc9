//! A pass through the live segments of a lake that changes meanwhile.
//!
//! Between two pieces of a pass, compaction may put a segment that was not looked at yet into one that stands before where the
//! pass has come to. So each pass is followed by one through what was added since it began, until one is made in one piece:
//! the account's lease keeps everything else that replaces segments away.

use domain::time::Instant;
use lake::Segment;
use serde::{Deserialize, Serialize};

/// How many seconds earlier than a pass began a segment that it did not see may say that it was added.
pub(super) const MARGIN_SECONDS: i64 = 10;
/// How many segments one piece of a pass takes.
const MOST_SEGMENTS: usize = 64;
/// After how many bytes a piece takes no more segments.
const MOST_BYTES: u64 = 256 << 20;

/// How far a pass has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Pass {
    /// Segments that were added before are left out.
    since: Instant,
    /// When the pass began; the beginning of 1970 before.
    pub(super) began_at: Instant,
    /// The last segment that was taken, as when its first session began and its id.
    after: Option<(Instant, String)>,
}

/// What a piece of a pass came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    /// There are more segments.
    Partly,
    /// The last segment was taken, in several pieces.
    InPieces,
    /// All segments were taken by this piece.
    AtOnce,
}

impl Default for Pass {
    fn default() -> Pass {
        Pass::since(Instant(i64::MIN))
    }
}

impl Pass {
    /// A pass through the segments that were added since then.
    pub(super) fn since(then: Instant) -> Pass {
        let since = if then.0 == i64::MIN { then } else { then.plus_seconds(-MARGIN_SECONDS) };
        Pass { since, began_at: Instant(0), after: None }
    }

    /// A pass through what was added since this one began.
    pub(super) fn since_this(&self) -> Pass {
        Pass::since(self.began_at)
    }

    pub(super) fn begin(&mut self, now: Instant) {
        if self.began_at == Instant(0) {
            self.began_at = now;
        }
    }

    /// Takes the next of the live segments, among those that are `wanted`.
    pub(super) fn next(
        &mut self,
        live: Vec<Segment>,
        wanted: impl Fn(&Segment) -> bool,
    ) -> (Vec<Segment>, Turned) {
        let is_first = self.after.is_none();
        let place = |segment: &Segment| (segment.created().min, segment.id.clone());
        let mut left: Vec<Segment> = live
            .into_iter()
            .filter(|segment| segment.added_at >= self.since && wanted(segment))
            .filter(|segment| self.after.as_ref().is_none_or(|after| place(segment) > *after))
            .collect();
        let mut bytes = 0;
        let fits = |segment: &Segment| {
            bytes += segment.decoded();
            bytes <= MOST_BYTES
        };
        let fitting = left.iter().take(MOST_SEGMENTS).map(fits).take_while(|fits| *fits).count().max(1);
        let more = left.len() > fitting;
        left.truncate(fitting);
        if let Some(last) = left.last() {
            self.after = Some(place(last));
        }
        let turned = match (more, is_first) {
            (true, _) => Turned::Partly,
            (false, true) => Turned::AtOnce,
            (false, false) => Turned::InPieces,
        };
        (left, turned)
    }
}
