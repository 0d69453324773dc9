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
    pub(crate) lifetime: Lifetime,
    pub(crate) privacy: Privacy,
}

/// How long a token lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// As many seconds as were asked for.
    Given(i64),
    /// As many seconds as tokens of its scope live of which nothing else is asked.
    Usual(i64),
}

impl Lifetime {
    /// That of a token of which nothing else is asked.
    pub(crate) fn usual(scope: Scope) -> Lifetime {
        Lifetime::Usual(DAY * if scope == Scope::Report { REPORT_DAYS } else { OTHER_DAYS })
    }

    /// In seconds.
    pub(crate) fn seconds(self) -> i64 {
        let (Lifetime::Given(seconds) | Lifetime::Usual(seconds)) = self;
        seconds
    }

    /// The lifetime of a token that must not outlive what its account keeps; 422 where more was asked for.
    pub(crate) fn within(self, retention_days: u32) -> Result<Lifetime, Problem> {
        let most = i64::from(retention_days) * DAY;
        match self {
            Lifetime::Given(seconds) if seconds > most => Err(Problem::invalid(
                "expires_in_days",
                Words::new(
                    format!(
                        "deve ser no máximo {retention_days}, os dias pelos quais a conta guarda sessões"
                    ),
                    format!(
                        "must be at most {retention_days}, the days for which the account keeps sessions"
                    ),
                ),
            )),
            Lifetime::Given(_) => Ok(self),
            Lifetime::Usual(seconds) => Ok(Lifetime::Usual(seconds.min(most))),
        }
    }
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
    let (account, privacy, lifetime) = all((
        owner(issuer, scope, named.as_ref()),
        privacy_of(scope, privacy.unwrap_or_default()),
        lifetime(scope, days, minutes),
    ))?;
    Ok(Grant { account, scope, label, lifetime, privacy })
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

fn lifetime(scope: Scope, days: Option<i64>, minutes: Option<i64>) -> Result<Lifetime, Problem> {
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
        (None, Some(minutes)) => Ok(Lifetime::Given(minutes * MINUTE)),
        (Some(days), None) => Ok(Lifetime::Given(days * DAY)),
        (None, None) => Ok(Lifetime::usual(scope)),
    }
}

fn whole(name: &str, value: InputField<Value>, max: i64) -> Result<Option<i64>, Problem> {
    let Some(value) = value.optional(name)? else { return Ok(None) };
    let number = value.as_i64().filter(|number| (1..=max).contains(number));
    number.map(Some).ok_or_else(|| Problem::invalid(name, whole_number(1, max)))
}

#[cfg(test)]
mod tests;
