//! `GET /v1/people`: the persons that a text may mean.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use axum::extract::State;
use domain::id::AccountId;
use domain::lang::Text;
use domain::person::{MIN_SEARCH_CHARS, Sought, Typed};
use domain::time::Instant;
use runtime::compute;
use serde::{Deserialize, Serialize};
use store::Action;
use web::caller::Caller;
use web::input::{InputField, Others, Parameters, all};
use web::problem::Problem;

use crate::person::{Person, find, span};
use crate::{App, KEEPERS};

/// The most persons of an answer; whoever finds more types more.
const MOST_PERSONS: usize = 100;
/// The most names and ids that are told of a person.
const MOST_TOLD: usize = 20;
/// The longest text that is looked for.
const MOST_CHARS: usize = 256;

const TOO_SHORT: Text = Text::new(
    "deve ter ao menos 2 caracteres: um nome ou parte dele, um telefone, um e-mail ou o id do contato",
    "must have at least 2 characters: a name or a part of one, a phone number, an e-mail or the contact's id",
);
const TOO_LARGE: Text = Text::new("deve ter no máximo 256 caracteres", "must have at most 256 characters");

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    q: Option<String>,
    account: InputField<AccountId>,
    #[serde(flatten)]
    others: Others,
}

#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    /// Those first whose last session is the latest.
    people: Vec<PersonView>,
    /// Whether there are more than are told.
    more: bool,
}

#[derive(Debug, Serialize)]
struct PersonView {
    person: String,
    contact_ids: BTreeSet<String>,
    names: BTreeSet<String>,
    addresses: BTreeSet<String>,
    sessions: usize,
    first: Option<String>,
    last: Option<String>,
    media: u64,
}

pub(crate) async fn search(
    State(app): State<App>,
    caller: Caller,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<axum::Json<Listing>, Problem> {
    let Wanted { q, account, others } = wanted;
    let (named, typed, ()) = all((account.optional("account"), typed(q.as_deref()), others.refuse()))?;
    let account = caller.account(KEEPERS, named.as_ref())?;
    app.store.count_event(&account, Action::PeopleSearched, &caller.token_id).await?;
    compute::run(async move {
        let mut people = find(&app, &account, Sought::Typed(typed)).await?;
        people.sort_by_key(|person| Reverse(span(&person.sessions).map(|(_, last)| last)));
        let more = people.len() > MOST_PERSONS;
        people.truncate(MOST_PERSONS);
        Ok(axum::Json(Listing { people: people.into_iter().map(view).collect(), more }))
    })
    .await
}

fn typed(q: Option<&str>) -> Result<Typed, Problem> {
    let text = q.unwrap_or_default();
    debug_assert_eq!(MIN_SEARCH_CHARS, 2, "the message says so");
    if text.chars().count() > MOST_CHARS {
        return Err(Problem::invalid("q", TOO_LARGE));
    }
    Typed::new(text).ok_or_else(|| Problem::invalid("q", TOO_SHORT))
}

fn view(person: Person) -> PersonView {
    let contacts = || person.sessions.iter().map(|session| &session.contact);
    let span = span(&person.sessions);
    PersonView {
        contact_ids: contacts().filter_map(|contact| contact.id.clone()).take(MOST_TOLD).collect(),
        names: contacts().filter_map(|contact| contact.name.clone()).take(MOST_TOLD).collect(),
        addresses: contacts().flat_map(|contact| contact.addresses.clone()).take(MOST_TOLD).collect(),
        sessions: person.sessions.len(),
        first: span.map(|(first, _)| Instant::to_rfc3339(first)),
        last: span.map(|(_, last)| Instant::to_rfc3339(last)),
        media: person.sessions.iter().map(|session| session.files).sum(),
        person: person.pseudonym,
    }
}
