//! `POST /v1/tokens`: issues a token and shows it this once.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::account::Account;
use domain::id::{AccountId, random_hex};
use domain::lang::Text;
use domain::time::Instant;
use domain::token::{Claims, Privacy, Scope, SigningKey, digest, new_key_pair, sign};
use http::{StatusCode, header};
use serde::Serialize;
use store::{Action, Store, StoreError, TokenRow};
use web::input::{AccountParameter, Json, Parameters};
use web::problem::Problem;

use crate::grant::{DAY, Grant, IssueRequest, Lifetime, grant};
use crate::issuer::Issuer;
use crate::{App, TokenView};

/// A signing key signs for this long; what it signed is verified for as long as its tokens live.
const SIGNS_FOR: i64 = 90 * DAY;
/// How many admin tokens are looked at by one request to the table.
const ADMINS_AT_ONCE: u16 = 100;

const FIRST_ADMIN_ONLY: Text = Text::new(
    "o segredo de instalação só emite tokens admin: emita este com um token admin",
    "the bootstrap secret issues admin tokens only: issue this one with an admin token",
);
const ADMIN_LIVES: Text = Text::new(
    "o segredo de instalação não vale enquanto houver um token admin válido: use um deles; se todos se perderam, revogue-os na tabela, como o SECURITY.md explica",
    "the bootstrap secret opens nothing while an admin token is valid: use one of them; if all are lost, revoke them in the table, as SECURITY.md explains",
);

#[derive(Debug, Serialize)]
struct Issued {
    token: String,
    #[serde(flatten)]
    about: TokenView,
}

pub(crate) async fn issue(
    State(app): State<App>,
    issuer: Issuer,
    Parameters(named): Parameters<AccountParameter>,
    Json(request): Json<IssueRequest>,
) -> Result<impl IntoResponse, Problem> {
    let now = Instant::now();
    let mut grant = grant(issuer.caller(), named, request)?;
    if let Issuer::Bootstrap(_) = issuer {
        check_bootstrap(&app.store, grant.scope, now).await?;
    }
    if let (Scope::Report, Some(account)) = (grant.scope, &grant.account) {
        let account = app.store.account(account).await?;
        if issuer.caller().scope == Scope::Console {
            grant.lifetime = grant.lifetime.within(account.retention_days)?;
        }
        // Before the token is there to be used, so that its first reader finds an account that keeps sessions.
        start(&app.store, &account, now).await?;
    }
    let issued = issue_granted(&app.store, grant, now, &issuer.caller().token_id).await?;
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(issued)))
}

/// Lets an account keep sessions from today on, unless it does already.
async fn start(store: &Store, account: &Account, now: Instant) -> Result<(), StoreError> {
    if account.starts_on.is_none() {
        // First, so that no account is opened that no list has. Each token after the first leaves it alone.
        store.note_start(&account.id, now).await?;
    }
    store.start_account(&account.id, now.day(account.zone)).await
}

/// Issues an `admin` token to the program that runs the whole stack and holds its keys anyway, and returns it.
pub async fn issue_to_host(store: &Store, label: &str) -> Result<String, StoreError> {
    let (scope, privacy, label) = (Scope::Admin, Privacy::Full, Some(label.to_owned()));
    let grant = Grant { account: None, scope, label, lifetime: Lifetime::usual(scope), privacy };
    Ok(issue_granted(store, grant, Instant::now(), "host").await?.token)
}

/// 403 unless the bootstrap secret may issue a token of this scope: an `admin` token, while there is none that is valid.
async fn check_bootstrap(store: &Store, scope: Scope, now: Instant) -> Result<(), Problem> {
    if scope != Scope::Admin {
        return Err(Problem::forbidden(FIRST_ADMIN_ONLY));
    }
    let mut after = None;
    loop {
        let (rows, next) = store.tokens(None, ADMINS_AT_ONCE, after.as_ref()).await?;
        if rows.iter().any(|row| row.revoked_at.is_none() && row.expires_at > now) {
            return Err(Problem::forbidden(ADMIN_LIVES));
        }
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn issue_granted(store: &Store, grant: Grant, now: Instant, by: &str) -> Result<Issued, StoreError> {
    let key = signing_key(store, now).await?;
    let (token, row) = sign_grant(&key, grant, now)?;
    store.note_event(row.account.as_ref(), Action::TokenIssued, by, Some(row.id.clone())).await?;
    store.add_token(&row).await?;
    let account = row.account.as_ref().map_or("-", AccountId::as_str);
    tracing::info!(token_id = row.id, account, scope = ?row.scope, by, "token issued");
    Ok(Issued { token, about: row.into() })
}

/// The key to sign with: the newest, or a new one where there is none or the newest has signed for long enough.
async fn signing_key(store: &Store, now: Instant) -> Result<SigningKey, StoreError> {
    match store.newest_signing_key().await? {
        Some(key) if key.created_at.plus_seconds(SIGNS_FOR) > now => Ok(key),
        _ => {
            let pair = new_key_pair().map_err(|error| StoreError::broken("making a signing key", error))?;
            store.add_signing_key(pair, now).await
        }
    }
}

/// The token and the row without which it opens nothing.
fn sign_grant(key: &SigningKey, grant: Grant, now: Instant) -> Result<(String, TokenRow), StoreError> {
    let id = random_hex(16);
    let ends = now.seconds() + grant.lifetime.seconds();
    let account = grant.account.as_ref().map(AccountId::as_str);
    let token = sign(key, &Claims::new(&id, account, (grant.scope, grant.privacy), now.seconds(), ends))
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
mod tests {
    use domain::token::{NewKeyPair, key_id, verify};

    use super::*;

    #[test]
    fn token_and_row_say_the_same() {
        let NewKeyPair { private, public } = new_key_pair().unwrap();
        let now = Instant::now();
        let key = SigningKey { kid: "0123456789abcdef".to_owned(), created_at: now, private };
        let grant = Grant {
            account: Some(AccountId::try_from("demo".to_owned()).unwrap()),
            scope: Scope::Report,
            label: Some("Painel".to_owned()),
            lifetime: Lifetime::Given(DAY),
            privacy: Privacy::Masked,
        };
        let (token, row) = sign_grant(&key, grant, now).unwrap();
        let claims = verify(&token, &public).unwrap();
        assert_eq!(key_id(&token).unwrap(), key.kid);
        assert_eq!((claims.jti, claims.sub, claims.scope), (row.id, "demo".to_owned(), row.scope));
        assert_eq!(claims.privacy, Some(Privacy::Masked));
        assert_eq!(claims.exp, row.expires_at.seconds());
        assert_eq!(row.digest, digest(&token));
        assert_eq!((row.label.as_deref(), row.privacy), (Some("Painel"), Privacy::Masked));
    }
}
