//! A model of Lambda's event source mapping for DynamoDB Streams, as AWS documents it, which works at the
//! test's own pace.
//!
//! Records are assigned to shards by the hash of their partition key, and keep their order there. Shards are
//! delivered at the same time, each in batches of random size. With `ReportBatchItemFailures`, the lowest
//! sequence number that the function names is the checkpoint: records before it are done and never delivered
//! again, whichever account they belong to. A number that is not in the batch counts as a failure of the
//! whole batch. An error, a panic or a time-out of the function halves the batch
//! (`BisectBatchOnFunctionError`).

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use archive::App;
use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};
use fastrand::Rng;
use futures::future::join_all;
use infra::endpoints::Clients;
use infra::stream_poller::event_record;

/// The most records of one batch.
const BATCH: usize = 1_000;
/// The most time that the function may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The value by which sequence numbers of any length are ordered.
fn value(number: &str) -> (usize, &str) {
    let digits = number.trim_start_matches('0');
    (digits.len(), digits)
}

/// A shard: its records, and how far they have been delivered.
#[derive(Default)]
struct Shard {
    records: Vec<EventRecord>,
    /// How many of the records are done, which is the checkpoint.
    done: usize,
    /// Where the batch under way ends and, after that, where the halves end into which it was cut. The next
    /// half is the last.
    ends: Vec<usize>,
}

impl Shard {
    /// Returns the next batch: the rest of one that failed, or a new one of at most `size` records. `None`
    /// where nothing is waiting.
    fn batch(&mut self, size: usize) -> Option<Event> {
        if self.done == self.records.len() {
            return None;
        }
        if self.ends.is_empty() {
            self.ends.push(self.records.len().min(self.done + size));
        }
        let end = *self.ends.last()?;
        let mut event = Event::default();
        event.records = self.records[self.done..end].to_vec();
        Some(event)
    }

    /// Moves the checkpoint as the function's answer says. The answer is the sequence numbers that it named,
    /// or `None` where it failed.
    fn acknowledge(&mut self, answer: Option<&[String]>) {
        let end = *self.ends.last().unwrap();
        let batch = &self.records[self.done..end];
        let lowest = answer.map(|named| named.iter().min_by_key(|number| value(number)));
        let number = |record: &EventRecord| record.change.sequence_number.clone().unwrap();
        match lowest {
            Some(None) => self.done = end,
            Some(Some(lowest)) if batch.iter().any(|record| number(record) == *lowest) => {
                self.done += batch.iter().position(|record| number(record) == *lowest).unwrap();
            }
            _ if batch.len() > 1 => self.ends.push(self.done + batch.len() / 2),
            _ => {}
        }
        self.ends.retain(|end| *end > self.done);
    }
}

/// The stream of one table, and how far each shard has been delivered.
pub(crate) struct EventSource {
    shards: Vec<Shard>,
    rng: Rng,
    time_limit: Duration,
    /// Whether each batch is as large as it may be, and not of a size that chance decides.
    pub(crate) is_full: bool,
    /// The iterators with which the stream's own shards are read on, by their ids; `None` at a shard's end.
    iterators: BTreeMap<String, Option<String>>,
    /// How many deliveries there were.
    pub(crate) deliveries: usize,
    /// How many of them failed or gave something back.
    pub(crate) failed: usize,
}

impl EventSource {
    pub(crate) fn new(shards: usize, seed: u64) -> EventSource {
        EventSource {
            shards: (0..shards).map(|_| Shard::default()).collect(),
            rng: Rng::with_seed(seed),
            time_limit: TIME_LIMIT,
            is_full: false,
            iterators: BTreeMap::new(),
            deliveries: 0,
            failed: 0,
        }
    }

    /// Reads the new records of the table's stream.
    pub(crate) async fn pull(&mut self, clients: &Clients) {
        let table = clients.dynamo.describe_table().table_name(&clients.names.table).send().await.unwrap();
        let arn = table.table.unwrap().latest_stream_arn.unwrap();
        let described = clients.streams.describe_stream().stream_arn(&arn).send().await.unwrap();
        for shard in described.stream_description.unwrap().shards.unwrap() {
            let id = shard.shard_id.unwrap();
            let mut next = match self.iterators.get(&id) {
                Some(iterator) => iterator.clone(),
                None => {
                    let iterator = clients.streams.get_shard_iterator().stream_arn(&arn).shard_id(&id);
                    let iterator = iterator.shard_iterator_type(ShardIteratorType::TrimHorizon);
                    iterator.send().await.unwrap().shard_iterator
                }
            };
            while let Some(iterator) = next {
                let read = clients.streams.get_records().shard_iterator(&iterator).send().await.unwrap();
                let records = read.records.unwrap_or_default();
                next = read.next_shard_iterator;
                if records.is_empty() {
                    break;
                }
                records.into_iter().for_each(|record| self.take(record));
            }
            self.iterators.insert(id, next);
        }
    }

    fn take(&mut self, record: Record) {
        let key = record.dynamodb.as_ref().unwrap().keys.as_ref().unwrap()["pk"].clone();
        let mut hasher = DefaultHasher::new();
        key.as_s().unwrap().hash(&mut hasher);
        let shard = usize::try_from(hasher.finish() % self.shards.len() as u64).unwrap();
        let mut record = event_record(record);
        // Sequence numbers may differ in length, as AWS's documents say, so leading zeros are removed.
        let number = record.change.sequence_number.as_deref().unwrap().trim_start_matches('0').to_owned();
        record.change.sequence_number = Some(number);
        self.shards[shard].records.push(record);
    }

    /// Returns all records of a shard in one batch, including those that are done.
    pub(crate) fn everything(&self, shard: usize) -> Event {
        let mut event = Event::default();
        event.records = self.shards[shard].records.clone();
        event
    }

    /// How many records are not done yet.
    pub(crate) fn waiting(&self) -> usize {
        self.shards.iter().map(|shard| shard.records.len() - shard.done).sum()
    }

    /// How many records there were.
    pub(crate) fn records(&self) -> usize {
        self.shards.iter().map(|shard| shard.records.len()).sum()
    }

    /// Delivers one batch of each shard that has any, all at the same time. The function takes the shard's
    /// number and the batch, and returns the sequence numbers that it names as failed.
    pub(crate) async fn deliver<F>(&mut self, function: impl Fn(usize, Event) -> F)
    where
        F: Future<Output = Result<Vec<String>, String>> + Send + 'static,
    {
        let mut calls = Vec::new();
        for (at, shard) in self.shards.iter_mut().enumerate() {
            // Small and full batches are about equally likely.
            let most = BATCH.min(1 << self.rng.u32(0..=10));
            let size = if self.is_full { BATCH } else { self.rng.usize(1..=most) };
            let Some(event) = shard.batch(size) else { continue };
            self.deliveries += 1;
            let task = tokio::spawn(function(at, event));
            let limit = self.time_limit;
            calls.push(async move {
                let abort = task.abort_handle();
                let outcome = tokio::time::timeout(limit, task).await;
                abort.abort();
                (shard, outcome.ok().and_then(Result::ok).and_then(Result::ok))
            });
        }
        for (shard, answer) in join_all(calls).await {
            self.failed += usize::from(answer.as_ref().is_none_or(|named| !named.is_empty()));
            shard.acknowledge(answer.as_deref());
        }
    }

    /// Delivers all records to archive.
    pub(crate) async fn drain(&mut self, clients: &Clients, apps: &[App]) {
        let mut rounds = 0;
        loop {
            self.pull(clients).await;
            if self.waiting() == 0 {
                return;
            }
            self.deliver(|shard, event| to_archive(apps[shard].clone(), event)).await;
            rounds += 1;
            assert!(rounds < 5_000, "{} records are never done", self.waiting());
        }
    }
}

/// Lets archive take a batch. Each shard has an instance of archive of its own, as on Lambda.
pub(crate) fn to_archive(
    app: App,
    event: Event,
) -> impl Future<Output = Result<Vec<String>, String>> + Send + 'static {
    // The future is boxed because the compiler gives up on computing the layout of one this deep.
    Box::pin(async move {
        let answer = archive::handle(&app, event).await;
        Ok(answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect())
    })
}

fn numbered(numbers: &[&str]) -> EventSource {
    let mut source = EventSource::new(1, 1);
    source.shards[0].records = numbers
        .iter()
        .map(|number| {
            let mut record = EventRecord::default();
            record.change.sequence_number = Some((*number).to_owned());
            record
        })
        .collect();
    source
}

fn numbers(event: &Event) -> Vec<String> {
    event.records.iter().map(|record| record.change.sequence_number.clone().unwrap()).collect()
}

#[test]
fn the_lowest_reported_failure_is_the_checkpoint_and_earlier_records_never_come_again() {
    let mut source = numbered(&["8", "9", "10", "11"]);
    let shard = &mut source.shards[0];
    assert_eq!(numbers(&shard.batch(10).unwrap()), ["8", "9", "10", "11"]);
    // Compared as texts, 10 and 11 would come before 9.
    shard.acknowledge(Some(&["10".to_owned(), "9".to_owned(), "11".to_owned()]));
    assert_eq!(numbers(&shard.batch(1).unwrap()), ["9", "10", "11"]);
    shard.acknowledge(Some(&[]));
    assert!(shard.batch(10).is_none());
}

#[tokio::test]
async fn a_function_that_fails_panics_or_times_out_gets_the_batch_in_halves() {
    for how in 0..4 {
        let mut source = numbered(&["1", "2", "3", "4"]);
        source.time_limit = Duration::from_millis(50);
        source.shards[0].batch(4);
        source
            .deliver(move |_, event| async move {
                assert_eq!(numbers(&event).len(), 4);
                match how {
                    0 => Err("failed".to_owned()),
                    1 => panic!("of a test"),
                    2 => std::future::pending().await,
                    _ => Ok(vec!["77".to_owned()]),
                }
            })
            .await;
        let shard = &mut source.shards[0];
        assert_eq!(numbers(&shard.batch(9).unwrap()), ["1", "2"]);
        shard.acknowledge(None);
        assert_eq!(numbers(&shard.batch(9).unwrap()), ["1"]);
        shard.acknowledge(None);
        assert_eq!(numbers(&shard.batch(9).unwrap()), ["1"]);
        shard.acknowledge(Some(&[]));
        assert_eq!(numbers(&shard.batch(9).unwrap()), ["2"]);
        shard.acknowledge(Some(&[]));
        assert_eq!(numbers(&shard.batch(9).unwrap()), ["3", "4"]);
        assert_eq!((source.failed, source.waiting()), (1, 2));
    }
}
