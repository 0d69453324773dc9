//! The whole stack in one process: the embedded servers that it needs, all routers on one port, the stream
//! poller that hands the table's stream to archive, and maintenance that runs maintain.

use std::any::Any;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use axum::Router;
use client::http::Local;
use console::Deployment;
use futures::future::select_all;
use runtime::config::ConfigError;
use runtime::{compute, telemetry};
use serde::Serialize;
use store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use web::limit::Limits;
use web::public_url::PublicUrl;

use crate::embedded::{Embedded, EmbeddedError};
use crate::endpoints::{Backend, Clients, Endpoints};
use crate::http;
use crate::maintenance;
use crate::stream_poller::StreamPoller;
use crate::template::{self, TemplateError};

/// Why the stack did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The environment does not say how to reach a server that is not embedded.
    #[error(transparent)]
    Environment(#[from] ConfigError),
    /// The embedded servers did not start.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The table could not be made.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A bucket could not be made.
    #[error("a bucket could not be made: {0}")]
    Bucket(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// A file of the data folder cannot be written.
    #[error("cannot write {}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why it cannot be written.
        cause: std::io::Error,
    },
    /// The first admin token was not issued.
    #[error("the admin token was not issued: {0}")]
    Token(String),
    /// A part of the running stack ended. As long as all is well, no part does.
    #[error("{part} ended: {reason}")]
    Ended {
        /// The name of the part.
        part: &'static str,
        /// Why it ended.
        reason: String,
    },
}

/// A running stack. Dropping it stops it.
pub struct Stack {
    /// The address of the stack, and its admin token.
    pub local: Local,
    tasks: Vec<StackTask>,
    _embedded: Option<Arc<Embedded>>,
}

/// A part of the stack. It runs for as long as the stack does, in a task of its own.
struct StackTask {
    name: &'static str,
    /// The task, which returns the reason if the part ends by itself.
    task: JoinHandle<String>,
}

impl StackTask {
    fn start(name: &'static str, running: impl Future<Output = String> + Send + 'static) -> StackTask {
        StackTask { name, task: tokio::spawn(running) }
    }

    /// The same for a part that does what other functions do on AWS: it writes segments, apart from what serves requests.
    fn start_apart(name: &'static str, running: impl Future<Output = String> + Send + 'static) -> StackTask {
        StackTask::start(name, compute::run(running))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.tasks.iter().for_each(|part| part.task.abort());
    }
}

impl Stack {
    /// Starts a stack on the data in the folder `data`, which listens on `listen`. When this returns,
    /// `local.json` is written and the stack answers requests.
    pub async fn start(data: &Path, listen: SocketAddr) -> Result<Stack, StackError> {
        Stack::start_in(Deployment::default(), data, listen).await
    }

    /// Starts a stack as `start` does, in other surroundings than the default.
    pub async fn start_in(
        deployment: Deployment,
        data: &Path,
        listen: SocketAddr,
    ) -> Result<Stack, StackError> {
        Stack::start_on(&Backend::default(), deployment, Limits::default(), data, listen).await
    }

    /// Starts a stack as `start_in` does, with limits for callers, and with DynamoDB, S3 and KMS where `backend` says. Missing tables and
    /// buckets are made, except in a deployed stack. The folder `data` keeps the data of the embedded
    /// servers, and how far the stream has been read.
    pub async fn start_on(
        backend: &Backend,
        deployment: Deployment,
        limits: Limits,
        data: &Path,
        listen: SocketAddr,
    ) -> Result<Stack, StackError> {
        let embedded = Arc::new(Embedded::start_without(backend.outside, data).await?);
        let endpoints = Endpoints::new(&embedded, backend)?;
        let Clients { dynamo, streams, s3, kms, names } = endpoints.clients();
        if !backend.is_deployed {
            template::create_table(&dynamo, &names.table).await?;
            for bucket in [&names.lake_bucket, &names.media_bucket] {
                create_bucket(&s3, bucket).await?;
            }
        }
        endpoints.write(data).map_err(|cause| StackError::File { path: data.to_owned(), cause })?;

        let table = dynamo.clone();
        let store = Store::with_clients(dynamo, s3, kms, names.clone());
        let poller = StreamPoller::new(archive::App::new(store.clone()), table, streams, &names.table, data);
        let poller = poller.with_embedded(Arc::clone(&embedded));
        let poller =
            StackTask::start_apart("the stream poller", async move { poller.run().await.to_string() });
        let maintenance = maintenance::run(maintain::App::new(store.clone()));
        let maintenance = StackTask::start_apart("maintenance", async move {
            maintenance.await;
            "it stopped".to_owned()
        });

        let listener = TcpListener::bind(listen).await.map_err(|error| StackError::Listen(listen, error))?;
        let address = listener.local_addr().map_err(|error| StackError::Listen(listen, error))?;
        // A stack that listens on every address takes the address of links from each request. Otherwise links
        // are always the same text.
        let public_url = (!address.ip().is_unspecified()).then(|| format!("http://{address}"));
        let url = format!("http://{address}");
        let routes = routes(store.clone(), public_url, deployment, limits);
        let routes = if address.ip().is_loopback() { http::refuse_other_names(routes) } else { routes };
        let app = web::http::host(routes);
        let serving = StackTask::start("the HTTP server", async move {
            let served = http::serve(listener, app, std::future::pending()).await;
            served.map_or_else(|error| error.to_string(), |()| "it stopped listening".to_owned())
        });
        let local = Local { url, admin_token: String::new() };
        let tasks = vec![poller, maintenance, serving];
        let mut stack = Stack { local, tasks, _embedded: Some(embedded) };
        stack.local.admin_token = admin_token(data, &stack.local.url, &store).await?;
        write_json(&data.join("local.json"), &stack.local)?;
        Ok(stack)
    }

    /// Waits until a part of the stack ends, by a panic or otherwise, and returns which part and why. As long
    /// as all is well, it waits for ever. The stack must not go on without the part that ended.
    pub async fn ended(&mut self) -> StackError {
        let (name, ended) = {
            let tasks = self.tasks.iter_mut().map(|part| {
                let (name, task) = (part.name, &mut part.task);
                Box::pin(async move { (name, task.await) })
            });
            select_all(tasks).await.0
        };
        // A task that has ended must not be awaited again.
        self.tasks.retain(|part| part.name != name);
        let reason = ended.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => format!("it panicked{}", panic_text(&*panic)),
            Err(error) => error.to_string(),
        });
        StackError::Ended { part: name, reason }
    }
}

/// The message of a panic, after a colon; empty where the panic has no text.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.map(|text| format!(": {text}")).unwrap_or_default()
}

async fn create_bucket(s3: &aws_sdk_s3::Client, bucket: &str) -> Result<(), StackError> {
    let is_there = |error: &CreateBucketError| {
        error.is_bucket_already_owned_by_you() || error.is_bucket_already_exists()
    };
    match s3.create_bucket().bucket(bucket).send().await {
        Err(error) if !error.as_service_error().is_some_and(is_there) => {
            Err(StackError::Bucket(DisplayErrorContext(error).to_string()))
        }
        _ => Ok(()),
    }
}

/// Returns the routes of all functions, without what is around every router (`web::http::host`).
///
/// `public_url` is the address of links in reports; where it is `None`, each request tells it.
pub fn routes(store: Store, public_url: Option<String>, deployment: Deployment, limits: Limits) -> Router {
    let public_url = PublicUrl::new(public_url);
    Router::new()
        .merge(token::router(token::App::new(store.clone()).limited(limits)))
        .merge(ingest::router(ingest::App::new(store.clone()).limited(limits)))
        .merge(data::router(data::App::at(store.clone(), public_url.clone()).limited(limits)))
        .merge(people::router(people::App::at(store.clone(), public_url).limited(limits)))
        .merge(media::router(media::App::new(store.clone()).limited(limits)))
        .merge(console::router(console::App::new(store, deployment).limited(limits)))
}

/// Returns the admin token of the last run if it is still accepted, otherwise a new one.
async fn admin_token(data: &Path, url: &str, store: &Store) -> Result<String, StackError> {
    let failed = |error: reqwest::Error| StackError::Token(error.to_string());
    let http = client::net::client().build().map_err(failed)?;
    let last = std::fs::read(data.join("local.json")).ok();
    if let Some(last) = last.and_then(|json| serde_json::from_slice::<Local>(&json).ok()) {
        let me =
            http.get(format!("{url}/v1/me")).bearer_auth(&last.admin_token).send().await.map_err(failed)?;
        if me.status().is_success() {
            return Ok(last.admin_token);
        }
    }
    let issued = token::issue_to_host(store, "premium serve").await;
    issued.map_err(|error| StackError::Token(telemetry::chain(&error)))
}

/// Writes a file with secrets, readable by its owner only.
fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StackError> {
    let failed = |cause| StackError::File { path: path.to_owned(), cause };
    let json = serde_json::to_vec_pretty(value).map_err(|error| failed(error.into()))?;
    crate::embedded::write_file(path, &json).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_panics_or_stops_ends_the_stack_by_name() {
        let lasting = || StackTask::start("the HTTP server", std::future::pending());
        let local = Local { url: String::new(), admin_token: String::new() };
        let panicking = StackTask::start("the stream poller", async { panic!("nobody expected {}", "this") });
        let mut stack = Stack { local: local.clone(), tasks: vec![lasting(), panicking], _embedded: None };
        let error = stack.ended().await.to_string();
        assert_eq!(error, "the stream poller ended: it panicked: nobody expected this");

        let stopped = StackTask::start("the stream poller", async { "there is no stream".to_owned() });
        let mut stack = Stack { local, tasks: vec![lasting(), stopped], _embedded: None };
        assert_eq!(stack.ended().await.to_string(), "the stream poller ended: there is no stream");
    }
}
