//! Paths into a sender's document, such as `meta.sender.name`, `messages[0].created_at` and `attachments[].data_url`.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Entries, Json, is_empty};

/// What is wrong with a path, to be read by whoever wrote the mapping.
const NO_PATH: &str =
    "is no path: keys with dots between them, each perhaps with [0], [-1] or [] behind; . is the whole";

/// A record of a sender's document, opened once for all the paths that lead into it.
pub(super) struct Opened<'a> {
    raw: &'a RawValue,
    members: Entries<'a>,
    /// Whether it has more members or elements than are read.
    pub(super) is_too_large: bool,
}

impl<'a> Opened<'a> {
    /// Opens a record. What is no object has no members.
    pub(super) fn of(raw: &'a RawValue) -> Opened<'a> {
        let (members, is_too_large) = match Json::of(raw) {
            Ok(Json::Object(members)) => (members, false),
            opened => (Vec::new(), opened.is_err()),
        };
        Opened { raw, members, is_too_large }
    }
}

/// Where something is in a record.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Path {
    /// The path as it is written; `.` for the record itself.
    pub(super) text: String,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    /// The member of an object.
    Key(String),
    /// An element of a list, from its beginning or, where negative, from its end.
    At(isize),
    /// Every element of a list.
    All,
}

impl Path {
    /// Everything that is found, in its order, empty values too.
    pub(super) fn found<'a>(&self, record: &Opened<'a>) -> Vec<&'a RawValue> {
        let (mut found, rest) = match self.steps.split_first() {
            Some((Step::Key(key), rest)) => (member(&record.members, key), rest),
            _ => (vec![record.raw], self.steps.as_slice()),
        };
        for step in rest {
            found = found.into_iter().flat_map(|raw| step.taken(raw)).collect();
        }
        found
    }

    /// Everything that is found and not empty, in its order.
    pub(super) fn values<'a>(&self, record: &Opened<'a>) -> Vec<&'a RawValue> {
        let mut values = self.found(record);
        values.retain(|raw| !is_empty(raw));
        values
    }
}

impl Step {
    /// What is one step further. A value that is too large to be opened is itself, for the reader of the session to refuse.
    fn taken<'a>(&self, raw: &'a RawValue) -> Vec<&'a RawValue> {
        let Ok(json) = Json::of(raw) else { return vec![raw] };
        match self {
            Step::Key(key) => match json {
                Json::Object(members) => member(&members, key),
                _ => Vec::new(),
            },
            Step::At(index) => {
                let elements = json.elements().unwrap_or_default();
                let at = match index.is_negative() {
                    false => Some(index.unsigned_abs()),
                    true => elements.len().checked_sub(index.unsigned_abs()),
                };
                at.and_then(|at| elements.get(at).copied()).into_iter().collect()
            }
            Step::All => json.elements().unwrap_or_default(),
        }
    }
}

fn member<'a>(members: &Entries<'a>, key: &str) -> Vec<&'a RawValue> {
    members.iter().find(|(name, _)| name == key).map(|(_, raw)| *raw).into_iter().collect()
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(text: String) -> Result<Path, String> {
        match steps(&text) {
            Some(steps) => Ok(Path { text, steps }),
            None => Err(format!("{text:?} {NO_PATH}")),
        }
    }
}

impl FromStr for Path {
    type Err = String;

    fn from_str(text: &str) -> Result<Path, String> {
        Path::try_from(text.to_owned())
    }
}

fn steps(text: &str) -> Option<Vec<Step>> {
    if text == "." {
        return Some(Vec::new());
    }
    let mut steps = Vec::new();
    for segment in text.split('.') {
        let (key, mut rest) = segment.split_at(segment.find('[').unwrap_or(segment.len()));
        match key {
            // Only the record itself may be a list.
            "" if !steps.is_empty() || rest.is_empty() => return None,
            "" => {}
            key => steps.push(Step::Key(key.to_owned())),
        }
        while !rest.is_empty() {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(if inside.is_empty() { Step::All } else { Step::At(inside.parse().ok()?) });
            rest = after;
        }
    }
    Some(steps)
}

/// A path below another one.
pub(crate) fn joined(above: &str, below: &str) -> String {
    match (above, below) {
        ("" | ".", below) => below.to_owned(),
        (above, "" | ".") => above.to_owned(),
        (above, below) if below.starts_with('[') => format!("{above}{below}"),
        (above, below) => format!("{above}.{below}"),
    }
}
