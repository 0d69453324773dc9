//! Fills a lake through archive's own writer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{Days, NaiveDate};
use clap::Args;
use demo::ZONE;
use domain::dictionary::Record;
use domain::id::{AccountId, SessionId};
use domain::masking::Reader;
use domain::time::Instant;
use domain::token::Privacy;
use lake::{CompactionPolicy, Entry, Lake, Part};
use serde::{Deserialize, Serialize};
use store::{AccountChange, Delivery, Store};

use crate::error::BenchError;
use crate::servers::{Servers, clients};
use crate::workload::{END, Order, Workload};

/// Longer than a replaced file is kept.
const LATER: i64 = 26 * 3_600;
/// How long a session may take from the table to the lake.
const DELIVERY: Duration = Duration::from_secs(60);
/// How often to look whether it is there.
const LOOK: Duration = Duration::from_millis(200);

/// What to build.
#[derive(Debug, Args)]
pub struct BuildArgs {
    #[command(flatten)]
    size: Size,
    /// Where; an empty folder.
    #[arg(long)]
    data: PathBuf,
}

/// How much of it, and how it comes.
#[derive(Debug, Args)]
pub struct Size {
    /// Days, the last one 2026-10-28.
    #[arg(long, default_value_t = 28)]
    pub days: u32,
    /// Sessions a day, on average.
    #[arg(long, default_value_t = 50_000)]
    pub per_day: usize,
    /// Sessions of one append: what the stream brings at once.
    #[arg(long, default_value_t = 6_250)]
    pub batch: usize,
    /// In which order sessions reach the lake.
    #[arg(long, value_enum, default_value = "created")]
    pub order: Order,
}

/// What was built: `bench.json` in the data folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Built {
    /// Whose sessions.
    pub account: AccountId,
    /// How many.
    pub sessions: u64,
    /// The day of the first of them.
    pub first_day: NaiveDate,
    /// The day of the last.
    pub last_day: NaiveDate,
    /// The one session that the table knows too.
    pub session: SessionId,
}

impl Built {
    pub(crate) fn read(data: &Path) -> Result<Built, BenchError> {
        Ok(serde_json::from_slice(&std::fs::read(data.join("bench.json"))?)?)
    }

    /// The day in the middle.
    pub(crate) fn middle(&self) -> NaiveDate {
        middle(self.first_day, self.last_day)
    }
}

fn middle(first: NaiveDate, last: NaiveDate) -> NaiveDate {
    first + (last - first) / 2
}

/// Fills a folder. Fails where the servers or the lake do.
pub async fn build(args: BuildArgs) -> Result<(), BenchError> {
    let _servers = Servers::start(&args.data)?;
    let (clients, _) = clients(&args.data)?;
    let lake = Lake::new(clients.store());
    let built = fill(&lake, &args.size).await?;
    std::fs::write(args.data.join("bench.json"), serde_json::to_vec_pretty(&built)?)?;
    describe(&lake, &built).await
}

/// Fills an empty lake whose stack is running.
pub async fn fill(lake: &Lake, size: &Size) -> Result<Built, BenchError> {
    let account =
        AccountId::try_from("bench".to_owned()).map_err(|_| BenchError::Other("account".to_owned()))?;
    let last_day = END.day(ZONE);
    let first_day = last_day - Days::new(u64::from(size.days.max(1)) - 1);
    keep_everything(lake.store(), &account).await?;

    let batches = Workload::new(size.days, size.per_day, size.order).batches(size.batch);
    let (mut sessions, mut known) = (0, None);
    while let Ok(mut batch) = batches.recv() {
        let of_the_middle = |entry: &Entry| entry.created_at.day(ZONE) >= middle(first_day, last_day);
        if let (None, Some(at)) = (&known, batch.iter().position(of_the_middle)) {
            let entry = batch.remove(at);
            known = Some(entry.id.clone());
            sessions += 1;
            deliver(lake, &account, entry, sessions).await?;
        }
        sessions += batch.len() as u64;
        lake.append(&account, batch).await?;
        merge(lake, &account, CompactionPolicy::default()).await?;
    }
    wait_for_snapshot().await;
    let session = known.ok_or_else(|| BenchError::Other("no session in the middle".to_owned()))?;
    Ok(Built { account, sessions, first_day, last_day, session })
}

/// Merges a lake that was built as if nothing had come for as long as closes days.
pub async fn close(data: &Path) -> Result<(), BenchError> {
    let built = Built::read(data)?;
    let _servers = Servers::start(data)?;
    let (clients, _) = clients(data)?;
    let lake = Lake::new(clients.store());
    close_days(&lake, &built).await?;
    describe(&lake, &built).await
}

/// The same of a lake whose stack is running.
pub async fn close_days(lake: &Lake, built: &Built) -> Result<(), BenchError> {
    let policy = CompactionPolicy::at_once();
    merge(lake, &built.account, policy).await?;
    wait_for_snapshot().await;
    Ok(())
}

/// Merges, and deletes at once what is replaced.
async fn merge(lake: &Lake, account: &AccountId, policy: CompactionPolicy) -> Result<(), BenchError> {
    if lake.compact_all(account, &policy).await? > 0 {
        while lake.sweep(account, Instant::now().plus_seconds(LATER)).await?.more {}
    }
    Ok(())
}

/// Waits until every reader's snapshot shows the last commit.
async fn wait_for_snapshot() {
    tokio::time::sleep(lake::SNAPSHOT_MARGIN * 2).await;
}

/// Writes the open copy of a lake that was built. Fails where `output` has anything in it.
pub async fn copy(data: &Path, output: &Path) -> Result<(), BenchError> {
    let built = Built::read(data)?;
    let _servers = Servers::start(data)?;
    let (clients, _) = clients(data)?;
    let store = clients.store();
    let account = store.account(&built.account).await?;
    Lake::new(store).copy(&Reader { privacy: Privacy::Full, account: &account }, output).await?;
    Ok(())
}

/// Brings a session the way that every session comes: the table keeps it, and its stream carries it to archive. Returns
/// once the lake, which then holds so many, has it.
async fn deliver(lake: &Lake, account: &AccountId, entry: Entry, sessions: u64) -> Result<(), BenchError> {
    let account = lake.store().account(account).await?;
    let session = entry.session.unwrap_or_default();
    let identity =
        session.identity().ok_or_else(|| BenchError::Other("a session without an identity".to_owned()))?;
    let delivery = Delivery { receipt: "bench", now: Instant::now() };
    lake.store().put_session(&account, &identity, &session, delivery).await?;
    let arrives = async {
        loop {
            let live = lake.live(&account.id).await?;
            if live.iter().map(|segment| segment.rows(Record::Session)).sum::<u64>() == sessions {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let late = |_| BenchError::Other("the stream does not reach the lake".to_owned());
    tokio::time::timeout(DELIVERY, arrives).await.map_err(late)?
}

/// Lets the account hold any day.
async fn keep_everything(store: &Store, account: &AccountId) -> Result<(), BenchError> {
    let starts_on = NaiveDate::from_ymd_opt(2015, 1, 1);
    let change = AccountChange { starts_on, retention_days: Some(36_000), ..AccountChange::default() };
    store.change_account(account, change).await?;
    Ok(())
}

async fn describe(lake: &Lake, built: &Built) -> Result<(), BenchError> {
    let (segments, sessions) = (lake.live(&built.account).await?, built.sessions);
    crate::say(format_args!(
        "{sessions} sessions in {} segments; bytes and rows a session:",
        segments.len()
    ))?;
    let parts = segments.iter().flat_map(|segment| &segment.parts);
    let mut total = 0.0;
    for record in Record::ALL {
        #[expect(clippy::cast_precision_loss, reason = "shown to a tenth")]
        let of = |sum: fn(&Part, Record) -> u64| {
            parts.clone().map(|part| sum(part, record)).sum::<u64>() as f64 / sessions.max(1) as f64
        };
        let (bytes, rows) = (of(Part::bytes), of(Part::rows));
        total += bytes;
        crate::say(format_args!("{:<18}{bytes:>8.1}{rows:>8.2}", record.name()))?;
    }
    crate::say(format_args!("{:<18}{total:>8.1}", "all"))
}
