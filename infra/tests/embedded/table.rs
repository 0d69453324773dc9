use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types::{Record, ShardIteratorType};
use infra::embedded::table::TableError;
use infra::template::create_table;
use tempfile::TempDir;

use crate::Stack;

const TABLE: &str = "premium";

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

async fn put(stack: &Stack, pk: &str) {
    let call = stack.dynamo.put_item().table_name(TABLE).item("pk", text(pk)).item("sk", text("s"));
    call.item("body", text(&"x".repeat(1000))).send().await.unwrap();
}

async fn has(stack: &Stack, pk: &str) -> bool {
    let call = stack.dynamo.get_item().table_name(TABLE).consistent_read(true);
    call.key("pk", text(pk)).key("sk", text("s")).send().await.unwrap().item.is_some()
}

/// What a reader who begins at the oldest record gets at once.
async fn records(stack: &Stack) -> Vec<Record> {
    let streams = stack.streams.list_streams().table_name(TABLE).send().await.unwrap();
    let arn = streams.streams()[0].stream_arn().unwrap();
    let described = stack.streams.describe_stream().stream_arn(arn).send().await.unwrap();
    let shard = described.stream_description().unwrap().shards()[0].shard_id().unwrap();
    let iterator = stack.streams.get_shard_iterator().stream_arn(arn).shard_id(shard);
    let iterator = iterator.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await.unwrap();
    let read = stack.streams.get_records().shard_iterator(iterator.shard_iterator().unwrap());
    read.send().await.unwrap().records.unwrap()
}

async fn sequences(stack: &Stack) -> Vec<String> {
    let sequence = |record: &Record| record.dynamodb().unwrap().sequence_number().unwrap().to_owned();
    records(stack).await.iter().map(sequence).collect()
}

#[tokio::test]
async fn the_table_of_the_template_is_created_once_and_survives_a_restart() {
    let data = TempDir::new().unwrap();
    let before = Stack::start(data.path()).await;
    create_table(&before.dynamo, TABLE).await.unwrap();
    put(&before, "kept").await;
    create_table(&before.dynamo, TABLE).await.unwrap();
    before.embedded.stop().await;

    let after = Stack::start(data.path()).await;
    create_table(&after.dynamo, TABLE).await.unwrap();
    assert!(has(&after, "kept").await);
    let table = after.dynamo.describe_table().table_name(TABLE).send().await.unwrap().table.unwrap();
    assert_eq!(table.global_secondary_indexes()[0].index_name(), Some("listing"));
    assert_eq!(records(&after).await.len(), 1);
}

#[tokio::test]
async fn sequence_numbers_grow_over_trims_and_restarts() {
    let data = TempDir::new().unwrap();
    let stack = Stack::start(data.path()).await;
    create_table(&stack.dynamo, TABLE).await.unwrap();
    for number in 0..5 {
        put(&stack, &format!("item {number}")).await;
    }
    let first = sequences(&stack).await;
    assert_eq!(first.len(), 5);
    assert!(first.is_sorted());

    let trimmed = stack.embedded.table().unwrap().trim(TABLE, &first[1]).await.unwrap();
    assert_eq!(trimmed, 2);
    assert_eq!(sequences(&stack).await, first[2..]);
    // The newest record stays, so the next number cannot fall behind it.
    assert_eq!(stack.embedded.table().unwrap().trim(TABLE, &first[4]).await.unwrap(), 2);
    assert_eq!(sequences(&stack).await, first[4..]);
    stack.embedded.stop().await;

    let stack = Stack::start(data.path()).await;
    put(&stack, "later").await;
    let later = sequences(&stack).await;
    assert_eq!(later.len(), 2);
    assert!(later[1] > first[4], "{later:?} after {first:?}");
}

#[tokio::test]
async fn records_are_trimmed_only_in_their_table_and_by_numbers_of_the_stream() {
    let data = TempDir::new().unwrap();
    let stack = Stack::start(data.path()).await;
    create_table(&stack.dynamo, TABLE).await.unwrap();
    for number in 0..3 {
        put(&stack, &format!("item {number}")).await;
    }
    let last = sequences(&stack).await.pop().unwrap();
    let table = stack.embedded.table().unwrap();
    assert_eq!(table.trim("another", &last).await.unwrap(), 0);
    assert_eq!(table.trim(TABLE, &last).await.unwrap(), 2);
    assert!(matches!(table.trim(TABLE, "12").await, Err(TableError::Sequence(_))));
}

#[tokio::test]
async fn a_write_costs_the_same_however_many_records_there_are() {
    let data = TempDir::new().unwrap();
    let stack = Stack::start(data.path()).await;
    create_table(&stack.dynamo, TABLE).await.unwrap();
    put(&stack, "first").await;
    let few = median_put(&stack).await;
    // Records as the server writes them: 200,000 more, older than the newest.
    let side = rusqlite::Connection::open(data.path().join("table.sqlite")).unwrap();
    side.busy_timeout(Duration::from_secs(30)).unwrap();
    let copied = side.execute(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 200000)
         INSERT INTO _stream_records (table_name, event_name, keys_json, sequence_number, shard_id, created_at)
         SELECT table_name, event_name, keys_json, n, shard_id, created_at
         FROM number, (SELECT * FROM _stream_records LIMIT 1)",
        [],
    );
    assert_eq!(copied.unwrap(), 200_000);
    let many = median_put(&stack).await;
    assert!(many < few * 5, "{few:?} with few records, {many:?} with many");
}

async fn median_put(stack: &Stack) -> Duration {
    let mut times = Vec::new();
    for number in 0..250 {
        let start = Instant::now();
        put(stack, &format!("item {number}")).await;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test]
async fn expired_items_are_deleted_and_the_stream_tells_it_from_a_callers_delete() {
    let data = TempDir::new().unwrap();
    let stack = Stack::start(data.path()).await;
    create_table(&stack.dynamo, TABLE).await.unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    for (pk, expiry) in [("expired", now - 60), ("alive", now + 3600)] {
        let call = stack.dynamo.put_item().table_name(TABLE).item("pk", text(pk)).item("sk", text("s"));
        call.item("expires_at", AttributeValue::N(expiry.to_string())).send().await.unwrap();
    }
    stack.embedded.stop().await;

    // The first search is made at the start.
    let stack = Stack::start(data.path()).await;
    let start = Instant::now();
    while has(&stack, "expired").await {
        assert!(start.elapsed() < Duration::from_secs(30), "still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(has(&stack, "alive").await);
    let records = records(&stack).await;
    let removals = records.iter().filter(|record| record.event_name().unwrap().as_str() == "REMOVE");
    let removals: Vec<bool> = removals.map(|removal| removal.user_identity().is_some()).collect();
    assert_eq!(removals, [true]);
}

/// Names the folder that the process below serves.
const CHILD_FOLDER: &str = "PREMIUM_TEST_FOLDER";

#[tokio::test]
#[ignore = "the process that the next test kills"]
async fn serves_until_it_is_killed() {
    let Some(folder) = runtime::config::optional(CHILD_FOLDER) else { return };
    let stack = Stack::start(Path::new(&folder)).await;
    create_table(&stack.dynamo, TABLE).await.unwrap();
    for first in (0_u32..).step_by(8) {
        let puts = (first..first + 8).map(async |number| put(&stack, &format!("item {number}")).await);
        futures::future::join_all(puts).await;
        (first..first + 8).for_each(|number| println!("acknowledged {number}"));
    }
}

#[tokio::test]
async fn every_acknowledged_write_survives_a_kill() {
    let data = TempDir::new().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "table::serves_until_it_is_killed", "--ignored", "--nocapture"])
        .env(CHILD_FOLDER, data.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = Vec::new();
    for line in std::io::BufRead::lines(output) {
        let line = line.unwrap();
        if let Some(number) = line.strip_prefix("acknowledged ") {
            acknowledged.push(number.to_owned());
        }
        if acknowledged.len() == 200 {
            // SIGKILL, in the middle of writing; what was printed until then is read to the end.
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.len() >= 200, "{}", acknowledged.len());

    let stack = Stack::start(data.path()).await;
    for number in acknowledged {
        assert!(has(&stack, &format!("item {number}")).await, "{number}");
    }
}
