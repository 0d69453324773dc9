//! The days that something is appended for: archive notes them in the account's item, and maintenance takes them over.
//!
//! A note is an element of a set: the day, or `*` for every day, and the two minutes in which it was made. Appends may
//! follow it a while later that are not noted themselves. So a run takes over every note that it finds, and only one that
//! was made long before the run began is deleted; a note that is made again meanwhile is another element, and stays.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;

use super::Item;
use domain::time::Instant;

/// The attribute of the notes.
pub(super) const NOTES: &str = "day_notes";
/// Where an account has more notes than this already, the next one is of every day: an item may not grow for ever.
pub(super) const MOST_NOTES: usize = 1_000;
/// How many seconds share the time that a note tells.
const NOTE_SECONDS: i64 = 120;
/// The day of a note that is of every day.
const ANY: &str = "*";
/// Where earlier versions noted days, without their times, and that any day may have been touched.
const DAYS_WITHOUT_TIME: &str = "compact_days";
const EVERY_DAY_WITHOUT_TIME: &str = "compact_every_day";

/// The UTC days of an account's sessions for which something was appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TouchedDays {
    /// These days.
    Named(BTreeSet<NaiveDate>),
    /// Possibly any day.
    Every,
}

impl TouchedDays {
    /// No day.
    pub fn none() -> TouchedDays {
        TouchedDays::Named(BTreeSet::new())
    }

    /// Notes of these days that are made now; `None` where there is nothing to note.
    pub(super) fn notes(&self, now: Instant) -> Option<AttributeValue> {
        match self {
            TouchedDays::Every => elements([note(ANY, now)]),
            TouchedDays::Named(days) => elements(days.iter().map(|day| note(&day.to_string(), now))),
        }
    }
}

/// An element of the set of notes.
fn note(day: &str, now: Instant) -> String {
    format!("{day}@{}", now.seconds().div_euclid(NOTE_SECONDS))
}

/// A set of texts; `None` of none, for DynamoDB knows no empty set.
fn elements(texts: impl IntoIterator<Item = String>) -> Option<AttributeValue> {
    let texts: Vec<String> = texts.into_iter().collect();
    (!texts.is_empty()).then_some(AttributeValue::Ss(texts))
}

/// Whether an account has no room for more notes of single days.
pub(super) fn is_full(item: &Item) -> bool {
    texts(item, NOTES).len() >= MOST_NOTES
}

/// The notes that a run finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayNotes {
    notes: BTreeSet<String>,
    without_time: BTreeSet<String>,
}

impl DayNotes {
    pub(super) fn of(item: &Item) -> DayNotes {
        let mut without_time = texts(item, DAYS_WITHOUT_TIME);
        if item.contains_key(EVERY_DAY_WITHOUT_TIME) {
            without_time.insert(ANY.to_owned());
        }
        DayNotes { notes: texts(item, NOTES), without_time }
    }

    /// The days that they are of.
    pub fn touched(&self) -> TouchedDays {
        let noted = self.notes.iter().filter_map(|note| Some(note.split_once('@')?.0));
        let days: BTreeSet<&str> = noted.chain(self.without_time.iter().map(String::as_str)).collect();
        if days.contains(ANY) {
            return TouchedDays::Every;
        }
        TouchedDays::Named(days.into_iter().filter_map(|day| day.parse().ok()).collect())
    }

    /// What an update does with them at `now` once they were taken over: the end of its expression, behind a `REMOVE`, and
    /// the values that this names. Those made before `long_ago` go. Of those without a time it is not known how old they
    /// are: they become notes that are made now, and go as these do.
    pub(super) fn taken_over(
        &self,
        long_ago: Instant,
        now: Instant,
    ) -> (String, HashMap<String, AttributeValue>) {
        let value = |name: &str, texts: Option<AttributeValue>| texts.map(|texts| (name.to_owned(), texts));
        if self.without_time.is_empty() {
            let made_by = |note: &str| note.split_once('@')?.1.parse::<i64>().ok();
            let is_old = |note: &&String| {
                made_by(note).is_none_or(|made| (made + 1).saturating_mul(NOTE_SECONDS) <= long_ago.seconds())
            };
            let old = value(":old", elements(self.notes.iter().filter(is_old).cloned()));
            let expression = old.as_ref().map(|_| format!(" DELETE {NOTES} :old")).unwrap_or_default();
            return (expression, old.into_iter().collect());
        }
        let is_day = |day: &&String| *day != ANY;
        let days = value(":days", elements(self.without_time.iter().filter(is_day).cloned()));
        let made_now = value(":made_now", elements(self.without_time.iter().map(|day| note(day, now))));
        let deletes = days.as_ref().map(|_| format!(" DELETE {DAYS_WITHOUT_TIME} :days")).unwrap_or_default();
        let expression = format!(", {EVERY_DAY_WITHOUT_TIME} ADD {NOTES} :made_now{deletes}");
        (expression, days.into_iter().chain(made_now).collect())
    }
}

fn texts(item: &Item, name: &str) -> BTreeSet<String> {
    let texts = item.get(name).and_then(|texts| texts.as_ss().ok());
    texts.into_iter().flatten().cloned().collect()
}
