//! Computes from the JSON of made-up sessions which rows they must give, with code of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use demo::{Generator, Options};
use domain::dictionary::{self, Kind};
use domain::time::Instant;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use crate::world::{World, query};

const SAO_PAULO: Tz = chrono_tz::America::Sao_Paulo;

/// The report types with one row per session or record.
pub(crate) const ROW_TYPES: [&str; 6] =
    ["sessions", "talks", "talk_options", "events", "tags", "contact_platforms"];

/// Generates made-up sessions of the four weeks before 2026-10-03T20:00:00Z, in the nested shape.
pub(crate) fn sessions(seed: u64, count: usize) -> Vec<Value> {
    let end = Instant::parse("2026-10-03T20:00:00Z", domain::zone::Zone::SAO_PAULO).unwrap().unwrap();
    Generator::new(Options { seed, sessions: count, end, days: 28, media: Vec::new() }).collect()
}

pub(crate) fn id(session: &Value) -> &str {
    session["session_id"].as_str().unwrap()
}

/// Reads one of the platform's times as local time; `None` where it is empty.
pub(crate) fn moment(value: &Value) -> Option<DateTime<Tz>> {
    let text = value.get("$date").unwrap_or(value).as_str().filter(|text| !text.is_empty())?;
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.with_timezone(&SAO_PAULO));
    }
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap();
    Some(SAO_PAULO.from_local_datetime(&local).unwrap())
}

/// A column of a report that holds a field of the dictionary.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) id: String,
    /// The name in the dictionary, such as `talks.options.text`.
    name: &'static str,
    semantic: String,
}

/// Returns the columns of a report type that hold what was sent. That excludes computed columns, repeated
/// records as text, and `report_at`, which the stack fills in.
pub(crate) async fn columns(world: &World, token: &str, report_type: &str) -> Vec<Column> {
    let (status, schema) = world.get(&format!("/v1/schema?report_type={report_type}"), token).await;
    assert_eq!(status, StatusCode::OK, "{schema}");
    let column = |field: &Value| {
        let id = field["name"].as_str().unwrap();
        let known = dictionary::by_id(id)?;
        let sent = !matches!(known.kind, Kind::Records(_)) && id != "report_at";
        let semantic = field["semantics"]["semanticType"].as_str().unwrap().to_owned();
        sent.then(|| Column { id: id.to_owned(), name: known.name, semantic })
    };
    schema["schema"].as_array().unwrap().iter().filter_map(column).collect()
}

/// Returns all rows of an account by report type. All numbers are `f64`, however they were written.
pub(crate) async fn everything(world: &World, token: &str) -> BTreeMap<&'static str, Vec<Vec<Value>>> {
    let mut all = BTreeMap::new();
    for report_type in ROW_TYPES {
        let columns = columns(world, token, report_type).await;
        let ids: Vec<&str> = columns.iter().map(|column| column.id.as_str()).collect();
        let mut rows = world.rows(token, &query(report_type, &ids)).await;
        for value in rows.iter_mut().flatten().filter(|value| value.is_number()) {
            *value = json!(value.as_f64());
        }
        all.insert(report_type, rows);
    }
    all
}

/// Asserts that all rows of an account are what these sessions say, in the right order.
pub(crate) async fn assert_served(world: &World, token: &str, sessions: &[Value]) {
    let served = everything(world, token).await;
    for (report_type, served) in served {
        let columns = columns(world, token, report_type).await;
        let expected = rows(report_type, &columns, sessions);
        for (at, (row, expected)) in served.iter().zip(&expected).enumerate() {
            for ((column, value), expected) in columns.iter().zip(row).zip(expected) {
                assert_eq!(value, expected, "{} of row {at} of {report_type}", column.id);
            }
        }
        assert_eq!(served.len(), expected.len(), "rows of {report_type}");
    }
}

/// Computes the rows that sessions in the nested shape must give.
pub(crate) fn rows(report_type: &str, columns: &[Column], sessions: &[Value]) -> Vec<Vec<Value>> {
    let mut sessions: Vec<&Value> = sessions.iter().collect();
    sessions.sort_by_key(|session| (moment(&session["created_at"]).unwrap(), id(session)));
    let row = |session: &Value, record: &Value| -> Vec<Value> {
        let of_record = |column: &Column| column.name.rsplit_once('.').map(|(_, leaf)| &record[leaf]);
        let of_session = |column: &Column| find(session.as_object().unwrap(), column.name);
        let value = |column: &Column| of_record(column).or_else(|| of_session(column));
        columns.iter().map(|column| cell(column, value(column).unwrap_or(&Value::Null), session)).collect()
    };
    let rows = sessions
        .iter()
        .flat_map(|session| records(report_type, session).into_iter().map(|record| row(session, record)));
    rows.collect()
}

/// Returns the values of a session for each of which a report type has one row.
fn records<'s>(report_type: &str, session: &'s Value) -> Vec<&'s Value> {
    let list = |value: &'s Value| value.as_array().into_iter().flatten();
    match report_type {
        "sessions" => vec![session],
        "talk_options" => list(&session["talks"]).flat_map(|talk| list(&talk["options"])).collect(),
        "contact_platforms" => list(&session["contact"]["platforms"]).collect(),
        record => list(&session[record]).collect(),
    }
}

/// Finds the value of a name whose parts are nested keys, such as `agent_session_origin_web`.
fn find<'s>(object: &'s Map<String, Value>, name: &str) -> Option<&'s Value> {
    object.get(name).or_else(|| {
        object.iter().find_map(|(key, inner)| {
            let rest = name.strip_prefix(key.as_str())?.strip_prefix('_')?;
            let inner = inner.as_object()?;
            inner.get(&format!("_{rest}")).filter(|_| rest == "id").or_else(|| find(inner, rest))
        })
    })
}

fn cell(column: &Column, value: &Value, session: &Value) -> Value {
    match column.semantic.as_str() {
        "TEXT" if column.name == "talks.origin" => origin(value),
        "TEXT" => Some(text(value)).filter(|text| !text.is_empty()).map_or(Value::Null, Value::from),
        "NUMBER" | "DURATION" => text(value).parse::<f64>().map_or(Value::Null, Value::from),
        "BOOLEAN" => text(value).parse::<bool>().map_or(Value::Null, Value::from),
        "YEAR_MONTH_DAY_SECOND" => written(value, "%Y%m%d%H%M%S"),
        "YEAR_MONTH_DAY" => {
            assert_eq!(column.id, "partition_column");
            written(&session["lastInteraction"], "%Y%m%d")
        }
        other => panic!("no field of the dictionary is a {other}: {}", column.id),
    }
}

/// Who sent a message, by one name in both languages.
fn origin(value: &Value) -> Value {
    match value.as_str() {
        Some("contato") => "contact".into(),
        Some("agente") => "agent".into(),
        Some("automático") => "automatic".into(),
        _ => value.clone(),
    }
}

fn written(value: &Value, format: &str) -> Value {
    moment(value).map_or(Value::Null, |moment| moment.format(format).to_string().into())
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(elements) => elements.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(object) => text(&object["name"]),
        other => other.to_string(),
    }
}
