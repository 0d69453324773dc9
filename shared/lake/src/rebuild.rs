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
mod others;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use domain::id::AccountId;
use domain::time::Instant;
use futures::{StreamExt, TryStreamExt, stream};
use runtime::telemetry::chain;
use store::{ListedSession, StoreError};

use crate::encode::Entry;
use crate::manifest::{MAX_ACTIONS, transaction_actions};
use crate::policy::CompactionPolicy;
use crate::segment::Span;
use crate::{Compacted, Lake};

pub use error::RebuildError;

/// How many sessions are read from the table at the same time.
const READ_AT_ONCE: usize = 32;
/// How many sessions a rebuilt segment has at most. As many are in memory at once.
const PIECE: usize = 4_000;
/// The sequence of a rebuilt row of a session of which the lake said nothing: any record of the stream outdoes it.
const REBUILT: &str = "0000000000000000000000000000000000000000";
/// What is put behind the greatest sequence number of a session's rows: what is longer is greater, and less than any
/// greater number, for all have as many digits.
const BEHIND: &str = "+";

impl Lake {
    /// Replaces everything that the lake says about a UTC day by what the table says now, and returns the
    /// number of sessions. For a session that cannot be read, the lake keeps what it has. Fails as `Broken`
    /// where the segments of the day are too many and too large to be replaced at once, and as `Together`
    /// where one of them cannot be read and has days that are not among the `ordered`, which are all that the
    /// same order rebuilds.
    ///
    /// The manifest is read before the table, and a rebuilt row outdoes the rows that its session had by then, wherever they
    /// lie: a tombstone that a move left on another day is still kept. It yields to any later record: a session that
    /// changes meanwhile comes with a segment of its own, which is not among the replaced ones, and wins.
    pub async fn rebuild(
        &self,
        account: &AccountId,
        day: NaiveDate,
        ordered: &RangeInclusive<NaiveDate>,
    ) -> Result<usize, RebuildError> {
        let span = Span::of_day(day);
        let policy = CompactionPolicy::default();
        let (inputs, listed) = loop {
            let inputs = self.inputs(account, span, ordered, &policy).await?;
            let listed = self.store.listed(account, day).await?;
            // One commit replaces them all by the pieces of the day, and by what each of them says of other days.
            let most_added = listed.len().div_ceil(PIECE) + inputs.segments.len();
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
                let reason = "its segments are too many and too large";
                return Err(StoreError::broken("rebuilding a day", reason).into());
            }
        };
        let known: HashSet<&str> = listed.iter().map(|listed| listed.id.as_str()).collect();
        let greatest = inputs.greatest_sequences(&known)?;
        let (mut added, mut unreadable, mut count) = (Vec::new(), HashSet::new(), 0);
        for piece in listed.chunks(PIECE) {
            let (entries, failed) = self.entries_of(account, piece, &greatest).await?;
            count += entries.len();
            unreadable.extend(failed);
            added.extend(self.stage(account, entries).await?);
        }
        added.extend(self.stage_others(account, span, ordered, &inputs, &known, &unreadable).await?);
        let replaced = [inputs.segments, inputs.unreadable].concat();
        self.commit(&mut added, &replaced).await?;
        Ok(count)
    }

    /// What the table says of some sessions, of which the lake had rows of these sequence numbers, and the ids of those that
    /// cannot be read.
    async fn entries_of(
        &self,
        account: &AccountId,
        listed: &[ListedSession],
        greatest: &HashMap<String, String>,
    ) -> Result<(Vec<Entry>, Vec<String>), StoreError> {
        let reading = listed.iter().map(async |listed| match self.store.session(account, &listed.id).await {
            Ok(stored) => Ok((listed.id.clone(), Ok(stored))),
            Err(error) if error.kind.is_unreadable() => Ok((listed.id.clone(), Err(error))),
            Err(error) => Err(error),
        });
        let read: Vec<_> =
            stream::iter(reading.collect::<Vec<_>>()).buffered(READ_AT_ONCE).try_collect().await?;
        let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
        for (id, stored) in read {
            match stored {
                Ok(stored) => entries.extend(stored.map(|stored| Entry {
                    sequence: match greatest.get(id.as_str()) {
                        Some(sequence) => format!("{sequence}{BEHIND}"),
                        None => REBUILT.to_owned(),
                    },
                    created_at: stored.identity.created_at,
                    id: stored.identity.id,
                    session: Some(stored.session),
                    content_hash: stored.content_hash,
                })),
                Err(error) => {
                    tracing::error!(%account, error = %chain(&error), "a session cannot be read");
                    unreadable.push(id.as_str().to_owned());
                }
            }
        }
        Ok((entries, unreadable))
    }
}
