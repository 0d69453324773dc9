//! `GET /v1/audit`: who did what to an account, or to the stack, the newest first.

use axum::extract::State;
use chrono::Days;
use domain::id::AccountId;
use domain::time::Instant;
use domain::token::Scope;
use domain::zone::Zone;
use serde::{Deserialize, Serialize};
use store::{Action, AuditEntry, AuditPlace};
use web::caller::Caller;
use web::days::{day, in_order};
use web::input::{InputField, Others, Parameters, all};
use web::listing::{PageChoice, cursor, no_cursor};
use web::problem::Problem;

use crate::App;

/// The most bytes of a sort key that DynamoDB takes.
const MAX_SORT_KEY: usize = 1_024;
/// How many days the log is told of where no first day is.
const USUAL_DAYS: u64 = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    account: InputField<AccountId>,
    start: Option<String>,
    end: Option<String>,
    #[serde(flatten)]
    page: PageChoice,
    #[serde(flatten)]
    others: Others,
}

#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    entries: Vec<EntryView>,
    /// Where the list goes on; null at its end. A page may be shorter than asked for, or empty, all the same.
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize)]
struct EntryView {
    at: String,
    action: Action,
    by: String,
    about: Option<String>,
    count: u64,
}

/// An admin who names no account sees what was done to the stack itself.
pub(crate) async fn audit(
    State(app): State<App>,
    caller: Caller,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<axum::Json<Listing>, Problem> {
    let (named, start, end, (limit, after), ()) = all((
        wanted.account.optional("account"),
        wanted.start.as_deref().map(|text| day("start", text)).transpose(),
        wanted.end.as_deref().map(|text| day("end", text)).transpose(),
        wanted.page.read(is_short),
        wanted.others.refuse(),
    ))?;
    let account = match (caller.scope, &named) {
        (Scope::Admin, None) => None,
        (_, named) => Some(caller.account(&[Scope::Console], named.as_ref())?),
    };
    let zone = match &account {
        Some(account) => app.store.account(account).await?.zone,
        None => Zone::UTC,
    };
    let end = end.unwrap_or_else(|| Instant::now().day(zone));
    let start = start.unwrap_or_else(|| end.checked_sub_days(Days::new(USUAL_DAYS)).unwrap_or(end));
    let period = Instant::of_days(in_order(["start", "end"], (start, end))?, zone);
    // Entries stand by UTC days, of which the first and the last may lie in the period in part.
    let days = (period.start.day(Zone::UTC), period.end.day(Zone::UTC));
    if after.as_ref().is_some_and(|place| !place.is_in(days)) {
        return Err(no_cursor());
    }
    let (entries, next) = app.store.audit(account.as_ref(), days, limit, after).await?;
    let entries = entries.into_iter().filter(|entry| period.contains(&entry.at)).map(view).collect();
    Ok(axum::Json(Listing { entries, next_cursor: next.as_ref().map(cursor) }))
}

fn view(entry: AuditEntry) -> EntryView {
    let AuditEntry { at, action, by, about, count } = entry;
    EntryView { at: at.to_rfc3339(), action, by, about, count }
}

/// Whether a place's sort key is one that DynamoDB takes.
fn is_short(place: &AuditPlace) -> bool {
    place.after.as_ref().is_none_or(|after| after.len() <= MAX_SORT_KEY)
}
