//! `POST /v1/people/{person}/export`: everything that is kept of a person, session by session.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::id::{AccountId, SessionId};
use domain::link::Link;
use domain::time::Instant;
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderMap, header};
use lake::SessionContact;
use runtime::compute;
use serde::{Deserialize, Serialize};
use store::{Action, StoreError};
use web::caller::Caller;
use web::input::Parameters;
use web::listing::{PageParameters, WantedPage, cursor};
use web::problem::Problem;

use crate::document::{Links, document};
use crate::person::{find_one, nobody, pseudonym};
use crate::{App, KEEPERS};

/// A page is full once it has so many bytes; a session of 3 MiB still fits behind it.
const FULL_BYTES: usize = 2 << 20;
/// How many sessions are read at the same time.
const AT_ONCE: usize = 8;

/// After which session a page goes on.
#[derive(Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
struct Position {
    created_at: Instant,
    session: String,
}

impl Position {
    fn of(session: &SessionContact) -> Position {
        Position { created_at: session.created_at, session: session.session.as_str().to_owned() }
    }
}

pub(crate) async fn export(
    State(app): State<App>,
    caller: Caller,
    person: Result<Path<String>, PathRejection>,
    Parameters(parameters): Parameters<PageParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let WantedPage { account: named, limit, after } = parameters.read(|_: &Position| true)?;
    let (account, person) = (caller.account(KEEPERS, named.as_ref())?, pseudonym(person)?);
    if after.is_none() {
        let about = Some(person.clone());
        app.store.note_event(Some(&account), Action::PersonExported, &caller.token_id, about).await?;
    }
    let base_url = app.public_url.of(&headers);
    compute::run(async move {
        let page = Page { app: &app, account: &account, base_url: &base_url };
        let found = find_one(&app, &account, &person).await?.ok_or_else(nobody)?;
        let sessions = found.sessions.into_iter();
        let left: Vec<_> =
            sessions.filter(|one| after.as_ref().is_none_or(|after| Position::of(one) > *after)).collect();
        let (lines, taken) = page.lines(&left, usize::from(limit)).await?;
        let last = (taken < left.len()).then(|| left.get(taken.wrapping_sub(1))).flatten();
        let next = last.map(|last| {
            let cursor = cursor(&Position::of(last));
            let of_account = named.as_ref().map(|account| format!("account={account}&")).unwrap_or_default();
            let query = format!("{of_account}limit={limit}&cursor={cursor}");
            [(header::LINK, format!("<{base_url}/v1/people/{person}/export?{query}>; rel=\"next\""))]
        });
        let about = [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
        Ok((about, next, lines).into_response())
    })
    .await
}

/// What one page is made with.
struct Page<'a> {
    app: &'a App,
    account: &'a AccountId,
    base_url: &'a str,
}

impl Page<'_> {
    /// The lines of the first of these sessions, and of how many of them.
    async fn lines(&self, sessions: &[SessionContact], limit: usize) -> Result<(Vec<u8>, usize), StoreError> {
        let reads: Vec<_> = sessions.iter().take(limit).map(|session| self.line(&session.session)).collect();
        let mut read = stream::iter(reads).buffered(AT_ONCE);
        let (mut lines, mut taken) = (Vec::new(), 0);
        while let Some(line) = read.try_next().await? {
            lines.extend(line);
            taken += 1;
            if lines.len() >= FULL_BYTES {
                break;
            }
        }
        Ok((lines, taken))
    }

    /// The line of a session; empty for one that is gone or was emptied meanwhile.
    async fn line(&self, id: &SessionId) -> Result<Vec<u8>, StoreError> {
        let Some(stored) = self.app.store.session(self.account, id).await? else { return Ok(Vec::new()) };
        if stored.session.erased.is_some() {
            return Ok(Vec::new());
        }
        let created_at = stored.identity.created_at;
        let key = self.app.store.link_key(Link::year(created_at)).await?;
        let links = Links { account: self.account, base_url: self.base_url, key, created_at };
        let mut line = serde_json::to_vec(&document(&stored.session, &links))
            .map_err(|error| StoreError::broken("writing a session", error))?;
        line.push(b'\n');
        Ok(line)
    }
}
