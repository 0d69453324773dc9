//! Whoever may issue tokens.

use axum::extract::FromRequestParts;
use domain::time::Instant;
use domain::token::{Privacy, Scope};
use http::request::Parts;
use web::caller::{Caller, bearer};
use web::problem::Problem;

use crate::App;

/// Whoever may issue tokens.
#[derive(Debug)]
pub(crate) enum Issuer {
    /// An operator or a console.
    Caller(Caller),
    /// Who shows the bootstrap secret, as an operator without a token.
    Bootstrap(Caller),
}

impl Issuer {
    /// The issuer as a caller.
    pub(crate) fn caller(&self) -> &Caller {
        let (Issuer::Caller(caller) | Issuer::Bootstrap(caller)) = self;
        caller
    }
}

impl FromRequestParts<App> for Issuer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Issuer, Problem> {
        let now = Instant::now();
        if let (Some(secret), Ok(shown)) = (&app.bootstrap, bearer(parts))
            && secret.is(shown)
        {
            let (scope, privacy) = (Scope::Admin, Privacy::Full);
            let token_id = "bootstrap".to_owned();
            let caller = Caller { account: None, scope, privacy, token_id, expires_at: now };
            return Ok(Issuer::Bootstrap(caller));
        }
        let caller = app.guard.authenticate(parts, now).await?;
        match caller.scope {
            Scope::Admin | Scope::Console => Ok(Issuer::Caller(caller)),
            Scope::Ingest | Scope::Report => Err(caller.other_scope(&[Scope::Admin, Scope::Console])),
        }
    }
}
