//! Threads for work that computes for long, apart from those that serve requests.
//!
//! A task that computes for more than about 10 ms between two awaits holds up whatever else its thread has to do: in a
//! program that serves all routes, others would wait for their answers, and a check of its health would fail. Such work runs
//! on a runtime of its own, which has a thread for each processor, as the one that serves has.

use std::panic::resume_unwind;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::AbortOnDropHandle;

/// Of the whole process, and started by the first work; `None` where the system gives no threads for it.
static COMPUTE: OnceLock<Option<Runtime>> = OnceLock::new();

/// Runs `work` on threads of its own, and gives what it gives. Where this future is dropped, the work is stopped at its next
/// await. A panic of the work goes on in whoever awaits it.
pub async fn run<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let task = AbortOnDropHandle::new(handle().spawn(work));
    match task.await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Only a runtime that ends stops a task that somebody awaits, and then nobody is left to be answered.
            Err(_) => std::future::pending().await,
        },
    }
}

fn handle() -> Handle {
    let started = COMPUTE.get_or_init(|| {
        let runtime = Builder::new_multi_thread().thread_name("compute").enable_all().build();
        runtime.inspect_err(|error| tracing::warn!(%error, "long work shares threads with requests")).ok()
    });
    started.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// Far longer than any of this takes: a thread that is held waits no longer, so that a test that fails ends.
    const AT_MOST: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn a_worker_goes_on_while_the_work_keeps_its_thread() {
        let (answered, waits) = mpsc::channel();
        let work = run(async move { waits.recv_timeout(AT_MOST) });
        // Everything here shares one worker.
        let others = async {
            tokio::task::yield_now().await;
            answered.send("answered").unwrap();
        };
        let (held_until, ()) = tokio::join!(work, others);
        assert_eq!(held_until, Ok("answered"));
    }

    #[tokio::test]
    async fn work_that_nobody_awaits_any_more_is_stopped() {
        let (kept, dropped) = mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let work = tokio::spawn(run(async move {
            let _kept = kept;
            begun.send(()).unwrap();
            std::future::pending::<()>().await;
        }));
        begins.await.unwrap();
        work.abort();
        assert!(work.await.unwrap_err().is_cancelled());
        assert_eq!(dropped.recv_timeout(AT_MOST), Err(mpsc::RecvTimeoutError::Disconnected));
    }

    #[tokio::test]
    async fn a_panic_is_passed_on_to_the_awaiting_task() {
        let panicked = tokio::spawn(run(async { panic!("of the work") })).await.unwrap_err();
        assert_eq!(panicked.into_panic().downcast_ref::<&str>(), Some(&"of the work"));
    }
}
