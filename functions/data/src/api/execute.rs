//! Executes a request: resolves it to a query, and fills a page with the query's rows. `POST /v1/data` and
//! `GET /v1/export` both come through here.

use std::ops::Range;
use std::sync::Arc;

use domain::account::Account;
use domain::cipher::{DataKey, SealError};
use domain::id::AccountId;
use domain::lang::Text;
use domain::link::Link;
use domain::masking::{Pseudonyms, Reader};
use domain::time::Instant;
use domain::token::Privacy;
use futures::future::try_join_all;
use http::HeaderMap;
use store::{Action, StoreError, StoreErrorKind};
use web::caller::Caller;
use web::problem::Problem;

use crate::catalog::report::ReportType;
use crate::encode::encoder::RowEncoder;
use crate::encode::page::{Page, RowPage};
use crate::exec::context::{Context, Links};
use crate::exec::run::{run, sum_up};
use crate::exec::summary::SummaryKey;
use crate::plan::cursor::{Cursor, PageEnd, leads_to_erased};
use crate::plan::execution_plan::ExecutionPlan;
use crate::plan::query::{Query, RequestContext};
use crate::plan::request::DataRequest;
use crate::{App, READERS};

const TOO_LARGE_ROW: Text = Text::new(
    "trazem uma linha de mais de 6 MB, que não pode ser enviada: peça menos campos, ou um período sem ela",
    "bring a row of more than 6 MB, which cannot be sent: ask for fewer fields, or a period without it",
);

const ERASED_NOW: Text = Text::new(
    "dados foram apagados enquanto a resposta era lida: envie a mesma requisição de novo",
    "data was erased while the answer was read: send the same request again",
);

/// Executes the queries of one caller on one account.
#[derive(Debug)]
pub(crate) struct QueryExecutor {
    app: App,
    pub(crate) account: Account,
    privacy: Privacy,
    token_id: String,
    key: DataKey,
    /// Where the request came in, without a slash at the end.
    pub(crate) base_url: String,
}

/// The answer to a query: a page of rows, the cursor of the next page, and how many rows there are where that is known.
#[derive(Debug)]
pub(crate) struct QueryPage {
    pub(crate) page: Page,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
    pub(crate) total: Option<usize>,
}

/// A page that takes no more rows: where it ends, and how many rows there are where that is known.
struct FilledPage {
    page: Page,
    last: Option<PageEnd>,
    total: Option<usize>,
}

impl QueryExecutor {
    /// An executor of the caller's queries, on its own account or the one that an operator names.
    pub(crate) async fn new(
        app: App,
        caller: &Caller,
        named: Option<&AccountId>,
        headers: &HeaderMap,
    ) -> Result<QueryExecutor, Problem> {
        let id = caller.account(READERS, named)?;
        app.guard.rows_read.begin(&caller.token_id).await?;
        let (account, key) = futures::try_join!(app.store.account(&id), app.store.made_segment_key(&id))?;
        // Only writers may make an account's key. Before they did, the account has no rows, so there is no cursor to seal and
        // no pseudonym to make, and any key will do.
        let key = key.unwrap_or_else(DataKey::random);
        let base_url = app.public_url.of(headers);
        Ok(QueryExecutor {
            app,
            account,
            privacy: caller.privacy,
            token_id: caller.token_id.clone(),
            key,
            base_url,
        })
    }

    /// The request's query. 422 for whatever in it is unknown or does not fit.
    pub(crate) fn resolve(&self, request: &DataRequest) -> Result<Arc<Query>, Problem> {
        let reader = self.reader();
        let context = RequestContext { reader, cursor_key: &self.cursor_key(), now: Instant::now() };
        Query::resolve(request, &context).map(Arc::new)
    }

    /// Counts in the account's audit log that the caller exports rows.
    pub(crate) async fn count_export(&self) -> Result<(), StoreError> {
        self.app.store.count_event(&self.account.id, Action::Exported, &self.token_id).await
    }

    /// The query's page, its rows written by `encoder` behind `head`.
    pub(crate) async fn execute(
        &self,
        query: &Arc<Query>,
        encoder: RowEncoder,
        head: Vec<u8>,
    ) -> Result<QueryPage, Problem> {
        let context = Arc::new(Context {
            account: self.account.id.clone(),
            zone: self.account.zone,
            snapshot: query.snapshot,
            pseudonyms: Pseudonyms::new(&self.key),
            base_url: self.base_url.clone(),
            links: self.links(query).await?,
        });
        let page = Page::new(query.limit, encoder, head);
        let filled = match self.fill(query, &context, page).await {
            Ok(filled) => filled,
            Err(error) => return Err(self.failed(error, query).await),
        };
        let FilledPage { page, last, total } = filled;
        // How many rows there are is known now that they are read: whoever has used up its minute with them gets them still.
        drop(self.app.guard.rows_read.take(&self.token_id, page.rows()).await);
        if page.has_too_large_row() {
            return Err(Problem::invalid("fields", TOO_LARGE_ROW));
        }
        let next =
            last.filter(|_| page.is_cut()).map(|end| Cursor::new(query.snapshot, query.fingerprint, end));
        let next = next.map(|cursor| cursor.seal(&self.cursor_key(), &self.account.id)).transpose();
        let next = next.map_err(|error: SealError| StoreError::broken("sealing a cursor", error))?;
        Ok(QueryPage { page, next, total })
    }

    /// What the query's links are made with.
    async fn links(&self, query: &Query) -> Result<Links, StoreError> {
        let years = if query.shows_links() { self.years(query) } else { Vec::new() };
        let keys = try_join_all(years.into_iter().map(|year| self.app.store.link_key(year))).await?;
        Ok(Links { keys, are_named: !self.reader().hides("talks.filename") })
    }

    /// The years whose keys sign the links of sessions that the query may show: from the account's first year to the present
    /// one. The links of sessions that began before or are dated after these have the key of the nearest.
    fn years(&self, query: &Query) -> Vec<i32> {
        let Range { start: from, end } = query.window.created;
        let now = Instant::now();
        let start = self.account.starts_on.map_or(now, |day| Instant::start_of_day(day, self.account.zone));
        let first = start.max(from).min(now);
        let last = end.clamp(first, now);
        (Link::year(first)..=Link::year(last)).collect()
    }

    fn reader(&self) -> Reader<'_> {
        Reader { privacy: self.privacy, account: &self.account }
    }

    /// Fills a page with the query's rows, or with the groups of its summary.
    async fn fill(
        &self,
        query: &Arc<Query>,
        context: &Arc<Context>,
        page: Page,
    ) -> Result<FilledPage, StoreError> {
        if query.report == ReportType::Summary {
            return self.fill_groups(query, context, page).await;
        }
        let plan = self.plan(query).await?;
        let mut rows = RowPage { page, last: None };
        run(&self.app.lake, &plan, context, &mut |row| rows.push(row, query, context)).await?;
        let RowPage { page, last } = rows;
        let total = (query.after.is_none() && !page.is_cut()).then_some(page.rows());
        Ok(FilledPage { page, last, total })
    }

    /// The same of a summary.
    async fn fill_groups(
        &self,
        query: &Arc<Query>,
        context: &Arc<Context>,
        mut page: Page,
    ) -> Result<FilledPage, StoreError> {
        let account = self.account.id.clone();
        let of = SummaryKey { account, fingerprint: query.fingerprint, snapshot: query.snapshot };
        let summary = match self.app.summaries.get(&of).await {
            Some(summary) => summary,
            None => {
                let plan = self.plan(query).await?;
                Arc::new(sum_up(&self.app.lake, &plan, context).await?)
            }
        };
        let before = if let Some(PageEnd::Groups(before)) = query.after { before } else { 0 };
        for row in summary.rows(before) {
            if page.push(row).is_break() {
                break;
            }
        }
        let last = Some(PageEnd::Groups(before + page.rows()));
        if page.is_cut() {
            // Its next page will be asked for.
            self.app.summaries.insert(of, Arc::clone(&summary)).await;
        }
        Ok(FilledPage { page, last, total: Some(summary.groups()) })
    }

    /// What is read to answer the query. `RUST_LOG=data=debug` prints it.
    async fn plan(&self, query: &Arc<Query>) -> Result<Arc<ExecutionPlan>, StoreError> {
        let (lake, seen) = (&self.app.lake, &self.app.seen_parts);
        let plan = ExecutionPlan::new(lake, seen, &self.account.id, Arc::clone(query)).await?;
        tracing::debug!(%plan, "reading the lake");
        Ok(Arc::new(plan))
    }

    /// Says what the client can do where a file is missing: an erasure deletes files that an earlier snapshot still needs. That
    /// snapshot cannot be shown any more, but a later one can.
    async fn failed(&self, error: StoreError, query: &Query) -> Problem {
        if error.kind != StoreErrorKind::NotFound {
            return error.into();
        }
        if query.after.is_some() {
            return leads_to_erased();
        }
        match self.app.store.account(&self.account.id).await {
            Ok(account) if account.erased_at > self.account.erased_at => Problem::unavailable(ERASED_NOW, 1),
            _ => error.into(),
        }
    }

    fn cursor_key(&self) -> DataKey {
        self.key.derive("cursor")
    }
}
