//! How long and how often a request that was put off is sent again.

use std::time::Duration;

use crate::error::CliError;

/// The longest wait that a stack may ask for: its limits are of a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest one where it asks for none.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often in a row a limit is waited for: an hour.
const LIMITS: u32 = 60;

/// How often in a row a request was put off. A limit per minute is no failure: whoever sends more than it lets through waits
/// for it again and again, so it is counted apart.
#[derive(Debug)]
pub(crate) struct Patience {
    most: u32,
    tries: u32,
    limits: u32,
}

impl Patience {
    /// For a request that is sent `most` times at most, where no limit puts it off.
    pub(crate) fn new(most: u32) -> Patience {
        Patience { most, tries: 0, limits: 0 }
    }

    /// How long to wait before the next attempt: what the stack asks for, else twice as long as the last time. `None` where
    /// there should be no other attempt.
    pub(crate) fn put_off(&mut self, error: &CliError) -> Option<Duration> {
        let asked = match error {
            CliError::Refused(refusal) => refusal.retry_after().map(|wait| (refusal.status(), wait)),
            _ => None,
        };
        if let Some((429, wait)) = asked {
            self.limits += 1;
            return (self.limits < LIMITS).then_some(wait.min(LONGEST_WAIT));
        }
        self.tries += 1;
        let pause = Duration::from_millis(250 << self.tries.min(16)).min(LONGEST_PAUSE);
        let wait = asked.map_or(pause, |(_, wait)| wait.min(LONGEST_WAIT));
        (self.tries < self.most).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::{HeaderMap, RETRY_AFTER};

    use super::*;
    use crate::error::Refusal;

    fn refused(status: u16, retry_after: Option<&str>) -> CliError {
        let headers = retry_after.map(|seconds| (RETRY_AFTER, seconds.parse().unwrap()));
        let headers = HeaderMap::from_iter(headers);
        CliError::Refused(Refusal::new(StatusCode::from_u16(status).unwrap(), &headers, b""))
    }

    #[test]
    fn what_the_stack_asks_for_is_waited_for_and_else_each_time_twice_as_long() {
        let mut patience = Patience::new(5);
        let waits =
            [refused(503, None), refused(503, Some("7")), refused(502, None), refused(503, Some("900"))];
        let waits = waits.map(|error| patience.put_off(&error).unwrap().as_millis());
        assert_eq!(waits, [500, 7_000, 2_000, 60_000]);
        assert_eq!(patience.put_off(&refused(503, None)), None);
    }

    #[test]
    fn a_limit_is_waited_for_longer_than_a_failure() {
        let mut patience = Patience::new(2);
        for _ in 1..LIMITS {
            assert_eq!(patience.put_off(&refused(429, Some("60"))), Some(Duration::from_secs(60)));
        }
        // One that does not say when it ends may be anything.
        assert!(patience.put_off(&refused(429, None)).is_some());
        assert_eq!(patience.put_off(&refused(429, None)), None);
        assert_eq!(patience.put_off(&refused(429, Some("1"))), None);
    }
}
