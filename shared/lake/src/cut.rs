//! Cuts the rows that a compaction keeps into segments and their parts.

use std::cmp::Reverse;

use chrono::NaiveDate;
use domain::dictionary::Record;
use domain::zone::Zone;

use crate::days::{MAX_DAYS, in_days, joined};
use crate::resolve::Kept;
use crate::segment::Segment;

/// The rows of one new segment, as one slice per part. There is at least one part, and no part is empty.
pub(crate) type Piece<'a> = Vec<&'a [Kept]>;

/// Cuts rows into pieces of about the same size, of at most `max_rows` rows each. Sessions that began at the
/// same instant stay together, so that pieces do not overlap, even where a piece then has more rows.
pub(crate) fn cut(kept: &[Kept], max_rows: u64) -> Vec<Piece<'_>> {
    let max_rows = usize::try_from(max_rows.max(1)).unwrap_or(usize::MAX);
    let least = kept.len().div_ceil(kept.len().div_ceil(max_rows).max(1));
    let mut pieces = Vec::new();
    let mut rest = kept;
    while !rest.is_empty() {
        let last = rest[least.min(rest.len()) - 1].created;
        let (piece, after) = rest.split_at(rest.partition_point(|row| row.created <= last));
        pieces.push(vec![piece]);
        rest = after;
    }
    pieces
}

/// So many pieces of about the same size, or fewer. They may share an instant: these lie beside a large segment, which they
/// overlap anyway.
pub(crate) fn cut_evenly(kept: &[Kept], pieces: usize) -> Vec<Piece<'_>> {
    let rows = kept.len().div_ceil(pieces.max(1)).max(1);
    kept.chunks(rows).map(|piece| vec![piece]).collect()
}

/// The pieces of rows that were gathered for several days, so that each lies beside what there is of its days: of one UTC
/// day, or of the days of one segment among the `others`. Where these are more than `MAX_DAYS`, neighbouring days without
/// another segment are put together; then those with the most rows have a piece of their own, and the others share pieces,
/// in which each has a part. Gives at most `MAX_DAYS` pieces, and one more for each time that a day is too many rows.
pub(crate) fn cut_by_day<'a>(kept: &'a [Kept], others: &[Segment], max_rows: u64) -> Vec<Piece<'a>> {
    let days_of_others = DaysOfOthers::of(others);
    let days = in_days(kept, |row| row.created, usize::MAX);
    let mut parts = joined(kept, days.chunk_by(|a, b| days_of_others.are_within_one(a, b)));
    if parts.len() > MAX_DAYS {
        let together = parts.len().div_ceil(MAX_DAYS);
        let runs = parts.chunk_by(|a, b| days_of_others.position(a) == days_of_others.position(b));
        parts = joined(kept, runs.flat_map(|run| run.chunks(together)));
    }
    // A shared piece takes up to `MAX_DAYS` parts. This is how many parts may have a piece of their own.
    let own = match parts.len() {
        count if count <= MAX_DAYS => count,
        count => (MAX_DAYS * MAX_DAYS).saturating_sub(count) / (MAX_DAYS - 1),
    };
    parts.sort_by_key(|rows| Reverse(rows.len()));
    let mut shared = parts.split_off(own);
    shared.sort_by_key(|rows| rows[0].created);
    let own = parts.into_iter().flat_map(|rows| cut(rows, max_rows));
    own.chain(shared.chunks(MAX_DAYS).map(<[_]>::to_vec)).collect()
}

/// The first and the last day of each segment beside the rows that are cut, the largest segment first.
struct DaysOfOthers(Vec<(NaiveDate, NaiveDate)>);

/// Where a day lies in relation to the other segments.
#[derive(PartialEq)]
enum DayPosition {
    /// Among the days of this segment, the largest of those that have the day.
    Within(usize),
    /// In no segment, and after so many of them.
    Between(usize),
}

impl DaysOfOthers {
    fn of(others: &[Segment]) -> DaysOfOthers {
        let mut others: Vec<&Segment> = others.iter().filter(|one| one.has_one_part()).collect();
        others.sort_by_key(|one| Reverse(one.rows(Record::Session)));
        DaysOfOthers(others.into_iter().map(|one| one.created().days()).collect())
    }

    /// Returns where the day of the first of some rows lies.
    fn position(&self, rows: &[Kept]) -> DayPosition {
        let day = rows[0].created.day(Zone::UTC);
        match self.0.iter().position(|(first, last)| (first..=last).contains(&&day)) {
            Some(segment) => DayPosition::Within(segment),
            None => DayPosition::Between(self.0.iter().filter(|(_, last)| *last < day).count()),
        }
    }

    /// Whether the rows of two days both lie among the days of the same segment.
    fn are_within_one(&self, a: &[Kept], b: &[Kept]) -> bool {
        let position = self.position(a);
        matches!(position, DayPosition::Within(_)) && position == self.position(b)
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Instant;

    use super::*;
    use crate::segment::tests::{DAY, segment};

    fn kept(instants: impl Iterator<Item = i64>) -> Vec<Kept> {
        instants.map(|at| Kept { created: Instant(at), input: 0, row: 0 }).collect()
    }

    /// Returns how many rows the parts of each piece have.
    fn lengths(pieces: &[Piece<'_>]) -> Vec<Vec<usize>> {
        pieces.iter().map(|piece| piece.iter().map(|part| part.len()).collect()).collect()
    }

    #[test]
    fn each_day_has_a_piece() {
        let rows = kept((0..20).map(|at| at / 5 * DAY + at));
        assert_eq!(lengths(&cut_by_day(&rows, &[], 1_000)), [[5], [5], [5], [5]]);
        assert!(cut_by_day(&[], &[], 1_000).is_empty());
    }

    #[test]
    fn days_of_one_segment_share_a_piece() {
        let rows = kept((0..20).map(|at| at / 5 * DAY + at));
        assert_eq!(lengths(&cut_by_day(&rows, &[segment(&[(1, 2)])], 1_000)), [[10], [5], [5]]);
        let overlapping = [segment(&[(2, 3)]), segment(&[(0, 1)]), segment(&[(7, 9)])];
        assert_eq!(lengths(&cut_by_day(&rows, &overlapping, 1_000)), [[10], [10]]);
        let uncut = segment(&[(0, 1), (3, 3)]);
        assert_eq!(cut_by_day(&rows, &[uncut], 1_000).len(), 4, "it will be cut itself");
    }

    #[test]
    fn many_days_without_a_segment_are_put_together() {
        let rows = kept((0..100).map(|day| day * DAY));
        let pieces = cut_by_day(&rows, &[], 1_000);
        assert!(pieces.iter().all(|piece| piece.len() == 1));
        assert_eq!(pieces.len(), 15, "seven days each");
        let pieces = cut_by_day(&rows, &[segment(&[(50, 50)])], 1_000);
        let single: Vec<&Piece<'_>> =
            pieces.iter().filter(|piece| piece[0][0].created.0 == 50 * DAY).collect();
        assert_eq!(single[0][0].len(), 1);
    }

    #[test]
    fn days_of_few_rows_share_pieces_where_each_has_its_own_segment() {
        // One day has 50 rows, and each of twenty earlier days has one row.
        let rows = kept((0..20).map(|day| day * DAY).chain((0..50).map(|at| 40 * DAY + at)));
        let others: Vec<Segment> = (0..20).map(|day| segment(&[(day, day)])).collect();
        let pieces = cut_by_day(&rows, &others, 1_000);
        assert_eq!(pieces.len(), MAX_DAYS);
        assert_eq!(lengths(&pieces)[0], [50]);
        assert_eq!(pieces.iter().filter(|piece| piece.len() > 1).count(), 1);
    }

    #[test]
    fn no_commit_has_more_pieces_than_it_may_add_whatever_days_there_are() {
        for days in [1, 16, 17, 31, 32, 100, 255] {
            let rows = kept((0..3 * days).map(|at| at / 3 * DAY));
            let others: Vec<Segment> = (0..days).step_by(3).map(|day| segment(&[(day, day)])).collect();
            let pieces = cut_by_day(&rows, &others, 10_000);
            assert!(pieces.len() <= MAX_DAYS, "{days} days: {}", pieces.len());
            assert!(pieces.iter().all(|piece| (1..=MAX_DAYS).contains(&piece.len())), "{days} days");
            let mut all: Vec<i64> =
                pieces.iter().flatten().copied().flatten().map(|row| row.created.0).collect();
            all.sort_unstable();
            assert!(all.iter().eq(rows.iter().map(|row| &row.created.0)), "{days} days");
        }
    }

    #[test]
    fn pieces_have_no_more_rows_than_a_segment_may_have_and_share_no_instant() {
        let rows = kept((0..101).map(|at| at / 2));
        let pieces = cut(&rows, 50);
        assert_eq!(lengths(&pieces), [[34], [34], [33]]);
        let ends = pieces.windows(2).map(|two| (two[0][0].last().unwrap().created, two[1][0][0].created));
        assert!(ends.into_iter().all(|(end, begin)| end < begin));
        assert_eq!(cut(&kept(std::iter::repeat_n(7, 9)), 2).len(), 1, "one instant");
        assert!(cut(&[], 2).is_empty());
    }
}
