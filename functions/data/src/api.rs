//! The API: what is asked over HTTP.
//!
//! It takes HTTP requests and gives their answers, a file for each route. [`execute`] leads a request for rows through the
//! other rooms: `plan`, `exec`, `encode`. What a request means is left to them.

pub(crate) mod schema;
pub(crate) mod execute;
pub(crate) mod rows;
pub(crate) mod export;
pub(crate) mod receipts;
