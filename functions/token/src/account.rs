//! `GET` and `PATCH /v1/account`: an account's settings.

use std::collections::BTreeSet;

use axum::extract::State;
use chrono::NaiveDate;
use domain::account::Account;
use domain::dictionary;
use domain::id::AccountId;
use domain::lang::{Text, Words};
use domain::time::Instant;
use domain::token::Scope;
use domain::zone::Zone;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{AccountChange, Action, ChangeError};
use web::caller::Caller;
use web::days::day;
use web::input::{AccountParameter, InputField, Json, Others, Parameters, all, each};
use web::misfit::{quoted, whole_number};
use web::problem::{Fault, Problem};

use crate::App;

/// A century: more keeps nothing longer in practice, and every date stays one that the stores can count.
const MAX_RETENTION_DAYS: u32 = 36_500;

const IN_FUTURE: Text = Text::new(
    "só pode ser antecipado, e não pode ficar no futuro",
    "can only move back, and must not lie in the future",
);
const FORWARD: Text = Text::new("só pode ser antecipado, nunca adiado", "can only move back, never forward");
const NO_ZONE: Text = Text::new(
    "deve ser um nome da base IANA de fusos horários, por exemplo America/Sao_Paulo",
    "must be a name of the IANA time zone database, for example America/Sao_Paulo",
);

#[derive(Debug, Serialize)]
pub(crate) struct Settings {
    account: AccountId,
    timezone: &'static str,
    starts_on: Option<NaiveDate>,
    retention_days: u32,
    confidential: Vec<String>,
}

impl From<Account> for Settings {
    fn from(account: Account) -> Settings {
        Settings {
            account: account.id,
            timezone: account.zone.name(),
            starts_on: account.starts_on,
            retention_days: account.retention_days,
            confidential: account.confidential,
        }
    }
}

pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    Parameters(named): Parameters<AccountParameter>,
) -> Result<axum::Json<Settings>, Problem> {
    let account = caller.account(&[Scope::Console], named.account.as_ref())?;
    Ok(axum::Json(app.store.account(&account).await?.into()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AccountChangeRequest {
    account: InputField<AccountId>,
    timezone: InputField<String>,
    starts_on: InputField<String>,
    retention_days: InputField<Value>,
    confidential: InputField<Vec<String>>,
    #[serde(flatten)]
    others: Others,
}

pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Parameters(named): Parameters<AccountParameter>,
    Json(mut request): Json<AccountChangeRequest>,
) -> Result<axum::Json<Settings>, Problem> {
    let account = caller.account(
        &[Scope::Console],
        named.or_in_body(std::mem::take(&mut request.account).optional("account")?)?.as_ref(),
    )?;
    let change = parse(&caller, request)?;
    let mut starts = false;
    if let Some(day) = change.starts_on {
        // Without this an account that has not begun yet could be put off, and its first report token would not start it.
        let (before, now) = (app.store.account(&account).await?, Instant::now());
        if day > now.day(change.zone.unwrap_or(before.zone)) {
            return Err(Problem::invalid("starts_on", IN_FUTURE));
        }
        starts = before.starts_on.is_none();
    }
    app.store
        .note_event(Some(&account), Action::AccountChanged, &caller.token_id, Some(change.names().join(", ")))
        .await?;
    if starts {
        app.store.note_start(&account, Instant::now()).await?;
    }
    if change.retention_days.is_some() {
        // Before the change, so that none is made that nothing follows. Maintenance waits until a request like this has ended.
        app.store.note_retention(&account, Instant::now()).await?;
    }
    match app.store.change_account(&account, change).await {
        Ok(account) => Ok(axum::Json(account.into())),
        Err(ChangeError::StartsOnForward) => Err(Problem::invalid("starts_on", FORWARD)),
        Err(ChangeError::Store(error)) => Err(error.into()),
    }
}

/// What a request changes, once the caller may change it.
fn parse(caller: &Caller, request: AccountChangeRequest) -> Result<AccountChange, Problem> {
    let admins =
        !matches!((&request.starts_on, &request.retention_days), (InputField::Absent, InputField::Absent));
    if caller.scope != Scope::Admin && admins {
        let own = caller.scope.as_str();
        return Err(Problem::forbidden(Words::new(
            format!("starts_on e retention_days só mudam com um token admin; este é {own}"),
            format!(
                "starts_on and retention_days are set with a token of the scope admin; this one is of {own}"
            ),
        )));
    }
    let (zone, starts_on, retention_days, confidential, ()) = all((
        meant("timezone", request.timezone, |name| zone(&name)),
        meant("starts_on", request.starts_on, |text| day("starts_on", &text)),
        meant("retention_days", request.retention_days, |value| retention(&value)),
        meant("confidential", request.confidential, confidential),
        request.others.refuse(),
    ))?;
    Ok(AccountChange { zone, starts_on, retention_days, confidential })
}

/// A field's meaning, if it was sent.
fn meant<T, U>(
    name: &str,
    field: InputField<T>,
    meaning: impl FnOnce(T) -> Result<U, Problem>,
) -> Result<Option<U>, Problem> {
    field.optional(name)?.map(meaning).transpose()
}

fn zone(name: &str) -> Result<Zone, Problem> {
    Zone::named(name).ok_or_else(|| Problem::invalid("timezone", NO_ZONE))
}

fn retention(value: &Value) -> Result<u32, Problem> {
    let days = value.as_u64().and_then(|days| u32::try_from(days).ok());
    let days = days.filter(|days| (1..=MAX_RETENTION_DAYS).contains(days));
    days.ok_or_else(|| Problem::invalid("retention_days", whole_number(1, MAX_RETENTION_DAYS)))
}

/// The fields, each once; all unknown ones are named.
fn confidential(ids: Vec<String>) -> Result<Vec<String>, Problem> {
    let fields = dictionary::fields().len();
    if ids.len() > fields {
        return Err(Problem::invalid(
            "confidential",
            Words::new(
                format!("deve ter no máximo os {fields} campos que há"),
                format!("must name at most the {fields} fields there are"),
            ),
        ));
    }
    let known = ids.iter().enumerate().map(|(index, id)| match dictionary::by_id(id) {
        Some(_) => Ok(()),
        None => {
            let (field, message) = (Some("confidential".to_owned()), no_field(id));
            let detail = Words::new(
                format!("confidential[{index}] {}", message.pt),
                format!("confidential[{index}] {}", message.en),
            );
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
            Err(problem.fault(Fault { index: Some(index), field, message }))
        }
    });
    each(known)?;
    let mut seen = BTreeSet::new();
    Ok(ids.into_iter().filter(|id| seen.insert(id.clone())).collect())
}

/// What is said of a name that is no field's id, with the id that may be meant.
fn no_field(name: &str) -> Words {
    let shown = quoted(name);
    match dictionary::near(name) {
        Some(field) => Words::new(
            format!("tem {shown}, que não é o id de um campo: use {}", field.id()),
            format!("has {shown}, which is not the id of a field: use {}", field.id()),
        ),
        None => Words::new(
            format!("tem {shown}, que não é o id de um campo: /v1/schema os lista"),
            format!("has {shown}, which is not the id of a field: /v1/schema lists them"),
        ),
    }
}

#[cfg(test)]
mod tests;
