//! Keeps which accounts need maintenance, and since when.
//!
//! Every account that was opened or ever had data has one maintenance item, which is never deleted. The index `listing`
//! orders these items by when they are due. The index may be a moment behind, so it only suggests accounts; a lease
//! is taken on the item itself.
//!
//! An account that is noted as due stays due until a run has begun to work on it after the note. A process
//! does not write a note again within `NOTED_FOR`. So that nothing is missed nevertheless, an account that
//! was noted shortly before a run took its lease is due again soon after that run, whatever the run asks for.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use chrono::NaiveDate;
use futures::future::try_join_all;
use moka::future::Cache;

use super::touched::{MOST_NOTES, NOTES, TouchedDays, is_full};
use super::{Item, Store, StoreError, text};
use crate::key;
use domain::id::AccountId;
use domain::time::Instant;

/// For how long a process does not note the same account and day again.
const NOTED_FOR: Duration = Duration::from_secs(30);
/// How many notes, one per account and day, a process remembers.
const NOTED_DAYS: u64 = 100_000;
/// How many times a note is tried where runs release the account at the same time.
const NOTE_ATTEMPTS: usize = 3;

/// The attribute with when the last session was received that a note tells of. A note of what nobody sent leaves it alone.
pub(super) const RECEIVED_AT: &str = "received_at";

/// The accounts and days that this process has noted within `NOTED_FOR`, each with whether the note told that something was
/// received. They may be forgotten at any time.
#[derive(Clone, Debug)]
pub(super) struct RecentNotes(Cache<(AccountId, NaiveDate), bool>);

impl Default for RecentNotes {
    fn default() -> RecentNotes {
        RecentNotes(Cache::builder().max_capacity(NOTED_DAYS).time_to_live(NOTED_FOR).build())
    }
}

/// What is noted of an account.
#[derive(Clone, Copy)]
struct Note<'n> {
    account: &'n AccountId,
    days: &'n TouchedDays,
    received_at: Option<Instant>,
    now: Instant,
}

/// An account that needs maintenance, according to the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The account.
    pub account: AccountId,
    /// Since when it has been due.
    pub since: Instant,
}

impl Store {
    /// Notes that an account needs maintenance, and for which days something is appended to its lake. The account
    /// is due from `now` on. Where it is due already it keeps its earlier time, so that an account that is
    /// noted all the time does not lose its place among the others.
    pub async fn note_due(
        &self,
        account: &AccountId,
        days: &TouchedDays,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.note(Note { account, days, received_at: None, now }).await
    }

    /// The same of what was received, the last of it at `received_at`; `None` where nobody sent what is appended. The
    /// account keeps that instant, as exactly as notes are made: what a process receives for the same days within half a
    /// minute is not noted. Where processes are behind each other by more than that, a later note may tell of an earlier
    /// instant.
    pub async fn note_received(
        &self,
        account: &AccountId,
        days: &TouchedDays,
        received_at: Option<Instant>,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.note(Note { account, days, received_at, now }).await
    }

    /// Notes that an account begins to keep sessions, and makes the account due now. An account without a maintenance item
    /// gets one, by which it is known before it has data.
    pub async fn note_start(&self, account: &AccountId, now: Instant) -> Result<(), StoreError> {
        self.note_for("start_noted_at", account, now).await
    }

    /// Notes that an account's retention is about to change, and makes the account due now, so that what it
    /// keeps follows. An account without a maintenance item gets one.
    pub async fn note_retention(&self, account: &AccountId, now: Instant) -> Result<(), StoreError> {
        self.note_for("retention_noted_at", account, now).await
    }

    /// Notes that a person of an account is to be erased, and makes the account due now.
    pub async fn note_erasure(&self, account: &AccountId, now: Instant) -> Result<(), StoreError> {
        self.note_for("erasure_noted_at", account, now).await
    }

    /// Notes something under an attribute of its own, and makes the account due now.
    async fn note_for(&self, noted: &str, account: &AccountId, now: Instant) -> Result<(), StoreError> {
        let shard = key::due_listing(key::due_shard(account));
        let sent = self
            .update(key::due(account))
            .update_expression(format!(
                "SET noted_at = :now, {noted} = :now, listing_pk = :shard, listing_sk = :due"
            ))
            .expression_attribute_values(":now", AttributeValue::N(now.0.to_string()))
            .expression_attribute_values(":shard", AttributeValue::S(shard))
            .expression_attribute_values(":due", AttributeValue::S(sort_key(now)))
            .send()
            .await;
        sent.map(drop).map_err(|error| StoreError::aws("noting what is to be done", error))
    }

    async fn note(&self, note: Note<'_>) -> Result<(), StoreError> {
        let noted = &self.0.recent_notes.0;
        let TouchedDays::Named(days) = note.days else { return self.write_note(note).await };
        let mut all_noted = !days.is_empty();
        for day in days {
            let told = noted.get(&(note.account.clone(), *day)).await;
            all_noted &= told.is_some_and(|received| received || note.received_at.is_none());
        }
        if all_noted {
            return Ok(());
        }
        self.write_note(note).await?;
        for day in days {
            noted.insert((note.account.clone(), *day), note.received_at.is_some()).await;
        }
        Ok(())
    }

    async fn write_note(&self, note: Note<'_>) -> Result<(), StoreError> {
        // Most notes are of accounts that are due already. Such a note leaves the index alone, which is a third of the
        // price. A run that releases the account in between makes both conditions fail, hence the attempts.
        'attempts: for _ in 0..NOTE_ATTEMPTS {
            for (condition, makes_due) in
                [("listing_sk <= :due", false), ("(attribute_not_exists(pk) OR listing_sk > :due)", true)]
            {
                match written(self.note_update(note, makes_due, Some(condition))).await? {
                    Written::Yes => return Ok(()),
                    Written::NoRoom => break 'attempts,
                    Written::No => {}
                }
            }
        }
        // It has no room for more days, or others are faster again and again: then one note says of every day that it may
        // have been touched, in the place of all others.
        for condition in [Some("listing_sk <= :due"), None] {
            let of_every_day = Note { days: &TouchedDays::Every, ..note };
            let update = self.note_update(of_every_day, condition.is_none(), condition);
            if written(update).await? == Written::Yes {
                break;
            }
        }
        Ok(())
    }

    /// The update that writes a note; `makes_due` where it makes the account due now. With a condition it is written only
    /// where that holds and there is room.
    fn note_update(
        &self,
        Note { account, days, received_at, now }: Note<'_>,
        makes_due: bool,
        condition: Option<&str>,
    ) -> UpdateItemFluentBuilder {
        let mut expression = "SET noted_at = :now".to_owned();
        let mut update = self
            .update(key::due(account))
            .expression_attribute_values(":now", AttributeValue::N(now.0.to_string()))
            // Both its conditions and the new due time name it.
            .expression_attribute_values(":due", AttributeValue::S(sort_key(now)));
        if makes_due {
            expression.push_str(", listing_pk = :shard, listing_sk = :due");
            let shard = key::due_listing(key::due_shard(account));
            update = update.expression_attribute_values(":shard", AttributeValue::S(shard));
        }
        if let Some(at) = received_at {
            expression.push_str(&format!(", {RECEIVED_AT} = :received"));
            update = update.expression_attribute_values(":received", AttributeValue::N(at.0.to_string()));
        }
        let mut room = String::new();
        if let Some(notes) = days.notes(now) {
            update = update.expression_attribute_values(":notes", notes);
            if matches!(days, TouchedDays::Every) {
                expression.push_str(&format!(", {NOTES} = :notes"));
            } else {
                expression.push_str(&format!(" ADD {NOTES} :notes"));
                let most = AttributeValue::N(MOST_NOTES.to_string());
                update = update.expression_attribute_values(":room", most);
                room = format!(" AND (attribute_not_exists({NOTES}) OR size({NOTES}) < :room)");
            }
        }
        if makes_due {
            // The second of two conditions that failed tells why: its item may have no room.
            update =
                update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        }
        update
            .set_condition_expression(condition.map(|condition| format!("{condition}{room}")))
            .update_expression(expression)
    }

    /// Returns up to `limit` of the accounts that are due at `now`, beginning with those that have been due
    /// for the longest time. Accounts on which a run holds a lease are among them.
    pub async fn due(&self, now: Instant, limit: u16) -> Result<Vec<Due>, StoreError> {
        let shards = (0..key::DUE_SHARDS).map(|shard| self.due_of_shard(shard, now, limit));
        let mut due: Vec<Due> = try_join_all(shards).await?.into_iter().flatten().collect();
        due.sort_by(|a, b| (a.since, &a.account).cmp(&(b.since, &b.account)));
        due.truncate(usize::from(limit));
        Ok(due)
    }

    async fn due_of_shard(&self, shard: u8, now: Instant, limit: u16) -> Result<Vec<Due>, StoreError> {
        let answer = self
            .dynamo()
            .query()
            .table_name(&self.names().table)
            .index_name(key::LISTING)
            .key_condition_expression("listing_pk = :shard AND listing_sk <= :now")
            .expression_attribute_values(":shard", AttributeValue::S(key::due_listing(shard)))
            .expression_attribute_values(":now", AttributeValue::S(sort_key(now)))
            .limit(i32::from(limit))
            .send()
            .await
            .map_err(|error| StoreError::aws("reading what is due", error))?;
        Ok(answer.items.unwrap_or_default().iter().filter_map(listed).collect())
    }
}

/// What a conditional update of an account's item came to.
#[derive(PartialEq, Eq)]
pub(super) enum Written {
    Yes,
    /// Its condition did not hold.
    No,
    /// Its condition did not hold, and the account has no room for more notes.
    NoRoom,
}

pub(super) async fn written(update: UpdateItemFluentBuilder) -> Result<Written, StoreError> {
    match update.send().await {
        Ok(_) => Ok(Written::Yes),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let is_full = failed.item().is_some_and(is_full);
                Ok(if is_full { Written::NoRoom } else { Written::No })
            }
            _ => Err(StoreError::aws("noting what is due", error)),
        },
    }
}

/// The instant's microseconds as text of 20 digits, so that texts sort as instants do.
pub(super) fn sort_key(at: Instant) -> String {
    format!("{:020}", at.0.max(0))
}

fn listed(item: &Item) -> Option<Due> {
    let account = key::parse_due(text(item, "pk")?)?;
    Some(Due { account, since: Instant(text(item, "listing_sk")?.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_795_843_200_000_000);

    #[test]
    fn sort_keys_are_in_the_order_of_their_instants() {
        let instants = [Instant(-5), Instant(7), Instant(80), NOW, NOW.plus_seconds(1), Instant(i64::MAX)];
        let keys: Vec<String> = instants.into_iter().map(sort_key).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert!(keys.iter().all(|key| key.len() == 20));
    }

    #[test]
    fn a_listed_item_names_its_account_and_since_when() {
        let pk = AttributeValue::S("due#demo".to_owned());
        let mut item = Item::from([("pk".to_owned(), pk)]);
        assert_eq!(listed(&item), None);
        item.insert("listing_sk".to_owned(), AttributeValue::S(sort_key(NOW)));
        let account = AccountId::try_from("demo".to_owned()).unwrap();
        assert_eq!(listed(&item), Some(Due { account, since: NOW }));
    }
}
