//! `POST /v1/sessions` takes one session, an array of sessions, or NDJSON.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use chrono::NaiveDate;
use domain::account::Account;
use domain::id::{AccountId, SessionId, random_hex};
use domain::lang::Lang;
use domain::time::Instant;
use domain::token::Scope;
use domain::version::Version;
use futures::{StreamExt, stream};
use http::HeaderMap;
use runtime::{compute, telemetry};
use serde::Deserialize;
use store::{MAX_RECEIPT, Put, Store, StoreError};
use tokio::time::timeout_at;
use web::caller::Caller;
use web::input::{Parameters, language};
use web::problem::Problem;

use crate::App;
use crate::answer::{BatchAnswer, Outcome};
use crate::in_flight::{Ended, InFlight};
use crate::item::Item;
use crate::mapping::Mapping;
use crate::parse::Parsed;
use crate::put::{Done, PutOf};
use crate::split::{Layout, split};

/// How long the writes of a batch may take. The API gives up after 30 s, and a client that gets no answer
/// must send the whole batch again.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// How many receipts of a batch are written at the same time.
const RECEIPTS_AT_ONCE: usize = 16;
/// How much longer, after the time limit, the receipts may take.
const RECEIPT_TIME: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostParameters {
    account: Option<AccountId>,
    /// Whether to answer what would become of the sessions, and to store nothing.
    #[serde(default)]
    validate: bool,
    /// The name of the mapping that reads the documents; without one they are the platform's own.
    mapping: Option<String>,
}

pub(crate) async fn receive(
    State(app): State<App>,
    caller: Caller,
    Parameters(parameters): Parameters<PostParameters>,
    headers: HeaderMap,
    body: Body,
) -> Result<BatchAnswer, Problem> {
    let started = tokio::time::Instant::now();
    let id = caller.account(&[Scope::Ingest], parameters.account.as_ref())?;
    let mapping = parameters.mapping.as_deref().map(Mapping::named).transpose()?;
    if let Err(refused) = app.guard.sessions.begin(&caller.token_id).await {
        crate::body::discard(body).await;
        return Err(refused);
    }
    compute::run(async move {
        let body = crate::body::read(&headers, body).await?;
        let items = Item::all(&split(&body, Layout::of(&headers))?, mapping)?;
        app.guard.sessions.take(&caller.token_id, items.len()).await?;
        let mut batch = Batch::new(&app.store, &items, language(&headers), started + TIME_LIMIT);
        batch.trial = parameters.validate.then(BTreeMap::new);
        match app.store.account(&id).await {
            Ok(account) => batch.write(&account).await,
            Err(error) => batch.postpone(&error),
        }
        batch.log(&id, started);
        let answer = batch.answer.with_fates(parameters.validate);
        Ok(answer.by_document(|index| items[index].document))
    })
    .await
}

/// A batch that is being written.
struct Batch<'b> {
    store: &'b Store,
    items: &'b [Item<'b>],
    deadline: tokio::time::Instant,
    answer: BatchAnswer,
    /// The prefix of the names of this batch's receipts.
    receipt: String,
    /// The sessions that are stored and must be acknowledged, by their UTC day and the name of their receipt.
    stored: BTreeMap<(NaiveDate, String), Vec<Stored>>,
    /// Where nothing is to be stored: the versions that would have been, in the place of what is kept.
    trial: Option<BTreeMap<SessionId, Version>>,
    unknown_keys: usize,
}

/// A session of the batch that is stored.
struct Stored {
    index: usize,
    id: SessionId,
    created_at: Instant,
    /// Whether this batch stored it. Otherwise the same version was there already.
    is_new: bool,
}

impl<'b> Batch<'b> {
    fn new(store: &'b Store, items: &'b [Item<'b>], lang: Lang, deadline: tokio::time::Instant) -> Batch<'b> {
        let (answer, receipt) = (BatchAnswer::new(items.len(), lang), random_hex(8));
        let stored = BTreeMap::new();
        Batch { store, items, deadline, answer, receipt, stored, trial: None, unknown_keys: 0 }
    }

    /// Parses the items one after another, and writes each as soon as it may be under way.
    async fn write(&mut self, account: &Account) {
        let now = Instant::now();
        let mut in_flight = InFlight::new(self.deadline);
        for (index, item) in self.items.iter().enumerate() {
            let Parsed { session, warnings, unknown_keys } = item.parse(account.zone);
            self.unknown_keys += unknown_keys.len();
            let understood = match session {
                Ok(understood) => understood,
                Err(faults) => {
                    let id = item.id();
                    self.answer.warn(index, id.as_ref(), warnings, unknown_keys);
                    self.answer.reject(index, id, faults);
                    continue;
                }
            };
            let (identity, id) = (&understood.identity, understood.identity.id.clone());
            self.answer.warn(index, Some(&id), warnings, unknown_keys);
            if let Some(why) = account.unkept(identity.created_at, identity.last_interaction, now) {
                self.answer.ignore(index, id, why);
                continue;
            }
            while !in_flight.admits(&id, understood.size)
                && let Some(ended) = in_flight.next().await
            {
                self.note(ended);
            }
            let (size, put) = (understood.size, self.put_of(index, &id));
            in_flight.push(index, id, size, put.run(self.store, account, index, understood, now));
        }
        while let Some(ended) = in_flight.next().await {
            self.note(ended);
        }
        self.acknowledge(account, now).await;
    }

    /// What is done with an item, once the batch's earlier versions of its session are done.
    fn put_of(&self, index: usize, id: &SessionId) -> PutOf {
        match &self.trial {
            None => PutOf::Write { receipt: self.receipt_of(index) },
            Some(would_be) => PutOf::Try { before: would_be.get(id).cloned() },
        }
    }

    fn is_trial(&self) -> bool {
        self.trial.is_some()
    }

    /// The name of the receipt of an item that this batch changes.
    fn receipt_of(&self, index: usize) -> String {
        format!("{}#{}", self.receipt, index / MAX_RECEIPT)
    }

    fn note(&mut self, ended: Ended<Result<Done, StoreError>>) {
        let Ended { index, id, result } = ended;
        match result {
            Some(Ok(Done { put: Put::Stale { kept_at }, .. })) => self.answer.outdate(index, id, kept_at),
            Some(Ok(Done { put: Put::Accepted, created_at, tried })) => {
                if let (Some(would_be), Some(tried)) = (&mut self.trial, tried) {
                    would_be.insert(id.clone(), tried);
                }
                let stored = Stored { index, id, created_at, is_new: true };
                self.keep(self.receipt_of(index), stored);
            }
            Some(Ok(Done { put: Put::Unchanged { receipt }, created_at, .. })) => {
                self.keep(receipt, Stored { index, id, created_at, is_new: false });
            }
            Some(Err(error)) => {
                self.failed(&error);
                self.answer.note_outcome(index, Some(id), Outcome::Retry);
            }
            None => self.answer.note_outcome(index, Some(id), Outcome::Retry),
        }
    }

    fn keep(&mut self, receipt: String, stored: Stored) {
        let day = stored.created_at.to_utc().date_naive();
        self.stored.entry((day, receipt)).or_default().push(stored);
    }

    /// Keeps receipts of what is stored before the client is told, so that every acknowledged session can be
    /// proven to be there. An item whose receipt cannot be kept counts as not stored. When it comes again,
    /// its session is unchanged and names the same receipt. So nothing is written for a session that is
    /// delivered again and again.
    async fn acknowledge(&mut self, account: &Account, now: Instant) {
        let late = |error| StoreError::busy("keeping a receipt", error);
        let (store, ends, is_trial) = (self.store, self.deadline + RECEIPT_TIME, self.is_trial());
        let keeping = std::mem::take(&mut self.stored).into_iter().map(async |((day, receipt), stored)| {
            if is_trial {
                return (stored, Ok(()));
            }
            let sessions: Vec<_> = stored.iter().map(|one| (one.id.clone(), one.created_at)).collect();
            let is_new = stored.iter().any(|one| one.is_new);
            let kept = store.keep_receipt(&account.id, (day, &receipt), &sessions, is_new);
            (stored, timeout_at(ends, kept).await.map_err(late).flatten())
        });
        let mut keeping = stream::iter(keeping.collect::<Vec<_>>()).buffer_unordered(RECEIPTS_AT_ONCE);
        while let Some((stored, kept)) = keeping.next().await {
            if let Err(error) = &kept {
                self.failed(error);
            }
            for Stored { index, id, is_new, .. } in stored {
                match (&kept, is_new) {
                    (Ok(()), true) => self.answer.accepted += 1,
                    (Ok(()), false) => self.answer.note_outcome(index, Some(id), Outcome::Unchanged),
                    (Err(_), _) => self.answer.note_outcome(index, Some(id), Outcome::Retry),
                }
            }
        }
        if !self.is_trial() {
            self.note_faults(account, now, ends).await;
        }
    }

    /// Keeps what was rejected and left out, for the console: a convenience of whoever looks for a reason, for the answer to
    /// the batch has it all.
    async fn note_faults(&self, account: &Account, now: Instant, ends: tokio::time::Instant) {
        let noting = async {
            let rejections = &self.answer.rejections;
            if !rejections.is_empty() {
                self.store.note_rejections(&account.id, rejections, now).await?;
            }
            self.store.note_left_out(&account.id, &self.answer.left_out(now)).await
        };
        let noted = timeout_at(ends, noting).await;
        if let Err(error) = noted.map_err(|error| StoreError::busy("noting faults", error)).flatten() {
            tracing::warn!(error = %telemetry::chain(&error), "what was rejected or left out was not noted");
        }
    }

    /// Reports every item as one to send again.
    fn postpone(&mut self, error: &StoreError) {
        self.failed(error);
        for (index, item) in self.items.iter().enumerate() {
            self.answer.note_outcome(index, item.id(), Outcome::Retry);
        }
    }

    /// Notes a failure of storage. The first failure of a batch is logged, and the first that does not pass
    /// by itself. Later ones have the same cause.
    fn failed(&mut self, error: &StoreError) {
        let is_fault = !error.kind.is_passing();
        if self.answer.retry == 0 || (is_fault && !self.answer.fault) {
            tracing::error!(error = %telemetry::chain(error), "sessions were not stored");
        }
        self.answer.fault |= is_fault;
    }

    fn log(&self, account: &AccountId, started: tokio::time::Instant) {
        let BatchAnswer { received, accepted, unchanged, stale, ignored, rejected, retry, .. } = self.answer;
        let (unknown_keys, duration_ms) = (self.unknown_keys, started.elapsed().as_millis());
        let is_trial = self.is_trial();
        tracing::info!(
            %account, is_trial, received, accepted, unchanged, stale, ignored, rejected, retry, unknown_keys, duration_ms,
            "batch received"
        );
    }
}

#[cfg(test)]
mod tests;
