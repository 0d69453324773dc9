//! `GET /v1/report-types` and `GET /v1/schema`: what there is to ask for.

use axum::extract::State;
use domain::id::AccountId;
use domain::lang::Lang;
use domain::token::Scope;
use serde::Deserialize;
use web::caller::Caller;
use web::input::Parameters;
use web::problem::Problem;

use crate::catalog::report::ReportType;
use crate::catalog::report_types::ReportTypes;
use crate::catalog::schema::Schema;
use crate::{App, READERS};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedList {
    #[serde(default)]
    lang: Lang,
    account: Option<AccountId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedSchema {
    report_type: Option<String>,
    #[serde(default)]
    lang: Lang,
    account: Option<AccountId>,
}

pub(crate) async fn report_types(
    State(_): State<App>,
    caller: Caller,
    Parameters(wanted): Parameters<WantedList>,
) -> Result<axum::Json<ReportTypes>, Problem> {
    caller.account(READERS, wanted.account.as_ref())?;
    Ok(axum::Json(ReportTypes::all(wanted.lang)))
}

pub(crate) async fn schema(
    State(_): State<App>,
    caller: Caller,
    Parameters(wanted): Parameters<WantedSchema>,
) -> Result<axum::Json<Schema>, Problem> {
    caller.account(&[READERS, &[Scope::Ingest]].concat(), wanted.account.as_ref())?;
    let report = ReportType::parse(wanted.report_type.as_deref())?;
    Ok(axum::Json(Schema::of(report, wanted.lang)))
}
