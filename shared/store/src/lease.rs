//! The lease on an account: only one run at a time works on its maintenance.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::id::AccountId;
use domain::time::Instant;

use super::due::{Written, sort_key, written};
use super::error::if_held;
use super::touched::DayNotes;
use super::wait::doubled;
use super::{Store, StoreError, number, text};
use crate::key;

/// For how many seconds after a note the work that it announces may still go on: appends that are not noted themselves, and
/// requests under the account's earlier settings. A run that took its lease within this time may not decide freely when
/// the account is due again, and what it did within it has to be done again. The time is longer than `NOTED_FOR` by more
/// than an append takes and two clocks differ.
pub const NOTE_HOLDS_SECONDS: i64 = 120;
/// The most seconds after which an account with a recent note is due again.
const SOON_SECONDS: i64 = 60;
/// How many seconds a lease outlives the deadline of its run, because clocks differ.
const MARGIN_SECONDS: i64 = 10;
/// For how many seconds longer a lease is where the one before it was not given back; twice as long for each one more.
const FIRST_WAIT_SECONDS: i64 = 120;
/// For how many seconds longer a lease is at most.
const LONGEST_WAIT_SECONDS: i64 = 3_600;

/// The right of one run to work on an account's maintenance. It ends with `Store::release`, or when its time is
/// over.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// The account.
    pub account: AccountId,
    /// The name of the run that holds the lease.
    pub run: String,
    /// When the lease was taken.
    pub taken_at: Instant,
    /// When the account was last noted as due, before the lease was taken.
    pub noted_at: Instant,
    /// When a change of the account's retention was last noted, before the lease was taken; the beginning of
    /// 1970 where none was.
    pub retention_noted_at: Instant,
    /// When the erasure of a person was last noted; the beginning of 1970 where none was.
    pub erasure_noted_at: Instant,
    /// What the last release kept for the next run, as JSON; empty before the first release.
    pub memory: String,
    /// The notes of days that no run has taken over long after they were made.
    pub notes: DayNotes,
}

impl Lease {
    /// Returns when the account is due again if the run asks for `asked` and releases the lease at `now`.
    fn next_due(&self, asked: Instant, now: Instant) -> Instant {
        if self.is_recent() { asked.min(now.plus_seconds(SOON_SECONDS)) } else { asked }
    }

    /// Whether the last note is so recent that appends may follow it which are not noted themselves.
    fn is_recent(&self) -> bool {
        self.taken_at < self.noted_at.plus_seconds(NOTE_HOLDS_SECONDS)
    }
}

impl Store {
    /// Takes the lease on an account that is due at `now`, for a run that works until `deadline`; it ends a margin later.
    /// Returns `None` where the account is not due, or another run holds a lease that has not ended. Where earlier runs
    /// ended without giving the account back, as one does that is out of memory, the lease is longer, so that an account at
    /// which every run ends leaves time for the others.
    pub async fn lease(
        &self,
        account: &AccountId,
        run: &str,
        now: Instant,
        deadline: Instant,
    ) -> Result<Option<Lease>, StoreError> {
        let until = deadline.plus_seconds(MARGIN_SECONDS);
        let sent = self
            .update(key::due(account))
            .update_expression("SET lease_until = :until, lease_by = :run")
            // The run may take its own lease again: where an answer is lost, the SDK repeats the call.
            .condition_expression(
                "listing_sk <= :due AND \
                 (attribute_not_exists(lease_until) OR lease_until <= :now OR lease_by = :run)",
            )
            .expression_attribute_values(":until", AttributeValue::N(until.0.to_string()))
            .expression_attribute_values(":run", AttributeValue::S(run.to_owned()))
            .expression_attribute_values(":due", AttributeValue::S(sort_key(now)))
            .expression_attribute_values(":now", AttributeValue::N(now.0.to_string()))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        let taken = if_held(sent.map_err(|error| StoreError::aws("taking a lease", error)))?;
        let Some(item) = taken.map(|answer| answer.attributes.unwrap_or_default()) else { return Ok(None) };
        if text(&item, "lease_by").is_some_and(|by| by != run) {
            let kept = number(&item, "leases_kept").unwrap_or_default() + 1;
            self.lengthen(account, run, until.plus_seconds(wait_seconds(kept)), kept).await?;
        }
        Ok(Some(Lease {
            account: account.clone(),
            run: run.to_owned(),
            taken_at: now,
            noted_at: Instant(number(&item, "noted_at").unwrap_or_default()),
            retention_noted_at: Instant(number(&item, "retention_noted_at").unwrap_or_default()),
            erasure_noted_at: Instant(number(&item, "erasure_noted_at").unwrap_or_default()),
            memory: text(&item, "memory").unwrap_or_default().to_owned(),
            notes: DayNotes::of(&item),
        }))
    }

    /// Lengthens a run's own lease, and keeps how many leases before it were not given back.
    async fn lengthen(
        &self,
        account: &AccountId,
        run: &str,
        until: Instant,
        kept: i64,
    ) -> Result<(), StoreError> {
        let sent = self
            .update(key::due(account))
            .update_expression("SET lease_until = :until, leases_kept = :kept")
            .condition_expression("lease_by = :run")
            .expression_attribute_values(":until", AttributeValue::N(until.0.to_string()))
            .expression_attribute_values(":run", AttributeValue::S(run.to_owned()))
            .expression_attribute_values(":kept", AttributeValue::N(kept.to_string()))
            .send()
            .await;
        if_held(sent.map_err(|error| StoreError::aws("lengthening a lease", error))).map(drop)
    }

    /// Ends a lease: keeps `memory` for the next one and makes the account due at `asked`; earlier where it was noted
    /// shortly before the lease, and at `now` where it was noted since. Where `memory` has taken the lease's notes of days
    /// over (`takes_over`), those that were made long before the lease are deleted. `false` where another run has taken
    /// the account over meanwhile: then nothing is changed.
    pub async fn release(
        &self,
        lease: &Lease,
        asked: Instant,
        memory: &str,
        takes_over: bool,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let long_ago = lease.taken_at.plus_seconds(-NOTE_HOLDS_SECONDS);
        let (more, values) =
            if takes_over { lease.notes.taken_over(long_ago, now) } else { Default::default() };
        let releasing = |due: Instant| {
            let released =
                "SET listing_sk = :next, memory = :memory REMOVE lease_until, lease_by, leases_kept";
            let mut update = self
                .update(key::due(&lease.account))
                .update_expression(format!("{released}{more}"))
                .expression_attribute_values(":next", AttributeValue::S(sort_key(due)))
                .expression_attribute_values(":memory", AttributeValue::S(memory.to_owned()))
                .expression_attribute_values(":run", AttributeValue::S(lease.run.clone()));
            for (name, value) in &values {
                update = update.expression_attribute_values(name, value.clone());
            }
            update
        };
        let unnoted = releasing(lease.next_due(asked, now))
            .condition_expression("lease_by = :run AND noted_at = :noted")
            .expression_attribute_values(":noted", AttributeValue::N(lease.noted_at.0.to_string()));
        // Noted since, it goes behind all others that are due now, so that an account that is noted all the time holds
        // up nobody.
        let noted = releasing(asked.min(now)).condition_expression("lease_by = :run");
        let is_written = async |update| Ok(written(update).await? == Written::Yes);
        Ok(is_written(unnoted).await? || is_written(noted).await?)
    }
}

/// For how many seconds longer a lease is after so many that were not given back.
fn wait_seconds(kept: i64) -> i64 {
    let doublings = u32::try_from(kept.saturating_sub(1)).unwrap_or_default();
    doubled(FIRST_WAIT_SECONDS, doublings, LONGEST_WAIT_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60;
    const NOW: Instant = Instant(1_795_843_200_000_000);

    fn ago(seconds: i64) -> Instant {
        NOW.plus_seconds(-seconds)
    }

    fn lease(taken_at: Instant, noted_at: Instant) -> Lease {
        let account = AccountId::try_from("demo".to_owned()).unwrap();
        Lease {
            account,
            run: "r".to_owned(),
            taken_at,
            noted_at,
            retention_noted_at: Instant(0),
            erasure_noted_at: Instant(0),
            memory: String::new(),
            notes: DayNotes::default(),
        }
    }

    #[test]
    fn an_account_noted_shortly_before_its_lease_is_due_again_soon() {
        let (hour, soon) = (NOW.plus_seconds(60 * MINUTE), NOW.plus_seconds(MINUTE));
        let asked = |taken: i64, noted: i64| lease(ago(taken), ago(noted)).next_due(hour, NOW);
        assert_eq!(asked(1, 10), soon);
        assert_eq!(asked(1, 119), soon);
        assert_eq!(asked(1, 122), hour);
        assert_eq!(asked(0, 3_600), hour);
        // However long a run took, what counts is what it can have seen when it began.
        assert_eq!(asked(200, 230), soon);
        // A run that asks for an earlier time gets it.
        assert_eq!(lease(ago(1), ago(2)).next_due(NOW, NOW), NOW);
    }

    #[test]
    fn a_lease_is_longer_the_more_often_none_was_given_back() {
        assert_eq!([1, 2, 3, 5, 6, 100].map(wait_seconds), [120, 240, 480, 1_920, 3_600, 3_600]);
    }
}
