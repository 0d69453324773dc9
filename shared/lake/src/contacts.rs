//! Whom the sessions of a part attended: what a search for a person and its erasure look at.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMicrosecondType, UInt32Type};
use arrow_array::{Array, ArrayRef, BooleanArray};
use domain::dictionary::Record;
use domain::id::SessionId;
use domain::person::{Contact, Sought};
use domain::time::Instant;
use store::StoreError;

use crate::{Lake, Part, columns};

/// The columns of sessions that are read.
const OF_SESSION: [&str; 8] = [
    "session_id",
    "created_at",
    columns::REMOVED,
    columns::ERASED,
    "contact_id",
    "contact_name",
    "platform_id",
    FILES,
];
/// How many messages of a session have a file.
const FILES: &str = columns::MESSAGES[4];

/// A session as one row of the lake has it, and whom it attended. Another row may have another version of it.
#[derive(Clone, Debug)]
pub struct SessionContact {
    /// The session's id.
    pub session: SessionId,
    /// When it began.
    pub created_at: Instant,
    /// What it says of its contact.
    pub contact: Contact,
    /// How many of its messages have a file.
    pub files: u64,
}

impl Lake {
    /// The sessions of a part whose contact is sought, emptied ones left out.
    pub async fn contacts(&self, part: &Part, sought: &Sought) -> Result<Vec<SessionContact>, StoreError> {
        let sessions = self.read(part, Record::Session, &OF_SESSION).await?;
        let platforms = self.read(part, Record::ContactPlatform, &[columns::SESSION, "platform_id"]).await?;
        let found = || {
            let rows = Rows::of(sessions.columns(), platforms.columns())?;
            Some(rows.of_sought(sought).into_iter().filter_map(|row| rows.session(row)).collect())
        };
        found().ok_or_else(|| StoreError::broken("reading contacts", "a column is missing"))
    }
}

/// The columns of a part, and the addresses of its sessions' contacts.
struct Rows<'a> {
    ids: &'a ArrayRef,
    created: &'a [i64],
    removed: &'a BooleanArray,
    erased: &'a BooleanArray,
    contact_ids: &'a ArrayRef,
    names: &'a ArrayRef,
    own_addresses: &'a ArrayRef,
    files: &'a [i64],
    owners: &'a [u32],
    addresses: &'a ArrayRef,
}

impl<'a> Rows<'a> {
    fn of(sessions: &'a [ArrayRef], platforms: &'a [ArrayRef]) -> Option<Rows<'a>> {
        let [ids, created, removed, erased, contact_ids, names, own_addresses, files] = sessions else {
            return None;
        };
        let [owners, addresses] = platforms else { return None };
        Some(Rows {
            ids,
            created: created.as_primitive_opt::<TimestampMicrosecondType>()?.values(),
            removed: removed.as_boolean_opt()?,
            erased: erased.as_boolean_opt()?,
            contact_ids,
            names,
            own_addresses,
            files: files.as_primitive_opt::<Int64Type>()?.values(),
            owners: owners.as_primitive_opt::<UInt32Type>()?.values(),
            addresses,
        })
    }

    /// The rows of sought contacts, in order.
    fn of_sought(&self, sought: &Sought) -> Vec<usize> {
        let mut is_sought = vec![false; self.created.len()];
        let mut mark =
            |rows: Vec<bool>| is_sought.iter_mut().zip(rows).for_each(|(row, passes)| *row |= passes);
        mark(passing(self.contact_ids, |id| sought.has_contact(id)));
        mark(passing(self.names, |name| sought.has_name(name)));
        mark(passing(self.own_addresses, |address| sought.has_address(address)));
        for (owner, passes) in
            self.owners.iter().zip(passing(self.addresses, |text| sought.has_address(text)))
        {
            if let Some(row) = is_sought.get_mut(*owner as usize) {
                *row |= passes;
            }
        }
        let is_alone =
            |row: &usize| text(self.contact_ids, *row).is_none() && self.addresses_of(*row).is_empty();
        let is_by_session =
            |row: &usize| is_alone(row) && text(self.ids, *row).is_some_and(|id| sought.has_session(id));
        let counts = |row: &usize| {
            let is_erased = self.erased.is_valid(*row) && self.erased.value(*row);
            !self.removed.value(*row) && !is_erased
        };
        (0..is_sought.len()).filter(counts).filter(|row| is_sought[*row] || is_by_session(row)).collect()
    }

    fn session(&self, row: usize) -> Option<SessionContact> {
        let owned = |array: &ArrayRef| text(array, row).map(str::to_owned);
        Some(SessionContact {
            session: SessionId::try_from(owned(self.ids)?).ok()?,
            created_at: Instant(self.created[row]),
            contact: Contact {
                id: owned(self.contact_ids),
                name: owned(self.names),
                addresses: self.addresses_of(row).into_iter().map(str::to_owned).collect(),
            },
            files: u64::try_from(self.files[row]).unwrap_or_default(),
        })
    }

    /// The addresses of the contact of the session in a row. Repeated records lie in the order of their sessions.
    fn addresses_of(&self, row: usize) -> Vec<&str> {
        let before = |other: usize| self.owners.partition_point(|owner| (*owner as usize) < other);
        let of_platforms = (before(row)..before(row + 1)).filter_map(|at| text(self.addresses, at));
        of_platforms.chain(text(self.own_addresses, row)).collect()
    }
}

/// Whether the text of each row passes a test, which of a dictionary column is made once for each distinct text.
fn passing(array: &ArrayRef, test: impl Fn(&str) -> bool) -> Vec<bool> {
    if let Some(coded) = array.as_dictionary_opt::<Int32Type>() {
        let texts = passing(coded.values(), test);
        let passes = |code: Option<i32>| {
            let code = code.and_then(|code| usize::try_from(code).ok());
            code.and_then(|code| texts.get(code)).copied().unwrap_or_default()
        };
        return coded.keys().iter().map(passes).collect();
    }
    let Some(texts) = array.as_string_opt::<i32>() else { return vec![false; array.len()] };
    texts.iter().map(|text| text.is_some_and(&test)).collect()
}

/// The text in a row; `None` where there is none.
fn text(array: &ArrayRef, row: usize) -> Option<&str> {
    if let Some(coded) = array.as_dictionary_opt::<Int32Type>() {
        let code = coded.is_valid(row).then(|| usize::try_from(coded.keys().value(row)).ok())??;
        return text(coded.values(), code);
    }
    let texts = array.as_string_opt::<i32>()?;
    texts.is_valid(row).then(|| texts.value(row))
}
