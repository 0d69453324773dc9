//! Tests of the policy on a few segments at a time.

use super::*;
use crate::segment::tests::{DAY, segment as of_days};

const NOW: Instant = Instant(1_000 * DAY);
const POLICY: CompactionPolicy = CompactionPolicy {
    segments_per_compaction: 4,
    max_rows: 100,
    max_decoded: 1_000,
    min_age_seconds: 10,
    quiet_seconds: 3_600,
    idle_seconds: 86_400,
    patience_seconds: 7 * 86_400,
};

/// A segment that holds one day with some rows, and was added some hours ago.
fn segment(day: i64, rows: u64, hours: i64) -> Segment {
    let mut segment = of_days(&[(day, day)]);
    for file in segment.parts[0].files.values_mut() {
        (file.rows, file.decoded) = (rows, 1);
    }
    segment.added_at = NOW.plus_seconds(-hours * 3_600 - 20);
    segment
}

fn job(live: &[Segment], now: Instant) -> Option<Job> {
    {
        let group = POLICY.group(live, NaiveDate::default());
        POLICY.pick_of_several_days(&group, now).or_else(|| POLICY.pick_late(&group, now))
    }
}

fn sizes(job: Option<Job>) -> Vec<u64> {
    job.map(|job| job.inputs.iter().map(rows).collect()).unwrap_or_default()
}

fn of_day(live: &[(u64, i64)]) -> Vec<u64> {
    let live: Vec<Segment> = live.iter().map(|(rows, hours)| segment(0, *rows, *hours)).collect();
    sizes(job(&live, NOW))
}

fn today(rows: &[u64]) -> Vec<u64> {
    of_day(&rows.iter().map(|rows| (*rows, 0)).collect::<Vec<_>>())
}

#[test]
fn segments_of_a_size_are_compacted_once_there_are_enough() {
    assert!(today(&[1, 2, 3]).is_empty());
    assert_eq!(today(&[1, 2, 3, 20, 1]), [1, 2, 3, 1]);
    assert_eq!(today(&[20, 20, 20, 20]), [20, 20, 20, 20]);
    assert_eq!(today(&[60, 60, 60, 60, 60]), [] as [u64; 0], "two of them would be too many rows");
}

#[test]
fn segments_whose_commit_may_still_be_under_way_are_left_alone() {
    let mut live: Vec<Segment> = (0..4).map(|_| segment(0, 1, 0)).collect();
    live[0].added_at = NOW.plus_seconds(-9);
    assert!(job(&live, NOW).is_none());
    assert!(job(&live, NOW.plus_seconds(2)).is_some());
}

#[test]
fn segments_of_much_text_are_compacted_in_smaller_lots() {
    let mut live: Vec<Segment> = (0..4).map(|_| segment(0, 3, 0)).collect();
    let decoded = |segment: &mut Segment, decoded: u64| {
        segment.parts[0].files.values_mut().for_each(|file| file.decoded = decoded);
    };
    live.iter_mut().for_each(|segment| decoded(segment, 400));
    assert_eq!(sizes(job(&live, NOW)), [3, 3]);
    live.iter_mut().for_each(|segment| decoded(segment, 900));
    assert!(job(&live, NOW).is_none());
    live.extend((0..4).map(|_| segment(0, 2, 0)));
    assert_eq!(sizes(job(&live, NOW)), [3, 2, 2, 2, 2], "the others do not wait for them");
}

#[test]
fn what_came_late_goes_into_the_large_segment_once_it_is_a_tenth_of_it() {
    assert_eq!(of_day(&[(50, 2), (5, 0)]), [50, 5]);
    assert!(of_day(&[(50, 2), (4, 0)]).is_empty(), "too few");
    assert!(of_day(&[(50, 0), (5, 0)]).is_empty(), "it was rewritten a moment ago");
    assert_eq!(of_day(&[(100, 2), (11, 0)]), [100, 11], "a full one too");
}

#[test]
fn what_is_too_much_to_be_taken_up_at_once_goes_piece_by_piece() {
    let job_of = |late: &[(u64, i64)]| {
        let mut live = vec![segment(0, 90, 2)];
        live.extend(late.iter().map(|(rows, hours)| segment(0, *rows, *hours)));
        job(&live, NOW)
    };
    assert_eq!(sizes(job_of(&[(60, 2)])), [60]);
    assert_eq!(sizes(job_of(&[(20, 2), (20, 2), (20, 2)])), [90, 20], "they would be too many at once");
    assert_eq!(sizes(job_of(&[(8, 0), (8, 0), (8, 0), (8, 0)])), [8, 8, 8], "no more than it can take up");
}

#[test]
fn what_came_late_is_gathered_once_nothing_comes_and_taken_up_in_the_end() {
    assert_eq!(of_day(&[(100, 30), (2, 2), (3, 2)]), [2, 3]);
    assert!(of_day(&[(100, 30), (2, 2), (3, 0)]).is_empty(), "there may be more to come");
    assert!(of_day(&[(100, 30), (5, 2)]).is_empty());
    assert_eq!(of_day(&[(100, 30), (5, 25)]), [100, 5]);
}

#[test]
fn pieces_of_a_day_that_is_too_much_for_one_are_left_alone() {
    let mut pieces = [segment(0, 60, 30), segment(0, 60, 30)];
    for (piece, (from, to)) in pieces.iter_mut().zip([(0, 9), (10, 19)]) {
        piece.parts[0].created = Span { min: Instant(from), max: Instant(to) };
    }
    assert!(job(&pieces, NOW).is_none());
    pieces[1].parts[0].files.values_mut().for_each(|file| file.rows = 40);
    assert_eq!(sizes(job(&pieces, NOW)), [60, 40]);
}

#[test]
fn a_day_is_looked_at_again_when_its_time_comes() {
    let again = |live: &[Segment]| {
        POLICY.again_at(&POLICY.group(live, NaiveDate::default()), NOW).map(|at| (at.0 - NOW.0) / 1_000_000)
    };
    assert_eq!(again(&[]), None);
    assert_eq!(again(&[segment(0, 5, 0)]), Some(3_600 - 20 + 1));
    assert_eq!(again(&[segment(0, 5, 2)]), None, "alone and closed");
    assert_eq!(again(&[segment(0, 5, 2), segment(0, 1, 2)]), Some(86_400 - 2 * 3_600 - 20 + 1));
}

#[test]
fn closed_days_become_one_segment_as_many_as_fit() {
    let days = |rows: &[u64]| {
        let live: Vec<Segment> = rows.iter().zip(0..).map(|(rows, day)| segment(day, *rows, 2)).collect();
        sizes(POLICY.pick_neighbours(&live, NOW))
    };
    assert_eq!(days(&[5, 5, 5, 5, 5]), [5, 5, 5, 5]);
    assert_eq!(days(&[40, 40, 40]), [40, 40]);
    assert!(days(&[5, 5, 5]).is_empty(), "there may be more to come");
    assert!(days(&[90, 1, 1, 1]).is_empty(), "the large one is not worth rewriting");
    assert!(days(&[100, 100, 100]).is_empty());
}
