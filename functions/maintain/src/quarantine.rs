//! Quarantine: tries again to read the records that archive could not read, and appends what they say to the
//! lake.

use domain::id::AccountId;
use domain::time::Instant;
use domain::zone::Zone;
use lake::Entry;
use runtime::telemetry::chain;
use store::key;
use store::{Lease, Quarantined, StoreError, TouchedDays, created_at_history};

use crate::App;
use crate::duty::Step;
use crate::memory::Memory;

/// How many records one step looks at.
const PAGE: u16 = 25;
/// How many seconds pass between two rounds where nothing is quarantined. Nothing waits that long, because
/// archive notes the account before it quarantines a record.
const ROUND_SECONDS: i64 = 86_400;

/// Goes through one page of an account's quarantine and tries again the records that are due. After the last
/// page of a round, the next step is due when the first of the remaining records is.
pub(crate) async fn step(
    app: &App,
    lease: &Lease,
    memory: &mut Memory,
    now: Instant,
) -> Result<Step, StoreError> {
    let after = memory.quarantine_after.as_deref();
    let page = app.store.quarantine_page(&lease.account, after, PAGE).await?;
    let begin = after.is_none().then(|| now.plus_seconds(ROUND_SECONDS));
    let mut first_due = begin.unwrap_or(memory.quarantine_due);
    let mut done = 0;
    for record in page.records {
        let kept =
            if record.next_at <= now { try_again(app, &lease.account, record).await? } else { Some(record) };
        match kept {
            Some(record) => {
                memory.quarantined += usize::from(record.next_at > now && record.attempts > 0);
                first_due = first_due.min(record.next_at);
            }
            None => done += 1,
        }
    }
    let next = if page.next.is_some() { now } else { first_due };
    memory.quarantine_after = page.next;
    memory.quarantine_due = first_due;
    Ok(Step { done, next })
}

/// Tries a record again: gives it back where it stays quarantined.
async fn try_again(
    app: &App,
    account: &AccountId,
    record: Quarantined,
) -> Result<Option<Quarantined>, StoreError> {
    match bring_in(app, account, &record).await {
        Ok(()) => {
            app.store.forget_quarantined(account, &record).await?;
            tracing::info!(%account, sequence = record.sequence, "a record left the quarantine");
            Ok(None)
        }
        Err(error) if error.kind.is_unreadable() => {
            let reason = chain(&error);
            let record = record.tried_again(reason, Instant::now());
            let (sequence, attempts) = (&record.sequence, record.attempts);
            tracing::error!(%account, sequence, attempts, reason = record.reason, "a record stays quarantined");
            app.store.keep_attempt(account, &record).await?;
            Ok(Some(record))
        }
        Err(error) => Err(error),
    }
}

/// Brings what a record tells of into the lake.
///
/// What is appended has the record's own sequence number, so that whatever a later record of the stream says wins. It is
/// not only the session as it is now, but also a tombstone wherever it lay before: a later record that was archived left
/// one only where it found the session.
async fn bring_in(app: &App, account: &AccountId, record: &Quarantined) -> Result<(), StoreError> {
    let item = app.store.get(key::session(account, &record.session_id)).await?.unwrap_or_default();
    let stored = app.store.read_session(&item).await?;
    let mut before = created_at_history(&item);
    before.extend(&record.before);
    if let Some(stored) = &stored {
        before.retain(|at| *at != stored.identity.created_at);
    }
    before.sort_unstable();
    before.dedup();
    let entry = |created_at| Entry {
        sequence: Entry::sequence_of(&record.sequence),
        created_at,
        id: record.session_id.clone(),
        session: None,
        content_hash: 0,
    };
    let mut entries: Vec<Entry> = before.into_iter().map(entry).collect();
    entries.extend(stored.map(|stored| Entry {
        session: Some(stored.session),
        content_hash: stored.content_hash,
        ..entry(stored.identity.created_at)
    }));
    if entries.is_empty() {
        return Ok(());
    }
    let days = entries.iter().map(|entry| entry.created_at.day(Zone::UTC)).collect();
    app.store.note_due(account, &TouchedDays::Named(days), Instant::now()).await?;
    app.lake.append(account, entries).await.map(drop)
}
