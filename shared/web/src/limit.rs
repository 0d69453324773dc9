//! Limits per caller: how much a token may send and read in a minute, and how often an address may show tokens that are
//! not valid.
//!
//! Every instance counts what it serves, in memory. Once it has counted a share of the limit that the table has not been
//! told of, it tells the table, and learns in the same request what all instances have counted together. So a caller far
//! below its limit costs no request to the table, nobody is refused below the limit, and `N` instances let through at most
//! the limit, `N` shares, and what is under way when it is reached: with shares of a fiftieth, ten instances a fifth more.
//!
//! Where the table does not answer, an instance goes on with what it knows: a limit protects the service from a caller, and
//! must not be what makes it fail.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::lang::Words;
use domain::time::Instant;
use moka::future::Cache;
use runtime::config::{ConfigError, parsed};
use runtime::telemetry::chain;
use store::key::Usage;
use store::{Store, StoreError};
use tokio::time::timeout;

use crate::problem::Problem;

/// How many seconds a window has.
const WINDOW: i64 = 60;
/// Into how many shares a limit is divided.
const SHARES: u64 = 50;
/// Callers that an instance remembers. It counts anew whom it forgets: of sources that are more than these, who shows few
/// tokens each.
const CALLERS: u64 = 10_000;
/// How long a request waits for the table's count.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many requests a token may make in a minute, whatever they bring: half of the requests that the template lets
/// through a route (100 a second), so that one caller leaves room for the others.
const SENDING_REQUESTS: u64 = 3_000;
/// The same of requests that read, which take longer than those that send.
const READING_REQUESTS: u64 = 2_000;

/// How much a caller may use in a minute; `None` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Sessions that a token sends.
    pub sessions: Option<u64>,
    /// Rows that a token reads.
    pub rows: Option<u64>,
    /// Tokens that a network address shows and that are not valid.
    pub failures: Option<u64>,
}

impl Limits {
    /// From `PREMIUM_SESSIONS_PER_MINUTE`, `PREMIUM_ROWS_PER_MINUTE` and `PREMIUM_FAILURES_PER_MINUTE`. What is not set, or
    /// 0, has no limit.
    pub fn from_env() -> Result<Limits, ConfigError> {
        let some = |limit: Option<u64>| limit.filter(|limit| *limit > 0);
        Ok(Limits {
            sessions: some(parsed("PREMIUM_SESSIONS_PER_MINUTE")?),
            rows: some(parsed("PREMIUM_ROWS_PER_MINUTE")?),
            failures: some(parsed("PREMIUM_FAILURES_PER_MINUTE")?),
        })
    }
}

/// Counts what callers use of one thing, and refuses them past its limit. Clones share what they count.
#[derive(Clone, Debug)]
pub struct Limiter(Option<Arc<Limited>>);

#[derive(Debug)]
struct Limited {
    store: Store,
    usage: Usage,
    limit: u64,
    /// What a request counts as at least.
    least: u64,
    callers: Cache<String, Arc<Mutex<Window>>>,
}

/// What a caller has used in a minute, as far as this instance knows.
#[derive(Debug, Default)]
struct Window {
    minute: i64,
    used: u64,
    /// What of it the table has not been told.
    untold: u64,
    is_logged: bool,
}

impl Limiter {
    /// A limiter without a limit where `limit` is `None`.
    pub fn new(store: &Store, usage: Usage, limit: Option<u64>) -> Limiter {
        let requests = match usage {
            Usage::Sessions => SENDING_REQUESTS,
            Usage::Rows => READING_REQUESTS,
            Usage::Failures => u64::MAX,
        };
        let callers =
            || Cache::builder().max_capacity(CALLERS).time_to_idle(Duration::from_secs(120)).build();
        Limiter(limit.map(|limit| {
            let least = (limit / requests).max(1);
            Arc::new(Limited { store: store.clone(), usage, limit, least, callers: callers() })
        }))
    }

    /// Counts a request before it is known what it brings; 429 where the caller has used up its minute.
    pub async fn begin(&self, caller: &str) -> Result<(), Problem> {
        match &self.0 {
            Some(limited) => limited.take(caller, limited.least, 0, Instant::now()).await,
            None => Ok(()),
        }
    }

    /// Counts what a request that was begun brings; 429 where others have used up the caller's minute. What is left of it
    /// may be less than the request brings: it is served as a whole.
    pub async fn take(&self, caller: &str, units: usize) -> Result<(), Problem> {
        let Some(limited) = &self.0 else { return Ok(()) };
        match (units as u64).saturating_sub(limited.least) {
            0 => Ok(()),
            more => limited.take(caller, more, limited.least, Instant::now()).await,
        }
    }

    /// The 429 of a caller of which this instance knows that it has used up its minute. It asks nobody.
    pub async fn exceeded(&self, caller: &str) -> Option<Problem> {
        let limited = self.0.as_ref()?;
        let now = Instant::now();
        let window = limited.callers.get(caller).await?;
        let mut window = lock(&window);
        let window = window.of(minute(now));
        if window.used < limited.limit {
            return None;
        }
        limited.log(window, caller);
        Some(limited.problem(now))
    }
}

impl Limited {
    /// Counts units of a request that was counted as `own` units already; 429 where the others have used up the minute.
    async fn take(&self, caller: &str, units: u64, own: u64, now: Instant) -> Result<(), Problem> {
        let minute = minute(now);
        let window = self.callers.get_with_by_ref(caller, async { Arc::default() }).await;
        let told = {
            let mut window = lock(&window);
            let window = window.of(minute);
            if window.used.saturating_sub(own) >= self.limit {
                self.log(window, caller);
                return Err(self.problem(now));
            }
            window.used = window.used.saturating_add(units);
            window.untold = window.untold.saturating_add(units);
            let tells = window.untold >= (self.limit / SHARES).max(1);
            if tells { std::mem::take(&mut window.untold) } else { 0 }
        };
        if told == 0 {
            return Ok(());
        }
        let Some(counted) = self.tell(caller, minute, told).await else { return Ok(()) };
        let mut window = lock(&window);
        if window.minute == minute {
            window.used = window.used.max(counted.saturating_add(window.untold));
        }
        if counted.saturating_sub(units + own) >= self.limit {
            self.log(&mut window, caller);
            return Err(self.problem(now));
        }
        Ok(())
    }

    /// Tells the table what a caller has used; returns what all instances have told it. `None` where it does not answer.
    async fn tell(&self, caller: &str, minute: i64, units: u64) -> Option<u64> {
        let counting = self.store.count_usage(self.usage, caller, minute, units);
        let late = |error| StoreError::busy("counting what is used", error);
        let counted = timeout(PATIENCE, counting).await.map_err(late).flatten();
        let warned = counted.inspect_err(|error| {
            tracing::warn!(error = %chain(error), "what a caller uses was not counted");
        });
        warned.ok()
    }

    /// Says once a minute in the log who is refused: a token by its id, and no address.
    fn log(&self, window: &mut Window, caller: &str) {
        if !std::mem::replace(&mut window.is_logged, true) {
            let caller = if self.usage == Usage::Failures { "-" } else { caller };
            tracing::warn!(usage = ?self.usage, caller, limit = self.limit, "a limit is reached");
        }
    }

    fn problem(&self, now: Instant) -> Problem {
        let seconds = WINDOW - now.seconds().rem_euclid(WINDOW);
        Problem::too_many(self.words(seconds), seconds)
    }

    fn words(&self, seconds: i64) -> Words {
        let Limited { limit, least, .. } = self;
        match self.usage {
            Usage::Sessions => Words::new(
                format!(
                    "este token já enviou as {limit} sessões que pode enviar por minuto, e cada requisição conta como pelo \
                     menos {least}: repita a mesma requisição daqui a {seconds} s, envie mais sessões em cada uma, ou peça ao \
                     operador um limite maior"
                ),
                format!(
                    "this token has sent the {limit} sessions that it may send in a minute, and each request counts as at \
                     least {least}: send the same request again in {seconds} s, send more sessions in each, or ask the \
                     operator for a higher limit"
                ),
            ),
            Usage::Rows => Words::new(
                format!(
                    "este token já leu as {limit} linhas que pode ler por minuto, e cada requisição conta como pelo menos \
                     {least}: repita a mesma requisição daqui a {seconds} s, peça menos linhas, ou peça ao operador um limite \
                     maior"
                ),
                format!(
                    "this token has read the {limit} rows that it may read in a minute, and each request counts as at least \
                     {least}: send the same request again in {seconds} s, ask for fewer rows, or ask the operator for a higher \
                     limit"
                ),
            ),
            Usage::Failures => Words::new(
                format!(
                    "deste endereço de rede já vieram {limit} tokens que não valem neste minuto: confira o token e tente de \
                     novo daqui a {seconds} s; um token válido continua a ser aceito"
                ),
                format!(
                    "{limit} tokens that are not valid came from this network address within this minute: check the token and \
                     try again in {seconds} s; a valid token is still accepted"
                ),
            ),
        }
    }
}

impl Window {
    /// The window of this minute: an empty one where it was an earlier minute's. A request that was late for its own minute
    /// counts in the present one.
    fn of(&mut self, minute: i64) -> &mut Window {
        if self.minute < minute {
            *self = Window { minute, ..Window::default() };
        }
        self
    }
}

fn minute(now: Instant) -> i64 {
    now.seconds().div_euclid(WINDOW)
}

fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}
