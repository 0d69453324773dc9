//! From keys to fields: nested names joined with `_` are the dictionary's.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use domain::dictionary::{self, Field, Record};
use serde_json::value::RawValue;

use super::json::{Entries, Json, is_empty, is_object};

/// A value that was sent for a field.
pub(super) struct Leaf<'a> {
    pub(super) field: &'static Field,
    /// Where it was found, for example `agent.session.origin_web`.
    pub(super) path: String,
    /// How many objects deep it was found.
    pub(super) depth: usize,
    pub(super) raw: &'a RawValue,
}

/// The values that were sent for the fields of one record.
#[derive(Default)]
pub(super) struct Leaves<'a> {
    /// Field by field, flatter names first, so that one field's order does not depend on the document's.
    pub(super) known: Vec<Leaf<'a>>,
    /// The session's `_id`.
    pub(super) document_id: Option<&'a RawValue>,
    /// How many keys stand for nothing the dictionary knows.
    pub(super) unknown_keys: usize,
}

impl<'a> Leaves<'a> {
    /// Finds the fields among the members of the record at `path`.
    pub(super) fn of(record: Record, entries: Entries<'a>, path: &str) -> Leaves<'a> {
        let mut leaves = Leaves::default();
        let root = Node { record, name: "", path, depth: 0, named: None };
        leaves.walk(&root, entries);
        leaves.known.sort_by(|a, b| rank(a).cmp(&rank(b)));
        leaves
    }

    fn walk(&mut self, node: &Node<'_>, entries: Entries<'a>) {
        for (key, raw) in entries {
            let name = node.name_of(&key);
            match (node.known(&key, &name), is_object(raw)) {
                (Some(Known::Field(field)), _) | (Some(Known::Named(field)), false) => {
                    self.known.push(Leaf { field, path: node.path_of(&key), depth: node.depth, raw });
                }
                (Some(Known::Named(field)), true) => self.descend(node, &name, &key, Some(field), raw),
                (Some(Known::Prefix), true) => self.descend(node, &name, &key, None, raw),
                (Some(Known::Prefix), false) if is_empty(raw) => {}
                (None, _) if node.record == Record::Session && name == "_id" => self.document_id = Some(raw),
                _ => self.unknown_keys += 1,
            }
        }
    }

    fn descend(
        &mut self,
        node: &Node<'_>,
        name: &str,
        key: &str,
        named: Option<&'static Field>,
        raw: &'a RawValue,
    ) {
        // Keys too many to be held were refused before.
        if let Ok(Json::Object(entries)) = Json::of(raw) {
            let (path, depth) = (&node.path_of(key), node.depth + 1);
            self.walk(&Node { record: node.record, name, path, depth, named }, entries);
        }
    }
}

/// Flatter first; then by path, where `_id` comes before `id`.
fn rank<'l>(leaf: &'l Leaf<'_>) -> (&'static str, usize, &'l str) {
    (leaf.field.name, leaf.depth, &leaf.path)
}

/// An object on the way from a record to its fields.
struct Node<'n> {
    record: Record,
    /// Its name, joined so far.
    name: &'n str,
    path: &'n str,
    depth: usize,
    /// The field that the object's `name` is the value of.
    named: Option<&'static Field>,
}

impl Node<'_> {
    fn name_of<'k>(&self, key: &'k str) -> Cow<'k, str> {
        match (self.name, key) {
            ("", key) => Cow::Borrowed(key),
            (name, "_id") => Cow::Owned(format!("{name}_id")),
            (name, key) => Cow::Owned(format!("{name}_{key}")),
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn known(&self, key: &str, name: &str) -> Option<Known> {
        match self.named {
            Some(field) if key == "name" => Some(Known::Field(field)),
            _ => known(self.record, name),
        }
    }
}

/// What the dictionary knows of a joined name.
#[derive(Clone, Copy)]
enum Known {
    /// It is a field's.
    Field(&'static Field),
    /// It is a field's whose text may come as an object with a `name`.
    Named(&'static Field),
    /// Longer names begin with it.
    Prefix,
}

fn known(record: Record, name: &str) -> Option<Known> {
    static NAMES: LazyLock<HashMap<(Record, &str), Known>> = LazyLock::new(|| {
        let mut names = HashMap::new();
        for field in dictionary::fields() {
            let leaf = field.leaf();
            for (end, _) in leaf.match_indices('_') {
                names.entry((field.record, &leaf[..end])).or_insert(Known::Prefix);
            }
            let known = if field.named { Known::Named(field) } else { Known::Field(field) };
            names.insert((field.record, leaf), known);
        }
        names
    });
    NAMES.get(&(record, name)).copied()
}
