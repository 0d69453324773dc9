//! Why a day is not rebuilt, and what may be given up for it.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use runtime::telemetry::chain;
use store::{StoreError, StoreErrorKind};

use crate::segment::Segment;

/// Why a day was not rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A segment cannot be read and has sessions of days that the order leaves out. If it were given up, these
    /// sessions would be missing in reports.
    #[error(
        "segment {segment} cannot be read and has sessions of {first} to {last}, which have to be rebuilt together"
    )]
    Together {
        /// The segment's id.
        segment: String,
        /// The first UTC day of its sessions.
        first: NaiveDate,
        /// The last UTC day of its sessions.
        last: NaiveDate,
        /// Why it cannot be read.
        #[source]
        source: StoreError,
    },
}

impl RebuildError {
    /// Whether another writer was faster, so that the same call may succeed at once.
    pub fn is_conflict(&self) -> bool {
        matches!(self, RebuildError::Store(error) if error.kind == StoreErrorKind::Conflict)
    }
}

/// Gives up a segment that could not be read, where all its days are `ordered`, so that its sessions come back
/// from the table. Fails where it has other days, and with the error itself where that says nothing about the
/// segment.
pub(super) fn give_up(
    segment: &Segment,
    ordered: &RangeInclusive<NaiveDate>,
    error: StoreError,
) -> Result<(), RebuildError> {
    if !error.kind.is_unreadable() {
        return Err(error.into());
    }
    let (first, last) = segment.created().days();
    let id = segment.id.clone();
    if !(ordered.contains(&first) && ordered.contains(&last)) {
        return Err(RebuildError::Together { segment: id, first, last, source: error });
    }
    let account = &segment.account;
    tracing::error!(%account, segment = id, error = %chain(&error), "a segment that cannot be read is given up");
    Ok(())
}
