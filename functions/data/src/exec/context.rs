//! What values depend on besides the columns of a segment.

use domain::cipher::DataKey;
use domain::id::{AccountId, StorageId};
use domain::link::Link;
use domain::masking::Pseudonyms;
use domain::time::Instant;
use domain::zone::Zone;

/// What values depend on besides the columns of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) account: AccountId,
    pub(crate) zone: Zone,
    pub(crate) snapshot: Instant,
    pub(crate) pseudonyms: Pseudonyms,
    /// What media links begin with, without a slash at the end.
    pub(crate) base_url: String,
    pub(crate) link_key: DataKey,
}

impl Context {
    /// The link to a file of a session that began at `created_at`; `None` for a name that no file can have.
    pub(crate) fn link(&self, storage: &str, created_at: Instant) -> Option<String> {
        let storage = StorageId::try_from(storage.to_owned()).ok()?;
        let link = Link::new(self.account.clone(), &storage, created_at).sign(&self.link_key);
        Some(format!("{}/m/{link}", self.base_url))
    }
}
