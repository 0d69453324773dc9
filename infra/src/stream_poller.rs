//! The stream poller. It does what Lambda's event source mapping does on AWS: it hands the table's stream to
//! archive, each shard in order, and does not go past a record that archive gave back.

mod positions;
mod shards;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use archive::App;
use aws_lambda_events::dynamodb::{Event, EventRecord, StreamRecord};
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::DisplayErrorContext;
use aws_sdk_dynamodbstreams::types::Record;
use chrono::DateTime;
use futures::future::join_all;
use tokio::time::Instant;

use crate::embedded::Embedded;
use positions::{Position, Positions};
use shards::{ReadError, Shard, Shards};

/// The pause between two reads of the stream, during which records gather for a batch.
const WINDOW: Duration = Duration::from_millis(500);
/// The pause after a batch was given back or the stream did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// The most records of one batch.
const BATCH: usize = 1_000;
/// How often the stream is asked for new shards.
const LIST_EVERY: Duration = Duration::from_secs(10);
/// After how many rounds with records the stream is trimmed.
const TRIM_EVERY: u32 = 50;
/// How long it may take after the start until the table has a stream.
const APPEARS_WITHIN: Duration = Duration::from_secs(60);

/// Why the poller ended. It ends only when it can never go on.
#[derive(Debug, thiserror::Error)]
pub enum PollerError {
    /// The table is gone, or it has no stream.
    #[error("the table {0} is gone or has no stream: nothing new reaches the reports")]
    StreamGone(String),
}

/// Hands the stream of one table to archive.
pub struct StreamPoller {
    app: App,
    streams: Client,
    shards: Shards,
    positions: Positions,
    embedded: Option<Arc<Embedded>>,
}

impl StreamPoller {
    /// Returns a poller that hands the stream of `table` to archive. It keeps in the folder `data` how far it
    /// has come in each shard.
    pub fn new(
        app: App,
        dynamo: aws_sdk_dynamodb::Client,
        streams: Client,
        table: &str,
        data: &Path,
    ) -> StreamPoller {
        let shards = Shards::new(dynamo, streams.clone(), table);
        StreamPoller { app, streams, shards, positions: Positions::open(data), embedded: None }
    }

    /// Adds the embedded servers. Where DynamoDB is one of them, records that archive has taken are deleted
    /// from its stream, and a position that an earlier version of this software kept for its only shard
    /// counts.
    pub(crate) fn with_embedded(mut self, embedded: Arc<Embedded>) -> StreamPoller {
        if embedded.table().is_some() {
            self.positions.honour_earlier_version();
        }
        self.embedded = Some(embedded);
        self
    }

    /// Runs until it is dropped, or until there is no stream any more. Then it returns the reason.
    pub async fn run(mut self) -> PollerError {
        let started = Instant::now();
        let mut listed: Option<Instant> = None;
        let mut rounds = 0;
        loop {
            if listed.is_none_or(|at| at.elapsed() > LIST_EVERY) {
                match self.shards.list(&mut self.positions).await {
                    Ok(true) => listed = Some(Instant::now()),
                    Ok(false) if self.shards.were_seen() || started.elapsed() > APPEARS_WITHIN => {
                        return PollerError::StreamGone(self.shards.table().to_owned());
                    }
                    Ok(false) => tokio::time::sleep(PAUSE).await,
                    Err(reason) => {
                        tracing::warn!(reason, "the stream's shards were not listed; it is tried again");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
            let round = self.round().await;
            if round.moved {
                self.keep_positions(rounds).await;
                rounds += 1;
            }
            if round.list_again {
                listed = None;
            }
            match round {
                Round { failed: true, .. } => tokio::time::sleep(PAUSE).await,
                Round { full: false, .. } => tokio::time::sleep(WINDOW).await,
                _ => {}
            }
        }
    }

    /// Hands over one batch of every shard that may be read, all at the same time.
    async fn round(&mut self) -> Round {
        let (app, streams) = (&self.app, &self.streams);
        let arn = self.shards.arn().to_owned();
        let steps = self.shards.ready().map(|shard| step(app, streams, &arn, shard));
        let mut round = Round::default();
        for outcome in join_all(steps).await {
            round.add(outcome);
        }
        round
    }

    /// Writes how far the poller has come, and after every `TRIM_EVERY` rounds deletes the records before
    /// that from the stream.
    async fn keep_positions(&mut self, rounds: u32) {
        if let Err(error) = self.positions.keep(self.shards.arn(), self.shards.positions()) {
            tracing::warn!(%error, "the stream's positions were not kept");
            // The next start may ask for records again that would be trimmed now.
            return;
        }
        let Some(table) = self.embedded.as_ref().and_then(|embedded| embedded.table()) else { return };
        for position in self.shards.positions().into_values() {
            if let (Position::After(sequence), true) = (position, rounds.is_multiple_of(TRIM_EVERY))
                && let Err(error) = table.trim(self.shards.table(), &sequence).await
            {
                tracing::warn!(%error, "the stream was not trimmed");
            }
        }
    }
}

/// The outcome of a round over all shards.
#[derive(Default)]
struct Round {
    /// Whether the position of a shard has changed.
    moved: bool,
    /// Whether a batch was full, so that more records are waiting.
    full: bool,
    /// Whether a shard could not be read, or archive gave a batch back.
    failed: bool,
    /// Whether the shards should be listed again, because one ended or could not be read.
    list_again: bool,
}

impl Round {
    fn add(&mut self, outcome: Result<Step, String>) {
        match outcome {
            Ok(Step { moved, records, ended }) => {
                self.moved |= moved;
                self.full |= records >= BATCH;
                self.list_again |= ended;
            }
            Err(reason) => {
                tracing::warn!(reason, "the stream does not flow; it is tried again");
                self.failed = true;
                self.list_again = true;
            }
        }
    }
}

/// The outcome of one batch of a shard.
struct Step {
    moved: bool,
    records: usize,
    ended: bool,
}

/// Hands the next batch of a shard to archive, and moves the shard's position behind it. Fails with the
/// reason where the shard cannot be read or archive gives the batch back.
async fn step(app: &App, streams: &Client, arn: &str, shard: &mut Shard) -> Result<Step, String> {
    let before = shard.position.clone();
    let (records, next) = match shard.read(streams, arn, BATCH).await {
        Ok(read) => read,
        // The next step asks for a fresh iterator.
        Err(ReadError::Expired) => return Ok(Step { moved: false, records: 0, ended: false }),
        Err(ReadError::Trimmed) => {
            tracing::error!(
                shard = shard.id,
                "the stream no longer has the records after the position in this shard: the reports lack them until \
                 their days are rebuilt; it goes on with the oldest record there is"
            );
            shard.position = Position::Start;
            return Ok(Step { moved: before != Position::Start, records: 0, ended: false });
        }
        Err(ReadError::Other(reason)) => return Err(reason),
    };
    let count = records.len();
    if let Some(last) = records.last().and_then(sequence) {
        let mut event = Event::default();
        event.records = records.into_iter().map(event_record).collect();
        let answer = archive::handle(app, event).await;
        if let Some(first) = answer.batch_item_failures.into_iter().next() {
            shard.position = Position::At(first.item_identifier);
            return Err("archive gave a batch back".to_owned());
        }
        shard.position = Position::After(last);
    }
    let ended = next.is_none();
    if ended {
        shard.position = Position::Finished;
    }
    shard.iterator = next;
    Ok(Step { moved: shard.position != before, records: count, ended })
}

fn display(error: impl std::error::Error) -> String {
    DisplayErrorContext(error).to_string()
}

fn sequence(record: &Record) -> Option<String> {
    record.dynamodb.as_ref()?.sequence_number.clone()
}

/// Turns a record of the stream into the form in which Lambda would hand it over.
pub fn event_record(record: Record) -> EventRecord {
    let mut change = StreamRecord::default();
    if let Some(stream) = record.dynamodb {
        let written = stream.approximate_creation_date_time;
        let written = written.and_then(|at| DateTime::from_timestamp(at.secs(), at.subsec_nanos()));
        change.approximate_creation_date_time = written.unwrap_or_default();
        change.sequence_number = stream.sequence_number;
        change.keys = stream.keys.unwrap_or_default().into();
        change.new_image = stream.new_image.unwrap_or_default().into();
        change.old_image = stream.old_image.unwrap_or_default().into();
    }
    let mut event = EventRecord::default();
    event.event_id = record.event_id.unwrap_or_default();
    event.event_name = record.event_name.map(|name| name.as_str().to_owned()).unwrap_or_default();
    event.change = change;
    event
}
