//! What a program needs of where it runs: its settings and its log.

pub mod config;
pub mod telemetry;
