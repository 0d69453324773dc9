//! What the parts take, one by one and over public ways only: `cargo bench -p bench`, or some of them, such as
//! `cargo bench -p bench -- json`. The embedded servers run in this process and have a share in it.
//!
//! - `parse`: one request with sessions as the platform has them to `ingest`, for an account that has not started and
//!   therefore keeps none of them: everything but the writes.
//! - `encode`: one batch into the lake: columns, compression, encryption, upload and commit.
//! - `filter`, `group`, `json`: a number under two filters, a summary by day and agent, and a page of 50,000 rows, asked
//!   of the data function's router over a day that it has read before.
//! - `filter over HTTP` and so on: the same over a socket, client and all.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::body::Bytes;
use bench::client::{Client, issue, post};
use bench::error::BenchError;
use bench::fill::{Built, Size, close_days, fill};
use bench::questions::question;
use bench::servers::clients;
use bench::workload::{END, Order, Workload};
use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput};
use demo::{Generator, Options};
use domain::id::AccountId;
use infra::stack::Stack;
use lake::{Entry, Lake};
use serde_json::{Value, json};
use store::Store;
use tokio::runtime::Runtime;

/// Sessions of a request, as `premium import` sends them.
const REQUEST: usize = 500;
/// Sessions of a batch of the stream.
const BATCH: usize = 5_000;
/// Sessions of the day that is asked about: as many as a page has rows.
const DAY: usize = 50_000;

fn main() -> Result<(), BenchError> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let _stack = runtime.block_on(Stack::start(folder.path(), listen))?;
    let (clients, admin) = clients(folder.path())?;
    let (store, criterion) = (clients.store(), Criterion::default().warm_up_time(Duration::from_secs(1)));
    let mut parts = Parts { runtime, criterion: criterion.sample_size(10).configure_from_args() };
    parts.parse(&store, &admin)?;
    parts.encode(&store)?;
    parts.questions(&store, &admin)?;
    parts.criterion.final_summary();
    Ok(())
}

struct Parts {
    runtime: Runtime,
    criterion: Criterion,
}

impl Parts {
    fn parse(&mut self, store: &Store, admin: &str) -> Result<(), BenchError> {
        let token = self.runtime.block_on(issue(store, admin, &account("parse")?, "ingest"))?;
        let routes = web::http::host(ingest::router(ingest::App::new(store.clone())));
        let options = Options { seed: 1, sessions: REQUEST, end: END, days: 1, media: Vec::new() };
        let sessions: Value = Generator::new(options).collect();
        let body = Bytes::from(serde_json::to_vec(&sessions)?);
        let send = || post(&routes, "/v1/sessions", &token, body.clone());
        let answer: Value = serde_json::from_slice(&self.runtime.block_on(send())?)?;
        if answer["ignored"] != REQUEST {
            return Err(BenchError::Other(format!("not only parsed: {answer}")));
        }
        self.measure("parse", REQUEST, || (), async |()| send().await.map(drop))
    }

    fn encode(&mut self, store: &Store) -> Result<(), BenchError> {
        let (account, lake) = (account("encode")?, Lake::new(store.clone()));
        let batch: Vec<Entry> = Workload::new(1, BATCH, Order::Created).collect();
        let append = async |batch| Ok(lake.append(&account, batch).await.map(drop)?);
        self.measure("encode", BATCH, || batch.clone(), append)
    }

    fn questions(&mut self, store: &Store, admin: &str) -> Result<(), BenchError> {
        let size = Size { days: 1, per_day: DAY, batch: BATCH, order: Order::Created };
        let (built, client) = self.runtime.block_on(async {
            let lake = Lake::new(store.clone());
            let built = fill(&lake, &size).await?;
            close_days(&lake, &built).await?;
            let client = Client::new(store, admin, &built.account).await?;
            Ok::<_, BenchError>((built, client))
        })?;
        self.ask(&built, &client, "")?;
        let client = self.runtime.block_on(client.over_http())?;
        self.ask(&built, &client, " over HTTP")
    }

    fn ask(&mut self, built: &Built, client: &Client, way: &str) -> Result<(), BenchError> {
        for (name, like) in [("filter", "Q3"), ("group", "Q2"), ("json", "Q8")] {
            let Some(mut question) = question(like, built) else { continue };
            if name == "filter" {
                question.body["fields"] = json!([{"name": "sessions"}]);
            }
            let ask = async |()| client.ask(&question, &mut |_| Ok(())).await.map(drop);
            self.measure(&format!("{name}{way}"), DAY, || (), ask)?;
        }
        Ok(())
    }

    /// Measures a piece of work on so many sessions; what it is given is made before. Fails where the work does.
    fn measure<T>(
        &mut self,
        name: &str,
        sessions: usize,
        given: impl Fn() -> T,
        work: impl AsyncFn(T) -> Result<(), BenchError>,
    ) -> Result<(), BenchError> {
        let mut failed = None;
        let mut group = self.criterion.benchmark_group(name);
        group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(sessions as u64));
        group.bench_function(BenchmarkId::from_parameter(sessions), |bencher| {
            let once = |given| failed = self.runtime.block_on(work(given)).err().or(failed.take());
            bencher.iter_batched(&given, once, BatchSize::PerIteration);
        });
        group.finish();
        failed.map_or(Ok(()), Err)
    }
}

fn account(name: &str) -> Result<AccountId, BenchError> {
    AccountId::try_from(name.to_owned()).map_err(|_| BenchError::Other("account".to_owned()))
}
