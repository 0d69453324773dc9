//! A loopback listener and the task that serves it.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::http;

/// How long requests under way may take when a server is stopped.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many threads a server has that blocks them: one writes while the other reads and parses.
const THREADS: usize = 2;

/// A running server. Dropping it lets requests under way finish and takes no new ones.
pub(super) struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Listens on 127.0.0.1 only, on the port `port`, or on a free port where `port` is 0.
pub(super) async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

impl Server {
    /// Runs the server that `serve` makes of the listener in a task. `serve` also gets what tells it when to
    /// stop.
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

    /// The same on threads of its own, for a server that blocks them: what else this process serves is answered meanwhile.
    pub(super) fn start_apart<F: Future<Output = ()>>(
        listener: TcpListener,
        serve: impl FnOnce(TcpListener, Stop) -> F + Send + 'static,
    ) -> io::Result<Server> {
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
        let address = listener.local_addr()?;
        let listener = listener.into_std()?;
        let (stop, stopped) = oneshot::channel();
        let (abort, aborted) = oneshot::channel::<()>();
        let (ended, ends) = oneshot::channel::<()>();
        std::thread::Builder::new().name("embedded server".to_owned()).spawn(move || {
            runtime.block_on(async {
                // Anew, for a listener belongs to the runtime that it was made on.
                match TcpListener::from_std(listener) {
                    Ok(listener) => tokio::select! {
                        () = serve(listener, Stop(stopped)) => {}
                        _ = aborted => {}
                    },
                    Err(error) => tracing::error!(%error, "an embedded server cannot listen"),
                }
            });
            drop((runtime, ended));
        })?;
        // Stands for the thread: it ends with the thread, and where it is aborted, the thread is told to end.
        let task = tokio::spawn(async move {
            let _ended = ends.await;
            drop(abort);
        });
        Ok(Server { address, stop, task })
    }

    /// Serves `router` on `listener`.
    pub(super) fn route(listener: TcpListener, router: Router) -> io::Result<Server> {
        Server::start(listener, |listener, stop| serve(listener, stop, router))
    }

    /// The address of the server: `http://127.0.0.1:port`.
    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops the server, and waits until the port is free and requests under way are done, for 5 s at most.
    pub(super) async fn stop(self) {
        let Server { stop, mut task, .. } = self;
        drop(stop);
        if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Tells a server's task when to stop.
pub(super) struct Stop(oneshot::Receiver<()>);

impl Stop {
    /// Waits until the owner stops or drops the server.
    pub(super) async fn requested(self) {
        // Nothing is ever sent. That the sender is dropped is the message.
        let _ = self.0.await;
    }
}

/// Serves `router` on `listener` until it is to stop.
pub(super) async fn serve(listener: TcpListener, stop: Stop, router: Router) {
    let router = http::refuse_other_names(router);
    if let Err(error) = http::serve(listener, router, stop.requested()).await {
        tracing::error!(%error, "an embedded server ended");
    }
}
