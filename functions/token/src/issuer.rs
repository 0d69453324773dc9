//! Whoever may issue tokens.

use axum::extract::FromRequestParts;
use domain::time::Instant;
use domain::token::{Privacy, Scope};
use http::request::Parts;
use web::caller::{Caller, bearer};
use web::problem::Problem;

use crate::App;

/// Whoever may issue tokens: an operator or a console, or who shows the bootstrap secret.
#[derive(Debug)]
pub(crate) struct Issuer(pub(crate) Caller);

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
            Scope::Ingest | Scope::Report => Err(caller.other_scope(&[Scope::Admin, Scope::Console])),
        }
    }
}
