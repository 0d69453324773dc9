//! The addresses of contacts, which some platforms make ids of.

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use domain::dictionary::Record;
use store::StoreError;

use crate::{Lake, Part, columns};

/// The field with an address, of sessions and of the platforms of their contacts.
const ADDRESS: &str = "platform_id";

/// The addresses of the contact of each session of a part, by the session's row.
#[derive(Debug, Default)]
pub(crate) struct Addresses(Vec<Vec<String>>);

impl Addresses {
    /// Those of the session in a row.
    pub(crate) fn of(&self, session: u32) -> Vec<&str> {
        let addresses = self.0.get(session as usize);
        addresses.into_iter().flatten().map(String::as_str).collect()
    }
}

impl Lake {
    /// Reads the addresses of the contacts of a part's sessions.
    pub(crate) async fn addresses(&self, part: &Part) -> Result<Addresses, StoreError> {
        let sessions = self.read_plain(part, Record::Session, &[ADDRESS]).await?;
        let platforms = self.read_plain(part, Record::ContactPlatform, &[columns::SESSION, ADDRESS]).await?;
        let read = || {
            let own = sessions.column(0).as_string_opt::<i32>()?;
            let mut all: Vec<Vec<String>> =
                own.iter().map(|address| address.map(str::to_owned).into_iter().collect()).collect();
            let owners = platforms.column(0).as_primitive_opt::<UInt32Type>()?;
            for (owner, address) in owners.iter().zip(platforms.column(1).as_string_opt::<i32>()?) {
                if let (Some(owner), Some(address)) = (owner, address) {
                    all.get_mut(owner as usize)?.push(address.to_owned());
                }
            }
            Some(Addresses(all))
        };
        read().ok_or_else(|| StoreError::broken("reading addresses", "a column is missing"))
    }
}
