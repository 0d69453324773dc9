//! `POST /v1/tokens`: issues a token and shows it this once.

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::{AccountId, random_hex};
use domain::time::Instant;
use domain::token::{Claims, Scope, SigningKey, digest, new_key_pair, sign};
use http::{StatusCode, header};
use serde::Serialize;
use store::{StoreError, TokenRow};
use web::input::{AccountParameter, Json, Parameters};
use web::problem::Problem;

use crate::grant::{DAY, Grant, IssueRequest, grant};
use crate::issuer::Issuer;
use crate::{App, TokenView};

/// A signing key signs for this long; what it signed is verified for as long as its tokens live.
const SIGNS_FOR: i64 = 90 * DAY;

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
mod tests {
    use domain::token::{NewKeyPair, Privacy, key_id, verify};

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
            seconds: DAY,
            privacy: Privacy::Masked,
        };
        let (token, row) = sign_grant(&key, grant, now).unwrap();
        let claims = verify(&token, &public).unwrap();
        assert_eq!(key_id(&token).unwrap(), key.kid);
        assert_eq!((claims.jti, claims.sub, claims.scope), (row.id, "demo".to_owned(), row.scope));
        assert_eq!(claims.exp, row.expires_at.seconds());
        assert_eq!(row.digest, digest(&token));
        assert_eq!((row.label.as_deref(), row.privacy), (Some("Painel"), Privacy::Masked));
    }
}
