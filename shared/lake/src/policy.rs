//! Which segments are compacted, and when.

use std::collections::HashMap;

use shared::dictionary::Record;
use shared::time::Instant;

use crate::manifest::MAX_ACTIONS;
use crate::segment::{Segment, Span};
use crate::write::{DAY, MAX_DAYS};

/// The most segments that one commit may replace: each takes two actions of its transaction, and some are for what is
/// added.
pub(crate) const MAX_INPUTS: usize = (MAX_ACTIONS - MAX_DAYS) / 2;
/// A segment is rewritten once the rows that came later for its days are at least one in so many of its own: as many of
/// its rows may be dead.
const DEAD_SHARE: u64 = 10;

/// When segments are compacted.
///
/// Segments that hold a day in common are compacted as soon as `fan_in` of them are about equally large, so that every row
/// is rewritten once a size class. What comes late for a day is gathered beside its large segment, and goes into it once
/// it is a tenth of it, or once nothing has come for long. Then neighbouring days become one segment, as many as fit.
#[derive(Clone, Copy, Debug)]
pub struct CompactionPolicy {
    /// How many segments make a compaction; also the step from one size class to the next.
    pub fan_in: usize,
    /// The most sessions of a segment: a reader of a few days should not have to read many.
    pub max_rows: u64,
    /// The most bytes of memory that the inputs of a compaction may take, of the kind of record that takes most. At once a
    /// compaction needs its sessions, its inputs of one kind and, once more, what it makes of these.
    pub max_decoded: u64,
    /// How old a segment must be to be compacted: older than any attempt to commit it that may still be under way.
    pub min_age_seconds: i64,
    /// After how long without an addition a day counts as closed; a large segment is not rewritten more often.
    pub quiet_seconds: i64,
    /// After how long without an addition a closed day becomes one segment, however little came late for it.
    pub idle_seconds: i64,
}

impl Default for CompactionPolicy {
    fn default() -> CompactionPolicy {
        CompactionPolicy {
            fan_in: 8,
            max_rows: 100_000,
            max_decoded: 256 << 20,
            min_age_seconds: 10,
            quiet_seconds: 3_600,
            idle_seconds: 86_400,
        }
    }
}

impl CompactionPolicy {
    /// The default one for a lake that nothing comes into any more: nothing is waited for.
    pub fn at_once() -> CompactionPolicy {
        CompactionPolicy {
            min_age_seconds: -1,
            quiet_seconds: -1,
            idle_seconds: -1,
            ..CompactionPolicy::default()
        }
    }
}

/// Segments that hold days in common.
type Days<'a> = Vec<&'a Segment>;

/// A compaction to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) inputs: Vec<Segment>,
    /// Whether it is cut by days: what was gathered for several of them goes to each.
    pub(crate) by_day: bool,
}

impl Job {
    fn of(inputs: &[&Segment], by_day: bool) -> Job {
        Job { inputs: inputs.iter().map(|segment| (*segment).clone()).collect(), by_day }
    }
}

impl CompactionPolicy {
    /// What to compact next of the live segments that hold sessions of one day; none where all is as it should be now.
    pub(crate) fn of_day(&self, live: &[&Segment], now: Instant) -> Option<Job> {
        let mut eligible: Days<'_> = live.to_vec();
        eligible.retain(|segment| is_past(segment, self.min_age_seconds, now));
        if let Some(inputs) = self.of_a_size(&eligible) {
            return Some(Job::of(&inputs, true));
        }
        let Some((large, late)) = self.split_largest(&eligible) else {
            return self.of_earlier_format(&eligible, now);
        };
        let late_rows = late.iter().map(|segment| rows(segment)).sum::<u64>();
        let is_closed = |seconds| live.iter().all(|segment| is_past(segment, seconds, now));
        let with_large: Days<'_> = std::iter::once(large).chain(late.iter().copied()).collect();
        let is_due = late_rows * DEAD_SHARE >= rows(large) && is_past(large, self.quiet_seconds, now);
        if (is_due || is_closed(self.idle_seconds)) && self.fits(&with_large) {
            return Some(Job::of(&with_large, false));
        }
        let gathers = is_closed(self.quiet_seconds) && late.len() > 1 && self.fits(&late);
        gathers.then(|| Job::of(&late, true))
    }

    /// A closed segment of an earlier format, which is written anew by itself: the manifest lists it among those that any
    /// period may touch.
    fn of_earlier_format(&self, eligible: &[&Segment], now: Instant) -> Option<Job> {
        let is_due =
            |segment: &&&Segment| segment.is_of_earlier_format() && is_past(segment, self.quiet_seconds, now);
        eligible.iter().find(is_due).map(|segment| Job::of(&[segment], false))
    }

    /// Closed neighbouring days to join, of the live segments of some weeks in the order of their first session.
    pub(crate) fn of_neighbours(&self, live: &[Segment], now: Instant) -> Option<Job> {
        self.neighbours(&by_days(live), now).map(|inputs| Job::of(&inputs, false))
    }

    /// When the live segments of a day should be looked at again, if nothing comes meanwhile; never where all is done.
    pub(crate) fn again_at(&self, live: &[&Segment], now: Instant) -> Option<Instant> {
        let last_added = live.iter().map(|segment| segment.added_at).max()?;
        let mut waits = vec![self.quiet_seconds];
        if live.len() > 1 {
            waits.extend([self.min_age_seconds, self.idle_seconds]);
        }
        let after = waits.into_iter().map(|seconds| last_added.plus_seconds(seconds.max(0) + 1));
        after.filter(|at| *at > now).min()
    }

    /// Enough segments of the smallest size class that has enough.
    fn of_a_size<'a>(&self, eligible: &[&'a Segment]) -> Option<Days<'a>> {
        let mut classes: HashMap<u32, Days<'a>> = HashMap::new();
        for segment in eligible {
            let class = rows(segment).max(1).ilog(self.fan_in.max(2) as u64);
            classes.entry(class).or_default().push(segment);
        }
        let mut full: Vec<_> = classes.into_iter().filter(|(_, class)| class.len() >= self.fan_in).collect();
        full.sort_by_key(|(class, _)| *class);
        full.into_iter().map(|(_, class)| self.fitting(&class)).find(|picked| picked.len() > 1)
    }

    /// As many of a class as fit, in their order. One that no other fits beside is left alone: it must not keep the
    /// others from being compacted.
    fn fitting<'a>(&self, class: &[&'a Segment]) -> Days<'a> {
        let from = |first: usize| {
            let mut picked: Days<'a> = Vec::new();
            for segment in &class[first..] {
                picked.push(segment);
                if !self.fits(&picked) {
                    picked.pop();
                }
            }
            picked
        };
        (0..class.len()).map(from).find(|picked| picked.len() > 1).unwrap_or_default()
    }

    /// Whether a compaction of these is bounded as it must be. One large segment may always take up what came late for
    /// it: that is cut again where it is too much for one.
    fn fits(&self, inputs: &[&Segment]) -> bool {
        let largest =
            |of: fn(&Segment) -> u64| inputs.iter().map(|segment| of(segment)).max().unwrap_or_default();
        let sum = |of: fn(&Segment) -> u64| inputs.iter().map(|segment| of(segment)).sum::<u64>();
        let within = |of: fn(&Segment) -> u64, most: u64| {
            let (sum, largest) = (sum(of), largest(of));
            sum <= most || (largest <= most && (sum - largest).saturating_mul(4) <= most)
        };
        inputs.len() <= MAX_INPUTS
            && within(rows, self.max_rows)
            && within(Segment::decoded, self.max_decoded)
    }

    /// Neighbours, each alone with its days: `fan_in` of them, or as many as fit in one. Only where the largest is not most
    /// of it, or a large one would be rewritten for each small one beside it.
    fn neighbours<'a>(&self, days: &[Days<'a>], now: Instant) -> Option<Days<'a>> {
        let is_worth = |run: &Days<'_>| {
            let largest = run.iter().map(|segment| rows(segment)).max().unwrap_or_default();
            run.len() > 1 && run.iter().map(|segment| rows(segment)).sum::<u64>() >= 2 * largest
        };
        let mut run: Days<'a> = Vec::new();
        for days in days {
            let [alone] = days.as_slice() else {
                run.clear();
                continue;
            };
            if !is_past(alone, self.quiet_seconds, now) {
                run.clear();
                continue;
            }
            run.push(alone);
            while !self.fits_in_one(&run) {
                let before = run.split_last().map(|(_, before)| before.to_vec()).unwrap_or_default();
                if is_worth(&before) {
                    return Some(before);
                }
                run.remove(0);
            }
            if run.len() >= self.fan_in {
                if is_worth(&run) {
                    return Some(run);
                }
                run.remove(0);
            }
        }
        None
    }

    /// The segment with the most rows, and what should go into it: all others of the day where they fit in one, else those
    /// that overlap it. `None` where there is nothing.
    fn split_largest<'a>(&self, segments: &[&'a Segment]) -> Option<(&'a Segment, Days<'a>)> {
        let large = *segments.iter().max_by_key(|segment| rows(segment))?;
        let fit_in_one = self.fits_in_one(segments);
        let mut late: Days<'a> = segments.to_vec();
        late.retain(|other| {
            other.id != large.id && (fit_in_one || other.created().overlaps(large.created()))
        });
        (!late.is_empty()).then_some((large, late))
    }

    fn fits_in_one(&self, inputs: &[&Segment]) -> bool {
        inputs.iter().map(|segment| rows(segment)).sum::<u64>() <= self.max_rows
            && inputs.iter().map(|segment| segment.decoded()).sum::<u64>() <= self.max_decoded
    }
}

/// Whether a segment was added longer ago than that.
fn is_past(segment: &Segment, seconds: i64, now: Instant) -> bool {
    segment.added_at.plus_seconds(seconds) < now
}

fn rows(segment: &Segment) -> u64 {
    segment.rows(Record::Session)
}

/// The segments by the UTC days that they hold in common, in order.
fn by_days(live: &[Segment]) -> Vec<Days<'_>> {
    let whole = |span: Span| (span.min.0.div_euclid(DAY), span.max.0.div_euclid(DAY));
    let mut all: Vec<Days<'_>> = Vec::new();
    let mut reach = i64::MIN;
    for segment in live {
        let (first, last) = whole(segment.created());
        match all.last_mut() {
            Some(days) if first <= reach => days.push(segment),
            _ => all.push(vec![segment]),
        }
        reach = reach.max(last);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::tests::{DAY, segment as of_days};

    const NOW: Instant = Instant(1_000 * DAY);
    const POLICY: CompactionPolicy = CompactionPolicy {
        fan_in: 4,
        max_rows: 100,
        max_decoded: 1_000,
        min_age_seconds: 10,
        quiet_seconds: 3_600,
        idle_seconds: 86_400,
    };

    /// A segment of some rows that holds a day, and was added some hours ago.
    fn segment(day: i64, rows: u64, hours: i64) -> Segment {
        let mut segment = of_days(&[(day, day)]);
        for file in segment.parts[0].files.values_mut() {
            (file.rows, file.decoded) = (rows, 1);
        }
        segment.added_at = NOW.plus_seconds(-hours * 3_600 - 20);
        segment
    }

    fn job(live: &[Segment], now: Instant) -> Option<Job> {
        POLICY.of_day(&live.iter().collect::<Vec<_>>(), now)
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
        assert!(of_day(&[(90, 2), (60, 2)]).is_empty(), "two large ones are too many rows");
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
            POLICY.again_at(&live.iter().collect::<Vec<_>>(), NOW).map(|at| (at.0 - NOW.0) / 1_000_000)
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
            sizes(POLICY.of_neighbours(&live, NOW))
        };
        assert_eq!(days(&[5, 5, 5, 5, 5]), [5, 5, 5, 5]);
        assert_eq!(days(&[40, 40, 40]), [40, 40]);
        assert!(days(&[5, 5, 5]).is_empty(), "there may be more to come");
        assert!(days(&[90, 1, 1, 1]).is_empty(), "the large one is not worth rewriting");
        assert!(days(&[100, 100, 100]).is_empty());
    }
}
