//! An operator's order to rebuild days of the lake from the table.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use shared::id::AccountId;
use shared::store::StoreError;

use crate::App;

/// Which days of which account, UTC, both ends included.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rebuild {
    /// The account.
    pub rebuild: AccountId,
    /// The first day.
    pub start: NaiveDate,
    /// The last day.
    pub end: NaiveDate,
}

/// What was rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Days gone through.
    pub days: usize,
    /// Sessions that the table had for them.
    pub sessions: usize,
}

/// Rebuilds day by day; each day is all or nothing.
pub(crate) async fn rebuild(app: &App, order: &Rebuild) -> Result<Rebuilt, StoreError> {
    let mut done = Rebuilt { days: 0, sessions: 0 };
    for day in order.start.iter_days().take_while(|day| *day <= order.end) {
        done.sessions += app.lake.rebuild(&order.rebuild, day).await?;
        done.days += 1;
    }
    Ok(done)
}
