//! The duties of maintenance, and what one bounded step of a duty returns.

use domain::time::Instant;
use serde::Serialize;
use store::{Lease, doubled};

/// A kind of work that must be done for every account, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// Takes persons out of everything that is kept, where that was asked for.
    Erasure,
    /// Rewrites many segments into few.
    Compaction,
    /// Deletes segments that were replaced long ago.
    Garbage,
    /// Tries again to read what could not be archived.
    Quarantine,
    /// Drops sessions that are past their retention from the lake.
    #[serde(rename = "retention")]
    LakeRetention,
    /// Deletes sessions that are past their retention from the table.
    #[serde(rename = "sessions")]
    TableRetention,
    /// Deletes media files that are past their retention.
    #[serde(rename = "media")]
    MediaRetention,
    /// Deletes objects in S3 that no item of the table names.
    Orphans,
    /// Adds up how many bytes the account's lake has.
    Measurement,
}

impl Duty {
    /// All duties, in the order in which they make their steps.
    pub(crate) const ALL: [Duty; 9] = [
        Duty::Erasure,
        Duty::Compaction,
        Duty::Garbage,
        Duty::Quarantine,
        Duty::TableRetention,
        Duty::LakeRetention,
        Duty::MediaRetention,
        Duty::Orphans,
        Duty::Measurement,
    ];

    /// The name of the duty in the answer, the log and the memory. Those of retention are the names that they had first.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Duty::Erasure => "erasure",
            Duty::Compaction => "compaction",
            Duty::Garbage => "garbage",
            Duty::Quarantine => "quarantine",
            Duty::LakeRetention => "retention",
            Duty::TableRetention => "sessions",
            Duty::MediaRetention => "media",
            Duty::Orphans => "orphans",
            Duty::Measurement => "measurement",
        }
    }

    /// When the account was last noted for something that makes this duty due; `None` for a duty that only
    /// its schedule makes due.
    pub(crate) fn noted_at(self, lease: &Lease) -> Option<Instant> {
        match self {
            Duty::Erasure => Some(lease.erasure_noted_at),
            Duty::Compaction | Duty::Quarantine => Some(lease.noted_at),
            Duty::LakeRetention | Duty::TableRetention | Duty::MediaRetention => {
                Some(lease.retention_noted_at)
            }
            Duty::Garbage | Duty::Orphans | Duty::Measurement => None,
        }
    }
}

/// The result of one step of a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// How much was done, counted in what the duty works on, such as commits or deleted segments.
    pub(crate) done: usize,
    /// When the next step is due; at or before the present where there is more to do.
    pub(crate) next: Instant,
}

/// Returns after how many seconds a duty is tried again that has failed `failures` times in a row: a minute
/// after the first failure, then twice as long each time, and never more than an hour.
pub(crate) fn pause(failures: u32) -> i64 {
    doubled(60, failures.saturating_sub(1), 3_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_from_a_minute_to_an_hour() {
        let pauses: Vec<i64> = (1..=8).map(pause).collect();
        assert_eq!(pauses, [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!((pause(0), pause(u32::MAX)), (60, 3_600));
    }
}
