//! What the duties of an account remember from one run to the next. It is kept as JSON in the account's
//! maintenance item.
//!
//! The memory may be lost at any time: a duty without a memory is due, and begins anew.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::id::SessionId;
use domain::time::Instant;
use serde::{Deserialize, Serialize};
use store::{Lease, NOTE_HOLDS_SECONDS, TouchedDays};

use crate::duty::{Duty, pause};

/// Days from a first to a last one. A year that was imported is one range.
type DayRange = (NaiveDate, NaiveDate);

/// So many ranges of open days are kept at most: every note pays for the size of the item.
const MOST_RANGES: usize = 300;

/// What an account's duties remember.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    /// When each duty is due again, by the duty's name.
    duties: BTreeMap<String, Plan>,
    /// When a compaction last replaced segments.
    pub(crate) replaced_at: Option<Instant>,
    /// The days for which compaction has something left to do, or may have once time has passed; `None` where any day may
    /// be one of them: none was looked at yet.
    open_days: Option<Vec<DayRange>>,
    /// After which segment's object the search for orphans goes on.
    pub(crate) objects_after: String,
    /// The key of the large body after which the search for orphans goes on; empty at its beginning.
    pub(crate) bodies_after: String,
    /// The key of the object after which the search for old media files goes on; empty at its beginning.
    pub(crate) media_after: String,
    /// The UTC day before which the table was searched for sessions past their retention; `None` before the
    /// first search.
    pub(crate) deleted_to: Option<NaiveDate>,
    /// When the change of retention was noted for which `expiry_lift` began last.
    #[serde(rename = "lifted_for")]
    pub(crate) expiry_lift_noted_at: Instant,
    /// The place from which sessions must still be freed of the expiry that an earlier version of this
    /// software gave them; `None` when that is done.
    #[serde(rename = "lifting")]
    pub(crate) expiry_lift: Option<ListingPosition>,
    /// The sequence number after which the current round through the quarantine goes on; `None` where the
    /// next step begins a round.
    pub(crate) quarantine_after: Option<String>,
    /// When the first of the quarantined records is due that the current round has seen.
    pub(crate) quarantine_due: Instant,
    /// How many records the current turn has seen that stay quarantined although they were tried again. Not
    /// kept from turn to turn.
    #[serde(skip)]
    pub(crate) quarantined: usize,
    /// Whether this turn has taken the lease's notes of days over into the open ones. Not kept.
    #[serde(skip)]
    pub(crate) takes_over_notes: bool,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory {
            duties: BTreeMap::new(),
            replaced_at: None,
            open_days: None,
            objects_after: String::new(),
            bodies_after: String::new(),
            media_after: String::new(),
            deleted_to: None,
            expiry_lift_noted_at: Instant(0),
            expiry_lift: None,
            quarantine_after: None,
            quarantine_due: Instant(0),
            quarantined: 0,
            takes_over_notes: false,
        }
    }
}

/// A place in the list of an account's sessions, which is ordered by when they began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ListingPosition {
    /// The UTC day.
    pub(crate) day: NaiveDate,
    /// The last session of that day that stands before the place, as when it began and its id; `None` at the
    /// beginning of the day.
    pub(crate) after: Option<(Instant, SessionId)>,
}

/// When a duty is due again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Plan {
    /// The duty is due from this instant on.
    next: Instant,
    /// When the last step of the duty began.
    stepped_at: Instant,
    /// How many times in a row the duty has failed.
    #[serde(default)]
    failures: u32,
}

impl Memory {
    /// Reads the memory that a lease brought. It is the default where the text is empty or in a form that
    /// this version does not know.
    pub(crate) fn read(json: &str) -> Memory {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Returns the memory as the JSON in which it is kept.
    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The days that compaction looks at under a lease: the open ones and those that were noted; `None` for all there are.
    pub(crate) fn days_to_compact(&self, lease: &Lease) -> Option<BTreeSet<NaiveDate>> {
        let (TouchedDays::Named(noted), Some(open)) = (lease.notes.touched(), &self.open_days) else {
            return None;
        };
        let open = open.iter().flat_map(|(first, last)| first.iter_days().take_while(|day| day <= last));
        Some(open.chain(noted).collect())
    }

    /// Keeps which days are open after compaction has looked at those of the lease; `None` where any may be.
    pub(crate) fn keep_open(&mut self, days: Option<&BTreeSet<NaiveDate>>) {
        let mut ranges: Vec<DayRange> = Vec::new();
        for day in days.into_iter().flatten() {
            match ranges.last_mut() {
                Some((_, last)) if last.succ_opt() == Some(*day) => *last = *day,
                _ => ranges.push((*day, *day)),
            }
        }
        self.open_days = days.filter(|_| ranges.len() <= MOST_RANGES).map(|_| ranges);
        self.takes_over_notes = true;
    }

    /// Whether a duty is due under a lease: its time has come, or the account was noted for it since its last step, or
    /// so shortly before that more may have come. One that failed waits for its time whatever is noted.
    pub(crate) fn is_due(&self, duty: Duty, lease: &Lease, now: Instant) -> bool {
        let Some(plan) = self.duties.get(duty.name()) else { return true };
        let is_noted =
            duty.noted_at(lease).is_some_and(|at| at.plus_seconds(NOTE_HOLDS_SECONDS) > plan.stepped_at);
        plan.next <= now || (plan.failures == 0 && is_noted)
    }

    /// Whether the account's retention has changed since retention of the table last began with the first of its sessions.
    pub(crate) fn awaits_table_retention(&self, lease: &Lease) -> bool {
        lease.retention_noted_at > self.expiry_lift_noted_at
    }

    /// Keeps when a duty is due after a step that went well.
    pub(crate) fn went_well(&mut self, duty: Duty, stepped_at: Instant, next: Instant) {
        self.duties.insert(duty.name().to_owned(), Plan { next, stepped_at, failures: 0 });
    }

    /// Keeps that a step was put off because storage was busy: the duty is due in a minute. That does not
    /// count as a failure.
    pub(crate) fn was_put_off(&mut self, duty: Duty, stepped_at: Instant, now: Instant) {
        let failures = self.failures(duty);
        let plan = Plan { next: now.plus_seconds(pause(1)), stepped_at, failures };
        self.duties.insert(duty.name().to_owned(), plan);
    }

    /// Keeps that a step failed: the duty is due after a pause that grows with each failure in a row.
    pub(crate) fn failed(&mut self, duty: Duty, stepped_at: Instant, now: Instant) {
        let failures = self.failures(duty).saturating_add(1);
        let plan = Plan { next: now.plus_seconds(pause(failures)), stepped_at, failures };
        self.duties.insert(duty.name().to_owned(), plan);
    }

    fn failures(&self, duty: Duty) -> u32 {
        self.duties.get(duty.name()).map_or(0, |plan| plan.failures)
    }

    /// Returns when a duty is due again; `now` for one that has not made a step yet.
    pub(crate) fn next_of(&self, duty: Duty, now: Instant) -> Instant {
        self.duties.get(duty.name()).map_or(now, |plan| plan.next)
    }

    /// Returns when the first of all duties is due again; `now` where one of them has not made a step yet.
    pub(crate) fn next(&self, now: Instant) -> Instant {
        Duty::ALL.into_iter().map(|duty| self.next_of(duty, now)).min().unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use domain::id::AccountId;
    use store::DayNotes;

    use super::*;

    const NOW: Instant = Instant(1_795_843_200_000_000);

    fn after(seconds: i64) -> Instant {
        NOW.plus_seconds(seconds)
    }

    fn noted(noted_at: Instant) -> Lease {
        let account = AccountId::try_from("demo".to_owned()).unwrap();
        Lease {
            account,
            run: "r".to_owned(),
            taken_at: NOW,
            noted_at,
            retention_noted_at: Instant(0),
            erasure_noted_at: Instant(0),
            memory: String::new(),
            notes: DayNotes::default(),
        }
    }

    #[test]
    fn a_memory_reads_back_and_one_of_an_unknown_form_is_empty() {
        let mut memory = Memory { replaced_at: Some(after(-3)), ..Memory::default() };
        memory.went_well(Duty::Compaction, NOW, after(50));
        memory.failed(Duty::Garbage, NOW, NOW);
        assert_eq!(Memory::read(&memory.write()), memory);
        assert_eq!(Memory::read(""), Memory::default());
        assert_eq!(Memory::read("[1]"), Memory::default());
        assert_eq!(Memory::read(r#"{"of a later version": {}}"#), Memory::default());
    }

    #[test]
    fn a_memory_keeps_the_names_that_it_was_first_written_with() {
        let mut memory = Memory::default();
        Duty::ALL.into_iter().for_each(|duty| memory.went_well(duty, NOW, NOW));
        let json: serde_json::Value = serde_json::from_str(&memory.write()).unwrap();
        let names = |value: &serde_json::Value| -> BTreeSet<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        let expected = "bodies_after deleted_to duties lifted_for lifting media_after objects_after open_days \
                        quarantine_after quarantine_due replaced_at";
        assert_eq!(names(&json), expected.split(' ').map(str::to_owned).collect());
        let duties = "compaction erasure garbage measurement media orphans quarantine retention sessions";
        assert_eq!(names(&json["duties"]), duties.split(' ').map(str::to_owned).collect());
        for duty in Duty::ALL {
            assert_eq!(serde_json::to_value(duty).unwrap(), duty.name(), "{duty:?}");
        }
    }

    #[test]
    fn open_days_read_back_and_too_many_of_them_are_all_days() {
        let (lease, day) = (noted(NOW), |day| NaiveDate::default() + chrono::Days::new(day));
        let mut memory = Memory::default();
        assert_eq!(memory.days_to_compact(&lease), None);
        for days in [vec![], vec![0], vec![0, 1, 2, 5, 7, 8], (0..5_000).collect()] {
            let days: BTreeSet<NaiveDate> = days.into_iter().map(day).collect();
            memory.keep_open(Some(&days));
            assert_eq!(Memory::read(&memory.write()).days_to_compact(&lease), Some(days));
            assert!(memory.write().len() < 1_000);
        }
        memory.keep_open(Some(&(0..5_000).step_by(2).map(day).collect()));
        assert_eq!(memory.days_to_compact(&lease), None);
    }

    #[test]
    fn a_duty_is_due_at_its_time_and_compaction_also_after_a_note() {
        let (quiet, fresh) = (noted(after(-500)), noted(after(-30)));
        let mut memory = Memory::default();
        assert!(Duty::ALL.into_iter().all(|duty| memory.is_due(duty, &quiet, NOW)));
        assert_eq!(memory.next(NOW), NOW);
        for duty in Duty::ALL {
            memory.went_well(duty, after(-300), after(100));
        }
        assert_eq!(memory.next(NOW), after(100));
        assert!(Duty::ALL.into_iter().all(|duty| !memory.is_due(duty, &quiet, NOW)));
        assert!(memory.is_due(Duty::Compaction, &fresh, NOW) && !memory.is_due(Duty::Garbage, &fresh, NOW));
        assert!(Duty::ALL.into_iter().all(|duty| memory.is_due(duty, &quiet, after(100))));
        // A step that was made within two minutes after the note may have missed an append that the note
        // announced.
        memory.went_well(Duty::Compaction, after(-1), after(100));
        assert!(memory.is_due(Duty::Compaction, &fresh, NOW));
        memory.went_well(Duty::Compaction, after(91), after(300));
        assert!(!memory.is_due(Duty::Compaction, &fresh, after(95)));
    }

    #[test]
    fn a_duty_that_fails_waits_longer_each_time_whatever_is_noted() {
        let fresh = noted(NOW);
        let mut memory = Memory::default();
        for duty in Duty::ALL {
            memory.went_well(duty, NOW, after(9_000));
        }
        for expected in [60, 120, 240] {
            memory.failed(Duty::Compaction, NOW, NOW);
            assert_eq!(memory.next(NOW), after(expected));
            assert!(!memory.is_due(Duty::Compaction, &fresh, after(expected - 1)));
            assert!(memory.is_due(Duty::Compaction, &fresh, after(expected)));
        }
        memory.was_put_off(Duty::Compaction, NOW, NOW);
        assert_eq!(memory.next(NOW), after(60));
        memory.failed(Duty::Compaction, NOW, NOW);
        assert_eq!(memory.next(NOW), after(480), "being put off is no success");
        memory.went_well(Duty::Compaction, NOW, after(10));
        memory.failed(Duty::Compaction, NOW, NOW);
        assert_eq!(memory.next(NOW), after(60));
    }
}
