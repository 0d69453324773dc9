//! What a request for a token asks for, and whether its issuer may grant it.

use domain::id::AccountId;
use domain::lang::{Text, Words};
use domain::token::{Privacy, Scope};
use serde::Deserialize;
use serde_json::Value;
use web::caller::Caller;
use web::input::{AccountParameter, InputField, Others, all};
use web::misfit::whole_number;
use web::problem::Problem;

pub(crate) const DAY: i64 = 86_400;
const MINUTE: i64 = 60;
/// Five years, leap days counted.
const MAX_DAYS: i64 = 1_826;
/// What is pasted into Data Studio is pasted once.
const REPORT_DAYS: i64 = MAX_DAYS;
const OTHER_DAYS: i64 = 365;
const MAX_LABEL_CHARS: usize = 100;

/// The body of a request for a token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct IssueRequest {
    account: InputField<AccountId>,
    scope: InputField<Scope>,
    label: InputField<String>,
    expires_in_days: InputField<Value>,
    expires_in_minutes: InputField<Value>,
    privacy: InputField<Privacy>,
    #[serde(flatten)]
    others: Others,
}

/// A request that may be granted.
#[derive(Debug, PartialEq)]
pub(crate) struct Grant {
    pub(crate) account: Option<AccountId>,
    pub(crate) scope: Scope,
    pub(crate) label: Option<String>,
    /// How long the token lives.
    pub(crate) seconds: i64,
    pub(crate) privacy: Privacy,
}

/// What a request asks for, once the issuer may grant it.
pub(crate) fn grant(
    issuer: &Caller,
    named: AccountParameter,
    request: IssueRequest,
) -> Result<Grant, Problem> {
    let scope = all((request.scope.required("scope"), request.others.refuse())).map(|(scope, ())| scope);
    let (scope, named, label, privacy, days, minutes) = all((
        scope,
        request.account.optional("account").and_then(|account| named.or_in_body(account)),
        label(request.label),
        request.privacy.optional("privacy"),
        whole("expires_in_days", request.expires_in_days, MAX_DAYS),
        whole("expires_in_minutes", request.expires_in_minutes, MAX_DAYS * DAY / MINUTE),
    ))?;
    let (account, privacy, seconds) = all((
        owner(issuer, scope, named.as_ref()),
        privacy_of(scope, privacy.unwrap_or_default()),
        lifetime(scope, days, minutes),
    ))?;
    Ok(Grant { account, scope, label, seconds, privacy })
}

fn label(label: InputField<String>) -> Result<Option<String>, Problem> {
    let label = label.optional("label")?;
    if label.as_ref().is_some_and(|label| label.chars().count() > MAX_LABEL_CHARS) {
        return Err(Problem::invalid(
            "label",
            Words::new(
                format!("deve ter no máximo {MAX_LABEL_CHARS} caracteres"),
                format!("must have at most {MAX_LABEL_CHARS} characters"),
            ),
        ));
    }
    Ok(label)
}

/// Every other scope sees everything.
fn privacy_of(scope: Scope, privacy: Privacy) -> Result<Privacy, Problem> {
    if scope == Scope::Report || privacy == Privacy::Full {
        Ok(privacy)
    } else {
        Err(Problem::invalid(
            "privacy",
            Text::new("só vale para tokens report: retire-o", "is for report tokens only: leave it out"),
        ))
    }
}

/// Whose token it becomes: an operator issues any, a console only those for its account's reports.
fn owner(issuer: &Caller, scope: Scope, named: Option<&AccountId>) -> Result<Option<AccountId>, Problem> {
    match (issuer.scope, scope) {
        (Scope::Admin, Scope::Admin) if named.is_some() => Err(Problem::invalid(
            "account",
            Text::new(
                "não deve ser enviado: um token admin não é de conta nenhuma",
                "must be left out: an admin token belongs to no account",
            ),
        )),
        (Scope::Admin, Scope::Admin) => Ok(None),
        (Scope::Admin, _) | (Scope::Console, Scope::Report) => {
            issuer.account(&[Scope::Console], named).map(Some)
        }
        _ => Err(Problem::forbidden(Words::new(
            format!("um token console só emite tokens report, e foi pedido um {}", scope.as_str()),
            format!(
                "a console token issues report tokens only, and a token {} was asked for",
                scope.as_str()
            ),
        ))),
    }
}

/// How many seconds a token lives.
fn lifetime(scope: Scope, days: Option<i64>, minutes: Option<i64>) -> Result<i64, Problem> {
    match (days, minutes) {
        (Some(_), Some(_)) => Err(Problem::invalid(
            "expires_in_minutes",
            Text::new(
                "não pode vir junto com expires_in_days: envie só um deles",
                "must not come with expires_in_days: send only one of them",
            ),
        )),
        (None, Some(_)) if scope != Scope::Console => Err(Problem::invalid(
            "expires_in_minutes",
            Text::new(
                "só vale para tokens console: envie expires_in_days",
                "is for console tokens only: send expires_in_days",
            ),
        )),
        (None, Some(minutes)) => Ok(minutes * MINUTE),
        (Some(days), None) => Ok(days * DAY),
        (None, None) if scope == Scope::Report => Ok(REPORT_DAYS * DAY),
        (None, None) => Ok(OTHER_DAYS * DAY),
    }
}

fn whole(name: &str, value: InputField<Value>, max: i64) -> Result<Option<i64>, Problem> {
    let Some(value) = value.optional(name)? else { return Ok(None) };
    let number = value.as_i64().filter(|number| (1..=max).contains(number));
    number.map(Some).ok_or_else(|| Problem::invalid(name, whole_number(1, max)))
}

#[cfg(test)]
mod tests;
