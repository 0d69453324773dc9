//! Simulates the policy over months, on segments that have rows but no bytes, and holds how many segments are
//! live in the end and how often rows were rewritten.

use std::collections::{HashMap, HashSet};

use domain::zone::Zone;
use fastrand::Rng;

use super::*;
use crate::compact::around;
use crate::days::{DAY, in_days};
use crate::resolve::Kept;
use crate::segment::tests::account;
use crate::segment::{FileInfo, Part, new_id};

const HOUR: i64 = 3_600_000_000;

/// A row of sessions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct SimulatedRow {
    session: usize,
    created: Instant,
    version: usize,
    removed: bool,
}

/// A lake whose segments have no bytes.
struct Model {
    policy: CompactionPolicy,
    live: Vec<Segment>,
    rows: HashMap<String, Vec<SimulatedRow>>,
    /// The `created_at` and the version of each session now.
    sessions: Vec<(Instant, usize)>,
    touched: BTreeSet<NaiveDate>,
    due: Instant,
    now: Instant,
    appended: usize,
    written: usize,
}

impl Model {
    fn new(policy: CompactionPolicy) -> Model {
        let now = Instant(20_000 * DAY);
        Model {
            policy,
            live: Vec::new(),
            rows: HashMap::new(),
            sessions: Vec::new(),
            touched: BTreeSet::new(),
            due: now,
            now,
            appended: 0,
            written: 0,
        }
    }

    /// Begins a session `before` microseconds ago, and returns its row.
    fn begin(&mut self, before: i64) -> Vec<SimulatedRow> {
        let created = Instant(self.now.0 - before);
        self.sessions.push((created, 0));
        vec![SimulatedRow { session: self.sessions.len() - 1, created, version: 0, removed: false }]
    }

    /// Makes a new version of a session, with another `created_at` where `to` is given, and returns its rows.
    fn change(&mut self, session: usize, to: Option<Instant>) -> Vec<SimulatedRow> {
        let (before, version) = self.sessions[session];
        let created = to.unwrap_or(before);
        let version = version + 1;
        self.sessions[session] = (created, version);
        let mut rows = vec![SimulatedRow { session, created, version, removed: false }];
        if created != before {
            rows.push(SimulatedRow { session, created: before, version, removed: true });
        }
        rows
    }

    fn append(&mut self, mut rows: Vec<SimulatedRow>) {
        if rows.is_empty() {
            return;
        }
        self.appended += rows.len();
        rows.sort_by_key(|row| row.created);
        self.touched.extend(rows.iter().map(|row| row.created.day(Zone::UTC)));
        let parts = in_days(&rows, |row| row.created, MAX_DAYS);
        let segment = self.segment(&parts);
        self.live.push(segment);
        self.due = self.due.min(self.now);
    }

    fn segment(&mut self, parts: &[&[SimulatedRow]]) -> Segment {
        let id = new_id(self.now);
        let part = |(number, rows): (usize, &&[SimulatedRow])| {
            let span = Span::of(rows.iter().map(|row| row.created)).unwrap();
            let mut part = Part::new(id.clone(), account(), number, span);
            let file = FileInfo { rows: rows.len() as u64, bytes: 1, decoded: rows.len() as u64, offset: 0 };
            part.files.insert(Record::Session.name().to_owned(), file);
            part
        };
        let parts_of: Vec<Part> = parts.iter().enumerate().map(part).collect();
        let mut segment = Segment::new(id, account(), parts_of).unwrap();
        segment.added_at = self.now;
        self.rows.insert(segment.id.clone(), parts.concat());
        segment
    }

    fn maintain(&mut self) {
        let mut steps = 0;
        while self.due <= self.now {
            steps += 1;
            assert!(steps < 1_000, "it comes to no end: {} segments", self.live.len());
            let span = around(Some(&self.touched));
            let mut live: Vec<Segment> =
                self.live.iter().filter(|one| one.created().overlaps(span)).cloned().collect();
            live.sort_by(|a, b| (a.created().min, &a.id).cmp(&(b.created().min, &b.id)));
            match self.policy.next(&live, &self.touched, self.now) {
                Next::Job(job) => self.run(&job),
                Next::Nothing { again_at, open } => {
                    self.touched = open;
                    self.due = again_at.unwrap_or(self.now.plus_seconds(86_400));
                }
            }
        }
    }

    fn run(&mut self, job: &Job) {
        let ids: HashSet<&str> = job.inputs.iter().map(|one| one.id.as_str()).collect();
        self.live.retain(|one| !ids.contains(one.id.as_str()));
        let rows: Vec<SimulatedRow> =
            job.inputs.iter().flat_map(|one| self.rows.remove(&one.id).unwrap()).collect();
        let mut latest: HashMap<usize, SimulatedRow> = HashMap::new();
        let rank = |row: &SimulatedRow| (row.version, !row.removed);
        for row in &rows {
            let winner = latest.entry(row.session).or_insert(*row);
            if rank(row) > rank(winner) {
                *winner = *row;
            }
        }
        let elsewhere = |at: Instant| {
            let place = Span { min: at, max: at };
            self.live.iter().flat_map(|one| &one.parts).any(|part| part.created.overlaps(place))
        };
        let mut kept: Vec<SimulatedRow> = latest.values().filter(|row| !row.removed).copied().collect();
        let mut tombstones: HashMap<(usize, Instant), SimulatedRow> = HashMap::new();
        for row in rows.iter().filter(|row| row.removed && elsewhere(row.created)) {
            let last = tombstones.entry((row.session, row.created)).or_insert(*row);
            if row.version > last.version {
                *last = *row;
            }
        }
        kept.extend(tombstones.values());
        kept.sort_by_key(|row| (row.created, row.session, row.removed));
        self.written += kept.len();
        let candidates: Vec<Kept> =
            (0..).zip(&kept).map(|(row, one)| Kept { created: one.created, input: 0, row }).collect();
        for piece in job.pieces(&candidates, &self.live, self.policy.max_rows, self.policy.max_decoded) {
            let parts: Vec<Vec<SimulatedRow>> =
                piece.iter().map(|part| part.iter().map(|one| kept[one.row]).collect()).collect();
            let segment = self.segment(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
            self.live.push(segment);
        }
    }

    /// Returns how many rows all live segments have.
    fn kept(&self) -> usize {
        self.live.iter().map(|one| self.rows[&one.id].len()).sum()
    }

    /// Changes up to `most` sessions, chosen among all there are, and returns their rows. Where `moved` is
    /// set, they get a `created_at` of the last hour.
    fn some_change(&mut self, rng: &mut Rng, most: usize, moved: bool) -> Vec<SimulatedRow> {
        let mut rows = Vec::new();
        for _ in 0..rng.usize(0..=most) {
            let to = moved.then(|| Instant(self.now.0 - rng.i64(0..HOUR)));
            rows.extend(self.change(rng.usize(0..self.sessions.len()), to));
        }
        rows
    }
}

/// Lets a lake live for some days: each six hours comes what `posts` gives. Then nothing comes for ten days.
fn live(days: i64, posts: impl FnMut(&mut Model, i64) -> Vec<SimulatedRow>) -> Model {
    live_under(CompactionPolicy::default(), days, posts)
}

/// The same under a policy.
fn live_under(
    policy: CompactionPolicy,
    days: i64,
    mut posts: impl FnMut(&mut Model, i64) -> Vec<SimulatedRow>,
) -> Model {
    let mut model = Model::new(policy);
    let start = model.now;
    for hour in 0..24 * (days + 10) {
        model.now = Instant(start.0 + hour * HOUR);
        if hour % 6 == 0 && hour < 24 * days {
            for batch in posts(&mut model, hour / 24).chunks(100) {
                model.append(batch.to_vec());
            }
        }
        model.now = model.now.plus_seconds(60);
        model.maintain();
    }
    assert_eq!(model.kept(), model.sessions.len(), "neither earlier versions nor tombstones are left");
    model
}

/// Asserts that a lake has at most so many segments in the end, and that a row was rewritten at most so many
/// times on average.
#[track_caller]
fn assert_kept_small(model: &Model, segments: usize, rewritten: usize) {
    let (live, times) = (model.live.len(), model.written / model.appended);
    assert!(live <= segments, "{live} segments of {} rows", model.kept());
    assert!(times <= rewritten, "rows were rewritten {times} times");
}

#[test]
fn an_account_that_grows_has_few_segments() {
    let mut rng = Rng::with_seed(1);
    let model =
        live(365, |model, day| (0..day / 2).flat_map(|_| model.begin(rng.i64(0..6 * HOUR))).collect());
    assert_kept_small(&model, 35, 12);
}

#[test]
fn sessions_of_all_days_that_change_leave_few_segments() {
    let mut rng = Rng::with_seed(2);
    let model = live(365, |model, _| {
        let mut rows: Vec<SimulatedRow> = (0..3).flat_map(|_| model.begin(rng.i64(0..6 * HOUR))).collect();
        rows.extend(model.some_change(&mut rng, 3, false));
        rows
    });
    assert_kept_small(&model, 35, 40);
}

#[test]
fn sessions_of_all_days_that_move_leave_few_segments() {
    let mut rng = Rng::with_seed(3);
    let model = live(365, |model, _| {
        let mut rows: Vec<SimulatedRow> = (0..3).flat_map(|_| model.begin(rng.i64(0..6 * HOUR))).collect();
        rows.extend(model.some_change(&mut rng, 3, true));
        rows
    });
    assert_kept_small(&model, 35, 40);
}

#[test]
fn an_import_of_years_in_any_order_leaves_few_segments() {
    let mut rng = Rng::with_seed(4);
    let model = live(60, |model, day| {
        let years = if day == 20 { 2_000 } else { 0 };
        let old = (0..years).flat_map(|_| model.begin(rng.i64(0..700 * DAY))).collect::<Vec<_>>();
        old.into_iter().chain((0..3).flat_map(|_| model.begin(0))).collect()
    });
    assert_kept_small(&model, 35, 12);
}

/// A policy of small segments, which are full soon.
fn small(max_rows: u64) -> CompactionPolicy {
    CompactionPolicy { max_rows, max_decoded: 2 * max_rows, ..CompactionPolicy::default() }
}

#[test]
fn what_is_posted_again_at_once_for_full_segments_leaves_no_dead_rows() {
    let mut rng = Rng::with_seed(5);
    let model = live_under(small(1_000), 40, |model, day| {
        let mut rows: Vec<SimulatedRow> = (0..40).flat_map(|_| model.begin(rng.i64(0..6 * HOUR))).collect();
        if day % 10 == 9 {
            let all = model.sessions.len();
            rows.extend(
                (0..all).filter(|at| at % 5 < 3).flat_map(|at| model.change(at, None)).collect::<Vec<_>>(),
            );
        }
        rows
    });
    assert_kept_small(&model, 20, 12);
}

#[test]
fn days_of_more_sessions_than_a_segment_has_come_to_an_end() {
    for seed in 0..20 {
        let mut rng = Rng::with_seed(seed);
        let most = rng.usize(1..300);
        let model = live_under(small(200), 12, |model, _| {
            let mut rows: Vec<SimulatedRow> =
                (0..rng.usize(0..=most)).flat_map(|_| model.begin(rng.i64(0..3 * DAY))).collect();
            if !model.sessions.is_empty() {
                rows.extend(model.some_change(&mut rng, most, false));
                rows.extend(model.some_change(&mut rng, 20, true));
            }
            rows
        });
        let full = model.sessions.len() / 200;
        assert_kept_small(&model, 3 * full + 20, 40);
    }
}

#[test]
fn sessions_that_began_at_one_instant_are_taken_up_too() {
    let model = live_under(small(200), 6, |model, day| {
        let since_midnight = model.now.0.rem_euclid(DAY);
        let mut rows: Vec<SimulatedRow> = (0..30).flat_map(|_| model.begin(since_midnight)).collect();
        if day >= 3 {
            let all = model.sessions.len();
            rows.extend((0..all).flat_map(|at| model.change(at, None)).collect::<Vec<_>>());
        }
        rows
    });
    assert_kept_small(&model, 10, 12);
}
