//! `POST /v1/sessions`: one session, an array of them, or NDJSON.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use http::HeaderMap;
use serde::Deserialize;
use shared::account::Account;
use shared::caller::Caller;
use shared::id::{AccountId, SessionId};
use shared::input::Query;
use shared::problem::Problem;
use shared::store::{Put, Store, StoreError};
use shared::telemetry;
use shared::time::Instant;
use shared::token::Scope;
use tokio::time::timeout_at;

use crate::App;
use crate::parse::{Parsed, id_of, parse};
use crate::report::{Outcome, Report};
use crate::split::{Layout, split};
use crate::window::{Ended, Window};

/// How long a batch may take: the API gives up after 30 s, and a client that hears nothing must send all of it again.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// How much longer its receipt may take.
const RECEIPT_TIME: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    account: Option<AccountId>,
}

pub(crate) async fn receive(
    State(app): State<App>,
    caller: Caller,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    body: Body,
) -> Result<Report, Problem> {
    let started = tokio::time::Instant::now();
    let id = caller.account(&[Scope::Ingest], parameters.account.as_ref())?;
    let body = crate::body::read(&headers, body).await?;
    let items = split(&body, Layout::of(&headers))?;
    let mut batch = Batch::new(&app.store, &items, started + TIME_LIMIT);
    match app.store.account(&id).await {
        Ok(account) => batch.write(&account).await,
        Err(error) => batch.postpone(&error),
    }
    batch.log(&id, started);
    Ok(batch.report)
}

/// A batch on its way into storage.
struct Batch<'b> {
    store: &'b Store,
    items: &'b [&'b [u8]],
    deadline: tokio::time::Instant,
    report: Report,
    /// What is stored, to be acknowledged: its index, session, beginning and what became of it.
    stored: Vec<(usize, SessionId, Instant, Put)>,
    unknown_keys: usize,
}

impl<'b> Batch<'b> {
    fn new(store: &'b Store, items: &'b [&'b [u8]], deadline: tokio::time::Instant) -> Batch<'b> {
        let (report, stored) = (Report::new(items.len()), Vec::new());
        Batch { store, items, deadline, report, stored, unknown_keys: 0 }
    }

    /// Parses item after item and writes each as soon as there is room.
    async fn write(&mut self, account: &Account) {
        let now = Instant::now();
        let mut window = Window::new(self.deadline);
        for (index, item) in self.items.iter().enumerate() {
            let parsed = match parse(item, account.zone) {
                Ok(parsed) => parsed,
                Err(fault) => {
                    self.report.reject(index, id_of(item), fault);
                    continue;
                }
            };
            self.unknown_keys += parsed.unknown_keys;
            let id = parsed.identity.id.clone();
            if account.keeps(parsed.identity.created_at, parsed.identity.last, now) {
                while !window.admits(&id, parsed.size)
                    && let Some(ended) = window.next().await
                {
                    self.note(ended);
                }
                window.push(index, id, parsed.size, put(self.store, account, index, parsed, now));
            } else {
                self.report.leave(index, Some(id), Outcome::Ignored);
            }
        }
        while let Some(ended) = window.next().await {
            self.note(ended);
        }
        self.acknowledge(account, now).await;
    }

    fn note(&mut self, ended: Ended<Result<(Put, Instant), StoreError>>) {
        let Ended { index, id, result } = ended;
        match result {
            Some(Ok((Put::Stale, _))) => self.report.leave(index, Some(id), Outcome::Stale),
            Some(Ok((put, created_at))) => self.stored.push((index, id, created_at, put)),
            Some(Err(error)) => {
                self.failed(&error);
                self.report.leave(index, Some(id), Outcome::Retry);
            }
            None => self.report.leave(index, Some(id), Outcome::Retry),
        }
    }

    /// Keeps a receipt of what is stored before anybody is told: what was acknowledged can be shown to be there. Without
    /// the receipt the items count as not stored, and coming again they are `unchanged`.
    async fn acknowledge(&mut self, account: &Account, now: Instant) {
        let stored = std::mem::take(&mut self.stored);
        let sessions: Vec<(SessionId, Instant)> =
            stored.iter().map(|(_, id, created_at, _)| (id.clone(), *created_at)).collect();
        let late = |error| StoreError::busy("keeping a receipt", error);
        let ends = self.deadline + RECEIPT_TIME;
        let receipt = timeout_at(ends, self.store.acknowledge(account, &sessions)).await;
        let receipt = receipt.map_err(late).flatten();
        if let Err(error) = &receipt {
            self.failed(error);
        }
        for (index, id, _, put) in stored {
            match (&receipt, put) {
                (Ok(()), Put::Accepted) => self.report.accepted += 1,
                (Ok(()), _) => self.report.leave(index, Some(id), Outcome::Unchanged),
                (Err(_), _) => self.report.leave(index, Some(id), Outcome::Retry),
            }
        }
        // A convenience of whoever looks for a reason; the answer to the batch has them all.
        let rejections = self.report.rejections();
        if !rejections.is_empty() {
            let noted = timeout_at(ends, self.store.note_rejections(&account.id, &rejections, now)).await;
            if let Err(error) = noted.map_err(late).flatten() {
                tracing::warn!(error = %telemetry::chain(&error), "rejections were not noted");
            }
        }
    }

    /// Leaves every item for another time.
    fn postpone(&mut self, error: &StoreError) {
        self.failed(error);
        for (index, item) in self.items.iter().enumerate() {
            self.report.leave(index, id_of(item), Outcome::Retry);
        }
    }

    /// Notes a failure of storage. The first of a batch, and the first that does not pass by itself, are logged: those
    /// after it have the same cause.
    fn failed(&mut self, error: &StoreError) {
        let is_fault = !error.kind.is_passing();
        if self.report.retry == 0 || (is_fault && !self.report.fault) {
            tracing::error!(error = %telemetry::chain(error), "sessions were not stored");
        }
        self.report.fault |= is_fault;
    }

    fn log(&self, account: &AccountId, started: tokio::time::Instant) {
        let Report { received, accepted, unchanged, stale, ignored, rejected, retry, .. } = self.report;
        let (unknown_keys, duration_ms) = (self.unknown_keys, started.elapsed().as_millis());
        tracing::info!(
            %account, received, accepted, unchanged, stale, ignored, rejected, retry, unknown_keys, duration_ms,
            "batch received"
        );
    }
}

async fn put(
    store: &Store,
    account: &Account,
    index: usize,
    parsed: Parsed,
    now: Instant,
) -> (usize, Result<(Put, Instant), StoreError>) {
    let Parsed { identity, session, .. } = parsed;
    let put = store.put_session(account, &identity, &session, now).await;
    (index, put.map(|put| (put, identity.created_at)))
}

#[cfg(test)]
mod tests;
