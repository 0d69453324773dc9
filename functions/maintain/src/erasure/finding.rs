//! Finds the sessions of a person in parts of the lake, deletes their files and empties them in the table.

use std::collections::BTreeMap;

use domain::id::{SessionId, StorageId};
use domain::person::{Contact, Sought};
use domain::time::Instant;
use futures::{StreamExt, TryStreamExt, stream};
use lake::Part;
use store::{Emptying, ErasedSession, ErasureOrder, StoreError, WholeSession};

use super::Work;

/// How many parts are read at the same time.
const PARTS_AT_ONCE: usize = 4;
/// How many sessions are emptied at the same time.
const SESSIONS_AT_ONCE: usize = 8;
/// How many files of a session are deleted at the same time.
const FILES_AT_ONCE: usize = 8;
/// How often a session is tried that deliveries change meanwhile.
const ATTEMPTS: usize = 4;

/// Empties all sessions of the sought person that these parts have. Returns how many were emptied.
pub(super) async fn empty_all(
    work: &Work<'_>,
    parts: &[&Part],
    sought: &Sought,
) -> Result<usize, StoreError> {
    let reads: Vec<_> = parts.iter().map(|part| work.app.lake.contacts(part, sought)).collect();
    let found: Vec<_> = stream::iter(reads).buffer_unordered(PARTS_AT_ONCE).try_collect().await?;
    let mut sessions: BTreeMap<SessionId, Instant> = BTreeMap::new();
    for row in found.into_iter().flatten() {
        sessions.insert(row.session, row.created_at);
    }
    let emptying: Vec<_> = sessions.into_iter().map(|(id, lay)| empty(work, id, lay)).collect();
    let emptied: Vec<bool> = stream::iter(emptying).buffer_unordered(SESSIONS_AT_ONCE).try_collect().await?;
    Ok(emptied.into_iter().filter(|emptied| *emptied).count())
}

/// Empties a session, of which a row began at `lay`. The note comes first, so that whatever is cut short is done again, and
/// the files before the session forgets them. `false` where there was nothing to empty.
async fn empty(work: &Work<'_>, id: SessionId, lay: Instant) -> Result<bool, StoreError> {
    let (store, account, order) = (&work.app.store, work.account, work.order);
    for _ in 0..ATTEMPTS {
        match store.to_be_emptied(&account.id, &id, order.requested_at).await? {
            Emptying::Emptied | Emptying::Later => return Ok(false),
            Emptying::Gone => {
                let session =
                    ErasedSession { id, lay: (lay, lay), files: 0, body_object: None, is_gone: true };
                store.note_erased_session(&account.id, &order.receipt_id, &session).await?;
                return Ok(false);
            }
            // An earlier version said that it was the person's: the latest, which counts, says that it is not.
            Emptying::Whole(whole) if !is_of(order, &id, &whole) => return Ok(false),
            Emptying::Whole(whole) => {
                let files = files(&whole);
                let session = ErasedSession {
                    id: id.clone(),
                    lay: (whole.lay.0.min(lay), whole.lay.1.max(lay)),
                    files: files.len() as u64,
                    body_object: whole.body_object.clone(),
                    is_gone: false,
                };
                store.note_erased_session(&account.id, &order.receipt_id, &session).await?;
                let deletions: Vec<_> =
                    files.iter().map(|file| store.delete_file(&account.id, file)).collect();
                stream::iter(deletions).buffer_unordered(FILES_AT_ONCE).try_collect::<Vec<()>>().await?;
                if store.empty_session(account, &id, &whole, &order.person, Instant::now()).await? {
                    return Ok(true);
                }
            }
        }
    }
    Err(StoreError::busy("emptying a session", "others change it all the time"))
}

/// Whether a session is of the person whom the order erases.
fn is_of(order: &ErasureOrder, id: &SessionId, whole: &WholeSession) -> bool {
    let identifiers = Contact::of(&whole.session).identifiers(id.as_str());
    !identifiers.is_disjoint(&order.identifiers)
}

/// The files of a session, each once.
fn files(whole: &WholeSession) -> Vec<StorageId> {
    let ids = whole.session.files().filter_map(|file| StorageId::try_from(file.to_owned()).ok());
    let mut ids: Vec<StorageId> = ids.collect();
    ids.sort_unstable_by_key(StorageId::digest);
    ids.dedup_by_key(|id| id.digest());
    ids
}
