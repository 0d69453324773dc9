//! `premium serve` ends with an error when a part of it ends, and never goes on without it.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use infra::endpoints::Endpoints;

use crate::{Served, premium};

/// How long the end of a part may go unnoticed.
const NOTICED_WITHIN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_gone_ends_the_stack_with_an_error() {
    let data = tempfile::tempdir().unwrap();
    let mut command = premium();
    command.args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data"]).arg(data.path());
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut served = Served::ready(data, child);

    let clients = Endpoints::to(served.data.path()).unwrap().clients();
    clients.dynamo.delete_table().table_name(&clients.names.table).send().await.unwrap();
    let since = Instant::now();
    let status = loop {
        if let Some(status) = served.child.try_wait().unwrap() {
            break status;
        }
        assert!(since.elapsed() < NOTICED_WITHIN, "it goes on without a stream that feeds the lake");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(!status.success(), "{status}");
    let mut said = String::new();
    served.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("premium: ") && last.contains("stream"), "{said}");
}
