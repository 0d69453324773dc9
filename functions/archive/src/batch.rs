//! One batch of the stream.

use std::collections::BTreeMap;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use lake::Entry;
use serde::Serialize;
use shared::id::{AccountId, SessionId};
use shared::key::parse_session;
use shared::store::{Item, SetAside, StoreError, TouchedDays, number, text};
use shared::telemetry::chain;
use shared::time::Instant;
use shared::zone::Zone;

use crate::App;

/// Digits of the longest sequence number that DynamoDB Streams gives.
const SEQUENCE_DIGITS: usize = 40;

/// The records to deliver again: everything from the first one named here on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// At most one.
    pub batch_item_failures: Vec<BatchFailure>,
}

/// A record to deliver again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchFailure {
    /// Its sequence number.
    pub item_identifier: String,
}

impl BatchResponse {
    fn again_from(sequence: Option<String>) -> BatchResponse {
        let failures = sequence.map(|item_identifier| BatchFailure { item_identifier });
        BatchResponse { batch_item_failures: failures.into_iter().collect() }
    }
}

/// Archives a batch: reads it, then appends what it says of each account to the lake.
pub(crate) async fn archive(app: &App, event: Event) -> BatchResponse {
    let mut accounts: BTreeMap<AccountId, Changes> = BTreeMap::new();
    let mut again = None;
    for record in event.records {
        let sequence = record.change.sequence_number.clone().unwrap_or_default();
        match take(app, record, &mut accounts).await {
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(sequence, error = %chain(&error), "the batch is given back from here on");
                again = Some(sequence);
                break;
            }
        }
    }
    for (account, changes) in accounts {
        let first = changes.first_sequence.clone();
        let entries = changes.into_entries();
        let count = entries.len();
        match append(app, &account, entries).await {
            Ok(()) => tracing::info!(account = %account, entries = count, "archived"),
            Err(error) => {
                tracing::error!(account = %account, error = %chain(&error), "not archived: given back");
                return BatchResponse::again_from(Some(first));
            }
        }
    }
    BatchResponse::again_from(again)
}

/// Notes that the account needs upkeep, and appends to its lake.
///
/// The note comes first: where it fails the batch is given back and nothing is there twice, and where the append fails an
/// account is looked at in vain. The other way an account whose first note was lost would be unknown to upkeep for as
/// long as it sends nothing more.
async fn append(app: &App, account: &AccountId, entries: Vec<Entry>) -> Result<(), StoreError> {
    let days = entries.iter().map(|entry| entry.created_at.day(Zone::UTC)).collect();
    app.store.note_due(account, &TouchedDays::Named(days), Instant::now()).await?;
    app.lake.append(account, entries).await.map(drop)
}

/// What a batch says of one account's sessions.
struct Changes {
    first_sequence: String,
    sessions: BTreeMap<SessionId, Change>,
}

/// The last word of a batch on a session, and the places where it lay before.
struct Change {
    last: Entry,
    before: Vec<Instant>,
}

impl Changes {
    fn note(&mut self, entry: Entry, before: Option<Instant>) {
        let id = entry.id.clone();
        let change =
            self.sessions.entry(id).or_insert_with(|| Change { last: entry.clone(), before: Vec::new() });
        change.last = entry;
        change.before.extend(before);
    }

    /// One entry a session, and a tombstone wherever it no longer lies.
    fn into_entries(self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for change in self.sessions.into_values() {
            let Change { last, mut before } = change;
            before.sort_unstable();
            before.dedup();
            before.retain(|place| *place != last.created_at);
            let tombstone = |created_at| Entry { created_at, session: None, ..last.clone() };
            entries.extend(before.into_iter().map(tombstone));
            entries.push(last);
        }
        entries
    }
}

/// Reads one record into its account's changes. Fails only where trying again may help.
async fn take(
    app: &App,
    record: EventRecord,
    accounts: &mut BTreeMap<AccountId, Changes>,
) -> Result<(), StoreError> {
    let sequence = record.change.sequence_number.unwrap_or_default();
    let keys: Item = record.change.keys.into();
    let Some(pk) = text(&keys, "pk") else { return Ok(()) };
    let Some((account, id)) = parse_session(pk) else { return Ok(()) };
    let (new, old): (Item, Item) = (record.change.new_image.into(), record.change.old_image.into());
    let before = number(&old, "created_at").map(Instant);
    let padded = format!("{sequence:0>SEQUENCE_DIGITS$}");
    let entry = if new.is_empty() {
        before.map(|created_at| Entry { sequence: padded, created_at, id, session: None, content: 0 })
    } else {
        match app.store.read_session(&new).await {
            Ok(stored) => stored.map(|stored| Entry {
                sequence: padded,
                created_at: stored.identity.created_at,
                id,
                session: Some(stored.session),
                content: stored.content,
            }),
            Err(error) if error.kind.is_unreadable() => {
                let reason = chain(&error);
                tracing::error!(%account, sequence, reason, "a stream record was set aside");
                let at = Instant::now().to_rfc3339();
                let aside = SetAside { sequence, session_id: id, reason, at };
                return app.store.set_record_aside(&account, &aside).await;
            }
            Err(error) => return Err(error),
        }
    };
    if let Some(entry) = entry {
        let changes = accounts.entry(account);
        changes
            .or_insert_with(|| Changes { first_sequence: sequence, sessions: BTreeMap::new() })
            .note(entry, before);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sequence: &str, created_at: i64, live: bool) -> Entry {
        let id = SessionId::try_from("s".to_owned()).unwrap();
        let session = live.then(shared::session::Session::default);
        Entry { sequence: sequence.to_owned(), created_at: Instant(created_at), id, session, content: 0 }
    }

    fn check(notes: Vec<(Entry, Option<i64>)>, expected: &[(i64, bool)]) {
        let mut changes = Changes { first_sequence: String::new(), sessions: BTreeMap::new() };
        for (entry, before) in notes {
            changes.note(entry, before.map(Instant));
        }
        let entries = changes.into_entries();
        let entries: Vec<_> = entries.iter().map(|e| (e.created_at.0, e.session.is_some())).collect();
        assert_eq!(entries, expected);
    }

    #[test]
    fn a_session_lies_where_its_last_record_says_and_leaves_tombstones_elsewhere() {
        check(vec![(entry("1", 10, true), None)], &[(10, true)]);
        check(vec![(entry("1", 10, true), Some(10))], &[(10, true)]);
        check(vec![(entry("1", 20, true), Some(10))], &[(10, false), (20, true)]);
        check(
            vec![(entry("1", 20, true), Some(10)), (entry("2", 10, true), Some(20))],
            &[(20, false), (10, true)],
        );
        check(vec![(entry("1", 10, true), Some(10)), (entry("2", 10, false), Some(10))], &[(10, false)]);
    }
}
