//! Which segments are merged, and when.

use std::collections::HashMap;

use shared::dictionary::Record;
use shared::time::Instant;

use crate::write::{DAY, MAX_DAYS};
use crate::{Segment, Span};

/// The most segments that one commit may replace: a transaction takes 100 actions, and some are for what is added.
pub(crate) const MAX_INPUTS: usize = 100 - MAX_DAYS;

/// When segments are merged.
///
/// Segments that hold days in common are merged as soon as `fan_in` of them are about equally large, so that every row
/// is rewritten once a size class; once nothing was added to their days for `quiet_seconds`, all of them are, if they
/// fit. Then neighbouring days become one segment, as many as fit.
#[derive(Clone, Copy, Debug)]
pub struct MergePolicy {
    /// How many segments make a merge; also the step from one size class to the next.
    pub fan_in: usize,
    /// The most sessions that a merge may write: a reader of a few days should not have to read many.
    pub max_rows: u64,
    /// The most bytes of memory that the inputs of a merge may take, of the kind of record that takes most. At once a
    /// merge needs its sessions, its inputs of one kind and, once more, what it makes of these.
    pub max_decoded: u64,
    /// After how long without an addition days count as closed.
    pub quiet_seconds: i64,
}

impl Default for MergePolicy {
    fn default() -> MergePolicy {
        MergePolicy { fan_in: 8, max_rows: 100_000, max_decoded: 256 << 20, quiet_seconds: 3_600 }
    }
}

/// Segments that hold days in common.
type Days<'a> = Vec<&'a Segment>;

impl MergePolicy {
    /// The segments to merge next; none where all is as it should be. `live` is in the order of `created`.
    pub(crate) fn pick(&self, live: &[Segment], now: Instant) -> Vec<Segment> {
        let days = by_days(live);
        let of_a_size = days.iter().find_map(|days| self.of_a_size(days));
        let closed = || days.iter().find(|days| self.is_closed(days, now)).cloned();
        let picked = of_a_size.or_else(closed).or_else(|| self.neighbours(&days, now)).unwrap_or_default();
        picked.into_iter().cloned().collect()
    }

    /// Whether a merge of these segments into so many rows is cut into several segments again: where much has been
    /// gathered that came for many days at once.
    pub(crate) fn cuts(&self, inputs: &[Segment], rows: usize) -> bool {
        let first = inputs.iter().map(|segment| segment.created.min).min();
        let last = inputs.iter().map(|segment| segment.created.max).max();
        let days = first.zip(last).map_or(0, |(first, last)| (last.0 - first.0) / DAY);
        rows as u64 > self.max_rows / 2 && days > MAX_DAYS as i64 && by_days(inputs).len() == 1
    }

    /// Enough segments of the smallest size class that has enough.
    fn of_a_size<'a>(&self, days: &Days<'a>) -> Option<Days<'a>> {
        let mut classes: HashMap<u32, Days<'a>> = HashMap::new();
        for segment in days {
            let class = rows(segment).max(1).ilog(self.fan_in.max(2) as u64);
            classes.entry(class).or_default().push(segment);
        }
        let mut full: Vec<_> = classes.into_iter().filter(|(_, class)| class.len() >= self.fan_in).collect();
        full.sort_by_key(|(class, _)| *class);
        full.into_iter().map(|(_, class)| self.fitting(&class)).find(|picked| picked.len() > 1)
    }

    /// As many of a class as fit, in their order. One that no other fits beside is left alone: it must not keep the
    /// others from being merged.
    fn fitting<'a>(&self, class: &[&'a Segment]) -> Days<'a> {
        let from = |first: usize| {
            let mut picked: Days<'a> = Vec::new();
            for segment in &class[first..] {
                picked.push(segment);
                if picked.len() > MAX_INPUTS || !self.fit(&picked) {
                    picked.pop();
                }
            }
            picked
        };
        (0..class.len()).map(from).find(|picked| picked.len() > 1).unwrap_or_default()
    }

    /// Whether a merge of these is bounded as it must be.
    fn fit(&self, inputs: &[&Segment]) -> bool {
        inputs.iter().map(|segment| rows(segment)).sum::<u64>() <= self.max_rows
            && inputs.iter().map(|segment| segment.decoded()).sum::<u64>() <= self.max_decoded
    }

    /// Whether nothing was added for long, and what there is can become one.
    fn is_closed(&self, days: &Days<'_>, now: Instant) -> bool {
        (2..=MAX_INPUTS).contains(&days.len())
            && days.iter().all(|segment| self.is_quiet(segment, now))
            && self.fit(days)
    }

    fn is_quiet(&self, segment: &Segment, now: Instant) -> bool {
        segment.added_at.plus_seconds(self.quiet_seconds) < now
    }

    /// Neighbours, each alone with its days: `fan_in` of them, or as many as fit. Only where the largest is not most of
    /// it, or a large one would be rewritten for each small one beside it.
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
            if !self.is_quiet(alone, now) {
                run.clear();
                continue;
            }
            run.push(alone);
            while !self.fit(&run) {
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
        let (first, last) = whole(segment.created);
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
    use shared::id::{AccountId, random_hex};

    use super::*;
    use crate::FileInfo;

    const NOW: Instant = Instant(1_000 * DAY);
    const POLICY: MergePolicy =
        MergePolicy { fan_in: 4, max_rows: 100, max_decoded: 1_000, quiet_seconds: 3_600 };

    /// A segment of some rows that holds a day, and was added some hours ago.
    fn segment(day: i64, rows: u64, hours: i64) -> Segment {
        let account = AccountId::try_from("demo".to_owned()).unwrap();
        let at = Instant(day * DAY + 5);
        let mut segment = Segment::new(random_hex(4), account, Span { min: at, max: at });
        segment.files.insert("sessions".to_owned(), FileInfo { rows, bytes: 1, decoded: 1 });
        segment.added_at = NOW.plus_seconds(-hours * 3_600);
        segment
    }

    fn sizes(live: &[Segment]) -> Vec<u64> {
        POLICY.pick(live, NOW).iter().map(rows).collect()
    }

    fn today(live: &[u64]) -> Vec<u64> {
        sizes(&live.iter().map(|rows| segment(0, *rows, 0)).collect::<Vec<_>>())
    }

    #[test]
    fn segments_of_a_size_are_merged_once_there_are_enough() {
        assert!(today(&[1, 2, 3]).is_empty());
        assert_eq!(today(&[1, 2, 3, 20, 1]), [1, 2, 3, 1]);
        assert_eq!(today(&[20, 20, 20, 20]), [20, 20, 20, 20]);
        assert_eq!(today(&[60, 60, 60, 60, 60]), [] as [u64; 0], "two of them would be too many rows");
    }

    #[test]
    fn segments_of_much_text_are_merged_in_smaller_lots() {
        let mut live: Vec<Segment> = (0..4).map(|_| segment(0, 3, 0)).collect();
        for file in live.iter_mut().flat_map(|segment| segment.files.values_mut()) {
            file.decoded = 400;
        }
        assert_eq!(sizes(&live), [3, 3]);
        for segment in &mut live[..3] {
            segment.files.insert("talks".to_owned(), FileInfo { rows: 9, bytes: 60, decoded: 0 });
        }
        assert!(sizes(&live).is_empty(), "older files that do not say what they take may take much");
        live.extend((0..4).map(|_| segment(0, 2, 0)));
        assert_eq!(sizes(&live), [3, 2, 2, 2, 2], "the others do not wait for them");
        for (segment, decoded) in live.iter_mut().zip([900, 900, 900, 200, 150, 150, 150, 150]) {
            segment.files = HashMap::from([("sessions".to_owned(), FileInfo { rows: 2, bytes: 1, decoded })]);
        }
        assert_eq!(sizes(&live).len(), 5, "none fits beside the first, and the others do not wait for it");
    }

    #[test]
    fn segments_without_a_day_in_common_are_not_merged_for_their_size() {
        let live: Vec<Segment> = (0..6).map(|day| segment(day, 3, 0)).collect();
        assert!(sizes(&live).is_empty());
    }

    #[test]
    fn a_day_becomes_one_segment_once_nothing_comes_any_more() {
        assert_eq!(sizes(&[segment(0, 50, 2), segment(0, 1, 2)]), [50, 1]);
        assert!(sizes(&[segment(0, 50, 2), segment(0, 1, 0)]).is_empty());
        assert!(sizes(&[segment(0, 90, 2), segment(0, 11, 2)]).is_empty(), "too many rows");
    }

    #[test]
    fn closed_days_become_one_segment_as_many_as_fit() {
        let days = |rows: &[u64]| -> Vec<Segment> {
            rows.iter().zip(0..).map(|(rows, day)| segment(day, *rows, 2)).collect()
        };
        assert_eq!(sizes(&days(&[5, 5, 5, 5, 5])), [5, 5, 5, 5]);
        assert_eq!(sizes(&days(&[40, 40, 40])), [40, 40]);
        assert!(sizes(&days(&[5, 5, 5])).is_empty(), "there may be more to come");
        assert!(sizes(&days(&[90, 1, 1, 1])).is_empty(), "the large one is not worth rewriting");
        assert!(sizes(&days(&[100, 100, 100])).is_empty());
    }
}
