//! The kinds of faults, and the decision when one happens.

use std::collections::HashMap;

/// What can happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The service answers, in its own form, that there are too many requests. Nothing is forwarded.
    ///
    /// DynamoDB: `ProvisionedThroughputExceededException` or `ThrottlingException`, and for
    /// `TransactWriteItems` a `TransactionCanceledException` whose first reason is `ThrottlingError`. S3:
    /// `SlowDown`. KMS: `ThrottlingException`.
    Throttle,
    /// The service answers with status 500 that it failed. Nothing is forwarded.
    InternalError,
    /// The connection is closed without an answer, and nothing is forwarded: a time-out before the effect.
    TimeoutBefore,
    /// The request is forwarded, and then the connection is closed without an answer: a time-out after the
    /// effect.
    TimeoutAfter,
    /// The request is forwarded, but only half of the answer's body arrives before the connection is closed,
    /// although `Content-Length` promises all of it. An answer without a body does not arrive at all.
    CutBody,
    /// The answer comes late, but whole. See [`Proxy::set_delay`](crate::Proxy::set_delay).
    Slow,
}

impl Fault {
    /// All kinds of faults.
    pub const ALL: [Fault; 6] = [
        Fault::Throttle,
        Fault::InternalError,
        Fault::TimeoutBefore,
        Fault::TimeoutAfter,
        Fault::CutBody,
        Fault::Slow,
    ];

    /// The kinds after which the caller has no usable answer: all but [`Fault::Slow`].
    pub const FAILING: [Fault; 5] =
        [Fault::Throttle, Fault::InternalError, Fault::TimeoutBefore, Fault::TimeoutAfter, Fault::CutBody];
}

/// Decides what happens to requests: how likely each fault is, and how many requests there have been.
#[derive(Debug)]
pub(crate) struct Decider {
    seed: u64,
    is_on: bool,
    /// The rate of each fault for all operations, from 0 to 1.
    rates: HashMap<Fault, f64>,
    /// The rates for single operations, which replace the general rate of that fault.
    of_operation: HashMap<(String, Fault), f64>,
    /// How many requests of each operation there have been.
    numbers: HashMap<String, u64>,
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) fault: Option<Fault>,
    /// Which form the fault takes, where it has two.
    pub(crate) variant: bool,
}

impl Decider {
    pub(crate) fn new(seed: u64) -> Decider {
        Decider {
            seed,
            is_on: true,
            rates: HashMap::new(),
            of_operation: HashMap::new(),
            numbers: HashMap::new(),
        }
    }

    pub(crate) fn switch(&mut self, is_on: bool) {
        self.is_on = is_on;
    }

    pub(crate) fn set_rate(&mut self, fault: Fault, rate: f64) {
        self.rates.insert(fault, rate);
    }

    pub(crate) fn set_rate_of(&mut self, operation: &str, fault: Fault, rate: f64) {
        self.of_operation.insert((operation.to_owned(), fault), rate);
    }

    /// Numbers a request, and decides what happens to it.
    pub(crate) fn decide(&mut self, operation: &str) -> Decision {
        let number = self.numbers.entry(operation.to_owned()).or_default();
        let mut random = fastrand::Rng::with_seed(mix(self.seed, operation, *number));
        *number += 1;
        let (draw, variant) = (random.f64(), random.bool());
        if !self.is_on {
            return Decision { fault: None, variant };
        }
        let mut reached = 0.0;
        let fault = Fault::ALL.into_iter().find(|fault| {
            let own = self.of_operation.get(&(operation.to_owned(), *fault));
            reached += own.or_else(|| self.rates.get(fault)).copied().unwrap_or_default();
            draw < reached
        });
        Decision { fault, variant }
    }
}

/// Hashes a seed, a text and a number (FNV-1a over their bytes), with the same result in every version of
/// Rust.
fn mix(seed: u64, text: &str, number: u64) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(text.bytes()).chain(number.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decisions(seed: u64, rates: &[(Fault, f64)], operations: &[&str]) -> Vec<Decision> {
        let mut decider = Decider::new(seed);
        rates.iter().for_each(|(fault, rate)| decider.set_rate(*fault, *rate));
        operations.iter().map(|operation| decider.decide(operation)).collect()
    }

    #[test]
    fn the_same_seed_and_requests_meet_the_same_faults_and_another_seed_others() {
        let rates = Fault::ALL.map(|fault| (fault, 0.1));
        let operations = ["GetItem", "PutItem"].repeat(200);
        let first = decisions(1, &rates, &operations);
        assert_eq!(first, decisions(1, &rates, &operations));
        assert_ne!(first, decisions(2, &rates, &operations));
        // What happens to requests of an operation does not depend on other requests between them.
        let of_gets: Vec<Decision> = first.into_iter().step_by(2).collect();
        assert_eq!(of_gets, decisions(1, &rates, &["GetItem"; 200]));
    }

    #[test]
    fn rates_are_kept_and_those_of_an_operation_go_first() {
        let found = decisions(3, &[(Fault::Throttle, 0.1), (Fault::Slow, 0.3)], &["GetItem"; 10_000]);
        let count = |kind| found.iter().filter(|one| one.fault == kind).count();
        assert!((900..1_100).contains(&count(Some(Fault::Throttle))));
        assert!((2_800..3_200).contains(&count(Some(Fault::Slow))));
        assert_eq!(count(None), 10_000 - count(Some(Fault::Throttle)) - count(Some(Fault::Slow)));

        let mut decider = Decider::new(3);
        decider.set_rate(Fault::Throttle, 1.0);
        decider.set_rate_of("GetItem", Fault::Throttle, 0.0);
        assert_eq!(decider.decide("GetItem").fault, None);
        assert_eq!(decider.decide("PutItem").fault, Some(Fault::Throttle));
        decider.switch(false);
        assert_eq!(decider.decide("PutItem").fault, None);
    }
}
