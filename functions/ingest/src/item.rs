//! The items of a body: its documents, or the sessions that a mapping finds in them.

use domain::id::SessionId;
use domain::lang::Text;
use domain::zone::Zone;
use serde_json::value::RawValue;
use web::problem::Problem;

use crate::mapping::{Found, Mapping, joined};
use crate::parse::{Fault, LARGE, Parsed, id_of, inspect, parse};
use crate::split::{ascii_only, bytes_of, limited};

const NOWHERE: Text = Text::new(
    "não está onde o mapeamento a procura: o documento não é de uma sessão, ou é de outra versão da plataforma",
    "is not where the mapping looks for it: the document is not a session's, or is of another version of the platform",
);

/// One item.
pub(crate) struct Item<'b> {
    /// The place of its document in the body.
    pub(crate) document: usize,
    bytes: &'b [u8],
    form: Form,
}

/// How an item is written.
enum Form {
    /// As a session of the platform's own.
    Own,
    /// As another platform's, which a mapping reads; it was found at a path of its document.
    Mapped(&'static Mapping, String),
    /// As nothing that the mapping reads, at a path of its document.
    Unknown(String),
}

impl<'b> Item<'b> {
    /// The items of documents, with the mapping that reads them, if any. Fails with 413 for too many.
    pub(crate) fn all(
        documents: &[&'b [u8]],
        mapping: Option<&'static Mapping>,
    ) -> Result<Vec<Item<'b>>, Problem> {
        let mut items = Vec::with_capacity(documents.len());
        for (document, bytes) in documents.iter().copied().enumerate() {
            match mapping {
                None => items.push(Item { document, bytes, form: Form::Own }),
                Some(mapping) => items.extend(mapped(document, bytes, mapping)),
            }
            limited(items.len())?;
        }
        Ok(items)
    }

    /// Reads the item; its local times are in `zone`. What is wrong is told by its path in the sender's own document.
    pub(crate) fn parse(&self, zone: Zone) -> Parsed {
        let (mapping, path) = match &self.form {
            Form::Own => return parse(self.bytes, zone),
            Form::Mapped(mapping, path) => (Some(mapping), path),
            Form::Unknown(path) => (None, path),
        };
        let text = String::from_utf8_lossy(self.bytes);
        let (raw, faults) = inspect(self.bytes, &text);
        let parsed = match (raw, mapping) {
            (Some(raw), Some(mapping)) => match mapping.written(raw, zone) {
                Some(session) => {
                    parse(session.as_bytes(), zone).moved(|path| mapping.origin(raw, zone, path))
                }
                None => Parsed::rejected(vec![Fault::item(LARGE)]),
            },
            (Some(raw), None) => Parsed::rejected(vec![Fault::item(NOWHERE).quoting(raw.get())]),
            (None, _) => Parsed::rejected(Vec::new()),
        };
        let parsed = parsed.with_faults(faults);
        parsed.moved(|below| joined(path, below))
    }

    /// The id of the session, if it can be found out of an item that cannot be read.
    pub(crate) fn id(&self) -> Option<SessionId> {
        match &self.form {
            Form::Own => id_of(self.bytes),
            Form::Mapped(mapping, _) => {
                let text = String::from_utf8_lossy(self.bytes);
                let raw: &RawValue = serde_json::from_str(&text).ok()?;
                id_of(mapping.written(raw, Zone::UTC)?.as_bytes())
            }
            Form::Unknown(_) => None,
        }
    }
}

/// The items of one document under a mapping. One without a session is an item too.
fn mapped<'b>(document: usize, bytes: &'b [u8], mapping: &'static Mapping) -> Vec<Item<'b>> {
    let text = ascii_only(bytes);
    let read = serde_json::from_str::<&RawValue>(&text).ok();
    let Some(found) = read.and_then(|raw| mapping.sessions(raw)) else {
        return vec![Item { document, bytes, form: Form::Unknown(String::new()) }];
    };
    let item = |Found { path, raw, is_session }: Found<'_>| {
        let form = if is_session { Form::Mapped(mapping, path) } else { Form::Unknown(path) };
        Item { document, bytes: bytes_of(bytes, &text, raw), form }
    };
    found.into_iter().map(item).collect()
}

#[cfg(test)]
mod tests;
