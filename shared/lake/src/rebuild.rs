//! Rebuilds days of the lake from the table.

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow_array::RecordBatch;
use chrono::NaiveDate;
use domain::dictionary::Record;
use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use futures::{StreamExt, TryStreamExt, stream};
use runtime::telemetry::chain;
use store::{ListedSession, StoreError};

use crate::cut::Piece;
use crate::encode::Entry;
use crate::manifest::{MAX_ACTIONS, transaction_actions};
use crate::policy::CompactionPolicy;
use crate::resolve::{Kept, resolve};
use crate::segment::{Part, Segment, Span};
use crate::session_keys::{SESSION_KEYS, SessionKeys};
use crate::{Compacted, Lake};

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
    /// where the segments of the day are too many and too large to be replaced at once.
    ///
    /// The manifest is read before the table, and a rebuilt row outdoes the rows that its session had by then, wherever they
    /// lie: a tombstone that a move left on another day is still kept. It yields to any later record: a session that
    /// changes meanwhile comes with a segment of its own, which is not among the replaced ones, and wins.
    pub async fn rebuild(&self, account: &AccountId, day: NaiveDate) -> Result<usize, StoreError> {
        let span = Span::of_day(day);
        let policy = CompactionPolicy::default();
        let (inputs, listed) = loop {
            let inputs = self.eligible_in(account, span, &policy).await?;
            let listed = self.store.listed(account, day).await?;
            // One commit replaces them all by the pieces of the day, and by what each of them says of other days.
            let most_added = listed.len().div_ceil(PIECE) + inputs.len();
            if transaction_actions(most_added, inputs.len()) <= MAX_ACTIONS {
                break (inputs, listed);
            }
            let of_any_size = CompactionPolicy { segments_per_compaction: 2, ..policy };
            let days = BTreeSet::from([day]);
            // Where somebody else was faster, there are fewer too.
            let compacted = self.compact(account, Some(&days), &of_any_size, Instant::now()).await?;
            if matches!(compacted, Compacted::Nothing { .. }) {
                return Err(StoreError::broken(
                    "rebuilding a day",
                    "its segments are too many and too large",
                ));
            }
        };
        let parts: Vec<&Part> = inputs.iter().flat_map(|segment| &segment.parts).collect();
        let keys = self.load_columns(&parts, Record::Session, &SESSION_KEYS).await?;
        let known: HashSet<&str> = listed.iter().map(|listed| listed.id.as_str()).collect();
        let greatest = greatest_sequences(&keys, &known)?;
        let (mut added, mut unreadable, mut count) = (Vec::new(), HashSet::new(), 0);
        for piece in listed.chunks(PIECE) {
            let (entries, failed) = self.entries_of(account, piece, &greatest).await?;
            count += entries.len();
            unreadable.extend(failed);
            added.extend(self.stage(account, entries).await?);
        }
        added.extend(self.stage_others(account, span, &inputs, &keys, &known, &unreadable).await?);
        self.commit(&mut added, &inputs).await?;
        Ok(count)
    }

    /// Returns the live segments of a span that are old enough for no attempt to commit them to be still
    /// under way.
    async fn eligible_in(
        &self,
        account: &AccountId,
        span: Span,
        policy: &CompactionPolicy,
    ) -> Result<Vec<Segment>, StoreError> {
        let limit = Instant::now().plus_seconds(-policy.min_age_seconds);
        let mut live = self.live_in(account, span).await?;
        live.retain(|segment| segment.added_at < limit);
        Ok(live)
    }

    /// What the table says of some sessions, of which the lake had rows of these sequence numbers, and the ids of those that
    /// cannot be read.
    async fn entries_of(
        &self,
        account: &AccountId,
        listed: &[ListedSession],
        greatest: &HashMap<&str, &str>,
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

    /// Writes what the inputs, whose rows have these keys, say of other days, and of sessions of this day that the table
    /// could not tell of: of those that cannot be read, and of those that the index does not name although their item is
    /// there. Each input becomes a segment of its own, so that no more than one is in memory at once.
    async fn stage_others(
        &self,
        account: &AccountId,
        day: Span,
        inputs: &[Segment],
        keys: &[RecordBatch],
        known: &HashSet<&str>,
        unreadable: &HashSet<String>,
    ) -> Result<Vec<Segment>, StoreError> {
        let parts: Vec<&Part> = inputs.iter().flat_map(|segment| &segment.parts).collect();
        let mut kept = resolve(&parts, keys, |_| true)?;
        let ids = keys.iter().map(SessionKeys::of).collect::<Result<Vec<_>, _>>()?;
        let is_of_day = |at: Instant| at >= day.min && at <= day.max;
        let unnamed: HashSet<&str> = kept
            .iter()
            .filter(|row| is_of_day(row.created) && !ids[row.input].removed(row.row))
            .map(|row| ids[row.input].id(row.row))
            .filter(|id| !known.contains(id))
            .collect();
        let there = self.began_on(account, day, unnamed).await?;
        kept.retain(|row| {
            let id = ids[row.input].id(row.row);
            !is_of_day(row.created) || unreadable.contains(id) || there.contains(id)
        });
        // The rows of a part stay in the lake's order.
        kept.sort_by_key(|row| row.input);
        let (mut staged, mut rest) = (Vec::new(), kept.as_slice());
        let mut first = 0;
        for input in inputs {
            let parts: Vec<&Part> = input.parts.iter().collect();
            let (of_input, after) =
                rest.split_at(rest.partition_point(|row| row.input < first + parts.len()));
            let rows: Vec<Kept> =
                of_input.iter().map(|row| Kept { input: row.input - first, ..*row }).collect();
            (rest, first) = (after, first + parts.len());
            if !rows.is_empty() {
                let sessions = self.load(&parts, Record::Session).await?;
                let piece: Piece<'_> = rows.chunk_by(|a, b| a.input == b.input).collect();
                staged.extend(self.stage_rows(account, &parts, &sessions, &[piece]).await?);
            }
        }
        Ok(staged)
    }

    /// Returns which of these sessions began on that day according to their items, because the index may be a
    /// moment behind.
    async fn began_on(
        &self,
        account: &AccountId,
        day: Span,
        ids: HashSet<&str>,
    ) -> Result<HashSet<String>, StoreError> {
        let asking =
            ids.into_iter().filter_map(|id| SessionId::try_from(id.to_owned()).ok()).map(async |id| {
                let began = self.store.began_at(account, &id).await?;
                let is_there = began.is_some_and(|at| at >= day.min && at <= day.max);
                Ok::<_, StoreError>(is_there.then(|| id.as_str().to_owned()))
            });
        let there: Vec<Option<String>> =
            stream::iter(asking.collect::<Vec<_>>()).buffer_unordered(READ_AT_ONCE).try_collect().await?;
        Ok(there.into_iter().flatten().collect())
    }
}

/// The greatest sequence number of the rows of each of these sessions.
fn greatest_sequences<'a>(
    keys: &'a [RecordBatch],
    known: &HashSet<&str>,
) -> Result<HashMap<&'a str, &'a str>, StoreError> {
    let mut greatest: HashMap<&str, &str> = HashMap::new();
    for batch in keys {
        let rows = SessionKeys::of(batch)?;
        for row in (0..batch.num_rows()).filter(|row| known.contains(rows.id(*row))) {
            let of_session = greatest.entry(rows.id(row)).or_default();
            *of_session = rows.sequence(row).max(*of_session);
        }
    }
    Ok(greatest)
}
