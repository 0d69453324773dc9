//! `GET /v1/accounts`: the accounts that are on this stack, and whether each still sends.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use axum::extract::State;
use chrono::NaiveDate;
use domain::id::AccountId;
use domain::time::Instant;
use futures::{StreamExt, TryStreamExt, stream};
use runtime::compute;
use serde::{Deserialize, Serialize};
use store::{Store, StoreError};
use web::caller::Caller;
use web::input::{Others, Parameters, all};
use web::listing::{PageChoice, cursor};
use web::problem::Problem;

use crate::App;

/// How many accounts of a page are read at the same time: the receipts of all of them lie in memory meanwhile.
const ACCOUNTS_AT_ONCE: usize = 8;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    #[serde(flatten)]
    page: PageChoice,
    #[serde(flatten)]
    others: Others,
}

#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    /// In the order of their ids.
    accounts: Vec<AccountView>,
    /// Where the list goes on; null at its end.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize)]
struct AccountView {
    id: AccountId,
    /// The first local day that the account keeps; null where it was never opened.
    starts_on: Option<NaiveDate>,
    /// When a new or changed session was last received, to half a minute; null where none was.
    last_received_at: Option<String>,
    /// How many different sessions were acknowledged that began today in the account's zone.
    sessions_today: usize,
}

/// Each page reads the whole list of accounts (`Store::known_accounts`), and of each of its own accounts the settings, what
/// was last received and today's receipts (`Store::acknowledged_on`), which is most of what it costs where accounts are large.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<axum::Json<Listing>, Problem> {
    caller.require_admin()?;
    let ((limit, after), ()) = all((wanted.page.read(|_: &AccountId| true), wanted.others.refuse()))?;
    Ok(compute::run(async move { page(&app.store, limit.into(), after).await }).await.map(axum::Json)?)
}

async fn page(store: &Store, limit: usize, after: Option<AccountId>) -> Result<Listing, StoreError> {
    let known = store.known_accounts().await?;
    let (page, next) = some_of(&known, limit, after);
    let received = store.last_received(&page).await?;
    let now = Instant::now();
    let views = page.into_iter().map(|id| view(store, id, &received, now));
    let accounts = stream::iter(views).buffered(ACCOUNTS_AT_ONCE).try_collect().await?;
    Ok(Listing { accounts, next_cursor: next.as_ref().map(cursor) })
}

/// The first `limit` accounts after this one, and the last of them where there are more.
fn some_of(
    known: &BTreeSet<AccountId>,
    limit: usize,
    after: Option<AccountId>,
) -> (Vec<AccountId>, Option<AccountId>) {
    let first = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = known.range((first, Bound::Unbounded)).cloned();
    let page: Vec<AccountId> = rest.by_ref().take(limit).collect();
    let next = rest.next().and(page.last().cloned());
    (page, next)
}

async fn view(
    store: &Store,
    id: AccountId,
    received: &BTreeMap<AccountId, Instant>,
    now: Instant,
) -> Result<AccountView, StoreError> {
    let account = store.account(&id).await?;
    Ok(AccountView {
        starts_on: account.starts_on,
        last_received_at: received.get(&id).copied().map(Instant::to_rfc3339),
        sessions_today: store.acknowledged_on(&account, now.day(account.zone)).await?,
        id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> AccountId {
        AccountId::try_from(name.to_owned()).unwrap()
    }

    #[test]
    fn pages_follow_one_another_whatever_comes_and_goes() {
        let known: BTreeSet<AccountId> = ["a", "b", "b-1", "c"].map(id).into();
        assert_eq!(some_of(&known, 2, None), (vec![id("a"), id("b")], Some(id("b"))));
        assert_eq!(some_of(&known, 2, Some(id("b"))), (vec![id("b-1"), id("c")], None));
        assert_eq!(some_of(&known, 4, None).1, None);
        assert_eq!(some_of(&known, 1, Some(id("b-0"))), (vec![id("b-1")], Some(id("b-1"))));
        assert_eq!(some_of(&known, 1, Some(id("z"))), (vec![], None));
    }
}
