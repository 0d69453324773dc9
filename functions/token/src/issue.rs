//! `POST /v1/tokens`: issues a token and shows it this once.

use axum::extract::{FromRequestParts, State};
use axum::response::IntoResponse;
use domain::id::{AccountId, random_hex};
use domain::time::Instant;
use domain::token::{Claims, Privacy, Scope, SigningKey, digest, new_key_pair, sign};
use http::request::Parts;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{StoreError, TokenRow};
use web::caller::{Caller, bearer};
use web::input::{AccountParameter, InputField, Json, Others, Parameters, all};
use web::problem::Problem;

use crate::{App, TokenView};

const DAY: i64 = 86_400;
const MINUTE: i64 = 60;
/// Five years, leap days counted.
const MAX_DAYS: i64 = 1_826;
/// What is pasted into Data Studio is pasted once.
const REPORT_DAYS: i64 = MAX_DAYS;
const OTHER_DAYS: i64 = 365;
const MAX_LABEL_CHARS: usize = 100;
/// A signing key signs for this long; what it signed is verified for as long as its tokens live.
const SIGNS_FOR: i64 = 90 * DAY;

/// Whoever may issue tokens: an operator or a console, or who shows the bootstrap secret.
#[derive(Debug)]
pub(crate) struct Issuer(Caller);

impl FromRequestParts<App> for Issuer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Issuer, Problem> {
        let now = Instant::now();
        if let (Some(secret), Ok(shown)) = (&app.bootstrap, bearer(parts))
            && secret.is(shown)
        {
            let (scope, privacy) = (Scope::Admin, Privacy::Full);
            let token_id = "bootstrap".to_owned();
            return Ok(Issuer(Caller { account: None, scope, privacy, token_id, expires_at: now }));
        }
        let caller = app.guard.authenticate(parts, now).await?;
        match caller.scope {
            Scope::Admin | Scope::Console => Ok(Issuer(caller)),
            Scope::Ingest | Scope::Report => {
                Err(Problem::forbidden("tokens are issued with an admin or console token"))
            }
        }
    }
}

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
struct Grant {
    account: Option<AccountId>,
    scope: Scope,
    label: Option<String>,
    /// How long the token lives.
    seconds: i64,
    privacy: Privacy,
}

#[derive(Debug, Serialize)]
struct Issued {
    token: String,
    #[serde(flatten)]
    about: TokenView,
}

pub(crate) async fn issue(
    State(app): State<App>,
    Issuer(issuer): Issuer,
    Parameters(named): Parameters<AccountParameter>,
    Json(request): Json<IssueRequest>,
) -> Result<impl IntoResponse, Problem> {
    let now = Instant::now();
    let grant = grant(&issuer, named, request)?;
    let key = signing_key(&app, now).await?;
    if let (Scope::Report, Some(account)) = (grant.scope, &grant.account) {
        // Before the token is there to be used, so that its first reader finds an account that keeps sessions.
        let zone = app.store.account(account).await?.zone;
        app.store.start_account(account, now.day(zone)).await?;
    }
    let (token, row) = sign_grant(&key, grant, now)?;
    app.store.add_token(&row).await?;
    let account = row.account.as_ref().map_or("-", AccountId::as_str);
    tracing::info!(token_id = row.id, account, scope = ?row.scope, by = issuer.token_id, "token issued");
    let body = Issued { token, about: row.into() };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)))
}

/// What a request asks for, once the issuer may grant it.
fn grant(issuer: &Caller, named: AccountParameter, request: IssueRequest) -> Result<Grant, Problem> {
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
        return Err(Problem::invalid("label", format!("must have at most {MAX_LABEL_CHARS} characters")));
    }
    Ok(label)
}

/// Every other scope sees everything.
fn privacy_of(scope: Scope, privacy: Privacy) -> Result<Privacy, Problem> {
    if scope == Scope::Report || privacy == Privacy::Full {
        Ok(privacy)
    } else {
        Err(Problem::invalid("privacy", "belongs to report tokens; leave it out"))
    }
}

/// Whose token it becomes: an operator issues any, a console only those for its account's reports.
fn owner(issuer: &Caller, scope: Scope, named: Option<&AccountId>) -> Result<Option<AccountId>, Problem> {
    match (issuer.scope, scope) {
        (Scope::Admin, Scope::Admin) if named.is_some() => {
            Err(Problem::invalid("account", "must be left out: an admin token belongs to no account"))
        }
        (Scope::Admin, Scope::Admin) => Ok(None),
        (Scope::Admin, _) | (Scope::Console, Scope::Report) => {
            issuer.account(&[Scope::Console], named).map(Some)
        }
        _ => Err(Problem::forbidden("a console token issues report tokens only")),
    }
}

/// How many seconds a token lives.
fn lifetime(scope: Scope, days: Option<i64>, minutes: Option<i64>) -> Result<i64, Problem> {
    match (days, minutes) {
        (Some(_), Some(_)) => {
            Err(Problem::invalid("expires_in_minutes", "must be left out where expires_in_days is given"))
        }
        (None, Some(_)) if scope != Scope::Console => {
            Err(Problem::invalid("expires_in_minutes", "is for console tokens; give expires_in_days"))
        }
        (None, Some(minutes)) => Ok(minutes * MINUTE),
        (Some(days), None) => Ok(days * DAY),
        (None, None) if scope == Scope::Report => Ok(REPORT_DAYS * DAY),
        (None, None) => Ok(OTHER_DAYS * DAY),
    }
}

fn whole(name: &str, value: InputField<Value>, max: i64) -> Result<Option<i64>, Problem> {
    let Some(value) = value.optional(name)? else { return Ok(None) };
    let number = value.as_i64().filter(|number| (1..=max).contains(number));
    number.map(Some).ok_or_else(|| Problem::invalid(name, format!("must be a whole number from 1 to {max}")))
}

/// The key to sign with: the newest, or a new one where there is none or the newest has signed for long enough.
async fn signing_key(app: &App, now: Instant) -> Result<SigningKey, StoreError> {
    match app.store.newest_signing_key().await? {
        Some(key) if key.created_at.plus_seconds(SIGNS_FOR) > now => Ok(key),
        _ => {
            let pair = new_key_pair().map_err(|error| StoreError::broken("making a signing key", error))?;
            app.store.add_signing_key(pair, now).await
        }
    }
}

/// The token and the row without which it opens nothing.
fn sign_grant(key: &SigningKey, grant: Grant, now: Instant) -> Result<(String, TokenRow), StoreError> {
    let id = random_hex(16);
    let ends = now.seconds() + grant.seconds;
    let account = grant.account.as_ref().map(AccountId::as_str);
    let token = sign(key, &Claims::new(&id, account, grant.scope, now.seconds(), ends))
        .map_err(|error| StoreError::broken("signing a token", error))?;
    let row = TokenRow {
        id,
        digest: digest(&token),
        account: grant.account,
        scope: grant.scope,
        privacy: grant.privacy,
        label: grant.label,
        created_at: now,
        expires_at: Instant(0).plus_seconds(ends),
        revoked_at: None,
        last_used_on: None,
    };
    Ok((token, row))
}

#[cfg(test)]
mod tests;
