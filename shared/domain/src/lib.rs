//! The domain: sessions and their fields, accounts, times, tokens, links, and how they are encrypted and hidden.
//!
//! Nothing here knows where things are kept or how they are asked for. The modules stand in reading order; each may use
//! only those above it.

pub mod lang;
pub mod number;
pub mod id;
pub mod zone;
pub mod time;
pub mod dictionary;
pub mod session;
pub mod version;
pub mod account;
pub mod cipher;
pub mod body;
pub mod token;
pub mod masking;
pub mod person;
pub mod erasure;
pub mod link;
