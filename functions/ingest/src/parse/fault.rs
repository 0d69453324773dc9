//! What is wrong with an item, told by place: never by content, which is personal.

use std::borrow::Cow;

use domain::dictionary;

/// The longest stretch of a client's own key that is given back.
const MAX_PATH: usize = 60;

/// Why an item is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The dictionary's name of the field, or the path where the dictionary knows none.
    pub(crate) field: Option<String>,
    /// Where, what, and what to do.
    pub(crate) message: String,
}

impl Fault {
    /// A fault of the item as a whole.
    pub(crate) fn item(what: &str) -> Fault {
        Fault { field: None, message: format!("the session {what}") }
    }

    /// A fault of a field's value that was found at `path`.
    pub(crate) fn field(name: &str, path: &str, what: impl Into<Cow<'static, str>>) -> Fault {
        Fault { field: Some(name.to_owned()), message: format!("{} {}", shortened(path), what.into()) }
    }

    /// A fault at `path`, whatever is there.
    pub(crate) fn at(path: &str, what: &str) -> Fault {
        if path.is_empty() { Fault::item(what) } else { Fault::field(&field_at(path), path, what.to_owned()) }
    }
}

/// The dictionary's name of what is at `path`: `talks.message` for `talks[3].message`, `agent_id` for `agent._id`.
fn field_at(path: &str) -> String {
    let steps = path.split('.').map(|step| step.split('[').next().unwrap_or_default());
    let id = steps.collect::<Vec<_>>().join("_").replace("__id", "_id");
    dictionary::by_id(&id).map_or_else(|| shortened(path), |field| field.name.to_owned())
}

fn shortened(path: &str) -> String {
    match path.char_indices().nth(MAX_PATH) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path.to_owned(),
    }
}
