//! Finds persons in the lake.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use domain::id::{AccountId, SessionId};
use domain::lang::Text;
use domain::person::{Identifier, PersonKey, Sought, is_pseudonym, joined};
use domain::time::Instant;
use futures::{StreamExt, TryStreamExt, stream};
use lake::{Part, SessionContact};
use store::StoreError;
use web::problem::Problem;

use crate::App;

/// How many parts are read at the same time.
const PARTS_AT_ONCE: usize = 8;
/// How often what was found is looked for again by what else it is known by: each time finds who shares an address with
/// whom the last time found.
const ROUNDS: usize = 4;
/// For how long is looked at most: the API gives up after 30 seconds.
const PATIENCE: Duration = Duration::from_secs(24);
/// The most things that one person may be known by.
const MOST_IDENTIFIERS: usize = 1_000;

const TOO_LONG: Text = Text::new(
    "a busca passa por todas as sessões da conta e não terminou a tempo: tente de novo, pois cada tentativa é mais rápida",
    "the search goes through all sessions of the account and did not end in time: try again, each attempt is faster",
);
const NOBODY: Text = Text::new(
    "não há essa pessoa: o identificador vem de GET /v1/people, e vale enquanto houver sessões dela",
    "there is no such person: the id comes from GET /v1/people, and holds while there are sessions of it",
);

/// A person, and the sessions that attended it.
#[derive(Debug)]
pub(crate) struct Person {
    /// The pseudonym that the person is called by.
    pub(crate) pseudonym: String,
    /// All that the person is known by.
    pub(crate) identifiers: BTreeSet<Identifier>,
    /// The sessions in the order in which they began.
    pub(crate) sessions: Vec<SessionContact>,
}

/// The pseudonym in a path; 404 for what is none.
pub(crate) fn pseudonym(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    path.ok().map(|Path(person)| person).filter(|person| is_pseudonym(person)).ok_or_else(nobody)
}

/// 404 for a person of whom nothing is kept.
pub(crate) fn nobody() -> Problem {
    Problem::not_found(NOBODY)
}

/// The person with this pseudonym; `None` where nothing whole is kept of it.
pub(crate) async fn find_one(
    app: &App,
    account: &AccountId,
    person: &str,
) -> Result<Option<Person>, Problem> {
    let key = person_key(app, account).await?;
    let sought = Sought::Pseudonym { person: person.to_owned(), key: key.clone() };
    let found = find(app, account, sought).await?;
    let is_it = |found: &Person| found.identifiers.iter().any(|one| key.pseudonym(one) == person);
    Ok(found.into_iter().find(is_it).map(|found| Person { pseudonym: person.to_owned(), ..found }))
}

/// All persons that are sought, those first whose first session is the earliest.
pub(crate) async fn find(app: &App, account: &AccountId, sought: Sought) -> Result<Vec<Person>, Problem> {
    let key = person_key(app, account).await?;
    let scanned = tokio::time::timeout(PATIENCE, scan(app, account, &sought));
    let (rows, persons) = scanned.await.map_err(|_| Problem::unavailable(TOO_LONG, 1))??;
    let mut rows: Vec<Option<SessionContact>> = rows.into_iter().map(Some).collect();
    let persons = persons.into_iter().map(|(identifiers, positions)| {
        let mut sessions: Vec<SessionContact> =
            positions.into_iter().filter_map(|at| rows.get_mut(at).and_then(Option::take)).collect();
        sessions.sort_by(|a, b| (a.created_at, a.session.as_str()).cmp(&(b.created_at, b.session.as_str())));
        let identifiers: BTreeSet<Identifier> = identifiers.into_iter().take(MOST_IDENTIFIERS).collect();
        let pseudonym = identifiers.first().map(|first| key.pseudonym(first)).unwrap_or_default();
        Person { pseudonym, identifiers, sessions }
    });
    Ok(persons.collect())
}

async fn person_key(app: &App, account: &AccountId) -> Result<PersonKey, StoreError> {
    // Of an account that nothing was written for there is nobody, and any key will do.
    Ok(PersonKey::new(
        &app.store.made_body_key(account).await?.unwrap_or_else(domain::cipher::DataKey::random),
    ))
}

/// What a person is known by, and the positions of its sessions in a list.
type Joined = (BTreeSet<Identifier>, Vec<usize>);

/// Sessions, and those of the persons whom they attended that are sought.
async fn scan(
    app: &App,
    account: &AccountId,
    sought: &Sought,
) -> Result<(Vec<SessionContact>, Vec<Joined>), StoreError> {
    let live = app.lake.live(account).await?;
    let parts: Vec<&Part> = live.iter().flat_map(|segment| &segment.parts).collect();
    let mut rows = contacts(app, &parts, sought).await?;
    let hits: BTreeSet<SessionId> = rows.iter().map(|row| row.session.clone()).collect();
    let (mut persons, mut known) = (hit(&rows, &hits), BTreeSet::new());
    for _ in 0..ROUNDS {
        let now_known: BTreeSet<Identifier> =
            persons.iter().flat_map(|(identifiers, _)| identifiers.clone()).collect();
        if now_known == known {
            break;
        }
        known = now_known;
        rows = contacts(app, &parts, &Sought::Known(known.clone())).await?;
        persons = hit(&rows, &hits);
    }
    Ok((rows, persons))
}

/// The persons of these sessions whom a session among the `hits` attended. An address that many contacts share finds others
/// too: `joined` tells them apart, and they are left out.
fn hit(rows: &[SessionContact], hits: &BTreeSet<SessionId>) -> Vec<Joined> {
    let identifiers: Vec<BTreeSet<Identifier>> =
        rows.iter().map(|row| row.contact.identifiers(row.session.as_str())).collect();
    let mut persons = joined(&identifiers);
    persons.retain(|(_, positions)| positions.iter().any(|at| hits.contains(&rows[*at].session)));
    persons
}

/// The sessions in these parts whose contact is sought, each once: as the segment has it that was written last.
async fn contacts(app: &App, parts: &[&Part], sought: &Sought) -> Result<Vec<SessionContact>, StoreError> {
    let reads: Vec<_> = parts.iter().map(|part| of_part(app, part, sought)).collect();
    let mut found: Vec<_> = stream::iter(reads).buffer_unordered(PARTS_AT_ONCE).try_collect().await?;
    found.sort_by(|one, other| one.0.cmp(&other.0));
    let rows = found.into_iter().flat_map(|(_, rows)| rows);
    let latest: BTreeMap<SessionId, SessionContact> = rows.map(|row| (row.session.clone(), row)).collect();
    Ok(latest.into_values().collect())
}

/// The same of one part, with its segment.
async fn of_part(
    app: &App,
    part: &Part,
    sought: &Sought,
) -> Result<(String, Vec<SessionContact>), StoreError> {
    Ok((part.segment.clone(), app.lake.contacts(part, sought).await?))
}

/// When a person's first and last session began.
pub(crate) fn span(sessions: &[SessionContact]) -> Option<(Instant, Instant)> {
    Some((sessions.first()?.created_at, sessions.last()?.created_at))
}
