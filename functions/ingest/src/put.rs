//! One session's write, or what it would come to.

use std::cmp::Ordering;

use domain::account::Account;
use domain::time::Instant;
use domain::version::Version;
use store::{Delivery, Put, Store, StoreError};

use crate::parse::Understood;

/// What is done with an item.
pub(crate) enum PutOf {
    /// It is written, under a receipt.
    Write { receipt: String },
    /// It is held against what is kept, or against the version that this batch would have written before.
    Try { before: Option<Version> },
}

/// What came of an item.
pub(crate) struct Done {
    pub(crate) put: Put,
    pub(crate) created_at: Instant,
    /// Its version, where nothing was written.
    pub(crate) tried: Option<Version>,
}

impl PutOf {
    /// Does it, and gives the item's index back.
    pub(crate) async fn run(
        self,
        store: &Store,
        account: &Account,
        index: usize,
        understood: Understood,
        now: Instant,
    ) -> (usize, Result<Done, StoreError>) {
        let Understood { identity, session, .. } = understood;
        let (id, created_at) = (&identity.id, identity.created_at);
        let done = match self {
            PutOf::Write { receipt } => {
                let put = store
                    .put_session(account, &identity, &session, Delivery { receipt: &receipt, now })
                    .await;
                put.map(|put| Done { put, created_at, tried: None })
            }
            PutOf::Try { before } => {
                let version = session.version(now);
                let put = match before.map(|before| (version.against(&before), before.at)) {
                    Some((Ordering::Less, kept_at)) => Ok(Put::Stale { kept_at }),
                    Some((Ordering::Equal, _)) => Ok(Put::Unchanged { receipt: String::new() }),
                    Some((Ordering::Greater, _)) => Ok(Put::Accepted),
                    None => store.would_put(&account.id, id, &session, now).await,
                };
                put.map(|put| Done { put, created_at, tried: Some(version) })
            }
        };
        (index, done)
    }
}
