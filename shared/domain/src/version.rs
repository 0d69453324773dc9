//! What orders the versions of a session: a total order of documents, so that any order of deliveries ends the same.

use std::cmp::Ordering;

use crate::dictionary::{Record, ordinal};
use crate::session::{Row, Session, Value};
use crate::time::Instant;

/// How far an instant may lie ahead of the clock and still say when its document was written, in seconds.
const AHEAD_SECONDS: i64 = 86_400;

/// The version of a document; the greater one stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// `updated_at`, else the latest instant that the document holds.
    pub at: Instant,
    /// Of documents of one instant, how far on in its session's life each is (`Session::progress`).
    pub progress: Vec<u8>,
    /// The session's hash, which decides between all others.
    pub hash: Vec<u8>,
}

impl Version {
    /// How this version stands to one that is kept. The very same document is no new version, whatever the clock makes of
    /// the instants that lie ahead of it.
    pub fn against(&self, kept: &Version) -> Ordering {
        if self.hash == kept.hash { Ordering::Equal } else { self.cmp(kept) }
    }
}

impl Session {
    /// The version of this document, which came at `now`. Without `updated_at` it is as old as the latest instant that it
    /// holds, except for instants over a day ahead, which are mistakes or plans.
    pub fn version(&self, now: Instant) -> Version {
        let at = self.fields.instant(Record::Session, "updated_at").unwrap_or_else(|| self.latest(now));
        Version { at, progress: self.progress(), hash: self.hash().to_vec() }
    }

    fn latest(&self, now: Instant) -> Instant {
        let report_at = ordinal(Record::Session, "report_at");
        let instants = self.rows().flat_map(|(record, row)| {
            row.iter().filter_map(move |(ordinal, value)| match value {
                // It says when the session was accepted, not what the platform knows of it.
                _ if record == Record::Session && Some(ordinal) == report_at => None,
                Value::Instant(instant) => Some(*instant),
                _ => None,
            })
        });
        let created_at = self.fields.instant(Record::Session, "created_at").unwrap_or(Instant(i64::MIN));
        instants.filter(|at| *at <= now.plus_seconds(AHEAD_SECONDS)).max().unwrap_or(created_at)
    }

    /// Bytes whose order is that of documents of one instant: whether the session has finished, whether it has a
    /// tabulation, then how many repeated records and how many filled fields it has.
    fn progress(&self) -> Vec<u8> {
        let report_at = ordinal(Record::Session, "report_at").and_then(|ordinal| self.fields.get(ordinal));
        let has = |leaf| ordinal(Record::Session, leaf).is_some_and(|at| self.fields.get(at).is_some());
        let records = self.rows().count() - 1;
        let filled =
            self.rows().map(|(_, row)| row.iter().count()).sum::<usize>() - usize::from(report_at.is_some());
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
        [
            [u8::from(has("finished_at")), u8::from(has("tabulation"))].as_slice(),
            &count(records),
            &count(filled),
        ]
        .concat()
    }

    /// All rows, the session's own first.
    fn rows(&self) -> impl Iterator<Item = (Record, &Row)> {
        Record::ALL
            .into_iter()
            .flat_map(|record| self.records(record).into_iter().map(move |(_, row)| (record, row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(json: &str) -> Session {
        Session::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn the_latest_instant_of_a_document_counts_unless_it_lies_far_ahead() {
        let at = |members: &str| {
            let json = format!(r#"{{"session_id":"s","created_at":1000000{members}}}"#);
            session(&json).version(Instant(10_000_000)).at.0
        };
        assert_eq!(at(""), 1_000_000);
        assert_eq!(at(r#","lastInteraction":2000000"#), 2_000_000);
        assert_eq!(at(r#","lastInteraction":3000000,"updated_at":2000000"#), 2_000_000);
        assert_eq!(
            at(r#","talks":[{"created_at":4000000},{}],"events":[{"created_at":3000000}]"#),
            4_000_000
        );
        assert_eq!(at(r#","report_at":5000000"#), 1_000_000);
        assert_eq!(at(r#","finished_at":86410000000"#), 86_410_000_000);
        assert_eq!(at(r#","finished_at":86410000001"#), 1_000_000);
    }

    #[test]
    fn of_two_versions_of_one_instant_the_one_with_more_progress_is_greater() {
        let versions = [
            r#"{"created_at":1,"status":"z"}"#,
            r#"{"created_at":1,"status":"z","group":"g"}"#,
            r#"{"created_at":1,"talks":[{}]}"#,
            r#"{"created_at":1,"talks":[{"message":"a"}]}"#,
            r#"{"created_at":1,"talks":[{"options":[{}]}]}"#,
            r#"{"created_at":1,"tabulation":"t"}"#,
            r#"{"created_at":1,"finished_at":1}"#,
            r#"{"created_at":1,"finished_at":1,"tabulation":"t"}"#,
        ];
        let versions = versions.map(|json| session(json).version(Instant(10)));
        assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
    }
}
