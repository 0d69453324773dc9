//! Sends sessions in batches and keeps count of what became of them.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;

use crate::error::{CliError, Refusal, is_passing};
use crate::http::Client;
use crate::patience::Patience;

/// Sessions of one batch, and its size before compression.
const BATCH_ITEMS: usize = 500;
const BATCH_BYTES: usize = 3 << 20;
/// Documents of another platform in one batch: each may hold a page of sessions, and a body no more than 5,000.
const BATCH_DOCUMENTS: usize = 20;
/// How often in a row a batch may be put off without any of it being stored.
const TRIES: u32 = 8;
/// Rejected sessions that are remembered one by one.
const SHOWN: usize = 20;

/// Whose the sessions are, and how they are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delivery<'d> {
    /// The account that gets them; only an admin token has to say.
    pub account: Option<&'d str>,
    /// The mapping that reads them; without one they are the platform's own.
    pub mapping: Option<&'d str>,
}

/// One session, or one document of another platform, as it was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// Its line in NDJSON, else its place in the array, from 1.
    pub number: u64,
    /// Its JSON, on one line.
    pub bytes: Vec<u8>,
}

/// A session that was rejected.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected {
    /// Where it came from.
    pub source: String,
    /// Its line or place there, from 1.
    pub number: u64,
    /// The field at fault.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// What became of the sessions that were sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Stored now.
    pub accepted: u64,
    /// Stored before, the same.
    pub unchanged: u64,
    /// Stored before in a newer version.
    pub stale: u64,
    /// Before the account's start or past its retention.
    pub ignored: u64,
    /// Not understood.
    pub rejected: u64,
    /// The first of the rejected ones.
    pub faults: Vec<Rejected>,
}

impl Tally {
    /// Adds what became of others.
    pub fn add(&mut self, other: Tally) {
        self.accepted += other.accepted;
        self.unchanged += other.unchanged;
        self.stale += other.stale;
        self.ignored += other.ignored;
        self.rejected += other.rejected;
        self.faults.extend(other.faults);
        self.faults.truncate(SHOWN);
    }

    fn reject(&mut self, fault: Rejected) {
        self.rejected += 1;
        if self.faults.len() < SHOWN {
            self.faults.push(fault);
        }
    }
}

/// Sessions on their way, all from one source.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Where they come from, for messages.
    pub source: String,
    items: Vec<Item>,
    bytes: usize,
    /// How many items it takes.
    most: usize,
    /// How many sessions the stack asked for again, of those that are left.
    asked: Option<u64>,
}

impl Batch {
    /// An empty batch.
    pub fn new(source: &str, delivery: Delivery<'_>) -> Batch {
        let most = if delivery.mapping.is_some() { BATCH_DOCUMENTS } else { BATCH_ITEMS };
        Batch { source: source.to_owned(), items: Vec::new(), bytes: 0, most, asked: None }
    }

    /// Whether `item` still fits; the first one always does.
    pub fn fits(&self, item: &Item) -> bool {
        self.items.is_empty() || (self.items.len() < self.most && self.bytes + item.bytes.len() < BATCH_BYTES)
    }

    /// Puts an item in.
    pub fn push(&mut self, item: Item) {
        self.bytes += item.bytes.len() + 1;
        self.items.push(item);
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn gzip(&self) -> std::io::Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        for item in &self.items {
            encoder.write_all(&item.bytes)?;
            encoder.write_all(b"\n")?;
        }
        encoder.finish()
    }
}

/// What the stack says of a batch.
#[derive(Debug, Deserialize)]
struct BatchReport {
    received: u64,
    accepted: u64,
    unchanged: u64,
    stale: u64,
    ignored: u64,
    results: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Line {
    index: usize,
    outcome: String,
    field: Option<String>,
    #[serde(default)]
    message: String,
}

/// Sends a batch until every session of it has found its end; `put_off` hears why it is sent again. The tally holds
/// what found its end even where the sending failed.
pub async fn send(
    client: &Client,
    delivery: Delivery<'_>,
    mut batch: Batch,
    put_off: impl Fn(&CliError),
) -> (Tally, Result<(), CliError>) {
    let (mut tally, mut patience) = (Tally::default(), Patience::new(TRIES));
    loop {
        let failure = match post(client, delivery, &batch).await {
            Err(error @ CliError::Silent { .. }) => error,
            Err(error) => return (tally, Err(error)),
            Ok(answer) => {
                let (status, headers) = (answer.status(), answer.headers().clone());
                let body = answer.bytes().await.unwrap_or_default();
                let refusal = Refusal::new(status, &headers, &body);
                match serde_json::from_slice::<BatchReport>(&body) {
                    Ok(answer) => {
                        let before = batch.asked.unwrap_or(answer.received);
                        count_outcomes(answer, &mut batch, &mut tally);
                        if batch.items.is_empty() {
                            return (tally, Ok(()));
                        }
                        if batch.asked < Some(before) {
                            patience = Patience::new(TRIES);
                        }
                    }
                    Err(_) if status == StatusCode::PAYLOAD_TOO_LARGE && batch.items.len() == 1 => {
                        let (source, number) = (batch.source, batch.items[0].number);
                        let message = "é maior do que o servidor aceita".to_owned();
                        tally.reject(Rejected { source, number, field: None, message });
                        return (tally, Ok(()));
                    }
                    Err(_) if is_passing(status) => {}
                    Err(_) if status.is_success() => return (tally, Err(client.misunderstood())),
                    Err(_) => return (tally, Err(CliError::Refused(refusal))),
                }
                CliError::Refused(refusal)
            }
        };
        let Some(wait) = patience.put_off(&failure) else { return (tally, Err(failure)) };
        put_off(&failure);
        tokio::time::sleep(wait).await;
    }
}

async fn post(client: &Client, delivery: Delivery<'_>, batch: &Batch) -> Result<Response, CliError> {
    let Delivery { account, mapping } = delivery;
    let request = client
        .request(Method::POST, "/v1/sessions")
        .query(&[("account", account), ("mapping", mapping)])
        .header(CONTENT_TYPE, "application/x-ndjson")
        .header(CONTENT_ENCODING, "gzip")
        .body(batch.gzip()?);
    request.send().await.map_err(|error| client.silent(&error))
}

/// Counts what the stack settled; what it asks for again stays in the batch, a document once for all its sessions.
fn count_outcomes(answer: BatchReport, batch: &mut Batch, tally: &mut Tally) {
    // Sessions of a document that comes again for another's sake were counted, and are unchanged now.
    let counted = batch.asked.map_or(0, |asked| answer.received.saturating_sub(asked));
    let (mut again, mut asked) = (BTreeMap::new(), 0);
    for line in answer.results {
        let Some(item) = batch.items.get_mut(line.index) else { continue };
        match line.outcome.as_str() {
            "retry" => {
                asked += 1;
                again.entry(line.index).or_insert_with(|| std::mem::take(item));
            }
            "rejected" => tally.reject(Rejected {
                source: batch.source.clone(),
                number: item.number,
                field: line.field,
                message: line.message,
            }),
            _ => {}
        }
    }
    tally.accepted += answer.accepted;
    tally.unchanged += answer.unchanged.saturating_sub(counted);
    tally.stale += answer.stale;
    tally.ignored += answer.ignored;
    batch.items = again.into_values().collect();
    batch.asked = Some(asked);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: u64, bytes: usize) -> Item {
        Item { number, bytes: vec![b' '; bytes] }
    }

    #[test]
    fn only_what_the_stack_asks_for_again_stays_in_the_batch() {
        let mut batch = Batch::new("a.ndjson", Delivery::default());
        (1..=4).for_each(|number| batch.push(item(number, 1)));
        let answer = serde_json::json!({
            "received": 7, "accepted": 2, "unchanged": 0, "stale": 1, "ignored": 0, "rejected": 1,
            "results": [
                {"index": 0, "outcome": "stale"},
                {"index": 2, "outcome": "retry"},
                {"index": 2, "outcome": "retry"},
                {"index": 3, "outcome": "rejected", "field": "created_at", "message": "is required"},
            ],
        });
        let mut tally = Tally::default();
        count_outcomes(serde_json::from_value(answer).unwrap(), &mut batch, &mut tally);
        assert_eq!(batch.items, [item(3, 1)]);
        assert_eq!((tally.accepted, tally.stale, tally.rejected), (2, 1, 1));
        assert_eq!((tally.faults[0].number, tally.faults[0].field.as_deref()), (4, Some("created_at")));
    }

    #[test]
    fn what_a_document_holds_beside_what_is_asked_for_again_is_counted_once() {
        let mut batch =
            Batch::new("pages.ndjson", Delivery { mapping: Some("chatwoot"), ..Delivery::default() });
        (1..=2).for_each(|number| batch.push(item(number, 1)));
        let mut tally = Tally::default();
        let retry = serde_json::json!({"index": 1, "outcome": "retry"});
        for (received, accepted, unchanged, results) in [
            (50, 47, 0, vec![retry.clone(), retry.clone(), retry.clone()]),
            (25, 2, 22, vec![retry]),
            (25, 1, 24, vec![]),
        ] {
            let answer = serde_json::json!({
                "received": received, "accepted": accepted, "unchanged": unchanged, "stale": 0, "ignored": 0,
                "results": results,
            });
            count_outcomes(serde_json::from_value(answer).unwrap(), &mut batch, &mut tally);
        }
        assert_eq!((tally.accepted, tally.unchanged), (50, 0));
        assert!(batch.is_empty());
    }

    #[test]
    fn a_batch_is_full_by_count_or_by_bytes_but_takes_one_item_of_any_size() {
        let mut batch = Batch::new("", Delivery::default());
        assert!(batch.fits(&item(1, 2 * BATCH_BYTES)));
        (1..=BATCH_ITEMS as u64).for_each(|number| batch.push(item(number, 1)));
        assert!(!batch.fits(&item(501, 1)));
        let mut batch = Batch::new("", Delivery { mapping: Some("chatwoot"), ..Delivery::default() });
        (1..=BATCH_DOCUMENTS as u64).for_each(|number| batch.push(item(number, 1)));
        assert!(!batch.fits(&item(21, 1)));
        let mut batch = Batch::new("", Delivery::default());
        batch.push(item(1, BATCH_BYTES - 10));
        assert!(batch.fits(&item(2, 5)) && !batch.fits(&item(2, 10)));
    }
}
