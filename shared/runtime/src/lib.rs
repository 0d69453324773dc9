//! What a function needs of where it runs: its settings, its log and its way to AWS.

pub mod config;
pub mod telemetry;
pub mod aws;
