//! Point lookup: a query for a few sessions by their ids asks the table for their `created_at` history first, so that only
//! the segments that may hold them are read.

use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use futures::future::try_join_all;
use store::{Store, StoreError};

use super::cluster::Window;
use super::columns::ID;
use super::query::Query;

/// The most sessions that are looked up.
const MAX_SESSIONS: usize = 20;

/// The window that a query has to read: around the sessions that it names by their ids, or its own window where it names
/// none, or too many.
///
/// This is exact for any snapshot, because the history has the earliest and the latest `created_at` that a session ever
/// had. Where the table does not know one of the sessions any more, the query's own window stays.
pub(crate) async fn point_lookup(
    store: &Store,
    account: &AccountId,
    query: &Query,
) -> Result<Window, StoreError> {
    let window = query.window.clone();
    let Some(texts) = query.session_filters.texts_of(ID).filter(|texts| texts.len() <= MAX_SESSIONS) else {
        return Ok(window);
    };
    let ids: Vec<SessionId> =
        texts.iter().filter_map(|text| SessionId::try_from(text.clone()).ok()).collect();
    let history = try_join_all(ids.iter().map(|id| store.created_at_history(account, id))).await?;
    if history.iter().any(Vec::is_empty) {
        return Ok(window);
    }
    let (first, last) = (history.iter().flatten().min(), history.iter().flatten().max());
    let Some((first, last)) = first.zip(last) else { return Ok(window) };
    let created = window.created.start.max(*first)..window.created.end.min(Instant(last.0.saturating_add(1)));
    Ok(Window { created, ..window })
}
