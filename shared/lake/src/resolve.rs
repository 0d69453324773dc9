//! Resolves versions: decides which of a session's rows is its latest version. This is the only place where
//! that is decided.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use arrow_array::RecordBatch;
use domain::time::Instant;
use store::StoreError;

use crate::segment::Part;
use crate::session_keys::SessionKeys;

/// The rank of a row among all rows of its session. The row with the greatest rank is the latest version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank<'a> {
    /// A later record of the stream has a greater rank than an earlier one.
    sequence: &'a str,
    /// A record that moves a session leaves a tombstone where it lay, with the same sequence number. The live
    /// row has the greater rank.
    is_live: bool,
    /// A record that was delivered twice may have been appended twice. Either row may count, but all readers
    /// must take the same one: that in the segment with the greater id, and within a segment the last one.
    place: (&'a str, usize, usize),
}

impl<'a> Rank<'a> {
    /// Returns the rank of a row of `part`, given its row number, its sequence number and whether it is a
    /// tombstone.
    pub fn new(part: &'a Part, row: usize, sequence: &'a str, is_removed: bool) -> Rank<'a> {
        Rank { sequence, is_live: !is_removed, place: (&part.segment, part.number, row) }
    }
}

/// Returns, for each key, the row with the greatest rank among the rows with this key.
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

/// A row that is kept when versions are resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The `created_at` of the row.
    pub created: Instant,
    /// The number of the batch in which the row lies.
    pub input: usize,
    /// The row's number in that batch.
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
    let keys = batches.iter().map(SessionKeys::of).collect::<Result<Vec<_>, _>>()?;
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
        // A latest version at the same `created_at` makes the tombstone superfluous.
        let covered =
            latest.get(id(**at)).is_some_and(|winner| winner != *at && created(*winner) == created(**at));
        !covered && needed(created(**at))
    });
    let mut rows: Vec<RowOf> = live.chain(dead).copied().collect();
    rows.sort_by_key(|at| (created(*at), id(*at), !is_removed(*at)));
    Ok(rows.into_iter().map(|at| Kept { created: created(at), input: at.input, row: at.row }).collect())
}
