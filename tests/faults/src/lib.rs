//! A proxy that makes one AWS endpoint fail as AWS does, for tests.
//!
//! It stands in front of a server that speaks DynamoDB (with its streams), S3 or KMS over plain HTTP: an
//! embedded one, or DynamoDB Local. Clients use [`Proxy::endpoint`] instead of the server's address. Path,
//! query, body and the header `Host` are forwarded unchanged, so that signatures stay valid.
//!
//! ```no_run
//! # async fn example() -> Result<(), faults::StartError> {
//! use faults::{Fault, Proxy, Service};
//!
//! let proxy = Proxy::start("http://127.0.0.1:8000", Service::DynamoDb, 42).await?;
//! proxy.fail_calls(0.2);                                      // every kind of fault, a fifth of all requests together
//! proxy.set_rate_of("TransactWriteItems", Fault::Throttle, 0.5); // one kind for one operation
//! proxy.switch_off();                                         // from here on everything passes
//! let gets = proxy.count("GetItem");                          // requests, bytes of answers, faults
//! # Ok(())
//! # }
//! ```
//!
//! An *operation* has AWS's name for it: the name in `X-Amz-Target` (`PutItem`, `GetRecords`, `Decrypt`) or,
//! for S3, the one that follows from method, path and query (`GetObject`, `PutObject`, `DeleteObject`,
//! `DeleteObjects`, `ListObjectsV2`, …). S3 has to be addressed by path.
//!
//! What happens to a request depends only on the seed, on its operation and on how many requests of that
//! operation came before it. The same seed and the same requests meet the same faults, whatever requests of
//! other operations come between them. Requests are also numbered while the proxy is switched off.
//!
//! The proxy listens on 127.0.0.1. When it is dropped, it stops and closes its connections.

mod fault;
mod operation;
mod shape;
mod proxy;

pub use fault::Fault;
pub use operation::Service;
pub use proxy::{Count, Proxy, StartError};
