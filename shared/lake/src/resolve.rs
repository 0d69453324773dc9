//! Resolving: which of a session's rows is its latest version. Whoever reads sessions decides it here.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use arrow_array::RecordBatch;
use domain::time::Instant;
use store::StoreError;

use crate::segment::Part;
use crate::write::Identities;

/// The rank of a session's row among all its rows: that with the greatest is the latest version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank<'a> {
    /// A later stream record outdoes an earlier one.
    sequence: &'a str,
    /// A record that moves a session leaves a tombstone where it lay, under the same sequence number: the live row counts.
    is_live: bool,
    /// A record that was delivered twice may have brought its row twice. Then any of them may count, but everybody must take
    /// the same one: that of the greater segment, and in one segment the last.
    place: (&'a str, usize, usize),
}

impl<'a> Rank<'a> {
    /// The rank of a row of `part`, with its sequence number, and whether it is a tombstone.
    pub fn new(part: &'a Part, row: usize, sequence: &'a str, is_removed: bool) -> Rank<'a> {
        Rank { sequence, is_live: !is_removed, place: (&part.segment, part.number, row) }
    }
}

/// Of the rows with the same key, that with the greatest rank.
pub fn latest_by<'a, R: Copy, K: Eq + Hash>(
    rows: impl Iterator<Item = R>,
    key: impl Fn(R) -> K,
    rank: impl Fn(R) -> Rank<'a>,
) -> HashMap<K, R> {
    let mut latest = HashMap::new();
    for row in rows {
        match latest.entry(key(row)) {
            Entry::Vacant(entry) => {
                entry.insert(row);
            }
            Entry::Occupied(mut best) => {
                if rank(row) > rank(*best.get()) {
                    best.insert(row);
                }
            }
        }
    }
    latest
}

/// A session's row that is kept when versions are resolved: the input that it lies in, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When its session began.
    pub created: Instant,
    /// The input, by its place among them.
    pub input: usize,
    /// The row in that input.
    pub row: usize,
}

/// A row of one of several inputs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct RowOf {
    input: usize,
    row: usize,
}

/// Resolves the versions of each session, whose rows lie in these batches, one of each part. Returns the rows to keep, in the
/// lake's order: the latest version of each session, and every tombstone at another `created_at` for which `needed` says that
/// a segment outside of these batches may still hold an older version.
pub fn resolve(
    parts: &[&Part],
    batches: &[RecordBatch],
    needed: impl Fn(Instant) -> bool,
) -> Result<Vec<Kept>, StoreError> {
    let keys = batches.iter().map(Identities::of).collect::<Result<Vec<_>, _>>()?;
    let id = |at: RowOf| keys[at.input].id(at.row);
    let created = |at: RowOf| keys[at.input].created(at.row);
    let is_removed = |at: RowOf| keys[at.input].removed(at.row);
    let rank =
        |at: RowOf| Rank::new(parts[at.input], at.row, keys[at.input].sequence(at.row), is_removed(at));
    let rows_of =
        |(input, batch): (usize, &RecordBatch)| (0..batch.num_rows()).map(move |row| RowOf { input, row });
    let rows = || batches.iter().enumerate().flat_map(rows_of);
    let latest = latest_by(rows(), id, rank);
    let tombstones = latest_by(rows().filter(|at| is_removed(*at)), |at| (id(at), created(at)), rank);
    let live = latest.values().filter(|at| !is_removed(**at));
    let dead = tombstones.values().filter(|at| {
        // Where the latest version lies in the same place, it says all that the tombstone says.
        let covered =
            latest.get(id(**at)).is_some_and(|winner| winner != *at && created(*winner) == created(**at));
        !covered && needed(created(**at))
    });
    let mut rows: Vec<RowOf> = live.chain(dead).copied().collect();
    rows.sort_by_key(|at| (created(*at), id(*at), !is_removed(*at)));
    Ok(rows.into_iter().map(|at| Kept { created: created(at), input: at.input, row: at.row }).collect())
}
