//! What is around every router: errors as clients see them, what a request brings, from where it comes, who asks and how
//! much they may use.
//!
//! The modules stand in reading order; each may use only those above it.

pub mod problem;
pub mod misfit;
pub mod input;
pub mod days;
pub mod listing;
pub mod public_url;
pub mod http;
pub mod source;
pub mod limit;
pub mod caller;
