//! Chance that repeats itself: the same seed draws the same numbers.

use std::f64::consts::TAU;

/// A source of draws.
#[derive(Clone, Debug)]
pub(crate) struct Chance(fastrand::Rng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(fastrand::Rng::with_seed(seed))
    }

    /// One of `choices`, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.0.usize(..choices.len())]
    }

    /// The index of one of `weights`, drawn as often as it weighs.
    pub(crate) fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.0.u32(..weights.iter().sum::<u32>().max(1));
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// Whether something with a probability of `p` happens.
    pub(crate) fn happens(&mut self, p: f64) -> bool {
        self.0.f64() < p
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..=high)
    }

    /// A whole number from 1 to `most`, which must not be 0.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        self.0.u64(1..=most)
    }

    /// A waiting time or the like: half of the draws lie below `median`, a few far above it.
    pub(crate) fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        // Box and Muller's transform of two even draws into a normal one; the first may not be 0.
        let (even, angle) = (1.0 - self.0.f64(), TAU * self.0.f64());
        median * (sigma * (-2.0 * even.ln()).sqrt() * angle.cos()).exp()
    }

    /// `digits` hexadecimal digits in lower case.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| self.0.digit(16)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn half_of_the_waits_are_below_the_median() {
        let mut chance = Chance::new(1);
        let below = (0..10_000).filter(|_| chance.log_normal(90.0, 1.0) < 90.0).count();
        assert!((4_700..5_300).contains(&below), "{below}");
    }

    #[test]
    fn a_weight_of_nothing_is_never_drawn() {
        let mut chance = Chance::new(2);
        assert!((0..1_000).all(|_| chance.weighted(&[1, 0, 3]) != 1));
    }
}
