//! Decides which segments are compacted, and when.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::dictionary::Record;
use domain::time::Instant;

use crate::days::MAX_DAYS;
use crate::job::{Cut, Job};
use crate::manifest::MAX_ACTIONS;
use crate::segment::{Segment, Span};

/// The most segments that one commit may replace. Each takes two actions of the transaction. The others are
/// for what is added: up to `MAX_DAYS` pieces, and one more where a piece has too many rows for one segment.
pub(crate) const MAX_INPUTS: usize = (MAX_ACTIONS - MAX_DAYS - 1) / 2;
/// A segment is rewritten once the rows that came later for its days are at least one for so many rows of its
/// own, because as many of its rows may be out of date.
const ONE_LATE_ROW_IN: u64 = 10;
/// A full segment takes up no more at once than one in so many of what a segment may have.
const LATE_SHARE: u64 = 4;

/// The rules by which segments are compacted.
///
/// Segments that hold a day in common are compacted as soon as `segments_per_compaction` of them are about equally large, so
/// that every row is rewritten once for each size class. Segments come with parts of several days and are cut, so that each
/// day has its own.
///
/// What comes late is gathered beside the large segment of its days, as much as that can take up at once. It goes into that
/// once it is a tenth of it, once nothing has come for long, or once the large one has waited for very long; what is too
/// much goes piece by piece.
///
/// Neighbouring days become one segment, as many as fit, where that is at least twice as large as the largest of them: so
/// no row is rewritten often.
#[derive(Clone, Copy, Debug)]
pub struct CompactionPolicy {
    /// How many segments of about the same size make a compaction. It is also the factor from one size class
    /// to the next.
    pub segments_per_compaction: usize,
    /// The most rows of sessions in a segment, because a reader of a few days should not have to read many
    /// others.
    pub max_rows: u64,
    /// The most bytes of memory that the inputs of a compaction may take, for the kind of record that takes
    /// most. A compaction has in memory at once: its sessions, its inputs of one other kind, and what it
    /// makes of these.
    pub max_decoded: u64,
    /// How many seconds old a segment must be to be compacted: older than any attempt to commit it that may
    /// still be under way.
    pub min_age_seconds: i64,
    /// After how many seconds without an addition a day counts as closed. A large segment is not rewritten
    /// more often than that.
    pub quiet_seconds: i64,
    /// After how many seconds without an addition what came late for a large segment is merged into it,
    /// however little that is.
    pub idle_seconds: i64,
    /// After how many seconds that is merged although there are additions again and again.
    pub patience_seconds: i64,
}

impl Default for CompactionPolicy {
    fn default() -> CompactionPolicy {
        CompactionPolicy {
            segments_per_compaction: 8,
            max_rows: 100_000,
            max_decoded: 256 << 20,
            min_age_seconds: 10,
            quiet_seconds: 3_600,
            idle_seconds: 86_400,
            patience_seconds: 7 * 86_400,
        }
    }
}

impl CompactionPolicy {
    /// The default policy, but without any waiting, for a lake to which nothing is appended any more.
    pub fn at_once() -> CompactionPolicy {
        CompactionPolicy {
            min_age_seconds: -1,
            quiet_seconds: -1,
            idle_seconds: -1,
            patience_seconds: -1,
            ..CompactionPolicy::default()
        }
    }
}

/// What the policy asks for next.
pub(crate) enum Next {
    Job(Job),
    Nothing {
        /// When it may ask for one, if nothing is appended meanwhile; `None` for never.
        again_at: Option<Instant>,
        /// The days for which it may.
        open: BTreeSet<NaiveDate>,
    },
}

/// Segments that hold days in common.
type Segments<'a> = Vec<&'a Segment>;

/// The segments of a day, and those that belong into the same segment in the end.
struct Group<'a> {
    /// All segments that hold sessions of the day.
    of_day: Segments<'a>,
    /// Those of them that must be cut before anything else is done with them: they have several parts, or
    /// days that the large segment does not have.
    uncut: Segments<'a>,
    /// The largest segment of the day that has one part; `None` where all have several.
    large: Option<&'a Segment>,
    /// What came late for the days of the large segment: the other segments of one part that have no other
    /// days. Where they do not fit in one segment together with it, only those that overlap it.
    late: Segments<'a>,
}

impl<'a> Group<'a> {
    /// All segments of the group, each once.
    fn all(&self) -> impl Iterator<Item = &'a Segment> {
        let beside = self.late.iter().filter(|late| !self.of_day.iter().any(|one| one.id == late.id));
        self.of_day.iter().chain(beside).copied()
    }

    fn is_closed(&self, seconds: i64, now: Instant) -> bool {
        self.all().all(|segment| is_past(segment, seconds, now))
    }
}

impl CompactionPolicy {
    /// Returns what to do next for these UTC days. `live` are the live segments of and around these days, in
    /// the order of their first session.
    pub(crate) fn next(&self, live: &[Segment], days: &BTreeSet<NaiveDate>, now: Instant) -> Next {
        let (mut again_at, mut open, mut pick_late) = (None, BTreeSet::new(), None);
        for day in days {
            let group = self.group(live, *day);
            if let Some(job) = self.pick_of_several_days(&group, now) {
                return Next::Job(job);
            }
            pick_late = pick_late.or_else(|| self.pick_late(&group, now));
            if let Some(at) = self.again_at(&group, now) {
                again_at = Some(again_at.map_or(at, |earlier: Instant| earlier.min(at)));
                open.insert(*day);
            }
        }
        // Joining neighbouring days comes first, because it also takes in what came late for each of them.
        match self.pick_neighbours(live, now).or(pick_late) {
            Some(job) => Next::Job(job),
            None => Next::Nothing { again_at, open },
        }
    }

    /// Returns the group of a day.
    fn group<'a>(&self, live: &'a [Segment], day: NaiveDate) -> Group<'a> {
        let span = Span::of_day(day);
        let has_day = |one: &&Segment| one.parts.iter().any(|part| part.created.overlaps(span));
        let of_day: Segments<'a> = live.iter().filter(has_day).collect();
        let (cut, mut uncut): (Segments<'a>, Segments<'a>) =
            of_day.iter().partition(|one| one.has_one_part());
        let mut by_rows = cut.clone();
        by_rows.sort_by_key(|one| Reverse(rows(one)));
        // A day that is too much for one segment has several full ones, each with what came late for it.
        let with_late = by_rows.iter().map(|large| (*large, self.late(live, large)));
        let first = by_rows.first().map(|large| (*large, Vec::new()));
        let found = with_late.filter(|(_, late)| !late.is_empty()).chain(first).next();
        let (large, late) = found.map_or((None, Vec::new()), |(large, late)| (Some(large), late));
        if let Some(large) = large {
            uncut.extend(cut.into_iter().filter(|one| one.id != large.id && !is_within(one, large)));
        }
        Group { of_day, uncut, large, late }
    }

    /// What came late for the days of a large segment; for its own instants where all of that is too much for one.
    fn late<'a>(&self, live: &'a [Segment], large: &'a Segment) -> Segments<'a> {
        let is_other = |one: &&Segment| one.id != large.id && one.has_one_part();
        let mut late: Segments<'a> =
            live.iter().filter(is_other).filter(|one| is_within(one, large)).collect();
        let all: Segments<'a> = std::iter::once(large).chain(late.iter().copied()).collect();
        if !self.fits_in_one(&all) {
            late.retain(|one| one.created().overlaps(large.created()));
        }
        late
    }

    /// A segment that holds what is past its retention, with the others that hold rows where its tombstones may lie, as many
    /// as fit.
    pub(crate) fn pick_past_retention(&self, segment: &Segment, live: &[Segment]) -> Job {
        let beside = |one: &&Segment| one.id != segment.id && one.created().overlaps(segment.created());
        let inputs = self.with_those_that_fit(segment, live.iter().filter(beside), None);
        let has_one_part = inputs.iter().all(|one| one.has_one_part());
        Job::of(&inputs, if has_one_part { Cut::BySize } else { Cut::ByDay })
    }

    /// Returns the segments that are old enough to be compacted.
    fn eligible<'a>(&self, segments: &[&'a Segment], now: Instant) -> Segments<'a> {
        segments.iter().copied().filter(|one| one.may_be_replaced(self.min_age_seconds, now)).collect()
    }

    /// Returns a compaction of enough segments of the same size, or of those that must be cut.
    fn pick_of_several_days(&self, group: &Group<'_>, now: Instant) -> Option<Job> {
        let [of_day, late, uncut] =
            [&group.of_day, &group.late, &group.uncut].map(|segments| self.eligible(segments, now));
        if let Some(inputs) = self.pick_of_a_size(&of_day, group.large) {
            return Some(Job::of(&inputs, Cut::ByDay));
        }
        if let Some(inputs) = self.pick_of_a_size(&late, group.large) {
            return Some(Job::of(&inputs, Cut::BySize));
        }
        let is_due = group.is_closed(self.quiet_seconds, now) && !uncut.is_empty();
        let together = self.fitting(&uncut, group.large);
        is_due.then(|| Job::of(if together.is_empty() { &uncut[..1] } else { &together }, Cut::ByDay))
    }

    /// Returns a compaction of what came late for the large segment of a group, with the large segment or
    /// without it. Where nothing came late, it may be one of a segment of an earlier format.
    fn pick_late(&self, group: &Group<'_>, now: Instant) -> Option<Job> {
        let large = group.large.filter(|large| large.may_be_replaced(self.min_age_seconds, now))?;
        let late = self.eligible(&group.late, now);
        if late.is_empty() {
            return self.of_earlier_format(&self.eligible(&group.of_day, now), now);
        }
        let is_quiet = group.is_closed(self.quiet_seconds, now);
        let late_rows = late.iter().map(|segment| rows(segment)).sum::<u64>();
        let is_due = (late_rows * ONE_LATE_ROW_IN >= rows(large) && is_past(large, self.quiet_seconds, now))
            || group.is_closed(self.idle_seconds, now)
            || (is_quiet && is_past(large, self.patience_seconds, now));
        if is_due {
            let with_large = self.with_those_that_fit(large, late.iter().copied(), None);
            if with_large.len() > 1 {
                return Some(Job::of(&with_large, Cut::BySize));
            }
            if let Some(job) = late.iter().find_map(|one| self.in_pieces(one)) {
                return Some(job);
            }
        }
        let gathered = self.fitting(&late, Some(large));
        (is_quiet && gathered.len() > 1).then(|| Job::of(&gathered, Cut::BySize))
    }

    /// What came late and is too much to be taken up at once, cut into pieces that are not.
    fn in_pieces(&self, late: &Segment) -> Option<Job> {
        let of_quarters = |sum: u64, most: u64| sum.saturating_mul(LATE_SHARE).div_ceil(most.max(1));
        let pieces =
            of_quarters(rows(late), self.max_rows).max(of_quarters(late.decoded(), self.max_decoded));
        let pieces = usize::try_from(pieces.min(rows(late))).unwrap_or(usize::MAX).min(MAX_DAYS);
        (pieces > 1).then(|| Job::of(&[late], Cut::Into(pieces)))
    }

    /// Returns the rewriting of a closed segment of an earlier format by itself. The manifest lists such
    /// segments without their days, so every query reads them.
    fn of_earlier_format(&self, eligible: &[&Segment], now: Instant) -> Option<Job> {
        let is_due =
            |segment: &&&Segment| segment.is_of_earlier_format() && is_past(segment, self.quiet_seconds, now);
        eligible.iter().find(is_due).map(|segment| Job::of(&[segment], Cut::BySize))
    }

    /// Returns when a group should be looked at again if nothing is appended meanwhile; `None` where all is
    /// done.
    fn again_at(&self, group: &Group<'_>, now: Instant) -> Option<Instant> {
        let last_added = group.all().map(|segment| segment.added_at).max()?;
        let mut waits = vec![self.quiet_seconds];
        if group.of_day.len() > 1 || !group.late.is_empty() {
            waits.extend([self.min_age_seconds, self.idle_seconds]);
        }
        let after = waits.into_iter().map(|seconds| last_added.plus_seconds(seconds.max(0) + 1));
        after.filter(|at| *at > now).min()
    }

    /// Enough segments of the smallest size class that has enough.
    fn pick_of_a_size<'a>(&self, eligible: &[&'a Segment], large: Option<&Segment>) -> Option<Segments<'a>> {
        let mut classes: HashMap<u32, Segments<'a>> = HashMap::new();
        for segment in eligible {
            let class = rows(segment).max(1).ilog(self.segments_per_compaction.max(2) as u64);
            classes.entry(class).or_default().push(segment);
        }
        let mut full: Vec<_> =
            classes.into_iter().filter(|(_, class)| class.len() >= self.segments_per_compaction).collect();
        full.sort_by_key(|(class, _)| *class);
        full.into_iter().map(|(_, class)| self.fitting(&class, large)).find(|picked| picked.len() > 1)
    }

    /// As many of a class as fit, in their order. One that no other fits beside is left alone: it must not keep the
    /// others from being compacted.
    fn fitting<'a>(&self, class: &[&'a Segment], large: Option<&Segment>) -> Segments<'a> {
        let from =
            |first: usize| self.with_those_that_fit(class[first], class[first + 1..].iter().copied(), large);
        (0..class.len()).map(from).find(|picked| picked.len() > 1).unwrap_or_default()
    }

    /// A segment, and those of the others that fit beside it and each other, in their order. Where the `large` one of
    /// their days is not among them, it must be able to take up what they become.
    fn with_those_that_fit<'a>(
        &self,
        segment: &'a Segment,
        others: impl Iterator<Item = &'a Segment>,
        large: Option<&Segment>,
    ) -> Segments<'a> {
        let can_take_up = |picked: &[&Segment]| {
            let is_other = |large: &&Segment| picked.iter().all(|one| one.id != large.id);
            large.filter(is_other).is_none_or(|large| self.fits(&[&[large], picked].concat()))
        };
        let mut picked = vec![segment];
        for other in others {
            picked.push(other);
            if !(self.fits(&picked) && can_take_up(&picked)) {
                picked.pop();
            }
        }
        picked
    }

    /// Whether a compaction of these is bounded as it must be. One large segment may always take up some of what came late
    /// for it: that is cut again where it is too much for one. Where rows differ much, a piece of that takes more memory
    /// than one segment should.
    fn fits(&self, inputs: &[&Segment]) -> bool {
        let largest =
            |of: fn(&Segment) -> u64| inputs.iter().map(|segment| of(segment)).max().unwrap_or_default();
        let sum = |of: fn(&Segment) -> u64| inputs.iter().map(|segment| of(segment)).sum::<u64>();
        let within = |of: fn(&Segment) -> u64, most: u64| {
            let (sum, largest) = (sum(of), largest(of));
            let is_one = largest <= most.saturating_add(most / LATE_SHARE);
            sum <= most || (is_one && (sum - largest).saturating_mul(LATE_SHARE) <= most)
        };
        inputs.len() <= MAX_INPUTS
            && within(rows, self.max_rows)
            && within(Segment::decoded, self.max_decoded)
    }

    /// Returns a compaction that joins closed neighbouring days: `segments_per_compaction` of them, or as many as fit in one
    /// segment. `live` are segments in the order of their first session. Days are not joined where the
    /// largest segment would be more than half of the result, because a large one would then be rewritten for
    /// each small one beside it. Segments with several parts are left out.
    fn pick_neighbours(&self, live: &[Segment], now: Instant) -> Option<Job> {
        let days = by_days(live);
        let is_closed = |days: &Segments<'_>| days.iter().all(|one| is_past(one, self.quiet_seconds, now));
        (0..days.len()).find_map(|first| {
            let mut joined: Segments<'_> = Vec::new();
            for (count, days) in days[first..].iter().take_while(|days| is_closed(days)).enumerate() {
                let before = joined.len();
                joined.extend(days);
                if joined.len() > MAX_INPUTS || !self.fits_in_one(&joined) {
                    joined.truncate(before);
                    return (count > 1 && is_worth(&joined)).then(|| Job::of(&joined, Cut::BySize));
                }
                if count + 1 >= self.segments_per_compaction && is_worth(&joined) {
                    return Some(Job::of(&joined, Cut::BySize));
                }
            }
            None
        })
    }

    fn fits_in_one(&self, inputs: &[&Segment]) -> bool {
        inputs.iter().map(|segment| rows(segment)).sum::<u64>() <= self.max_rows
            && inputs.iter().map(|segment| segment.decoded()).sum::<u64>() <= self.max_decoded
    }
}

/// Whether a segment was added more than `seconds` before `now`.
fn is_past(segment: &Segment, seconds: i64, now: Instant) -> bool {
    segment.added_at.plus_seconds(seconds) < now
}

fn rows(segment: &Segment) -> u64 {
    segment.rows(Record::Session)
}

/// Whether a segment has no other UTC days than the large one.
fn is_within(segment: &Segment, large: &Segment) -> bool {
    let ((first, last), (large_first, large_last)) = (segment.created().days(), large.created().days());
    large_first <= first && last <= large_last
}

/// Whether joining these makes a segment with at least twice as many rows as the largest of them.
fn is_worth(joined: &[&Segment]) -> bool {
    let largest = joined.iter().map(|segment| rows(segment)).max().unwrap_or_default();
    joined.iter().map(|segment| rows(segment)).sum::<u64>() >= 2 * largest
}

/// Returns the segments of one part, in order, grouped so that segments with a UTC day in common are in the
/// same group.
fn by_days(live: &[Segment]) -> Vec<Segments<'_>> {
    let mut all: Vec<Segments<'_>> = Vec::new();
    let mut reach = None;
    for segment in live.iter().filter(|one| one.has_one_part()) {
        let (first, last) = segment.created().days();
        match all.last_mut() {
            Some(days) if Some(first) <= reach => days.push(segment),
            _ => all.push(vec![segment]),
        }
        reach = reach.max(Some(last));
    }
    all
}

#[cfg(test)]
mod simulation;

#[cfg(test)]
mod tests;
