//! `GET /v1/receipts`: what was received, stored and served of each day, and where they differ.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use axum::extract::State;
use chrono::NaiveDate;
use domain::id::{AccountId, SessionId};
use domain::lang::{Lang, Text, Words};
use domain::time::Instant;
use domain::token::Scope;
use http::HeaderMap;
use lake::{Receipt, ReceiptQuery};
use runtime::compute;
use runtime::telemetry::chain;
use serde::{Deserialize, Serialize};
use store::{LeftOut, Quarantined, StoreError};
use web::caller::Caller;
use web::input::{InputField, Others, Parameters, all, language};
use web::problem::Problem;

use crate::App;
use crate::plan::request::DateRange;

/// How many days one request may be about: each costs a reading of the day's listing.
const MAX_DAYS: i64 = 31;
/// How many rejected items an answer tells of.
const MAX_REJECTED: usize = 100;
/// How many quarantined records an answer tells of.
const MAX_QUARANTINED: u16 = 100;
/// What is said where the account's key cannot be unwrapped.
const KEY_FAULT: Text = Text::new(
    "O KMS não abre a chave da conta. Enquanto não abrir, nenhum relatório pode ser lido, e as sessões que chegam são \
    recusadas ou ficam entre as não processadas. Verifique se a chave do KMS está ativa, se as funções têm permissão para \
    usá-la e se o item da chave da conta na tabela é o original.",
    "KMS does not open the account's key. Until it does, no report can be read, and sessions that come in are refused or \
    quarantined. Check that the KMS key is enabled, that the functions may use it, and that the item of the account's key \
    in the table is the original one.",
);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    account: InputField<AccountId>,
    start: Option<String>,
    end: Option<String>,
    #[serde(flatten)]
    others: Others,
}

#[derive(Debug, Serialize)]
pub(crate) struct CompletenessReport {
    /// As an answer of `POST /v1/data` says it.
    #[serde(rename = "dataAsOf")]
    data_as_of: String,
    /// Each day of the period, in the account's zone.
    days: Vec<Receipt>,
    /// The days that do not agree.
    gaps: Vec<NaiveDate>,
    /// What ingest refused in the period, newest first: the last hundred items.
    rejected: Vec<Refused>,
    /// Values that ingest left out on the UTC days of the period, by field, the most frequent first.
    left_out: Vec<LeftOutValues>,
    /// The quarantined records: they could not be brought into the lake, and are tried again. Clients know the list by its
    /// name in JSON.
    #[serde(rename = "set_aside")]
    quarantined: Vec<QuarantinedRecord>,
    /// Whether there are more of them than are told.
    #[serde(rename = "set_aside_more")]
    more_quarantined: bool,
    /// The size of all the account's segments; of a large lake as of the last day's maintenance.
    lake_bytes: u64,
    /// Why nothing of the account can be read: its key cannot be unwrapped. `None` where it can.
    key_fault: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Refused {
    at: String,
    session_id: Option<SessionId>,
    field: Option<String>,
    message: String,
}

/// What was left out of one field.
#[derive(Debug, Serialize)]
struct LeftOutValues {
    field: String,
    count: i64,
    /// Why the latest of them was.
    message: String,
    /// The shape of the latest: letters and digits covered.
    shape: String,
    last_at: String,
}

/// A quarantined record as clients see it.
#[derive(Debug, Serialize)]
struct QuarantinedRecord {
    at: String,
    session_id: SessionId,
    reason: String,
    /// How often it was tried again.
    attempts: u32,
    /// When it is tried again.
    next_at: String,
}

pub(crate) async fn receipts(
    State(app): State<App>,
    caller: Caller,
    Parameters(mut wanted): Parameters<Wanted>,
    headers: HeaderMap,
) -> Result<axum::Json<CompletenessReport>, Problem> {
    let named = std::mem::take(&mut wanted.account).optional("account")?;
    let account = caller.account(&[Scope::Console], named.as_ref())?;
    let range = DateRange { start_date: wanted.start, end_date: wanted.end };
    let (days, ()) = all((range.days(["start", "end"]), wanted.others.refuse()))?;
    if (days.1 - days.0).num_days() >= MAX_DAYS {
        return Err(Problem::invalid(
            "end",
            Words::new(
                format!("deixa o período com mais de {MAX_DAYS} dias: peça-o em partes"),
                format!("makes the period longer than {MAX_DAYS} days: ask for it in parts"),
            ),
        ));
    }
    let lang = language(&headers);
    compute::run(async move { completeness(&app, &account, days, lang).await.map(axum::Json) }).await
}

/// What there is to say in a language of some days of an account, the first and the last included.
async fn completeness(
    app: &App,
    account: &AccountId,
    days: (NaiveDate, NaiveDate),
    lang: Lang,
) -> Result<CompletenessReport, Problem> {
    let account = app.store.account(account).await?;
    let now = Instant::now();
    let is_readable = is_readable(app, &account.id).await?;
    let of = ReceiptQuery {
        account: account.id.clone(),
        zone: account.zone,
        days,
        oldest: account.oldest(now),
        snapshot: lake::latest_snapshot(now),
        is_readable,
    };
    let receipts = app.lake.receipts(&of).await?;
    let period = Instant::of_days(days, account.zone);
    let quarantine = app.store.quarantine_page(&account.id, None, MAX_QUARANTINED).await?;
    Ok(CompletenessReport {
        data_as_of: of.snapshot.to_rfc3339(),
        gaps: receipts.iter().filter(|receipt| !receipt.agrees).map(|receipt| receipt.day).collect(),
        days: receipts,
        rejected: rejected(app, &account.id, &period, lang).await?,
        left_out: left_out(app, &account.id, &period, lang).await?,
        lake_bytes: app.lake.bytes(&account.id).await?,
        more_quarantined: quarantine.next.is_some(),
        quarantined: quarantine.records.into_iter().map(quarantined).collect(),
        key_fault: (!is_readable).then(|| KEY_FAULT.in_lang(lang)),
    })
}

/// Whether the account's key can be unwrapped. Where it cannot, the rest of the answer is needed most: what is quarantined
/// for that reason. Fails where another attempt may find out.
async fn is_readable(app: &App, account: &AccountId) -> Result<bool, StoreError> {
    match app.store.made_segment_key(account).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind.is_passing() => Err(error),
        Err(error) => {
            tracing::error!(%account, error = %chain(&error), "an account's key cannot be unwrapped");
            Ok(false)
        }
    }
}

/// What was rejected in a period, the newest first, told in a language.
async fn rejected(
    app: &App,
    account: &AccountId,
    period: &Range<Instant>,
    lang: Lang,
) -> Result<Vec<Refused>, Problem> {
    let mut refused = Vec::new();
    let mut days = Instant::utc_days(period);
    while let Some(day) = days.pop().filter(|_| refused.len() < MAX_REJECTED) {
        let batches = app.store.rejections(account, day).await?.into_iter().rev();
        for (at, rejections) in batches.filter(|(at, _)| period.contains(at)) {
            let at = at.to_rfc3339();
            refused.extend(rejections.into_iter().map(|rejection| Refused {
                at: at.clone(),
                message: rejection.reason().in_lang(lang).to_owned(),
                session_id: rejection.session_id,
                field: rejection.field,
            }));
        }
    }
    refused.truncate(MAX_REJECTED);
    Ok(refused)
}

/// What was left out in a period, by field, told in a language.
async fn left_out(
    app: &App,
    account: &AccountId,
    period: &Range<Instant>,
    lang: Lang,
) -> Result<Vec<LeftOutValues>, Problem> {
    let mut fields: BTreeMap<String, LeftOut> = BTreeMap::new();
    for day in Instant::utc_days(period) {
        for mut value in app.store.left_out(account, day).await? {
            value.count += fields.get(&value.field).map_or(0, |before| before.count);
            fields.insert(value.field.clone(), value);
        }
    }
    let told = fields.into_values().map(|value| LeftOutValues {
        message: value.reason.in_lang(lang).to_owned(),
        last_at: value.last_at.to_rfc3339(),
        field: value.field,
        count: value.count,
        shape: value.shape,
    });
    let mut told: Vec<_> = told.collect();
    told.sort_by_key(|value| Reverse(value.count));
    Ok(told)
}

fn quarantined(record: Quarantined) -> QuarantinedRecord {
    let Quarantined { session_id, reason, at, attempts, next_at, .. } = record;
    QuarantinedRecord { at, session_id, reason, attempts, next_at: next_at.to_rfc3339() }
}
