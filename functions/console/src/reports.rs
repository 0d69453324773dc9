//! `/v1/reports`: the reports of Data Studio that an account shows in its console, in its order.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use domain::id::{AccountId, random_hex};
use domain::lang::{Text, Words};
use domain::time::Instant;
use domain::token::Scope;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Action, Report, StoreError};
use web::caller::Caller;
use web::input::{AccountParameter, InputField, Json, Others, Parameters, all};
use web::misfit::whole_number;
use web::problem::Problem;

use crate::App;
use crate::embed::Embed;

/// All of an account's reports are kept in one item.
const MAX_REPORTS: usize = 100;
const MAX_TITLE_CHARS: usize = 200;
/// How much the audit log takes of an id that may be none.
const MAX_ID_CHARS: usize = 64;

const UNKNOWN: Text = Text::new(
    "não há relatório com este id: GET /v1/reports os lista",
    "there is no report of this id: GET /v1/reports lists them",
);
const NO_PLACE: Text = Text::new("deve ser um número inteiro a partir de 0", "must be a whole number from 0");

#[derive(Debug, Serialize)]
struct ReportView {
    id: String,
    title: String,
    url: String,
    embed_url: String,
    created_at: String,
}

impl From<Report> for ReportView {
    fn from(report: Report) -> ReportView {
        let Report { id, title, url, embed_url, created_at } = report;
        ReportView { id, title, url, embed_url, created_at: created_at.to_rfc3339() }
    }
}

#[derive(Debug, Serialize)]
struct Listing {
    reports: Vec<ReportView>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Addition {
    account: InputField<AccountId>,
    title: InputField<String>,
    url: InputField<String>,
    #[serde(flatten)]
    others: Others,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Change {
    account: InputField<AccountId>,
    title: InputField<String>,
    url: InputField<String>,
    /// Where it stands among the others, from 0.
    position: InputField<Value>,
    #[serde(flatten)]
    others: Others,
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Parameters(named): Parameters<AccountParameter>,
) -> Result<impl IntoResponse, Problem> {
    let account = account(&caller, named, InputField::Absent)?;
    let reports = app.store.reports(&account).await?.into_iter().map(ReportView::from).collect();
    Ok(axum::Json(Listing { reports }))
}

pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Parameters(named): Parameters<AccountParameter>,
    Json(request): Json<Addition>,
) -> Result<impl IntoResponse, Problem> {
    let account = account(&caller, named, request.account)?;
    let title = request.title.required("title").and_then(|text| title(&text));
    let embed = request.url.required("url").and_then(|text| embed(&text));
    let (title, embed, ()) = all((title, embed, request.others.refuse()))?;
    let report = Report {
        id: random_hex(8),
        title,
        url: embed.url(),
        embed_url: embed.embed_url(),
        created_at: Instant::now(),
    };
    note(&app, &caller, &account, &report.id).await?;
    let added = app.store.change_reports(&account, |reports| {
        if reports.len() >= MAX_REPORTS {
            let detail = Words::new(
                format!("uma conta tem no máximo {MAX_REPORTS} relatórios: exclua um antes"),
                format!("an account has at most {MAX_REPORTS} reports: delete one first"),
            );
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
        reports.push(report.clone());
        Ok(report.clone())
    });
    Ok((StatusCode::CREATED, axum::Json(ReportView::from(added.await?))))
}

pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Parameters(named): Parameters<AccountParameter>,
    Json(request): Json<Change>,
) -> Result<impl IntoResponse, Problem> {
    let account = account(&caller, named, request.account)?;
    let title = request.title.optional("title").and_then(|text| text.map(|text| title(&text)).transpose());
    let embed = request.url.optional("url").and_then(|text| text.map(|text| embed(&text)).transpose());
    let position = request.position.optional("position").and_then(|at| at.map(|at| place(&at)).transpose());
    let (title, embed, position, ()) = all((title, embed, position, request.others.refuse()))?;
    note(&app, &caller, &account, id.as_ref().map_or("", |Path(id)| id)).await?;
    let changed = app.store.change_reports(&account, |reports| {
        let at = position_of(reports, &id)?;
        let mut report = reports.remove(at);
        let to = position.unwrap_or(at);
        if to > reports.len() {
            return Err(Problem::invalid("position", whole_number(0, reports.len())));
        }
        report.title = title.clone().unwrap_or(report.title);
        if let Some(embed) = &embed {
            (report.url, report.embed_url) = (embed.url(), embed.embed_url());
        }
        reports.insert(to, report.clone());
        Ok(report)
    });
    Ok(axum::Json(ReportView::from(changed.await?)))
}

pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    Parameters(named): Parameters<AccountParameter>,
) -> Result<StatusCode, Problem> {
    let account = account(&caller, named, InputField::Absent)?;
    note(&app, &caller, &account, id.as_ref().map_or("", |Path(id)| id)).await?;
    let removed = app.store.change_reports(&account, |reports| {
        let at = position_of(reports, &id)?;
        reports.remove(at);
        Ok(StatusCode::NO_CONTENT)
    });
    removed.await
}

/// Notes that a report is about to be added, changed or removed.
async fn note(app: &App, caller: &Caller, account: &AccountId, report: &str) -> Result<(), StoreError> {
    let about = report.chars().take(MAX_ID_CHARS).collect();
    app.store.note_event(Some(account), Action::ReportsChanged, &caller.token_id, Some(about)).await
}

fn position_of(reports: &[Report], id: &Result<Path<String>, PathRejection>) -> Result<usize, Problem> {
    let id = id.as_ref().ok().map(|Path(id)| id);
    let at = id.and_then(|id| reports.iter().position(|report| report.id == *id));
    at.ok_or_else(|| Problem::not_found(UNKNOWN))
}

fn account(
    caller: &Caller,
    named: AccountParameter,
    body: InputField<AccountId>,
) -> Result<AccountId, Problem> {
    let named = named.or_in_body(body.optional("account")?)?;
    caller.account(&[Scope::Console], named.as_ref())
}

fn title(text: &str) -> Result<String, Problem> {
    let title = text.trim();
    let fits = (1..=MAX_TITLE_CHARS).contains(&title.chars().count()) && !title.chars().any(char::is_control);
    let expected = Words::new(
        format!("deve ter de 1 a {MAX_TITLE_CHARS} caracteres, nenhum deles de controle"),
        format!("must have 1 to {MAX_TITLE_CHARS} characters, none of them a control character"),
    );
    if fits { Ok(title.to_owned()) } else { Err(Problem::invalid("title", expected)) }
}

fn embed(pasted: &str) -> Result<Embed, Problem> {
    Embed::parse(pasted).map_err(|unfit| Problem::invalid("url", unfit.text()))
}

fn place(value: &Value) -> Result<usize, Problem> {
    let at = value.as_u64().and_then(|at| usize::try_from(at).ok());
    at.ok_or_else(|| Problem::invalid("position", NO_PLACE))
}
