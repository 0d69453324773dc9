//! The whole stack on one machine: the servers it runs on, and the `premium` program.

pub mod embedded;
pub mod endpoints;
pub mod template;
pub mod net;
pub mod stream_poller;
pub mod upkeep;
pub mod stack;
pub mod demo;
pub mod cli;
