//! What Lambda's event source mapping does on AWS: carries the table's stream to archive, in order, and never past a
//! record that archive gave back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use archive::{Answer, App, Call};
use aws_lambda_events::dynamodb::{Event, EventRecord, StreamRecord};
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::DisplayErrorContext;
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};
use shared::telemetry::chain;

use crate::embedded::table::TableServer;
use crate::embedded::write_file;

/// How often the stream is asked for news: a batch gathers for as long.
const WINDOW: Duration = Duration::from_millis(500);
/// The pause after a batch was given back or the stream did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// Records of one batch.
const BATCH: i32 = 1_000;
/// Batches between two trims of the stream.
const TRIM_EVERY: u32 = 50;

/// Where in the stream archive has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Position {
    Start,
    At(String),
    After(String),
}

/// Carries the stream of one table.
pub struct Pump {
    app: App,
    client: Client,
    table: String,
    checkpoint: PathBuf,
}

impl Pump {
    /// A pump from the stream of `table` into archive, which remembers in `data` how far it has come.
    pub fn new(app: App, client: Client, table: &str, data: &Path) -> Pump {
        Pump { app, client, table: table.to_owned(), checkpoint: data.join("stream-position") }
    }

    /// Runs until it is dropped.
    pub async fn run(self, server: &TableServer) {
        let mut position = std::fs::read_to_string(&self.checkpoint).map_or(Position::Start, Position::After);
        let mut batches = 0;
        loop {
            let before = position.clone();
            match self.step(&mut position).await {
                Ok(records) if records < BATCH as usize => tokio::time::sleep(WINDOW).await,
                Ok(_) => {}
                Err(reason) => {
                    tracing::warn!(reason, "the stream does not flow; it is tried again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
            if let (Position::After(sequence), true) = (&position, position != before) {
                // As a whole and synced: half a position cannot be gone on from, nor one that trimming has overtaken.
                if let Err(error) = write_file(&self.checkpoint, sequence.as_bytes()) {
                    tracing::warn!(%error, "the stream's position was not kept");
                }
                batches += 1;
                if batches % TRIM_EVERY == 1
                    && let Err(error) = server.trim(&self.table, sequence).await
                {
                    tracing::warn!(%error, "the stream was not trimmed");
                }
            }
        }
    }

    /// Carries one batch from `position`, which moves to where the next one begins. Gives the number of records.
    async fn step(&self, position: &mut Position) -> Result<usize, String> {
        let iterator = self.iterator(position).await?;
        let answer =
            self.client.get_records().shard_iterator(iterator).limit(BATCH).send().await.map_err(display)?;
        let records = answer.records.unwrap_or_default();
        let count = records.len();
        let Some(last) = records.last().and_then(sequence) else { return Ok(count) };
        let mut event = Event::default();
        event.records = records.into_iter().map(event_record).collect();
        match archive::handle(&self.app, Call::Stream(event)).await.map_err(|error| chain(&error))? {
            Answer::Stream(answer) if !answer.batch_item_failures.is_empty() => {
                *position = Position::At(answer.batch_item_failures[0].item_identifier.clone());
                Err("archive gave a batch back".to_owned())
            }
            _ => {
                *position = Position::After(last);
                Ok(count)
            }
        }
    }

    async fn iterator(&self, position: &Position) -> Result<String, String> {
        let streams = self.client.list_streams().table_name(&self.table).send().await.map_err(display)?;
        let arn = streams
            .streams
            .unwrap_or_default()
            .pop()
            .and_then(|stream| stream.stream_arn)
            .unwrap_or_default();
        let described = self.client.describe_stream().stream_arn(&arn).send().await.map_err(display)?;
        let shards = described.stream_description.and_then(|stream| stream.shards).unwrap_or_default();
        let shard = shards.into_iter().next_back().and_then(|shard| shard.shard_id).unwrap_or_default();
        let (kind, sequence) = match position {
            Position::Start => (ShardIteratorType::TrimHorizon, None),
            Position::At(sequence) => (ShardIteratorType::AtSequenceNumber, Some(sequence.clone())),
            Position::After(sequence) => (ShardIteratorType::AfterSequenceNumber, Some(sequence.clone())),
        };
        let request =
            self.client.get_shard_iterator().stream_arn(arn).shard_id(shard).shard_iterator_type(kind);
        let answer = request.set_sequence_number(sequence).send().await.map_err(display)?;
        Ok(answer.shard_iterator.unwrap_or_default())
    }
}

fn display(error: impl std::error::Error) -> String {
    DisplayErrorContext(error).to_string()
}

fn sequence(record: &Record) -> Option<String> {
    record.dynamodb.as_ref()?.sequence_number.clone()
}

/// A record as Lambda would hand it over.
fn event_record(record: Record) -> EventRecord {
    let mut change = StreamRecord::default();
    if let Some(stream) = record.dynamodb {
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
