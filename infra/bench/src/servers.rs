//! The embedded servers, in a process of their own.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use client::http::Local;
use infra::endpoints::{Clients, Endpoints};
use infra::stack::Stack;
use tokio::io::AsyncReadExt;

use crate::error::BenchError;

/// Serves until standard input is closed, which the end of the parent does.
pub async fn serve(data: &Path) -> Result<(), BenchError> {
    let _stack = Stack::start(data, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    crate::say(format_args!("ready"))?;
    let mut rest = Vec::new();
    tokio::io::stdin().read_to_end(&mut rest).await?;
    Ok(())
}

/// The servers' process. Dropping it stops it.
pub(crate) struct Servers(Child);

impl Servers {
    /// Starts them and waits until they answer.
    pub(crate) fn start(data: &Path) -> Result<Servers, BenchError> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg("--data").arg(data).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let servers = Servers(child);
        if line.trim() == "ready" { Ok(servers) } else { Err(BenchError::Other("no servers".to_owned())) }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // It ends by itself; waiting only keeps the folder's lock from outliving this process.
        drop(self.0.wait());
    }
}

/// Clients of the servers that keep their data in `data`, and the admin token. Fails where none ever did.
pub fn clients(data: &Path) -> Result<(Clients, String), BenchError> {
    let endpoints =
        Endpoints::to(data).ok_or_else(|| BenchError::Other("no lake there: build it first".to_owned()))?;
    let local: Local = serde_json::from_slice(&std::fs::read(data.join("local.json"))?)?;
    Ok((endpoints.clients(), local.admin_token))
}
