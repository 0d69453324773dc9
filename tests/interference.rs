//! Non-interference: of two states of an account that differ in one hidden value, a reader is told the same.
//!
//! Each field of the dictionary has an account of its own, with one session. That is sent with one value of the field, then
//! with another, then without any; all answers in between are compared.

use std::time::Duration;

use ::lake::Lake;
use domain::account::Account;
use domain::dictionary::{self, Field, Kind, Record};
use domain::id::AccountId;
use domain::masking::{Masking, Reader};
use domain::token::Privacy;
use futures::{StreamExt, stream};
use parquet::file::reader::SerializedFileReader;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::privacy::{REPORTS, ids, record, token};
use crate::world::{World, answer, query};

/// How many accounts are asked about at the same time.
const AT_ONCE: usize = 32;
/// Days of the session, and the instants that a hidden date has one after the other.
const DAYS: [&str; 2] = ["2026-03-01", "2026-03-04"];

/// An account in which one field is hidden from some readers.
struct Case {
    field: &'static Field,
    account: String,
    ingest: String,
    full: String,
    /// Those to whom it is hidden.
    readers: Vec<(Privacy, String)>,
    /// Whether the account hides it, or the dictionary.
    is_confided: bool,
}

/// The values that the field has one after the other.
fn values(field: &Field) -> Vec<Value> {
    let instant = |day: &str| json!(format!("{day} 10:00:00"));
    match field.kind {
        Kind::Text => vec![json!("Zq-one"), json!("Zq-two"), Value::Null],
        Kind::Integer | Kind::Seconds => vec![json!(5), json!(900), Value::Null],
        Kind::Boolean => vec![json!(true), json!(false), Value::Null],
        // Without the one a session is none, and without the other not newer.
        Kind::Instant if ["created_at", "updated_at"].contains(&field.name) => DAYS.map(instant).to_vec(),
        Kind::Instant => DAYS.into_iter().map(instant).chain([Value::Null]).collect(),
        Kind::Records(of) => {
            let one = Value::Object(record(of));
            vec![json!([one]), json!([one, one]), json!([])]
        }
        Kind::Day => Vec::new(),
    }
}

/// The session with a value of the field; later versions are newer.
fn session(field: &Field, value: &Value, version: usize) -> Value {
    let mut session = Value::Object(record(Record::Session));
    session["session_id"] = json!("s1");
    session["created_at"] = json!("2026-03-01 10:00:00");
    session["lastInteraction"] = json!("2026-03-01 10:30:00");
    let holder = match field.record {
        Record::Session => &mut session,
        Record::TalkOption => &mut session["talks"][0]["options"][0],
        record => &mut session[record.name()][0],
    };
    holder[field.leaf()] = value.clone();
    if field.name != "updated_at" {
        session["updated_at"] = json!(format!("2026-03-0{} 12:00:00", 5 + version));
    }
    session
}

async fn case(world: &World, field: &'static Field, is_confided: bool) -> Case {
    let id = field.id().to_lowercase().replace('_', "-");
    let account = format!("{}-{id}", if is_confided { "own" } else { "all" });
    let (ingest, full) = world.account(&account).await;
    let mut confidential = Vec::new();
    if is_confided {
        confidential.push(field.id());
    }
    // It differs from version to version wherever it is not the field in question.
    if field.name != "updated_at" {
        confidential.push("updated_at".to_owned());
    }
    let change = json!({"account": account, "confidential": confidential});
    answer(world.request(Method::PATCH, "/v1/account", &world.admin).json(&change)).await;
    let mut readers = Vec::new();
    for privacy in [Privacy::Masked, Privacy::Anonymous] {
        if is_confided || privacy == Privacy::Anonymous {
            let name = if privacy == Privacy::Masked { "masked" } else { "anonymous" };
            readers.push((privacy, token(world, &account, name).await));
        }
    }
    Case { field, account, ingest, full, readers, is_confided }
}

/// Sends the next version, and returns once it is readable.
async fn send(world: &World, case: &Case, value: &Value, version: usize) {
    world.ingest_all(&case.ingest, &[session(case.field, value, version)], "accepted").await;
    let stamp = format!("2026030{}", 5 + version);
    let mut readable = query("sessions", &["session_id"]);
    if case.field.name != "updated_at" {
        readable["dimensionsFilters"] = json!([[{"fieldName": "updated_at", "type": "INCLUDE", "operator": "BETWEEN",
            "values": [stamp, stamp]}]]);
    }
    world.rows_once(&case.full, &readable, 1).await;
    if case.field.name == "updated_at" {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

/// The report types that show a field, and one that shows those of its session.
fn report_types(field: &Field) -> impl Iterator<Item = &'static str> {
    let own = match field.record {
        Record::Session => "talks".to_owned(),
        record => record.name().replace("talks.options", "talk_options"),
    };
    REPORTS.into_iter().filter(move |report_type| ["sessions", "summary", &own].contains(report_type))
}

/// Filters that tell the values of a field from one another.
fn filters(field: &Field) -> Vec<(&'static str, Vec<&'static str>)> {
    let of_kind: [(&str, &[&str]); 2] = match field.kind {
        Kind::Instant | Kind::Day => [("EQUALS", &["20260301"]), ("BETWEEN", &["20260301", "20260302"])],
        Kind::Integer | Kind::Seconds => [("EQUALS", &["5"]), ("BETWEEN", &["1", "10"])],
        Kind::Boolean => [("EQUALS", &["true"]), ("IN_LIST", &["false"])],
        Kind::Text | Kind::Records(_) => [("EQUALS", &["Zq-one"]), ("CONTAINS", &["Zq"])],
    };
    let of_kind = of_kind.into_iter().map(|(operator, values)| (operator, values.to_vec()));
    of_kind.chain([("IS_NULL", Vec::new())]).collect()
}

/// What a reader may ask of a report type that has to do with a field.
fn requests(field: &Field, report_type: &str, ids: &[String]) -> Vec<Value> {
    let all =
        ids.chunks(20).map(|ids| query(report_type, &ids.iter().map(String::as_str).collect::<Vec<_>>()));
    let shown = ["session_id", "channel"].into_iter().find(|id| ids.iter().any(|own| own == id)).unwrap();
    let filtered = filters(field).into_iter().map(|(operator, values)| {
        let mut request = query(report_type, &[shown]);
        let filter =
            json!({"fieldName": field.id(), "type": "INCLUDE", "operator": operator, "values": values});
        request["dimensionsFilters"] = json!([[filter]]);
        request
    });
    let dates =
        ["created_at", "finished_at", "lastInteraction"].into_iter().filter(|name| *name == field.name);
    let periods = dates.flat_map(|date_field| {
        DAYS.map(|day| {
            let mut request = query(report_type, &[shown]);
            request["dateRange"] = json!({"startDate": day, "endDate": day});
            request["configParams"]["date_field"] = json!(date_field);
            request
        })
    });
    all.chain(filtered).chain(periods).collect()
}

/// What a reader is told, request by request.
async fn told(world: &World, case: &Case, token: &str) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for report_type in report_types(case.field) {
        let ids: Vec<String> =
            ids(world, token, report_type).await.into_iter().filter(|id| id != "data_as_of").collect();
        for request in requests(case.field, report_type, &ids) {
            let (status, mut page) = world.post("/v1/data", token, &request).await;
            assert!(
                status == StatusCode::OK || status == StatusCode::UNPROCESSABLE_ENTITY,
                "{request}: {page}"
            );
            for member in ["dataAsOf", "request_id"] {
                page.as_object_mut().unwrap().remove(member);
            }
            told.push((request.to_string(), page.to_string()));
        }
        let path = format!(
            "/v1/export?report_type={report_type}&fields={}&format=csv&lang=pt",
            ids[..ids.len().min(20)].join(",")
        );
        let answer = world.request(Method::GET, &path, token).send().await.unwrap();
        told.push((path, answer.text().await.unwrap()));
    }
    told
}

/// The rows of an open copy, by folder. In which files they lie is a matter of when they came.
async fn copied(world: &World, case: &Case, privacy: Privacy) -> Vec<(String, String)> {
    let store = world.store();
    let id = AccountId::try_from(case.account.clone()).unwrap();
    let account = store.account(&id).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("copy");
    Lake::new(store).copy(&Reader { privacy, account: &account }, &output).await.unwrap();
    let rows = |record: Record| {
        let files = std::fs::read_dir(output.join(::lake::copy::folder(record))).unwrap();
        let readers =
            files.map(|file| SerializedFileReader::try_from(file.unwrap().path().as_path()).unwrap());
        let mut rows: Vec<String> = readers.flatten().map(|row| row.unwrap().to_string()).collect();
        rows.sort();
        (record.name().to_owned(), rows.join("\n"))
    };
    Record::ALL.map(rows).to_vec()
}

async fn check(world: &World, case: &Case) -> usize {
    let mut before = Vec::new();
    let mut compared = 0;
    for (version, value) in values(case.field).iter().enumerate() {
        send(world, case, value, version).await;
        for (at, (privacy, token)) in case.readers.iter().enumerate() {
            let now = tokio::join!(told(world, case, token), copied(world, case, *privacy));
            if version == 0 {
                before.push(now);
                continue;
            }
            let about = format!("{} as {value} to {privacy:?}", case.field.name);
            for ((request, before), (_, now)) in before[at].0.iter().zip(&now.0) {
                assert_eq!(before, now, "{about}: {request}");
                compared += 1;
            }
            for ((path, before), (_, now)) in before[at].1.iter().zip(&now.1) {
                assert_eq!(before, now, "{about}: {path} of the copy");
            }
        }
    }
    compared
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_changes_nothing_that_is_told() {
    let world = World::start().await;
    let account = Account::new(AccountId::try_from("any".to_owned()).unwrap());
    let anonymous = Reader { privacy: Privacy::Anonymous, account: &account };
    // The id of a session is what makes it this one, and `id` stands for it where it is missing.
    let fields = dictionary::fields().iter().filter(|field| !["session_id", "id"].contains(&field.name));
    let mut cases = Vec::new();
    for field in fields.filter(|field| !values(field).is_empty()) {
        cases.push(case(&world, field, true).await);
        // Of records that the dictionary hides, their times and kinds are shown.
        let is_record = matches!(field.kind, Kind::Records(_));
        if anonymous.masking(field) == Masking::Hidden && !is_record {
            cases.push(case(&world, field, false).await);
        }
    }
    assert!(cases.iter().any(|case| !case.is_confided));
    let checks = cases.iter().map(|case| check(&world, case));
    let compared: Vec<usize> = stream::iter(checks).buffer_unordered(AT_ONCE).collect().await;
    assert!(compared.iter().all(|compared| *compared > 0));
}
