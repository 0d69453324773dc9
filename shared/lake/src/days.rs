//! UTC days: how rows are split by them.

use domain::time::Instant;

/// A day in microseconds.
pub(crate) const DAY: i64 = 86_400 * 1_000_000;
/// The most parts of a segment, and the most pieces into which a compaction is cut by days.
pub(crate) const MAX_DAYS: usize = 16;

/// Splits rows, which are sorted by their instant, into one slice per UTC day. Where that would be more than
/// `most` slices, several neighbouring days share one.
pub(crate) fn in_days<T>(rows: &[T], instant: impl Fn(&T) -> Instant, most: usize) -> Vec<&[T]> {
    let day = |row: &T| instant(row).0.div_euclid(DAY);
    let days: Vec<&[T]> = rows.chunk_by(|a, b| day(a) == day(b)).collect();
    let together = days.len().div_ceil(most).max(1);
    joined(rows, days.chunks(together))
}

/// Joins neighbouring slices of `rows`: each run of slices becomes one slice. The runs follow each other from
/// the first row on.
pub(crate) fn joined<'a, 'b, T: 'b>(
    mut rows: &'a [T],
    runs: impl Iterator<Item = &'b [&'a [T]]>,
) -> Vec<&'a [T]>
where
    'a: 'b,
{
    runs.map(|run| {
        let (taken, after) = rows.split_at(run.iter().map(|slice| slice.len()).sum());
        rows = after;
        taken
    })
    .collect()
}
