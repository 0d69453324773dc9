//! Tokens and account settings: who may do what, and by which rules an account's data is kept.

mod bootstrap;
mod issuer;
mod grant;
mod issue;
mod list;
mod revoke;
mod me;
mod account;
mod accounts;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{delete, get, post};
use domain::id::AccountId;
use domain::token::{Privacy, Scope};
use serde::Serialize;
use store::{Store, TokenRow};
use web::caller::Guard;
use web::limit::Limits;

use bootstrap::Secret;
pub use issue::issue_to_host;

/// What the routes share.
#[derive(Clone, Debug)]
pub struct App {
    store: Store,
    guard: Guard,
    bootstrap: Option<Secret>,
}

impl App {
    /// An app that knows no bootstrap secret: whoever issues tokens shows an `admin` or `console` token.
    pub fn new(store: Store) -> App {
        App::with_bootstrap(store, None)
    }

    /// An app whose `POST /v1/tokens` issues an `admin` token for `secret` while none is valid. A secret of fewer than 32
    /// characters counts as none.
    pub fn with_bootstrap(store: Store, secret: Option<&str>) -> App {
        App { guard: Guard::new(store.clone()), store, bootstrap: secret.and_then(Secret::new) }
    }

    /// The app with limits for its callers.
    #[must_use]
    pub fn limited(self, limits: Limits) -> App {
        App { guard: Guard::limited(self.store.clone(), limits), ..self }
    }
}

impl FromRef<App> for Guard {
    fn from_ref(app: &App) -> Guard {
        app.guard.clone()
    }
}

/// The routes under `/v1/tokens`, `/v1/me`, `/v1/account` and `/v1/accounts`.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/v1/tokens", post(issue::issue).get(list::list))
        .route("/v1/tokens/{id}", delete(revoke::revoke))
        .route("/v1/me", get(me::me))
        .route("/v1/account", get(account::read).patch(account::change))
        .route("/v1/accounts", get(accounts::list))
        .with_state(app)
}

/// A token as clients see it, without its secret.
#[derive(Debug, Serialize)]
struct TokenView {
    id: String,
    account: Option<AccountId>,
    scope: Scope,
    privacy: Privacy,
    label: Option<String>,
    created_at: String,
    expires_at: String,
}

impl From<TokenRow> for TokenView {
    fn from(row: TokenRow) -> TokenView {
        TokenView {
            id: row.id,
            account: row.account,
            scope: row.scope,
            privacy: row.privacy,
            label: row.label,
            created_at: row.created_at.to_rfc3339(),
            expires_at: row.expires_at.to_rfc3339(),
        }
    }
}
