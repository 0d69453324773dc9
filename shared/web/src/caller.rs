//! Who asks: the only way from a request to an account.

use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts};
use headers::{Cookie, HeaderMapExt};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName, StatusCode, header};
use moka::future::Cache;
use subtle::ConstantTimeEq;

use crate::limit::{Limiter, Limits};
use crate::problem::Problem;
use crate::source::Source;
use domain::id::AccountId;
use domain::lang::{Text, Words};
use domain::time::Instant;
use domain::token::{self, Privacy, Scope};
use store::key::Usage;
use store::{Store, StoreError, TokenRow};

/// How long a row is trusted without being read again: half of the 60 s within which a revocation must hold.
const ROW_TRUSTED_FOR: Duration = Duration::from_secs(30);

/// The cookie that holds the token of a person at the console. Its prefix keeps other hosts from setting it.
pub const COOKIE: &str = "__Host-premium";

/// The header without which that cookie counts for nothing. Another site could send it only after asking first (a CORS
/// preflight), and no site is ever told that it may.
const FROM_CONSOLE: HeaderName = HeaderName::from_static("x-premium-console");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const ACCOUNT_OF_ADMIN: Text = Text::new(
    "é obrigatório com um token admin, que não é de conta nenhuma",
    "is required with an admin token, which is of no account",
);
const NOT_VALID: Text = Text::new(
    "o token não é válido: foi copiado com erro, venceu ou foi revogado; confira-o, ou peça outro",
    "the token is not valid: it may be mistyped, expired or revoked; check it, or ask for another",
);
const NO_TOKEN: Text = Text::new(
    "falta o cabeçalho Authorization: Bearer <token>",
    "the header Authorization: Bearer <token> is missing",
);
const SEVERAL_TOKENS: Text = Text::new(
    "deve haver um só cabeçalho Authorization, e vieram vários",
    "there must be one header Authorization, not several",
);
const NO_BEARER: Text = Text::new(
    "o cabeçalho Authorization deve ser Bearer <token>",
    "the header Authorization must be Bearer <token>",
);
const NOT_FROM_CONSOLE: Text = Text::new(
    "o cookie do console só vale para requisições da própria página do console: envie Authorization: Bearer <token>",
    "the console's cookie counts only for requests of the console's own page: send Authorization: Bearer <token>",
);

/// Whoever showed a valid token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account; `None` for an operator.
    pub account: Option<AccountId>,
    /// What the token may do.
    pub scope: Scope,
    /// What it shows.
    pub privacy: Privacy,
    /// The token's id.
    pub token_id: String,
    /// When the token ends.
    pub expires_at: Instant,
}

impl Caller {
    /// The account that the caller works on, if its scope is one of `scopes`; an admin may whatever it names. 403 for
    /// another scope or another account, 422 for an admin who names none.
    pub fn account(&self, scopes: &[Scope], named: Option<&AccountId>) -> Result<AccountId, Problem> {
        match (&self.account, named) {
            (None, Some(named)) if self.scope == Scope::Admin => Ok(named.clone()),
            (None, _) => Err(Problem::invalid("account", ACCOUNT_OF_ADMIN)),
            (Some(_), _) if !scopes.contains(&self.scope) => Err(self.other_scope(scopes)),
            (Some(own), Some(named)) if own != named => Err(Problem::forbidden(Words::new(
                format!(
                    "este token é da conta {own}, e não de {named}: use um token dela, ou não diga a conta"
                ),
                format!(
                    "this token is of the account {own}, not of {named}: use a token of that one, or name none"
                ),
            ))),
            (Some(own), _) => Ok(own.clone()),
        }
    }

    /// 403 unless the caller may use the console.
    pub fn require_console(&self) -> Result<(), Problem> {
        match self.scope {
            Scope::Admin | Scope::Console => Ok(()),
            Scope::Ingest | Scope::Report => Err(self.other_scope(&[Scope::Console, Scope::Admin])),
        }
    }

    /// 403 unless the caller is an operator.
    pub fn require_admin(&self) -> Result<(), Problem> {
        if self.scope == Scope::Admin { Ok(()) } else { Err(self.other_scope(&[Scope::Admin])) }
    }

    /// 403 that says which scopes are needed here, and which one the caller's token has.
    pub fn other_scope(&self, needed: &[Scope]) -> Problem {
        let (own, needed) = (self.scope.as_str(), needed.iter().map(|scope| scope.as_str()));
        let Words { pt, en } = Words::one_of(&needed.collect::<Vec<_>>());
        Problem::forbidden(Words::new(
            format!("este endereço pede um token {pt}; este é {own}"),
            format!("this address asks for a token of the scope {en}; this one is of the scope {own}"),
        ))
    }
}

/// Authenticates callers: holds tokens against their signatures and the allowlist. It counts what they use, too.
#[derive(Clone, Debug)]
pub struct Guard {
    store: Store,
    rows: Cache<String, TokenRow>,
    failures: Limiter,
    /// Counts the sessions that tokens send.
    pub sessions: Limiter,
    /// Counts the rows that tokens read.
    pub rows_read: Limiter,
}

impl Guard {
    /// A guard over a store that sets no limits.
    pub fn new(store: Store) -> Guard {
        Guard::limited(store, Limits::default())
    }

    /// A guard over a store that refuses callers past their limits.
    pub fn limited(store: Store, limits: Limits) -> Guard {
        Guard {
            rows: Cache::builder().max_capacity(10_000).time_to_live(ROW_TRUSTED_FOR).build(),
            failures: Limiter::new(&store, Usage::Failures, limits.failures),
            sessions: Limiter::new(&store, Usage::Sessions, limits.sessions),
            rows_read: Limiter::new(&store, Usage::Rows, limits.rows),
            store,
        }
    }

    /// Authenticates a request: by its header `Authorization`, or, where there is none, by the cookie of the console.
    pub async fn authenticate(&self, parts: &Parts, now: Instant) -> Result<Caller, Problem> {
        let cookies = parts.headers.typed_get::<Cookie>();
        match cookies.as_ref().and_then(|cookies| cookies.get(COOKIE)) {
            Some(token) if !parts.headers.contains_key(header::AUTHORIZATION) => {
                from_console(&parts.headers)?;
                let caller = self.authenticate_token(token, &parts.extensions, now).await?;
                caller.require_console()?;
                Ok(caller)
            }
            _ => self.authenticate_token(bearer(parts)?, &parts.extensions, now).await,
        }
    }

    /// Authenticates a token of a request; 401 for one that is not valid, and 429 in its place where the request's source
    /// has shown too many of these.
    ///
    /// Such a source costs the table next to nothing: of a token whose key was never made here nothing is looked up. A token
    /// that was issued here is told by its signature, so it goes on, whoever shares its source.
    pub async fn authenticate_token(
        &self,
        token: &str,
        extensions: &Extensions,
        now: Instant,
    ) -> Result<Caller, Problem> {
        // Requests of which no source is known are as one source.
        let source = Source::of(extensions);
        let source = source.as_ref().map_or("", Source::as_str);
        let exceeded = self.failures.exceeded(source).await;
        match (self.authenticated(token, exceeded.is_some(), now).await, exceeded) {
            (Ok(row), _) => {
                self.note_use(&row, now).await;
                Ok(Caller {
                    account: row.account,
                    scope: row.scope,
                    privacy: row.privacy,
                    token_id: row.id,
                    expires_at: row.expires_at,
                })
            }
            (Err(problem), _) if problem.status() != StatusCode::UNAUTHORIZED => Err(problem),
            (Err(_), Some(exceeded)) => Err(exceeded),
            (Err(problem), None) => {
                self.failures.begin(source).await?;
                Err(problem)
            }
        }
    }

    /// The row of a token that is valid. Signature, claims and row must agree: a stolen key alone opens nothing, nor does a
    /// stolen table. `is_bounded` says that a token of a key that was never made here may cost no request to the table.
    async fn authenticated(&self, token: &str, is_bounded: bool, now: Instant) -> Result<TokenRow, Problem> {
        let refused = || Problem::unauthorized(NOT_VALID);
        let kid = token::key_id(token).map_err(|_| refused())?;
        if is_bounded && !self.store.is_signing_key(&kid).await? {
            return Err(refused());
        }
        let public = self.store.public_key(&kid).await?.ok_or_else(refused)?;
        let claims = token::verify(token, &public).map_err(|_| refused())?;
        let row = self.row(&claims.jti).await?.ok_or_else(refused)?;
        let same_token: bool = row.digest.as_bytes().ct_eq(token::digest(token).as_bytes()).into();
        let same_claims = row.scope == claims.scope
            && row.account.as_ref().map_or("*", AccountId::as_str) == claims.sub
            && claims.privacy.is_none_or(|privacy| privacy == row.privacy);
        if !(same_token && same_claims) || row.revoked_at.is_some() || row.expires_at <= now {
            return Err(refused());
        }
        Ok(row)
    }

    async fn row(&self, id: &str) -> Result<Option<TokenRow>, StoreError> {
        if let Some(row) = self.rows.get(id).await {
            return Ok(Some(row));
        }
        let row = self.store.token(id).await?;
        if let Some(row) = &row {
            self.rows.insert(id.to_owned(), row.clone()).await;
        }
        Ok(row)
    }

    /// Notes the first use of a day. It is a convenience of the token list, so its failure fails nothing.
    async fn note_use(&self, row: &TokenRow, now: Instant) {
        let today = now.to_utc().date_naive();
        if row.last_used_on == Some(today) {
            return;
        }
        match self.store.token_used(&row.id, today).await {
            Ok(_) => {
                let used = TokenRow { last_used_on: Some(today), ..row.clone() };
                self.rows.insert(row.id.clone(), used).await;
            }
            Err(error) => {
                tracing::warn!(error = %runtime::telemetry::chain(&error), "the use of a token was not noted")
            }
        }
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750, section 2.1; the scheme's case does not count).
pub fn bearer(parts: &Parts) -> Result<&str, Problem> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next();
    let value = value.ok_or_else(|| Problem::unauthorized(NO_TOKEN))?;
    if values.next().is_some() {
        return Err(Problem::unauthorized(SEVERAL_TOKENS));
    }
    let (scheme, token) = value.to_str().unwrap_or_default().split_once(' ').unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(Problem::unauthorized(NO_BEARER))
    }
}

/// 401 unless a request that brings the console's cookie was made by the console's own page.
fn from_console(headers: &HeaderMap) -> Result<(), Problem> {
    let says_so = headers.get(FROM_CONSOLE).is_some_and(|value| value == "1");
    let elsewhere = headers.get_all(FETCH_SITE).into_iter().any(|site| site != "same-origin");
    if says_so && !elsewhere { Ok(()) } else { Err(Problem::unauthorized(NOT_FROM_CONSOLE)) }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Guard: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Caller, Problem> {
        Guard::from_ref(state).authenticate(parts, Instant::now()).await
    }
}
