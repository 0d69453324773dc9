//! What a piece of work takes: processor time, time, memory, and requests to S3.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// What something took.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Milliseconds of all threads of this process.
    pub(crate) cpu_ms: f64,
    /// Milliseconds on the wall.
    pub(crate) wall_ms: f64,
    /// Answers of S3.
    pub(crate) gets: u64,
    /// Bytes of their bodies.
    pub(crate) bytes: u64,
}

/// Counts the answers of S3, and the bytes of their bodies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    count: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
}

impl Intercept for Answers {
    fn name(&self) -> &'static str {
        "answers"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let length = context.response().headers().get("content-length").and_then(|text| text.parse().ok());
        self.count.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(length.unwrap_or_default(), Ordering::Relaxed);
        Ok(())
    }
}

/// A piece of work that has begun.
pub(crate) struct Meter<'a> {
    answers: &'a Answers,
    before: Cost,
    since: Instant,
}

impl<'a> Meter<'a> {
    pub(crate) fn start(answers: &'a Answers) -> Meter<'a> {
        Meter { answers, before: now(answers), since: Instant::now() }
    }

    pub(crate) fn stop(self) -> Cost {
        let now = now(self.answers);
        Cost {
            cpu_ms: now.cpu_ms - self.before.cpu_ms,
            wall_ms: self.since.elapsed().as_secs_f64() * 1_000.0,
            gets: now.gets - self.before.gets,
            bytes: now.bytes - self.before.bytes,
        }
    }
}

/// What this process has taken so far, but for the time on the wall.
fn now(answers: &Answers) -> Cost {
    // Only a negative time would be no duration, and a process cannot have used less than none.
    let cpu = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default();
    Cost {
        cpu_ms: cpu.as_secs_f64() * 1_000.0,
        wall_ms: 0.0,
        gets: answers.count.load(Ordering::Relaxed),
        bytes: answers.bytes.load(Ordering::Relaxed),
    }
}

/// The most memory that this process had resident so far, in MiB.
pub(crate) fn peak_mib() -> io::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<f64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kib.map(|kib| kib / 1_024.0).ok_or_else(|| io::Error::other("no VmHWM"))
}
