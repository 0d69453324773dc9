//! Finds the fields among the keys of a record. Nested names that are joined with `_` are names of the
//! dictionary.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use domain::dictionary::{self, Field, Record};
use serde_json::value::RawValue;

use crate::json::{Entries, Json, is_empty, is_object, is_single, lone};

/// How well a key fits a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It is the field's name.
    Exact,
    /// It is the `name` of the object that may stand for the field.
    Name,
    /// It is the `description` of that object.
    Description,
    /// It is that of an object whose bare value stands for its id.
    Bare,
}

/// A value that was sent for a field.
pub(super) struct Leaf<'a> {
    pub(super) field: &'static Field,
    /// Where it was found, for example `agent.session.origin_web`.
    pub(super) path: String,
    /// How many objects deep it was found, and there how well its key fits: the field's own before another name of it.
    rank: (usize, Fit),
    pub(super) raw: &'a RawValue,
}

impl<'a> Leaf<'a> {
    /// A document's own id, which stands for a field of its session.
    pub(super) fn of_document(field: &'static Field, raw: &'a RawValue) -> Leaf<'a> {
        Leaf { field, path: "_id".to_owned(), rank: (0, Fit::Exact), raw }
    }
}

/// The values that were sent for the fields of one record.
#[derive(Default)]
pub(super) struct Leaves<'a> {
    /// The values in the order of their fields. Values of one field are ordered by depth and then by path, so
    /// that their order does not depend on that of the document.
    pub(super) known: Vec<Leaf<'a>>,
    /// The session's `_id`; `None` where it was not sent, or in another kind of record.
    pub(super) document_id: Option<&'a RawValue>,
    /// The paths of keys that stand for nothing the dictionary knows.
    pub(super) unknown_keys: Vec<String>,
    /// Values, with their paths, that stand where objects belong.
    pub(super) no_objects: Vec<(String, &'a RawValue)>,
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
        for (key, sent) in entries {
            let name = node.name_of(&key);
            // A list with one object is that object, as a database's join gives it. Lists too long were refused before.
            let raw = lone(sent).unwrap_or(sent);
            match node.known(&key, &name) {
                Some(Known::Field(field, fit)) => self.push(node, &key, field, fit, sent),
                Some(Known::Named(field)) if !is_object(raw) => {
                    self.push(node, &key, field, Fit::Exact, sent)
                }
                Some(Known::Named(field)) => self.descend(node, &name, &key, Some(field), raw),
                Some(Known::Prefix(_)) if is_empty(raw) => {}
                Some(Known::Prefix(Some(id))) if is_single(raw) => self.push(node, &key, id, Fit::Bare, raw),
                Some(Known::Prefix(_)) if is_object(raw) => self.descend(node, &name, &key, None, raw),
                Some(Known::Prefix(_)) => self.no_objects.push((node.path_of(&key), sent)),
                None if node.record == Record::Session && name == "_id" => self.document_id = Some(sent),
                None => self.unknown_keys.push(node.path_of(&key)),
            }
        }
    }

    fn push(&mut self, node: &Node<'_>, key: &str, field: &'static Field, fit: Fit, raw: &'a RawValue) {
        self.known.push(Leaf { field, path: node.path_of(key), rank: (node.depth, fit), raw });
    }

    fn descend(
        &mut self,
        node: &Node<'_>,
        name: &str,
        key: &str,
        named: Option<&'static Field>,
        raw: &'a RawValue,
    ) {
        // The structure check has refused objects with too many keys before.
        if let Ok(Json::Object(entries)) = Json::of(raw) {
            let (path, depth) = (&node.path_of(key), node.depth + 1);
            self.walk(&Node { record: node.record, name, path, depth, named }, entries);
        }
    }
}

/// Flatter first; then the better fit, then by path, where `_id` comes before `id`.
fn rank<'l>(leaf: &'l Leaf<'_>) -> (&'static str, (usize, Fit), &'l str) {
    (leaf.field.name, leaf.rank, &leaf.path)
}

/// An object between a record and its fields.
struct Node<'n> {
    record: Record,
    /// The names of the objects on the way to it, joined with `_`.
    name: &'n str,
    path: &'n str,
    depth: usize,
    /// The field that the object's `name`, else its `description`, is the value of.
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
            Some(field) if key == "name" => Some(Known::Field(field, Fit::Name)),
            Some(field) if key == "description" => Some(Known::Field(field, Fit::Description)),
            _ => known(self.record, name),
        }
    }
}

/// What the dictionary knows about a joined name.
#[derive(Clone, Copy)]
enum Known {
    /// It stands for a field.
    Field(&'static Field, Fit),
    /// It is a field's whose text may come as an object with a `name`.
    Named(&'static Field),
    /// Longer names begin with it, perhaps that of an id, which a bare value in the place of the object is.
    Prefix(Option<&'static Field>),
}

fn known(record: Record, name: &str) -> Option<Known> {
    static NAMES: LazyLock<HashMap<Record, HashMap<String, Known>>> = LazyLock::new(|| {
        let mut names: HashMap<_, HashMap<_, _>> = HashMap::new();
        for field in dictionary::fields() {
            let (names, leaf) = (names.entry(field.record).or_default(), field.leaf());
            for (end, _) in leaf.match_indices('_') {
                let known = names.entry(leaf[..end].to_owned()).or_insert(Known::Prefix(None));
                if &leaf[end..] == "_id" {
                    *known = Known::Prefix(Some(field));
                }
            }
            if field.may_be_object {
                names.insert(format!("{leaf}_name"), Known::Field(field, Fit::Name));
                names.insert(format!("{leaf}_description"), Known::Field(field, Fit::Description));
            }
        }
        for field in dictionary::fields() {
            let known =
                if field.may_be_object { Known::Named(field) } else { Known::Field(field, Fit::Exact) };
            names.entry(field.record).or_default().insert(field.leaf().to_owned(), known);
        }
        names
    });
    NAMES.get(&record)?.get(name).copied()
}
