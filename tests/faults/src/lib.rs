//! A proxy that makes one AWS endpoint fail as AWS does, for tests.
//!
//! It stands in front of a server that speaks DynamoDB (with its streams), S3 or KMS over plain HTTP: an embedded one, or
//! DynamoDB Local. Clients are pointed at [`Proxy::endpoint`] in its place. Requests are forwarded byte for byte with
//! their `Host` header; a server that checks signatures against it still finds them valid.
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
//! An *operation* is what AWS calls it: the name in `X-Amz-Target` (`PutItem`, `GetRecords`, `Decrypt`), or for S3 what
//! method, path and query amount to (`GetObject`, `PutObject`, `DeleteObject`, `DeleteObjects`, `ListObjectsV2`, …).
//! S3 has to be addressed by path.
//!
//! What happens to a request depends on the seed, on its operation and on how many requests of that operation came
//! before it, and on nothing else: the same seed and the same requests meet the same faults, however requests of other
//! operations fall between them. Requests are numbered while the proxy is switched off too.
//!
//! The proxy listens on 127.0.0.1 and stops, with the connections it has, when it is dropped.

mod fault;
mod operation;
mod shape;
mod proxy;

pub use fault::Fault;
pub use operation::Service;
pub use proxy::{Count, Proxy, StartError};
