//! What values depend on besides the columns of a segment.

use domain::id::{AccountId, StorageId};
use domain::link::{Link, LinkKey};
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
    pub(crate) links: Links,
}

/// What links to files are made with.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    /// The keys of the years in which sessions may lie, the earliest first. Empty where no link is asked for.
    pub(crate) keys: Vec<LinkKey>,
    /// Whether the files are opened under their names.
    pub(crate) are_named: bool,
}

impl Links {
    /// The key of the sessions that began at this moment: that of their year, or of the nearest there is.
    fn key(&self, created_at: Instant) -> Option<&LinkKey> {
        let year = Link::year(created_at);
        self.keys.iter().rev().find(|key| key.year <= year).or(self.keys.first())
    }
}

impl Context {
    /// The link to a file of a session that began at `created_at`; `None` for a name that no file can have.
    pub(crate) fn link(&self, storage: &str, created_at: Instant) -> Option<String> {
        let storage = StorageId::try_from(storage.to_owned()).ok()?;
        let link = Link::new(self.account.clone(), &storage, created_at, self.links.are_named);
        Some(format!("{}/m/{}", self.base_url, link.sign(self.links.key(created_at)?)))
    }
}
