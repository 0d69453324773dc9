//! Point lookup: a query for a few sessions by their ids asks the table for their `created_at` history first, so that only
//! the segments that may hold them are read.

use std::ops::Range;

use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use futures::future::try_join_all;
use store::{Store, StoreError};

use super::columns::ID;
use super::query::Query;

/// The most sessions that are looked up.
const MAX_SESSIONS: usize = 20;

/// When the sessions began that a query names by their ids: a period of `created_at` in which they all lie. `None` where the
/// query names none or too many, and where the table does not know one of them any more.
///
/// This is exact for any snapshot, because the history has the earliest and the latest `created_at` that a session ever
/// had.
pub(crate) async fn point_lookup(
    store: &Store,
    account: &AccountId,
    query: &Query,
) -> Result<Option<Range<Instant>>, StoreError> {
    let Some(texts) = query.session_filters.texts_of(ID).filter(|texts| texts.len() <= MAX_SESSIONS) else {
        return Ok(None);
    };
    let ids: Vec<SessionId> =
        texts.iter().filter_map(|text| SessionId::try_from(text.clone()).ok()).collect();
    let history = try_join_all(ids.iter().map(|id| store.created_at_history(account, id))).await?;
    if history.iter().any(Vec::is_empty) {
        return Ok(None);
    }
    let (first, last) = (history.iter().flatten().min(), history.iter().flatten().max());
    Ok(first.zip(last).map(|(first, last)| *first..Instant(last.0.saturating_add(1))))
}
