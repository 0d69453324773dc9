//! The shards of a table's stream: lists them, tells which may be read now, and reads them.

use std::collections::BTreeSet;

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};

use super::display;
use super::positions::{OfShards, Position, Positions};

/// Why a shard could not be read.
pub(super) enum ReadError {
    /// The iterator was too old. A fresh one goes on at the same place.
    Expired,
    /// The stream no longer has the records after the position.
    Trimmed,
    /// Another reason, as text.
    Other(String),
}

/// One shard and how far it has been read.
#[derive(Debug)]
pub(super) struct Shard {
    pub(super) id: String,
    /// The shard that this one continues. The stream may no longer have it.
    parent: Option<String>,
    pub(super) position: Position,
    /// The iterator with which reading goes on; `None` where a fresh one must be asked for.
    pub(super) iterator: Option<String>,
}

impl Shard {
    /// Reads the next records, at most `limit`. Returns them and the iterator behind them, which is `None`
    /// for a shard that has ended.
    ///
    /// The shard's iterator is `None` afterwards. The caller sets the next one after archive has taken the
    /// records.
    pub(super) async fn read(
        &mut self,
        streams: &Client,
        arn: &str,
        limit: usize,
    ) -> Result<(Vec<Record>, Option<String>), ReadError> {
        let iterator = match self.iterator.take() {
            Some(iterator) => iterator,
            None => self.fresh_iterator(streams, arn).await?,
        };
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let answer = streams.get_records().shard_iterator(iterator).limit(limit).send().await;
        let answer = answer.map_err(|error| match error.as_service_error() {
            Some(service) if service.is_expired_iterator_exception() => ReadError::Expired,
            Some(service) if service.is_trimmed_data_access_exception() => ReadError::Trimmed,
            _ => ReadError::Other(display(error)),
        })?;
        Ok((answer.records.unwrap_or_default(), answer.next_shard_iterator))
    }

    async fn fresh_iterator(&self, streams: &Client, arn: &str) -> Result<String, ReadError> {
        let (kind, sequence) = match &self.position {
            Position::Start | Position::Finished => (ShardIteratorType::TrimHorizon, None),
            Position::At(sequence) => (ShardIteratorType::AtSequenceNumber, Some(sequence.clone())),
            Position::After(sequence) => (ShardIteratorType::AfterSequenceNumber, Some(sequence.clone())),
        };
        let request = streams.get_shard_iterator().stream_arn(arn).shard_id(&self.id);
        let answer = request.shard_iterator_type(kind).set_sequence_number(sequence).send().await;
        let answer = answer.map_err(|error| match error.as_service_error() {
            Some(service) if service.is_trimmed_data_access_exception() => ReadError::Trimmed,
            _ => ReadError::Other(display(error)),
        })?;
        answer.shard_iterator.ok_or_else(|| ReadError::Other("the stream gave no iterator".to_owned()))
    }
}

/// The shards of the newest stream of one table.
pub(super) struct Shards {
    dynamo: aws_sdk_dynamodb::Client,
    streams: Client,
    table: String,
    /// The ARN of the stream; empty until the shards are listed for the first time.
    arn: String,
    shards: Vec<Shard>,
}

impl Shards {
    pub(super) fn new(dynamo: aws_sdk_dynamodb::Client, streams: Client, table: &str) -> Shards {
        Shards { dynamo, streams, table: table.to_owned(), arn: String::new(), shards: Vec::new() }
    }

    pub(super) fn table(&self) -> &str {
        &self.table
    }

    pub(super) fn arn(&self) -> &str {
        &self.arn
    }

    /// Whether the stream was ever seen.
    pub(super) fn were_seen(&self) -> bool {
        !self.arn.is_empty()
    }

    pub(super) fn positions(&self) -> OfShards {
        self.shards.iter().map(|shard| (shard.id.clone(), shard.position.clone())).collect()
    }

    /// Lists the shards that there are now. Known shards keep their positions; new ones begin where
    /// `positions` says. Returns `false` where there is no table or it has no stream.
    pub(super) async fn list(&mut self, positions: &mut Positions) -> Result<bool, String> {
        let Some(arn) = self.newest_stream().await? else { return Ok(false) };
        let mut known = Vec::new();
        if arn == self.arn {
            known.append(&mut self.shards);
        }
        let mut listed: Vec<Shard> = Vec::new();
        let mut last = None;
        loop {
            let request = self.streams.describe_stream().stream_arn(&arn);
            let answer = request.set_exclusive_start_shard_id(last.take()).send().await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    // The known shards stay known.
                    if arn == self.arn {
                        self.shards = known.into_iter().chain(listed).collect();
                    }
                    return Err(display(error));
                }
            };
            let Some(description) = answer.stream_description else { break };
            for shard in description.shards.unwrap_or_default() {
                let Some(id) = shard.shard_id else { continue };
                listed.push(match known.iter().position(|known| known.id == id) {
                    Some(at) => known.swap_remove(at),
                    None => {
                        let position = positions.of(&arn, &id);
                        Shard { id, parent: shard.parent_shard_id, position, iterator: None }
                    }
                });
            }
            last = description.last_evaluated_shard_id;
            if last.is_none() {
                break;
            }
        }
        (self.arn, self.shards) = (arn, listed);
        Ok(true)
    }

    async fn newest_stream(&self) -> Result<Option<String>, String> {
        match self.dynamo.describe_table().table_name(&self.table).send().await {
            Ok(answer) => Ok(answer.table.and_then(|table| table.latest_stream_arn)),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => {
                Ok(None)
            }
            Err(error) => Err(display(error)),
        }
    }

    /// Returns the shards that may be read now. A shard waits until the one that it continues has been read
    /// to its end, because otherwise an older record of a session could reach archive after a newer one.
    pub(super) fn ready(&mut self) -> impl Iterator<Item = &mut Shard> {
        let unfinished = |shard: &&Shard| shard.position != Position::Finished;
        let waited_for: BTreeSet<String> =
            self.shards.iter().filter(unfinished).map(|shard| shard.id.clone()).collect();
        self.shards.iter_mut().filter(move |shard| {
            shard.position != Position::Finished
                && !shard.parent.as_ref().is_some_and(|parent| waited_for.contains(parent))
        })
    }
}
