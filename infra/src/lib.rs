//! The whole stack on one machine, and the servers it runs on.

pub mod embedded;
pub mod endpoints;
pub mod template;
pub mod stream_poller;
pub mod upkeep;
pub mod stack;
