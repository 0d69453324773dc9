//! What two or more functions need: the domain, and the ways in and out of storage.
//!
//! The modules stand in reading order; each may use only those above it.

pub mod lang;
pub mod id;
pub mod zone;
pub mod time;
pub mod dictionary;
pub mod session;
pub mod account;
pub mod key;
pub mod cipher;
pub mod body;
pub mod config;
pub mod telemetry;
pub mod token;
pub mod aws;
pub mod store;
pub mod masking;
pub mod link;
pub mod problem;
pub mod input;
pub mod http;
pub mod caller;
