//! The other shape of a session: the dictionary's flat names.

use domain::dictionary;
use serde_json::{Map, Value};

/// The same session with nested names joined by `_`: `agent.session.origin_web` is `agent_session_origin_web`, and an
/// object with a `name` is that name where the dictionary wants a text. Keys the dictionary does not know are left out;
/// repeated records stay as they are.
pub fn flat(session: &Value) -> Value {
    let mut names = Map::new();
    if let Value::Object(members) = session {
        join("", members, &mut names);
    }
    names.into()
}

fn join(prefix: &str, members: &Map<String, Value>, names: &mut Map<String, Value>) {
    for (key, value) in members {
        let name = match (prefix, key.as_str()) {
            ("", key) => key.to_owned(),
            (prefix, "_id") => format!("{prefix}_id"),
            (prefix, key) => format!("{prefix}_{key}"),
        };
        let field = dictionary::field(&name);
        match (value, field) {
            (Value::Object(inner), Some(field)) if field.may_be_object => {
                names.insert(name.clone(), inner.get("name").cloned().unwrap_or_default());
                join(&name, inner, names);
            }
            (_, Some(_)) => drop(names.insert(name, value.clone())),
            (Value::Object(inner), None) => join(&name, inner, names),
            _ => {}
        }
    }
}
