//! An account's settings.

use chrono::NaiveDate;

use crate::id::AccountId;
use crate::lang::Lang;
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
    /// When an erasure last took segments from the lake. What the lake showed before cannot be shown any more.
    pub erased_at: Option<Instant>,
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
            erased_at: None,
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

    /// Why a session is not kept, if it is not: the account has not started, its day is before the start, or it is past
    /// its retention.
    pub fn unkept(&self, created_at: Instant, last: Instant, now: Instant) -> Option<Unkept> {
        match self.starts_on {
            None => Some(Unkept::NotStarted),
            Some(start) if last.day(self.zone) < start => Some(Unkept::BeforeStart(start)),
            Some(_) if self.expires_at(created_at) <= now => Some(Unkept::PastRetention(self.retention_days)),
            Some(_) => None,
        }
    }
}

/// Why an account does not keep a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unkept {
    /// The account keeps none yet.
    NotStarted,
    /// Its day is before the account's first day, which this is.
    BeforeStart(NaiveDate),
    /// It began longer ago than this many days.
    PastRetention(u32),
}

impl Unkept {
    /// The reason as a sentence that says what to do.
    pub fn message(self, lang: Lang) -> String {
        match (self, lang) {
            (Unkept::NotStarted, Lang::Pt) => {
                "a conta ainda não guarda sessões: emita o seu primeiro token de relatório (report)"
                    .to_owned()
            }
            (Unkept::NotStarted, Lang::En) => {
                "the account keeps no sessions yet: issue its first report token".to_owned()
            }
            (Unkept::BeforeStart(day), Lang::Pt) => format!(
                "anterior a starts_on {day}: um administrador pode antecipar starts_on (PATCH /v1/account) e a sessão pode ser enviada de novo"
            ),
            (Unkept::BeforeStart(day), Lang::En) => format!(
                "before starts_on {day}: an admin may move starts_on back (PATCH /v1/account), then send it again"
            ),
            (Unkept::PastRetention(days), Lang::Pt) => format!(
                "além da retenção de {days} dias: retention_days da conta diz por quanto tempo as sessões são guardadas"
            ),
            (Unkept::PastRetention(days), Lang::En) => format!(
                "past the retention of {days} days: the account's retention_days says how long sessions are kept"
            ),
        }
    }
}
