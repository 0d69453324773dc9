//! What the table says of a day, as segments that wait for their commit.

use std::collections::{HashMap, HashSet};
use std::mem::take;

use domain::id::{AccountId, SessionId};
use futures::{StreamExt, TryStreamExt, stream};
use runtime::telemetry::chain;
use store::{StoreError, StoredSession};

use super::READ_AT_ONCE;
use super::piece::Piece;
use crate::Lake;
use crate::segment::Segment;

/// The sequence of a rebuilt row of a session of which the lake said nothing: any record of the stream outdoes it.
const REBUILT: &str = "0000000000000000000000000000000000000000";
/// What is put behind the greatest sequence number of a session's rows: what is longer is greater, and less than any
/// greater number, for all have as many digits.
const BEHIND: &str = "+";

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

impl Lake {
    /// Writes what the table says of some sessions. `greatest` has the greatest sequence number of the rows that
    /// a session has in the lake.
    pub(super) async fn stage_from_table(
        &self,
        account: &AccountId,
        ids: &[SessionId],
        greatest: &HashMap<String, String>,
    ) -> Result<FromTable, StoreError> {
        let (mut told, mut piece) = (FromTable::default(), Piece::default());
        for some in ids.chunks(READ_AT_ONCE) {
            for (id, read) in self.read_sessions(account, some).await? {
                match read {
                    Ok(Some(stored)) => {
                        told.sessions += 1;
                        piece.add(sequence_behind(greatest.get(id.as_str())), stored);
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::error!(%account, error = %chain(&error), "a session cannot be read");
                        told.unreadable.insert(id.as_str().to_owned());
                    }
                }
                if piece.is_full() {
                    told.staged.extend(self.stage(account, take(&mut piece).entries).await?);
                }
            }
        }
        told.staged.extend(self.stage(account, piece.entries).await?);
        Ok(told)
    }

    /// Reads sessions side by side. A session that cannot be read is an error of its own; fails where storage does.
    async fn read_sessions(
        &self,
        account: &AccountId,
        ids: &[SessionId],
    ) -> Result<Vec<(SessionId, Result<Option<StoredSession>, StoreError>)>, StoreError> {
        let reading = ids.iter().map(async |id| match self.store.session(account, id).await {
            Ok(stored) => Ok((id.clone(), Ok(stored))),
            Err(error) if error.kind.is_unreadable() => Ok((id.clone(), Err(error))),
            Err(error) => Err(error),
        });
        stream::iter(reading.collect::<Vec<_>>()).buffered(READ_AT_ONCE).try_collect().await
    }
}

/// The sequence of a rebuilt row of a session whose other rows have this greatest sequence number.
fn sequence_behind(greatest: Option<&String>) -> String {
    greatest.map_or_else(|| REBUILT.to_owned(), |sequence| format!("{sequence}{BEHIND}"))
}
