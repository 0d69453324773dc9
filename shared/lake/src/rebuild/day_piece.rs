//! A piece of a day that is rebuilt: as many sessions as are in memory at once.

use store::StoredSession;

use crate::encode::Entry;

/// How many sessions a rebuilt segment has at most.
pub(super) const MOST_SESSIONS: usize = 4_000;
/// A rebuilt segment gets no more sessions once those that it has take so many bytes of memory.
const MOST_BYTES: usize = 64 << 20;

/// Sessions of the table that become one segment.
#[derive(Default)]
pub(super) struct DayPiece {
    pub(super) entries: Vec<Entry>,
    bytes: usize,
}

impl DayPiece {
    /// Adds a session as a row with this sequence number.
    pub(super) fn add(&mut self, sequence: String, stored: StoredSession) {
        let entry = Entry {
            sequence,
            created_at: stored.identity.created_at,
            id: stored.identity.id,
            session: Some(stored.session),
            content_hash: stored.content_hash,
        };
        self.bytes += entry.bytes();
        self.entries.push(entry);
    }

    /// Whether it is time to write the piece and to begin another one.
    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= MOST_SESSIONS || self.bytes >= MOST_BYTES
    }
}
