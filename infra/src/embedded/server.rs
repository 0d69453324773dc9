//! A loopback listener and the task that serves it.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long requests under way may take to finish when a server is stopped.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running server. Dropping it lets requests under way finish and takes no new ones.
pub(super) struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Listens on 127.0.0.1, and there only: on `port`, or on a free one where `port` is 0.
pub(super) async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

impl Server {
    /// Serves `listener` with what `serve` makes of it; `serve` gets the future that ends when the server has to stop.
    pub(super) fn start<F>(
        listener: TcpListener,
        serve: impl FnOnce(TcpListener, Stop) -> F,
    ) -> io::Result<Server>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, Stop(stopped)));
        Ok(Server { address, stop, task })
    }

    /// Serves `router` on `listener`.
    pub(super) fn route(listener: TcpListener, router: Router) -> io::Result<Server> {
        Server::start(listener, |listener, stop| async move {
            // Else the second piece of an answer waits until the first is acknowledged, which takes clients 40 ms.
            let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop.requested()).await {
                tracing::error!(%error, "an embedded server ended");
            }
        })
    }

    /// `http://127.0.0.1:port`.
    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops, and waits until the port is free and requests under way are done, for 5 s at most.
    pub(super) async fn stop(self) {
        let Server { stop, mut task, .. } = self;
        drop(stop);
        if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// The wish of a server's owner that it stops.
pub(super) struct Stop(oneshot::Receiver<()>);

impl Stop {
    /// Ends when the owner stops or drops the server.
    pub(super) async fn requested(self) {
        // The sender never sends: being dropped is the message.
        let _ = self.0.await;
    }
}
