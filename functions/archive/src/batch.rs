//! Archives one batch of the table's stream.

use std::collections::BTreeMap;

use aws_lambda_events::dynamodb::{Event, EventRecord, StreamRecord};
use chrono::NaiveDate;
use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use domain::zone::Zone;
use lake::Entry;
use runtime::telemetry::chain;
use serde::Serialize;
use serde_dynamo::AttributeValue;
use store::key::parse_session;
use store::{
    BODY_OBJECT, Item, Quarantined, StoreError, TouchedDays, delivered_at, differ_in_expiry_alone, number,
    text,
};

use crate::App;

/// What Lambda is told of a batch, in the shape of its partial batch response (`ReportBatchItemFailures`):
/// the named record and everything after it is delivered again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// Empty where the whole batch is archived, else the one record with which the redelivery begins.
    pub batch_item_failures: Vec<BatchFailure>,
}

/// The record with which the redelivery begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchFailure {
    /// The record's sequence number in the stream, in decimal.
    pub item_identifier: String,
}

impl BatchResponse {
    fn again_from(sequence: Option<String>) -> BatchResponse {
        let failures = sequence.map(|item_identifier| BatchFailure { item_identifier });
        BatchResponse { batch_item_failures: failures.into_iter().collect() }
    }
}

/// Archives a batch: reads all of its records, then appends the changes of each account to the account's
/// lake.
///
/// Every account is tried, even where another one failed. The response names the least sequence number of all
/// failures, because Lambda considers every record before the named one as done, whichever account it belongs
/// to. Records after that number which were archived are delivered again, which changes nothing that a reader
/// sees.
pub(crate) async fn archive(app: &App, event: Event) -> BatchResponse {
    let mut batch = Batch::default();
    for record in event.records {
        batch.read(app, record).await;
    }
    let Batch { accounts, waiting } = batch;
    let mut failed: Vec<String> = waiting.into_values().collect();
    for (account, changes) in accounts {
        let first = changes.first_sequence.clone();
        if let Err(error) = append_or_quarantine(app, &account, changes).await {
            tracing::error!(%account, error = %chain(&error), "not archived: given back");
            failed.push(first);
        }
    }
    BatchResponse::again_from(failed.into_iter().min_by_key(|sequence| Entry::sequence_of(sequence)))
}

/// What has been read of a batch so far.
#[derive(Default)]
struct Batch {
    accounts: BTreeMap<AccountId, Changes>,
    /// The accounts with a record that could not be read now, each with the sequence number of that record.
    /// Later records of such an account are skipped, because they would reach the lake before an older one.
    waiting: BTreeMap<AccountId, String>,
}

impl Batch {
    /// Reads one record into the changes of its account. A record that is not about a session is ignored, and
    /// so is every record of a waiting account.
    async fn read(&mut self, app: &App, record: EventRecord) {
        let sequence = record.change.sequence_number.clone().unwrap_or_default();
        let keys: Item = record.change.keys.clone().into();
        let Some((account, id)) = text(&keys, "pk").and_then(parse_session) else { return };
        if self.waiting.contains_key(&account) {
            return;
        }
        let taken = match note_replaced_body(app, &account, &id, &record.change).await {
            Ok(()) => take(app, &account, id, record).await,
            Err(error) => Err(error),
        };
        match taken {
            Ok(Some(taken)) => {
                let new =
                    || Changes { first_sequence: sequence, received_at: None, sessions: BTreeMap::new() };
                self.accounts.entry(account).or_insert_with(new).note(taken);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%account, sequence, error = %chain(&error), "the account is given back from here on");
                self.waiting.insert(account, sequence);
            }
        }
    }
}

/// Appends what a batch says of an account to its lake. Where nothing can be written for the account, because its key
/// cannot be unwrapped, that is quarantined: other accounts' records do not wait for it.
async fn append_or_quarantine(app: &App, account: &AccountId, changes: Changes) -> Result<(), StoreError> {
    let received_at = changes.received_at;
    let entries = changes.into_entries();
    let count = entries.len();
    let mut created_before: BTreeMap<(String, SessionId), Vec<Instant>> = BTreeMap::new();
    for Entry { sequence, id, created_at, .. } in &entries {
        created_before.entry((sequence.clone(), id.clone())).or_default().push(*created_at);
    }
    match append(app, account, entries, received_at).await {
        Ok(()) => tracing::info!(%account, entries = count, "archived"),
        Err(error) if error.kind.is_unreadable() => {
            let reason = chain(&error);
            tracing::error!(%account, entries = count, reason, "what an account sent was quarantined");
            for ((sequence, id), before) in created_before {
                let record = Quarantined::new(sequence, id, before, reason.clone(), Instant::now());
                app.store.quarantine(account, &record).await?;
            }
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Notes that the account needs maintenance and when it last received something, and appends to its lake.
///
/// The note comes first. Where it fails, nothing has been appended and the batch is given back; where the
/// append fails, maintenance looks at the account in vain, which does no harm. In the opposite order, an account
/// whose first note is lost would stay unknown to maintenance until it sends something again.
async fn append(
    app: &App,
    account: &AccountId,
    entries: Vec<Entry>,
    received_at: Option<Instant>,
) -> Result<(), StoreError> {
    let days = entries.iter().map(|entry| entry.created_at.day(Zone::UTC)).collect();
    app.store.note_received(account, &TouchedDays::Named(days), received_at, Instant::now()).await?;
    app.lake.append(account, entries).await.map(drop)
}

/// What a batch says about the sessions of one account.
struct Changes {
    first_sequence: String,
    /// When the last of them was received; `None` where nobody sent any.
    received_at: Option<Instant>,
    sessions: BTreeMap<SessionId, Change>,
}

/// What a record says about its session.
struct Taken {
    entry: Entry,
    /// The `created_at` that the session had before.
    before: Option<Instant>,
    /// When it was received; `None` where nobody sent it.
    received_at: Option<Instant>,
}

/// The last state that a batch gives a session, and every `created_at` under which the session lay before one
/// of the batch's records.
struct Change {
    last: Entry,
    before: Vec<Instant>,
}

impl Changes {
    fn note(&mut self, Taken { entry, before, received_at }: Taken) {
        self.received_at = self.received_at.max(received_at);
        let id = entry.id.clone();
        let change =
            self.sessions.entry(id).or_insert_with(|| Change { last: entry.clone(), before: Vec::new() });
        change.last = entry;
        change.before.extend(before);
    }

    /// Returns one entry per session, and a tombstone at every earlier `created_at` where the session no
    /// longer lies.
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

/// Notes, for garbage collection, a large body that the session's item named before this change and no longer
/// names after it. The note carries the time of the record, so that a redelivered record writes the same
/// note.
async fn note_replaced_body(
    app: &App,
    account: &AccountId,
    id: &SessionId,
    change: &StreamRecord,
) -> Result<(), StoreError> {
    let (before, after) = (change.old_image.get(BODY_OBJECT), change.new_image.get(BODY_OBJECT));
    let Some(AttributeValue::S(object)) = before.filter(|_| before != after) else { return Ok(()) };
    let written_at = Instant(change.approximate_creation_date_time.timestamp_micros());
    // The stream may leave out when a record was written.
    let replaced_at = if written_at.0 > 0 { written_at } else { Instant::now() };
    app.store.note_replaced_body(account, id, object, replaced_at).await
}

/// Quarantines a record that was received at `received_at`, and whose session began on the UTC day `day`, `None` where that
/// is unknown. As in `append`, the account is noted first, because it is maintenance that tries the record again.
async fn quarantine(
    app: &App,
    account: &AccountId,
    day: Option<NaiveDate>,
    received_at: Option<Instant>,
    record: &Quarantined,
) -> Result<(), StoreError> {
    let days = TouchedDays::Named(day.into_iter().collect());
    app.store.note_received(account, &days, received_at, Instant::now()).await?;
    app.store.quarantine(account, record).await
}

/// Returns what a record says about its session; `None` for a record that changes nothing but an expiry, and for one that
/// could not be read and is quarantined now. Fails only where delivering the record again may help.
async fn take(
    app: &App,
    account: &AccountId,
    id: SessionId,
    record: EventRecord,
) -> Result<Option<Taken>, StoreError> {
    let sequence = record.change.sequence_number.unwrap_or_default();
    let (new, old): (Item, Item) = (record.change.new_image.into(), record.change.old_image.into());
    if differ_in_expiry_alone(&old, &new) {
        return Ok(None);
    }
    let before = number(&old, "created_at").map(Instant);
    let received_at = delivered_at(&old, &new);
    let entry = if new.is_empty() {
        before.map(|created_at| Entry {
            sequence: Entry::sequence_of(&sequence),
            created_at,
            id,
            session: None,
            content_hash: 0,
        })
    } else {
        match app.store.read_session(&new).await {
            Ok(stored) => stored.map(|stored| Entry {
                sequence: Entry::sequence_of(&sequence),
                created_at: stored.identity.created_at,
                id,
                session: Some(stored.session),
                content_hash: stored.content_hash,
            }),
            Err(error) if error.kind.is_unreadable() => {
                let reason = chain(&error);
                tracing::error!(%account, sequence, reason, "a stream record was quarantined");
                let day = number(&new, "created_at").map(|at| Instant(at).day(Zone::UTC));
                let before = before.into_iter().collect();
                let record = Quarantined::new(sequence, id, before, reason, Instant::now());
                quarantine(app, account, day, received_at, &record).await?;
                None
            }
            Err(error) => return Err(error),
        }
    };
    Ok(entry.map(|entry| Taken { entry, before, received_at }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sequence: &str, created_at: i64, live: bool) -> Entry {
        let id = SessionId::try_from("s".to_owned()).unwrap();
        let session = live.then(domain::session::Session::default);
        Entry { sequence: sequence.to_owned(), created_at: Instant(created_at), id, session, content_hash: 0 }
    }

    fn check(notes: Vec<(Entry, Option<i64>)>, expected: &[(i64, bool)]) {
        let mut changes =
            Changes { first_sequence: String::new(), received_at: None, sessions: BTreeMap::new() };
        for (entry, before) in notes {
            changes.note(Taken { entry, before: before.map(Instant), received_at: None });
        }
        let entries = changes.into_entries();
        let entries: Vec<_> = entries.iter().map(|e| (e.created_at.0, e.session.is_some())).collect();
        assert_eq!(entries, expected);
    }

    #[test]
    fn the_last_record_of_a_session_says_where_it_lies_and_tombstones_lie_elsewhere() {
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
