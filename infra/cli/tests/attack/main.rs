//! `premium serve` under attack: nothing that a client sends makes it fail, hang or grow, and no credential opens anything
//! that was not issued for it.
//!
//! `PREMIUM_BAD_INPUTS` and `PREMIUM_FORGED` say how many requests are made, `PREMIUM_SEED` repeats a run. Each test prints what
//! it counted as one line of JSON.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what the tests share may fail like a test")]

mod bad_inputs;
mod forged;
mod mutation;
mod requests;
mod target;

/// A whole number of the environment, or the default.
fn setting(name: &'static str, default: u64) -> u64 {
    runtime::config::parsed(name).unwrap().unwrap_or(default)
}

/// The seed of the run.
fn seed() -> u64 {
    setting("PREMIUM_SEED", fastrand::u64(..1 << 48))
}
