//! The whole stack on one machine, and the servers on which it runs.

mod http;
pub mod embedded;
pub mod endpoints;
pub mod template;
pub mod stream_poller;
pub mod maintenance;
pub mod stack;
