//! What the table says of a day, as segments that wait for their commit.

use std::collections::HashSet;
use std::mem::take;

use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use futures::{StreamExt, TryStreamExt, stream};
use runtime::telemetry::chain;
use store::key;
use store::{StoreError, StoredSession, created_at_history};

use super::READ_AT_ONCE;
use super::day_piece::DayPiece;
use super::inputs::Inputs;
use super::moved::Moved;
use crate::Lake;
use crate::encode::Entry;
use crate::segment::{Segment, Span};

/// The sequence of a rebuilt row of a session of which the lake said nothing: any record of the stream outdoes it.
const REBUILT: &str = "0000000000000000000000000000000000000000";
/// What is put behind the greatest sequence number of a session's rows: what is longer is greater, and less than any
/// greater number, for all have as many digits.
const BEHIND: &str = "+";

/// A session as the table has it.
struct Found {
    session: StoredSession,
    /// Its `created_at` history.
    history: Vec<Instant>,
}

/// What reading a session gave; `None` where the table does not have it.
type Read = Result<Option<Found>, StoreError>;

/// What the table says of a day.
#[derive(Default)]
pub(super) struct FromTable {
    /// The segments with its sessions.
    pub(super) staged: Vec<Segment>,
    /// How many sessions these have.
    pub(super) sessions: usize,
    /// The ids of the sessions that cannot be read.
    pub(super) unreadable: HashSet<String>,
}

impl FromTable {
    /// Counts what reading a session gave. Returns the session; `None` where there is none or it cannot be read.
    fn take(&mut self, account: &AccountId, id: &SessionId, read: Read) -> Option<StoredSession> {
        match read {
            Ok(found) => {
                self.sessions += usize::from(found.is_some());
                found.map(|found| found.session)
            }
            Err(error) => {
                tracing::error!(%account, error = %chain(&error), "a session cannot be read");
                self.unreadable.insert(id.as_str().to_owned());
                None
            }
        }
    }
}

impl Lake {
    /// Writes what the table says of the sessions of a day, whose ids are given.
    ///
    /// Sessions that began on another day once are read again in the end, after the keys of the segments in which
    /// they may have other rows: what is outdone must be older than what is written. Where one of them is still live
    /// elsewhere, because its move never reached the lake, a tombstone is written there too.
    pub(super) async fn stage_from_table(
        &self,
        account: &AccountId,
        day: Span,
        ids: &[SessionId],
        inputs: &Inputs,
    ) -> Result<FromTable, StoreError> {
        let greatest = inputs.greatest_sequences(&ids.iter().map(SessionId::as_str).collect())?;
        let (mut told, mut piece) = (FromTable::default(), DayPiece::default());
        let (mut moved, mut tombstones) = (Moved::default(), Vec::new());
        for some in ids.chunks(READ_AT_ONCE) {
            let mut read = self.read_sessions(account, some).await?;
            read.retain_mut(|(id, read)| match read {
                Ok(Some(found)) => !moved.take(id, take(&mut found.history), day),
                Ok(None) | Err(_) => true,
            });
            for (id, read) in read {
                let Some(stored) = told.take(account, &id, read) else { continue };
                piece.add(sequence_behind(greatest.get(id.as_str()).copied()), stored);
                self.stage_if_full(account, &mut piece, &mut told).await?;
            }
        }
        self.find_rows_that_stay(account, day, &mut moved, inputs).await?;
        for some in moved.ids().chunks(READ_AT_ONCE) {
            for (id, read) in self.read_sessions(account, some).await? {
                let Some(stored) = told.take(account, &id, read) else { continue };
                let rows = (greatest.get(id.as_str()).copied(), moved.greatest_sequence(id.as_str()));
                let sequence = sequence_behind(rows.0.max(rows.1));
                for created_at in moved.stays_live_at(id.as_str(), stored.identity.created_at) {
                    let (id, sequence) = (id.clone(), sequence.clone());
                    tombstones.push(Entry { sequence, created_at, id, session: None, content_hash: 0 });
                }
                piece.add(sequence, stored);
                self.stage_if_full(account, &mut piece, &mut told).await?;
            }
        }
        for entries in [piece.entries, tombstones] {
            told.staged.extend(self.stage(account, entries).await?);
        }
        Ok(told)
    }

    async fn stage_if_full(
        &self,
        account: &AccountId,
        piece: &mut DayPiece,
        told: &mut FromTable,
    ) -> Result<(), StoreError> {
        if piece.is_full() {
            told.staged.extend(self.stage(account, take(piece).entries).await?);
        }
        Ok(())
    }

    /// Reads sessions side by side. Fails where storage does; a session that cannot be read is an error of its own.
    async fn read_sessions(
        &self,
        account: &AccountId,
        ids: &[SessionId],
    ) -> Result<Vec<(SessionId, Read)>, StoreError> {
        let reading = ids.iter().map(async |id| match self.find(account, id).await {
            Err(error) if !error.kind.is_unreadable() => Err(error),
            read => Ok((id.clone(), read)),
        });
        stream::iter(reading.collect::<Vec<_>>()).buffered(READ_AT_ONCE).try_collect().await
    }

    async fn find(&self, account: &AccountId, id: &SessionId) -> Read {
        let Some(item) = self.store.get(key::session(account, id)).await? else { return Ok(None) };
        let session = self.store.read_session(&item).await?;
        Ok(session.map(|session| Found { session, history: created_at_history(&item) }))
    }
}

/// The sequence of a rebuilt row of a session whose other rows have this greatest sequence number.
fn sequence_behind(greatest: Option<&str>) -> String {
    greatest.map_or_else(|| REBUILT.to_owned(), |sequence| format!("{sequence}{BEHIND}"))
}
