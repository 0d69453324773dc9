//! Tests that a token with masked or anonymous privacy does not give away what it hides, whatever is asked.

use std::collections::{BTreeMap, BTreeSet};

use domain::dictionary::{self, Confidential, Field, Kind, Record};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::world::{World, answer, query};

pub(crate) const REPORTS: [&str; 7] =
    ["sessions", "talks", "talk_options", "events", "tags", "contact_platforms", "summary"];
/// The telephone of the second session's contact. Some platforms build ids from such numbers.
const PHONE: &str = "+5511987654321";

/// Returns a text that occurs in one field only, so that the field's value is recognized wherever it appears.
fn canary(field: &Field) -> String {
    let at = dictionary::fields().iter().position(|other| other.name == field.name).unwrap();
    format!("Zq{at:03}vxk")
}

/// Returns a day that occurs in this field of instants only.
fn canary_day(field: &Field) -> String {
    let at = dictionary::fields().iter().position(|other| other.name == field.name).unwrap();
    format!("19{:02}-{:02}-17", 1 + at / 12, 1 + at % 12)
}

fn id(name: &str) -> String {
    canary(dictionary::field(name).unwrap())
}

/// Returns a record whose fields are all canaries, with one record in each of its lists.
pub(crate) fn record(record: Record) -> Map<String, Value> {
    let value = |field: &Field| match field.kind {
        Kind::Text => json!(canary(field)),
        Kind::Instant => json!(format!("{} 12:13:14", canary_day(field))),
        Kind::Integer | Kind::Seconds => json!(5),
        Kind::Boolean => json!(true),
        Kind::Records(of) => json!([self::record(of)]),
        Kind::Day => Value::Null,
    };
    let fields = dictionary::fields().iter().filter(|field| field.record == record);
    fields.map(|field| (field.leaf().to_owned(), value(field))).collect()
}

/// Returns a session of canaries, whose ids contain its contact's address, and one whose contact has a
/// telephone.
fn sessions() -> [Value; 2] {
    let mut first = record(Record::Session);
    let address = id("platform_id");
    for name in ["session_id", "protocol", "id"] {
        first[name] = json!(format!("{name}-{address}"));
    }
    first["created_at"] = json!("2026-03-01 10:00:00");
    first["lastInteraction"] = json!("2026-03-01 10:30:00");
    let mut second = first.clone();
    for name in ["session_id", "protocol", "id", "contact_id"] {
        second[name] = json!(format!("{name}:{}", &PHONE[1..]));
    }
    second["platform_id"] = json!(PHONE);
    second["contact_platforms"] = json!([{"platform": "WhatsappBusiness", "platform_id": PHONE}]);
    second["created_at"] = json!("2026-03-02 10:00:00");
    [first, second].map(Value::Object)
}

pub(crate) async fn token(world: &World, account: &str, privacy: &str) -> String {
    let order = json!({"account": account, "scope": "report", "privacy": privacy});
    let (status, issued) = world.post("/v1/tokens", &world.admin, &order).await;
    assert_eq!((status, &issued["privacy"]), (StatusCode::CREATED, &json!(privacy)), "{issued}");
    issued["token"].as_str().unwrap().to_owned()
}

/// Starts a stack whose accounts have the two sessions. Also returns report tokens of `demo` with the
/// privacies `full`, `masked` and `anonymous`.
async fn filled(accounts: &[&str]) -> (World, [String; 3]) {
    let world = World::start().await;
    for account in accounts {
        let (ingest, report) = world.account(account).await;
        world.ingest_all(&ingest, &sessions(), "accepted").await;
        world.rows_once(&report, &query("sessions", &["session_id"]), 2).await;
    }
    let mut tokens = Vec::new();
    for privacy in ["full", "masked", "anonymous"] {
        tokens.push(token(&world, "demo", privacy).await);
    }
    (world, tokens.try_into().unwrap())
}

async fn confide(world: &World, fields: &[&str]) {
    let change = json!({"account": "demo", "confidential": fields});
    let (status, settings) =
        answer(world.request(Method::PATCH, "/v1/account", &world.admin).json(&change)).await;
    assert_eq!((status, &settings["confidential"]), (StatusCode::OK, &json!(fields)));
}

/// Returns the ids of a report type's fields, including the unlisted spelling of the link.
pub(crate) async fn ids(world: &World, token: &str, report_type: &str) -> Vec<String> {
    let (_, schema) = world.get(&format!("/v1/schema?report_type={report_type}"), token).await;
    let listed = schema["schema"].as_array().unwrap().iter();
    let mut ids: Vec<String> = listed.map(|field| field["name"].as_str().unwrap().to_owned()).collect();
    ids.extend((report_type == "talks").then(|| "talks_media_url".to_owned()));
    ids
}

/// Returns, as one text, all answers to a token that asks for all fields of a report type.
async fn answers(world: &World, token: &str, report_type: &str) -> String {
    let ids = ids(world, token, report_type).await;
    let mut answers = String::new();
    for ids in ids.chunks(20) {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let (status, page) = world.post("/v1/data", token, &query(report_type, &ids)).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        answers.push_str(&page.to_string());
        for format in ["csv", "csv&lang=pt", "ndjson"] {
            let fields = ids.join(",");
            let path = format!("/v1/export?report_type={report_type}&fields={fields}&format={format}");
            let answer = world.request(Method::GET, &path, token).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            answers.push_str(&format!("{:?}", answer.headers()));
            answers.push_str(&answer.text().await.unwrap());
        }
    }
    answers
}

/// Returns the fields that a privacy covers, according to the HTTP contract. `masked` covers names,
/// telephones and e-mails; `anonymous` covers everything personal.
fn covered(privacy: &str) -> impl Iterator<Item = &'static Field> {
    let masked = privacy == "masked";
    dictionary::fields().iter().filter(move |field| match field.confidential {
        Confidential::No => false,
        Confidential::Contact | Confidential::Agent if masked => {
            !field.leaf().ends_with("_id") || field.leaf() == "platform_id"
        }
        Confidential::Key => true,
        _ => !masked,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_its_privacy_wherever_it_is_named() {
    let (world, tokens) = filled(&["demo"]).await;
    let (_, list) = world.get("/v1/tokens?account=demo", &world.admin).await;
    let listed: BTreeSet<&str> =
        list["tokens"].as_array().unwrap().iter().map(|token| token["privacy"].as_str().unwrap()).collect();
    assert_eq!(listed, BTreeSet::from(["full", "masked", "anonymous"]));
    for (privacy, token) in ["full", "masked", "anonymous"].iter().zip(&tokens) {
        let (_, me) = world.get("/v1/me", token).await;
        assert_eq!((&me["privacy"], &me["scope"]), (&json!(privacy), &json!("report")));
    }
    let console = world.token("demo", "console").await;
    let order = json!({"scope": "report", "privacy": "masked"});
    let (status, issued) = world.post("/v1/tokens", &console, &order).await;
    assert_eq!((status, &issued["privacy"]), (StatusCode::CREATED, &json!("masked")), "{issued}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_that_a_privacy_covers_is_in_any_answer() {
    let (world, [full, masked, anonymous]) = filled(&["demo"]).await;
    for (privacy, token) in [("masked", &masked), ("anonymous", &anonymous)] {
        let mut shown = String::new();
        for report_type in REPORTS {
            let answers = answers(&world, token, report_type).await;
            for field in covered(privacy) {
                let day = canary_day(field);
                for value in [canary(field), day.replace('-', ""), day] {
                    let found = answers.contains(&value);
                    assert!(!found, "{} as {value} in {report_type} of {privacy}", field.name);
                }
            }
            assert!(!answers.contains(&PHONE[4..]), "the telephone in {report_type} of {privacy}");
            shown.push_str(&answers);
        }
        // The link of a message opens its file, so it counts as content.
        assert_eq!(shown.contains("/m/"), privacy == "masked", "links of {privacy}");
    }
    // The search above is able to find values: a full token shows every canary.
    let mut shown = String::new();
    for report_type in REPORTS {
        shown.push_str(&answers(&world, &full, report_type).await);
    }
    let told =
        |field: &&Field| !matches!(field.kind, Kind::Records(_)) && field.confidential != Confidential::Key;
    for field in covered("anonymous").filter(told) {
        let day = canary_day(field).replace('-', "");
        assert!(shown.contains(&canary(field)) || shown.contains(&day), "{}", field.name);
    }
    assert!(shown.contains(PHONE));
}

/// Returns how many rows pass a filter.
async fn passing(world: &World, token: &str, report_type: &str, filter: Value) -> usize {
    let mut request = query(report_type, &["session_id"]);
    request["dimensionsFilters"] = json!([[filter]]);
    let (status, page) = world.post("/v1/data", token, &request).await;
    assert_eq!((status, &page["filtersApplied"]), (StatusCode::OK, &json!(true)), "{request}: {page}");
    page["rows"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_filter_tells_whether_it_names_a_covered_value() {
    let (world, [full, masked, anonymous]) = filled(&["demo"]).await;
    let mut told = 0;
    for (privacy, token) in [("masked", &masked), ("anonymous", &anonymous)] {
        for field in covered(privacy).filter(|field| !matches!(field.kind, Kind::Records(_))) {
            let report_type = match field.record {
                Record::TalkOption => "talk_options",
                record => record.name(),
            };
            let (value, day) = (canary(field), canary_day(field).replace('-', ""));
            let tests: Vec<(&str, Vec<String>)> = if field.kind == Kind::Instant {
                vec![("EQUALS", vec![day.clone()]), ("BETWEEN", vec![day.clone(), day])]
            } else {
                let part = if field.confidential == Confidential::Key { id("platform_id") } else { value };
                vec![
                    ("EQUALS", vec![part.clone(), format!("{}-{part}", field.name)]),
                    ("CONTAINS", vec![part[1..].to_owned(), PHONE[4..].to_owned()]),
                    ("REGEXP_PARTIAL_MATCH", vec![format!("(?i){}", &part[2..])]),
                ]
            };
            for (operator, values) in tests {
                let filter = |inclusion| json!({"fieldName": field.id(), "type": inclusion, "operator": operator, "values": values});
                let about = format!("{} {operator} of {privacy}", field.name);
                let rows = passing(&world, &full, report_type, filter("INCLUDE")).await;
                assert!(rows > 0, "{about}: the filter names a value that is there");
                assert_eq!(passing(&world, token, report_type, filter("INCLUDE")).await, 0, "{about}");
                assert_eq!(passing(&world, token, report_type, filter("EXCLUDE")).await, 2, "{about}");
                told += 1;
            }
        }
        for (field, part) in
            [("talks", "talks.message"), ("tags", "tags.answer"), ("talks_options", "talks.options.text")]
        {
            let filter =
                json!({"fieldName": field, "type": "INCLUDE", "operator": "CONTAINS", "values": [id(part)]});
            let expected = if privacy == "masked" { 2 } else { 0 };
            assert_eq!(passing(&world, token, "sessions", filter.clone()).await, expected, "{field}");
            assert_eq!(passing(&world, token, "events", filter).await, expected, "{field}");
        }
        let link = json!({"fieldName": "media_url", "type": "EXCLUDE", "operator": "IS_NULL"});
        assert_eq!(passing(&world, token, "talks", link).await, if privacy == "masked" { 2 } else { 0 });
    }
    assert!(told > 100, "{told} filters were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pseudonym_is_one_person_s_in_every_report_of_one_account_only() {
    let (world, [full, _, anonymous]) = filled(&["demo", "other"]).await;
    let foreign = token(&world, "other", "anonymous").await;
    let fields = ["agent_id", "agent_name", "contact_name", "platform_id", "created_at"];
    let clear = world.rows(&full, &query("sessions", &fields)).await;
    let seen = world.rows(&anonymous, &query("sessions", &fields)).await;
    assert_eq!(seen, world.rows(&anonymous, &query("sessions", &fields)).await);
    assert_eq!((&seen[0][..3], &clear[0][4]), (&seen[1][..3], &seen[0][4]), "the same agent and contact");
    assert_ne!(seen[0][3], seen[1][3], "another address");
    for (seen, clear) in seen[0][..4].iter().zip(&clear[0][..4]) {
        let pseudonym = seen.as_str().unwrap();
        assert!(pseudonym.len() == 12 && pseudonym.bytes().all(|b| b.is_ascii_hexdigit()), "{pseudonym}");
        assert_ne!(seen, clear);
    }
    let talks = world.rows(&anonymous, &query("talks", &["agent_name"])).await;
    let groups =
        world.rows(&anonymous, &query("summary", &["agent_name", "sessions", "new_contact_sessions"])).await;
    assert_eq!((&talks[0][0], &groups[0]), (&seen[0][1], &vec![seen[0][1].clone(), json!(2), Value::Null]));
    let elsewhere = world.rows(&foreign, &query("sessions", &fields)).await;
    assert!(elsewhere[0][..4].iter().zip(&seen[0]).all(|(there, here)| there != here));
    // A filter may use the values that the token shows.
    let filter =
        json!({"fieldName": "platform_id", "type": "INCLUDE", "operator": "EQUALS", "values": [seen[0][3]]});
    assert_eq!(passing(&world, &anonymous, "sessions", filter).await, 1);
}

/// Returns the first row of a report, by the ids of its fields.
async fn row(world: &World, token: &str, report_type: &str, ids: &[&str]) -> BTreeMap<String, Value> {
    let rows = world.rows(token, &query(report_type, ids)).await;
    ids.iter().map(|id| (*id).to_owned()).zip(rows[0].iter().cloned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_confides_is_hidden_with_all_that_follows_from_it() {
    let (world, [full, masked, anonymous]) = filled(&["demo"]).await;
    let follows: &[(&str, &[&str])] = &[
        (
            "finished_at",
            &["finished_date", "finished_hour", "finished_sessions", "lost_sessions", "lost_rate"],
        ),
        ("lastInteraction", &["last_date", "last_week", "partition_column"]),
        ("created_at", &["created_date", "created_month", "partition_column", "new_contact_sessions"]),
        ("contact_created_at", &["new_contact_sessions"]),
        ("agent_id", &["attended_sessions", "lost_sessions"]),
        ("attendance_timer_tme", &["tme_seconds", "tme_sessions", "tme", "lost_sessions"]),
        ("timerOnWait", &["lost_rate"]),
        ("expired", &["expired_sessions"]),
        ("events", &["transferred_sessions", "lost_sessions"]),
        ("events_event", &["transferred_sessions"]),
        ("talks", &["messages", "messages_contact", "messages_media", "messages_hsm", "talks_options"]),
        ("talks_origin", &["messages_agent", "messages_automatic"]),
        ("talks_storage_id", &["messages_media"]),
        ("tabulation", &[]),
        ("campaign_timer_wait_limit", &[]),
    ];
    for (field, more) in follows {
        confide(&world, &[field]).await;
        let of_session = dictionary::by_id(field).unwrap().record == Record::Session;
        let ids: Vec<&str> = of_session.then_some(*field).into_iter().chain(more.iter().copied()).collect();
        for token in [&masked, &anonymous] {
            for (id, value) in row(&world, token, "sessions", &ids).await {
                assert_eq!(value, Value::Null, "{id} where {field} is confidential");
            }
        }
        let clear = row(&world, &full, "sessions", &ids).await;
        assert!(clear.iter().any(|(_, value)| !value.is_null()), "{field}: {clear:?}");
        for id in more.iter().filter(|id| **id != "talks_options") {
            let groups = world.rows(&masked, &query("summary", &[id])).await;
            assert_eq!(groups, [[Value::Null]], "{id} where {field} is confidential");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_an_account_confides_are_hidden_in_their_own_reports_and_in_texts() {
    let (world, [full, masked, _]) = filled(&["demo"]).await;
    confide(&world, &["talks", "events_created_at", "contact_platforms", "tags_answer"]).await;
    // Only the full token is told even how many records there are.
    for report_type in ["talks", "talk_options", "contact_platforms"] {
        let own = query(report_type, &["session_id"]);
        assert!(!world.rows(&full, &own).await.is_empty(), "{report_type}");
        assert_eq!(world.rows(&masked, &own).await.len(), 0, "{report_type}");
    }
    assert!(!world.rows(&masked, &query("events", &["session_id"])).await.is_empty());
    let texts = row(&world, &masked, "sessions", &["events", "tags", "talks", "contact_platforms"]).await;
    assert_eq!(texts["events"], json!(id("events.event")), "without its moment");
    assert_eq!(texts["tags"], json!(id("tags.tag")), "without its answer");
    assert_eq!((&texts["talks"], &texts["contact_platforms"]), (&Value::Null, &Value::Null));
    confide(&world, &["talks_created_at", "talks_storage_id"]).await;
    let (_, page) = world.post("/v1/data", &masked, &query("sessions", &["talks"])).await;
    let day = canary_day(dictionary::field("talks.created_at").unwrap());
    assert!(!page.to_string().contains(&day) && !page.to_string().contains("/m/"), "{page}");
    assert!(page.to_string().contains(&id("talks.message")), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn periods_and_numbers_of_confided_fields_tell_nothing() {
    let (world, [full, masked, anonymous]) = filled(&["demo"]).await;
    confide(&world, &["finished_at", "campaign_timer_wait_limit", "created_at"]).await;
    let finished = canary_day(dictionary::field("finished_at").unwrap());
    for (date_field, day, rows) in [
        ("finished_at", finished.as_str(), 2),
        ("finished_at", "2026-01-01", 0),
        ("created_at", "2026-03-01", 1),
    ] {
        let mut request = query("sessions", &["status"]);
        request["configParams"]["date_field"] = json!(date_field);
        request["dateRange"] = json!({"startDate": day, "endDate": day});
        assert_eq!(world.rows(&full, &request).await.len(), rows, "{date_field} {day}");
        for token in [&masked, &anonymous] {
            assert_eq!(world.rows(token, &request).await.len(), 0, "{date_field} {day}");
        }
    }
    for (operator, values) in [
        ("EQUALS", vec!["5"]),
        ("NUMERIC_GREATER_THAN", vec!["0"]),
        ("NUMERIC_LESS_THAN", vec!["9"]),
        ("BETWEEN", vec!["0", "9"]),
    ] {
        let filter = json!({"fieldName": "campaign_timer_wait_limit", "type": "INCLUDE", "operator": operator, "values": values});
        assert_eq!(passing(&world, &full, "sessions", filter.clone()).await, 2, "{operator}");
        assert_eq!(passing(&world, &masked, "sessions", filter).await, 0, "{operator}");
    }
}
