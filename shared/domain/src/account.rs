//! An account's settings.

use chrono::NaiveDate;

use crate::id::AccountId;
use crate::time::Instant;
use crate::zone::Zone;

/// Five years, leap days counted: what the product promises.
pub const DEFAULT_RETENTION_DAYS: u32 = 1826;

/// An account as it is set up. It exists from its first use, with these defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The zone of its local times and of every day in its reports.
    pub zone: Zone,
    /// The first local day that is kept: the day of its first `report` token, or an earlier one set by an admin.
    pub starts_on: Option<NaiveDate>,
    /// How many days a session is kept, counted from `created_at`.
    pub retention_days: u32,
    /// Field ids that it treats as confidential on top of the dictionary's own.
    pub confidential: Vec<String>,
}

impl Account {
    /// The settings of an account that has set nothing.
    pub fn new(id: AccountId) -> Account {
        Account {
            id,
            zone: Zone::SAO_PAULO,
            starts_on: None,
            retention_days: DEFAULT_RETENTION_DAYS,
            confidential: Vec::new(),
        }
    }

    /// When a session that began at `created_at` is past its retention.
    pub fn expires_at(&self, created_at: Instant) -> Instant {
        created_at.plus_seconds(i64::from(self.retention_days) * 86_400)
    }

    /// The earliest `created_at` that is still served at `now`.
    pub fn oldest(&self, now: Instant) -> Instant {
        now.plus_seconds(-i64::from(self.retention_days) * 86_400)
    }

    /// Whether a session is kept: the account has started, its day is not before the start, and it is not expired.
    pub fn keeps(&self, created_at: Instant, last: Instant, now: Instant) -> bool {
        let started = self.starts_on.is_some_and(|start| last.day(self.zone) >= start);
        started && self.expires_at(created_at) > now
    }
}
