//! A few sessions by their ids: the table knows where they lie, so that the lake is not searched for them.

use futures::future::try_join_all;
use shared::id::{AccountId, SessionId};
use shared::store::{Store, StoreError};
use shared::time::Instant;

use crate::plan::Window;
use crate::query::Query;
use crate::segment_columns::ID;

/// Up to so many sessions are looked up.
const MAX_SESSIONS: usize = 20;

/// The window in which the sessions lie that a query is about; its own window where it does not name them.
///
/// Exact for any snapshot: a session lies nowhere but where the table says that it ever lay. One that the table does not
/// know any more says nothing.
pub(crate) async fn narrow(store: &Store, account: &AccountId, query: &Query) -> Result<Window, StoreError> {
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
