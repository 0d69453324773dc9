//! Rebuilds days of the lake from the table.
//!
//! A day is replaced by one commit, and a segment that cannot be read is replaced like the others: all that it
//! says is in the table. As it may have sessions of other days too, it is given up only by an order that
//! rebuilds all of its days. From that commit on reports no longer fail on it, and its sessions of later days
//! are missing until the order gets to these.
//!
//! The modules stand in reading order.

mod error;
mod inputs;
mod moved;
mod day_piece;
mod table;
mod others;

use std::collections::{BTreeSet, HashSet};
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use store::StoreError;

use crate::manifest::{MAX_ACTIONS, transaction_actions};
use crate::policy::CompactionPolicy;
use crate::segment::Span;
use crate::{Compacted, Lake};

use day_piece::MOST_SESSIONS;
pub use error::RebuildError;
use table::FromTable;

/// How many sessions are read from the table at the same time. A session may take some 10 MB of memory, so that these take up
/// to 160 MB; 32 would take 320 MB, five times what the piece of a day may that they are read for.
const READ_AT_ONCE: usize = 16;

/// What the rebuild of a day did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuiltDay {
    /// How many sessions the table had for the day.
    pub sessions: usize,
    /// The days for which there are other segments now: the day itself, and the other days for which something was written.
    pub touched: BTreeSet<NaiveDate>,
}

impl Lake {
    /// Replaces everything that the lake says about a UTC day by what the table says now. For a session that cannot
    /// be read, the lake keeps what it has. Fails as `Broken` where the segments of the day are too many and too large
    /// to be replaced at once, and as `Together` where one of them cannot be read and has days that are not among the
    /// `ordered`, which are all that the same order rebuilds.
    ///
    /// The manifest is read before the table, and a rebuilt row outdoes the rows that its session had by then, those of
    /// the day as well as those on other days of its `created_at` history. So a tombstone that a move left there is
    /// still kept; and where a move never reached the lake, the session gets a tombstone where it lay. A rebuilt row
    /// yields to any later record: a session that changes meanwhile comes with a segment of its own, which is not among
    /// the replaced ones, and wins.
    pub async fn rebuild(
        &self,
        account: &AccountId,
        day: NaiveDate,
        ordered: &RangeInclusive<NaiveDate>,
    ) -> Result<RebuiltDay, RebuildError> {
        let span = Span::of_day(day);
        let policy = CompactionPolicy::default();
        let (inputs, listed) = loop {
            let inputs = self.inputs(account, span, ordered, &policy).await?;
            let listed = self.store.listed(account, day).await?;
            // One commit replaces them all by the pieces of the day, by tombstones on other days, and by what each of
            // them says of other days.
            let most_added = listed.len().div_ceil(MOST_SESSIONS) + 1 + inputs.segments.len();
            if transaction_actions(most_added, inputs.count()) <= MAX_ACTIONS {
                break (inputs, listed);
            }
            if !inputs.unreadable.is_empty() {
                for some in inputs.unreadable.chunks(MAX_ACTIONS / transaction_actions(0, 1)) {
                    self.commit(&mut [], some).await?;
                }
                continue;
            }
            let of_any_size = CompactionPolicy { segments_per_compaction: 2, ..policy };
            let days = BTreeSet::from([day]);
            // Where somebody else was faster, there are fewer too.
            let compacted = self.compact(account, Some(&days), &of_any_size, Instant::now()).await?;
            if matches!(compacted, Compacted::Nothing { .. }) {
                return Err(too_large());
            }
        };
        let ids: Vec<SessionId> = listed.into_iter().map(|listed| listed.id).collect();
        let known: HashSet<&str> = ids.iter().map(SessionId::as_str).collect();
        let told = self.stage_from_table(account, span, &ids, &inputs).await?;
        let FromTable { staged: mut added, sessions, unreadable } = told;
        added.extend(self.stage_others(account, span, ordered, &inputs, &known, &unreadable).await?);
        if transaction_actions(added.len(), inputs.count()) > MAX_ACTIONS {
            return Err(too_large());
        }
        let replaced = [inputs.segments, inputs.unreadable].concat();
        self.commit(&mut added, &replaced).await?;
        let parts = added.iter().flat_map(|segment| &segment.parts);
        let days = parts.map(|part| part.created.days()).flat_map(|(first, last)| [first, last]);
        Ok(RebuiltDay { sessions, touched: days.chain([day]).collect() })
    }
}

fn too_large() -> RebuildError {
    StoreError::broken("rebuilding a day", "its segments are too many and too large").into()
}
