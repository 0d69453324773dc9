//! `GET /v1/openapi.json`: the description of the API for programs, of which the page `/docs` is made too. What a session
//! may hold is filled in from the dictionary, in both shapes.

use std::sync::LazyLock;

use axum::response::IntoResponse;
use domain::dictionary::{self, Field, Kind, Record};
use http::header;
use serde_json::{Map, Value, json};

/// One made-up session, as the platform nests it and under the dictionary's names.
const NESTED: &str = include_str!("../../ingest/samples/nested.json");
const FLAT: &str = include_str!("../../ingest/samples/flat.json");

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    let mut description: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap_or_default();
    let schemas = &mut description["components"]["schemas"];
    schemas["FlatSession"] = object(&flat(Record::Session), ["session_id", "created_at"]);
    schemas["FlatSession"]["examples"] = json!([example(FLAT)]);
    schemas["NestedSession"] = object(&nested(), ["_id", "created_at"]);
    schemas["NestedSession"]["examples"] = json!([example(NESTED)]);
    description
});

static TEXT: LazyLock<String> = LazyLock::new(|| DESCRIPTION.to_string());

pub(crate) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// The whole document.
#[cfg(test)]
pub(crate) fn document() -> &'static Value {
    &DESCRIPTION
}

fn example(session: &str) -> Value {
    serde_json::from_str(session).unwrap_or_default()
}

fn object(properties: &Map<String, Value>, required: [&str; 2]) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}

/// The fields of a record under the dictionary's names.
fn flat(record: Record) -> Map<String, Value> {
    let fields = dictionary::fields().iter().filter(|field| field.record == record);
    fields.map(|field| (field.leaf().to_owned(), property(field))).collect()
}

/// The fields of a session as the platform nests them.
fn nested() -> Map<String, Value> {
    let mut session = Map::new();
    for field in dictionary::fields().iter().filter(|field| field.record == Record::Session) {
        let path = if field.required && field.kind == Kind::Text { "_id".to_owned() } else { field.path() };
        let mut properties = &mut session;
        let (objects, leaf) = path.rsplit_once('.').unwrap_or(("", &path));
        for name in objects.split('.').filter(|name| !name.is_empty()) {
            // A name or an id may stand alone, and one of several in a list.
            let inner = || json!({"type": ["object", "string", "number", "array", "null"], "properties": {}});
            let inner = properties.entry(name).or_insert_with(inner);
            let Some(inner) = inner["properties"].as_object_mut() else { return session };
            properties = inner;
        }
        properties.insert(leaf.to_owned(), property(field));
    }
    session
}

/// What may stand for a field: a value of its kind, or a list of records.
fn property(field: &Field) -> Value {
    let of = |schema: &str| json!({"$ref": format!("#/components/schemas/{schema}")});
    let mut property = match field.kind {
        Kind::Text => of("TextValue"),
        Kind::Integer => of("IntegerValue"),
        Kind::Seconds => of("SecondsValue"),
        Kind::Boolean => of("BooleanValue"),
        Kind::Instant => of("InstantValue"),
        Kind::Day => json!({"readOnly": true}),
        Kind::Records(record) => {
            json!({"type": ["array", "object", "null"], "items": {"type": ["object", "string", "null"], "properties": flat(record)}})
        }
    };
    property["title"] = field.label.en.into();
    property["description"] = field.description.en.into();
    property["x-pt"] = json!({"title": field.label.pt, "description": field.description.pt});
    property["x-path"] = field.path().into();
    property
}
