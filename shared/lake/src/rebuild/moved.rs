//! Sessions of a rebuilt day that began on other days before, and the rows that they have there.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow_array::RecordBatch;
use domain::dictionary::Record;
use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use store::StoreError;

use super::inputs::Inputs;
use crate::Lake;
use crate::segment::{Part, Span};
use crate::session_keys::{SESSION_KEYS, SessionKeys};

/// Sessions of a rebuilt day that began on another day once, by their ids.
#[derive(Default)]
pub(super) struct Moved(HashMap<String, MovedSession>);

struct MovedSession {
    id: SessionId,
    /// The span of its `created_at` history. A long history names its ends and not all that is between them.
    span: Span,
    /// What the rows that stay in the lake say of it last at each `created_at`: the sequence number, and whether
    /// the row is live.
    rows: BTreeMap<Instant, (String, bool)>,
}

impl Moved {
    /// Takes a session in whose `created_at` history leaves the day. Returns whether it does.
    pub(super) fn take(&mut self, id: &SessionId, history: Vec<Instant>, day: Span) -> bool {
        let leaves_day = |span: &Span| span.min < day.min || span.max > day.max;
        let Some(span) = Span::of(history).filter(leaves_day) else { return false };
        let moved = MovedSession { id: id.clone(), span, rows: BTreeMap::new() };
        self.0.insert(id.as_str().to_owned(), moved);
        true
    }

    /// The ids of the sessions, in order.
    pub(super) fn ids(&self) -> Vec<SessionId> {
        let mut ids: Vec<SessionId> = self.0.values().map(|moved| moved.id.clone()).collect();
        ids.sort();
        ids
    }

    /// The greatest sequence number of the rows of a session that stay in the lake.
    pub(super) fn greatest_sequence(&self, id: &str) -> Option<&str> {
        self.0.get(id)?.rows.values().map(|(sequence, _)| sequence.as_str()).max()
    }

    /// Where a session stays live in the lake, although it is not there any more.
    pub(super) fn stays_live_at(&self, id: &str, now_at: Instant) -> Vec<Instant> {
        let rows = self.0.get(id).into_iter().flat_map(|moved| &moved.rows);
        rows.filter(|(at, (_, is_live))| *is_live && **at != now_at).map(|(at, _)| *at).collect()
    }

    /// Whether any of the sessions may have a row in a part.
    fn may_lie_in(&self, part: &Part) -> bool {
        self.0.values().any(|moved| part.created.overlaps(moved.span))
    }

    /// Notes what the rows with these keys say of the sessions, as far as they `stay` where they began.
    fn note(&mut self, keys: &RecordBatch, stay: impl Fn(Instant) -> bool) -> Result<(), StoreError> {
        let rows = SessionKeys::of(keys)?;
        for row in (0..keys.num_rows()).filter(|row| stay(rows.created(*row))) {
            if let Some(moved) = self.0.get_mut(rows.id(row)) {
                let said = (rows.sequence(row).to_owned(), !rows.removed(row));
                let last = moved.rows.entry(rows.created(row)).or_default();
                if *last < said {
                    *last = said;
                }
            }
        }
        Ok(())
    }
}

impl Lake {
    /// Looks for rows of moved sessions that stay in the lake: those of other days in the inputs, and all in other
    /// segments. The parts of their days are read one by one, and no more of them than keys. A part that cannot be read
    /// counts as having no rows, because no reader will ever see them.
    pub(super) async fn find_rows_that_stay(
        &self,
        account: &AccountId,
        day: Span,
        moved: &mut Moved,
        inputs: &Inputs,
    ) -> Result<(), StoreError> {
        let Some(span) = Span::over(moved.0.values().map(|moved| moved.span)) else { return Ok(()) };
        for keys in &inputs.keys {
            moved.note(keys, |at| at < day.min || at > day.max)?;
        }
        let replaced: HashSet<&str> = inputs.ids().collect();
        let mut live = self.live_in(account, span).await?;
        live.retain(|segment| !replaced.contains(segment.id.as_str()));
        for part in live.iter().flat_map(|segment| &segment.parts) {
            if !moved.may_lie_in(part) {
                continue;
            }
            match self.read_plain(part, Record::Session, &SESSION_KEYS).await {
                Ok(keys) => moved.note(&keys, |_| true)?,
                Err(error) if error.kind.is_unreadable() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
