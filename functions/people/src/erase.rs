//! `DELETE /v1/people/{person}`, and the receipts of erasures.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::id::AccountId;
use domain::lang::Text;
use domain::time::Instant;
use http::StatusCode;
use runtime::compute;
use serde::Serialize;
use store::{Action, ErasureReceipt, StoreErrorKind};
use web::caller::Caller;
use web::input::{AccountParameter, Parameters};
use web::listing::{PageParameters, WantedPage, cursor};
use web::problem::Problem;

use crate::person::{find_one, nobody, pseudonym};
use crate::{App, KEEPERS};

const NO_RECEIPT: Text = Text::new(
    "não há esse comprovante: os da conta estão em GET /v1/erasures",
    "there is no such receipt: those of the account are in GET /v1/erasures",
);

#[derive(Debug, Serialize)]
pub(crate) struct Ordered {
    receipt_id: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    erasures: Vec<ReceiptView>,
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ReceiptView {
    receipt_id: String,
    person: String,
    requested_at: String,
    by: String,
    done_at: Option<String>,
    sessions: u64,
    files: u64,
    segments_rewritten: u64,
}

/// Orders the erasure of a person. Whoever is being erased, or was and has had no session since, has a receipt already, and
/// that is the answer.
pub(crate) async fn erase(
    State(app): State<App>,
    caller: Caller,
    person: Result<Path<String>, PathRejection>,
    Parameters(named): Parameters<AccountParameter>,
) -> Result<(StatusCode, axum::Json<Ordered>), Problem> {
    let (account, person) = (caller.account(KEEPERS, named.account.as_ref())?, pseudonym(person)?);
    compute::run(async move {
        let receipt_id = order(&app, &account, &person, &caller.token_id).await?;
        Ok((StatusCode::ACCEPTED, axum::Json(Ordered { receipt_id })))
    })
    .await
}

async fn order(app: &App, account: &AccountId, person: &str, by: &str) -> Result<String, Problem> {
    let store = &app.store;
    let last = store.erasure_of(account, person).await?;
    if let Some(last) = last.as_ref().filter(|last| last.done_at.is_none()) {
        return Ok(last.receipt_id.clone());
    }
    let Some(found) = find_one(app, account, person).await? else {
        return last.map(|last| last.receipt_id).ok_or_else(nobody);
    };
    store.note_event(Some(account), Action::PersonErased, by, Some(person.to_owned())).await?;
    let now = Instant::now();
    // Noted first: an order that nobody is told of would wait for a day.
    store.note_erasure(account, now).await?;
    let last_id = last.as_ref().map(|last| last.receipt_id.as_str());
    match store.order_erasure(account, (person, &found.identifiers), by, last_id, now).await {
        Ok(receipt) => {
            tracing::info!(%account, by, receipt = receipt.receipt_id, "an erasure was ordered");
            Ok(receipt.receipt_id)
        }
        // Another request was faster, and its receipt is the first.
        Err(error) if error.kind == StoreErrorKind::Conflict => {
            let first = store.erasure_of(account, person).await?;
            first.map(|first| first.receipt_id).ok_or_else(|| error.into())
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Parameters(parameters): Parameters<PageParameters>,
) -> Result<axum::Json<Listing>, Problem> {
    let WantedPage { account, limit, after } = parameters.read(|id: &String| is_id(id))?;
    let account = caller.account(KEEPERS, account.as_ref())?;
    let (receipts, next) = app.store.erasures(&account, limit, after.as_deref()).await?;
    let erasures = receipts.into_iter().map(view).collect();
    Ok(axum::Json(Listing { erasures, next_cursor: next.as_ref().map(cursor) }))
}

pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Parameters(named): Parameters<AccountParameter>,
) -> Result<axum::Json<ReceiptView>, Problem> {
    let account = caller.account(KEEPERS, named.account.as_ref())?;
    let missing = || Problem::not_found(NO_RECEIPT);
    let id = id.ok().map(|Path(id)| id).filter(|id| is_id(id)).ok_or_else(missing)?;
    let receipt = app.store.erasure(&account, &id).await?;
    receipt.map(|receipt| axum::Json(view(receipt))).ok_or_else(missing)
}

/// Whether a text can be the id of a receipt.
fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn view(receipt: ErasureReceipt) -> ReceiptView {
    let ErasureReceipt { receipt_id, person, requested_at, by, done_at, sessions, files, segments_rewritten } =
        receipt;
    ReceiptView {
        receipt_id,
        person,
        requested_at: requested_at.to_rfc3339(),
        by,
        done_at: done_at.map(Instant::to_rfc3339),
        sessions,
        files,
        segments_rewritten,
    }
}
