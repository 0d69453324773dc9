//! The writes that are under way. They are bounded in number and in bytes, and no two of them are of the same
//! session.

use std::collections::BTreeMap;

use domain::id::SessionId;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::{Instant, timeout_at};

use crate::limits::MAX_SESSION;

/// How many writes may be under way at the same time.
const MAX_WRITES: usize = 16;
/// How many bytes of sessions may be under way at the same time, counted as canonical JSON. In memory,
/// sessions are up to fifteen times as large.
const MAX_BYTES: usize = MAX_SESSION;

/// The writes that are under way, which end by a deadline.
pub(crate) struct InFlight<F> {
    deadline: Instant,
    writes: FuturesUnordered<F>,
    held: BTreeMap<usize, Held>,
}

struct Held {
    id: SessionId,
    size: usize,
}

/// A write that has ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Ended<T> {
    /// The item's index in its batch.
    pub(crate) index: usize,
    pub(crate) id: SessionId,
    /// The result of the write; `None` where it did not end in time.
    pub(crate) result: Option<T>,
}

impl<F, T> InFlight<F>
where
    F: Future<Output = (usize, T)>,
{
    /// No write is under way yet. No write is waited for after `deadline`.
    pub(crate) fn new(deadline: Instant) -> InFlight<F> {
        InFlight { deadline, writes: FuturesUnordered::new(), held: BTreeMap::new() }
    }

    /// Whether a write may begin now. Where none is under way it always may.
    pub(crate) fn admits(&self, id: &SessionId, size: usize) -> bool {
        let bytes: usize = self.held.values().map(|held| held.size).sum();
        let fits = self.held.len() < MAX_WRITES && bytes + size <= MAX_BYTES;
        self.held.is_empty() || (fits && self.held.values().all(|held| held.id != *id))
    }

    /// Begins a write. After the deadline it is only noted, and `next` reports that it did not end in time.
    pub(crate) fn push(&mut self, index: usize, id: SessionId, size: usize, write: F) {
        self.held.insert(index, Held { id, size });
        if Instant::now() < self.deadline {
            self.writes.push(write);
        }
    }

    /// Waits for one write to end and returns it; `None` where none is under way.
    pub(crate) async fn next(&mut self) -> Option<Ended<T>> {
        match timeout_at(self.deadline, self.writes.next()).await {
            Ok(Some((index, result))) => {
                let held = self.held.remove(&index)?;
                Some(Ended { index, id: held.id, result: Some(result) })
            }
            Ok(None) | Err(_) => {
                self.writes.clear();
                let (index, held) = self.held.pop_first()?;
                Some(Ended { index, id: held.id, result: None })
            }
        }
    }
}

#[cfg(test)]
mod tests;
