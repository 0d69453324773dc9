//! The days that something was appended for, which upkeep has to look at.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;

use super::Item;

/// Where an account has more days than this already, the next note is of every day: an item may not grow for ever.
pub(super) const MOST_DAYS: usize = 1_000;
/// The attributes of the days that something was appended for.
pub(super) const DAYS: &str = "compact_days";
pub(super) const EVERY_DAY: &str = "compact_every_day";

/// The UTC days of an account's sessions that something was appended for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TouchedDays {
    /// These.
    Named(BTreeSet<NaiveDate>),
    /// Any of them.
    Every,
}

impl TouchedDays {
    /// No day.
    pub fn none() -> TouchedDays {
        TouchedDays::Named(BTreeSet::new())
    }

    pub(super) fn of(item: &Item) -> TouchedDays {
        if item.contains_key(EVERY_DAY) {
            return TouchedDays::Every;
        }
        let days = item.get(DAYS).and_then(|days| days.as_ss().ok());
        TouchedDays::Named(days.into_iter().flatten().filter_map(|day| day.parse().ok()).collect())
    }
}

/// A condition, and that an item has room for more days where there are any to add.
pub(super) fn with_room(condition: &str, days: &TouchedDays) -> String {
    match days {
        TouchedDays::Named(days) if !days.is_empty() => {
            format!("{condition} AND (attribute_not_exists({DAYS}) OR size({DAYS}) < :room)")
        }
        _ => condition.to_owned(),
    }
}

pub(super) fn day_set(days: &BTreeSet<NaiveDate>) -> AttributeValue {
    AttributeValue::Ss(days.iter().map(NaiveDate::to_string).collect())
}
