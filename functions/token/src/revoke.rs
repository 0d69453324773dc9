//! `DELETE /v1/tokens/{id}`: revokes a token; every function refuses it within a minute.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::lang::Text;
use domain::time::Instant;
use domain::token::Scope;
use http::StatusCode;
use store::{Action, TokenRow};
use web::caller::Caller;
use web::problem::Problem;

use crate::App;

const UNKNOWN: Text = Text::new(
    "não há token com este id: GET /v1/tokens os lista",
    "there is no token of this id: GET /v1/tokens lists them",
);
const ONLY_REPORT: Text = Text::new(
    "um token console só revoga tokens report: peça a um administrador",
    "a console token revokes report tokens only: ask an admin",
);

pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    if !matches!(caller.scope, Scope::Admin | Scope::Console) {
        return Err(caller.other_scope(&[Scope::Admin, Scope::Console]));
    }
    let unknown = || Problem::not_found(UNKNOWN);
    let id = id.ok().map(|Path(id)| id).filter(|id| is_token_id(id)).ok_or_else(unknown)?;
    let of_caller = |row: &TokenRow| caller.scope == Scope::Admin || row.account == caller.account;
    let row = app.store.token(&id).await?.filter(of_caller).ok_or_else(unknown)?;
    if caller.scope == Scope::Console && row.scope != Scope::Report {
        return Err(Problem::forbidden(ONLY_REPORT));
    }
    let about = Some(id.clone());
    app.store.note_event(row.account.as_ref(), Action::TokenRevoked, &caller.token_id, about).await?;
    if !app.store.revoke_token(&id, Instant::now()).await? {
        return Err(unknown());
    }
    tracing::info!(token_id = id, by = caller.token_id, "token revoked");
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a text has the form of our ids: 32 hexadecimal digits in lower case.
fn is_token_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::is_token_id;

    #[test]
    fn only_the_form_that_we_issue_is_looked_up() {
        assert!(is_token_id(&domain::id::random_hex(16)));
        for odd in
            ["", "../../etc/passwd", &"A".repeat(32), &"a".repeat(31), &"a".repeat(33), &"é".repeat(16)]
        {
            assert!(!is_token_id(odd), "{odd}");
        }
    }
}
