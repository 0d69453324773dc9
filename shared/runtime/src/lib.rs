//! What a program needs of where it runs: its settings, its log, and threads for long work.

pub mod config;
pub mod telemetry;
pub mod compute;
