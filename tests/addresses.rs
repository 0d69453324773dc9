//! Tests that ids which hold a contact's address are hidden, whatever the address is written like and wherever it stands,
//! and that people of one name are told apart.

use ::lake::{CompactionPolicy, Lake, SNAPSHOT_MARGIN};
use domain::id::AccountId;
use serde_json::{Value, json};

use crate::privacy::{REPORTS, ids, token};
use crate::world::{World, answer, query};
use reqwest::{Method, StatusCode};

/// Ways to write the telephone +55 11 98765-4321.
const NOTATIONS: [&str; 7] = [
    "5511987654321",
    "+55 (11) 98765-4321",
    "55 11 98765 4321",
    "11987654321",
    "(11) 98765-4321",
    "011 98765.4321",
    "98765-4321",
];
/// The fields that platforms make of an address.
const IDS: [&str; 3] = ["session_id", "protocol", "contact_id"];

/// A session that one field of which is made of a number, and whose contact is known by a code on its own channel: the
/// number is on another platform of the contact.
fn session(number: &str, at: usize, field: &str) -> Value {
    let mut session = json!({
        "session_id": format!("s-{at}-{field}"), "created_at": "2026-03-01 10:00:00", "channel": "whatsapp",
        "platform_id": "BR.13491208655302741918", "protocol": format!("p{at}{field}"), "contact_id": format!("c{at}{field}"),
        "contact_name": "Ana Lima", "agent_name": "Ana Lima", "agent_id": "a1",
        "contact_platforms": [{"platform": "WhatsappBusiness", "platform_id": number}],
        "talks": [{"message": "oi", "origin": "contact", "created_at": "2026-03-01 10:00:00"}],
    });
    session[field] = json!(format!("{number}/{at}"));
    session
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_any_platform_is_hidden_in_whatever_notation() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let mut sessions = Vec::new();
    for (at, number) in NOTATIONS.iter().enumerate() {
        sessions.extend(IDS.map(|field| session(number, at, field)));
    }
    world.ingest_all(&ingest, &sessions, "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    for privacy in ["full", "masked", "anonymous"] {
        let token = token(&world, "demo", privacy).await;
        let mut seen = 0;
        for report_type in REPORTS {
            let ids = ids(&world, &token, report_type).await;
            for ids in ids.chunks(20) {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                for row in world.rows(&token, &query(report_type, &ids)).await {
                    for (id, value) in ids.iter().zip(&row) {
                        let holds = digits(&value.to_string()).contains("87654321");
                        assert!(!holds || privacy == "full", "{id} of {report_type} to {privacy}: {value}");
                        seen += usize::from(holds);
                    }
                }
            }
        }
        assert_eq!(seen > 0, privacy == "full");
        // Nor does a filter find it.
        for field in IDS {
            for number in NOTATIONS {
                let mut request = query("talks", &["message"]);
                let filter = json!({"fieldName": field, "type": "INCLUDE", "operator": "CONTAINS", "values": [number]});
                request["fields"] = json!([{"name": "talks_message"}]);
                request["dimensionsFilters"] = json!([[filter]]);
                let (status, page) = world.post("/v1/data", &token, &request).await;
                assert_eq!((status, &page["filtersApplied"]), (StatusCode::OK, &json!(true)), "{page}");
                let found = !page["rows"].as_array().unwrap().is_empty();
                assert_eq!(found, privacy == "full", "{field} {number} to {privacy}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_and_a_contact_of_one_name_have_different_pseudonyms() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    world.ingest_all(&ingest, &[session(NOTATIONS[0], 0, "protocol")], "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), 1).await;
    let token = token(&world, "demo", "anonymous").await;
    let fields = ["agent_name", "contact_name", "messages_media", "messages"];
    let row = &world.rows(&token, &query("sessions", &fields)).await[0];
    assert_ne!(row[0], row[1]);
    // How many files there were is told by what is hidden; how many messages, is not.
    assert_eq!((&row[2], &row[3]), (&Value::Null, &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_has_no_links_where_the_session_s_beginning_is_confided() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let mut session = session(NOTATIONS[0], 0, "protocol");
    session["talks"][0]["storage_id"] = json!("file");
    world.ingest_all(&ingest, &[session], "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), 1).await;
    let masked = token(&world, "demo", "masked").await;
    let transcript = async || world.rows(&masked, &query("sessions", &["talks"])).await[0][0].to_string();
    assert!(transcript().await.contains("/m/"));
    let change = json!({"account": "demo", "confidential": ["created_at"]});
    answer(world.request(Method::PATCH, "/v1/account", &world.admin).json(&change)).await;
    let shown = transcript().await;
    assert!(shown.contains("oi") && !shown.contains("/m/"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_many_sessions_have_is_found_by_no_filter() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    // So many in one segment that names are kept as codes, of which a filter looks at each once.
    let sessions: Vec<Value> = (0..60).map(|at| session(NOTATIONS[0], at, "protocol")).collect();
    world.ingest_all(&ingest, &sessions, "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;
    let (lake, account) = (Lake::new(world.store()), AccountId::try_from("demo".to_owned()).unwrap());
    lake.compact_all(&account, &CompactionPolicy::at_once()).await.unwrap();
    tokio::time::sleep(SNAPSHOT_MARGIN * 2).await;
    for (privacy, found) in [("full", 60), ("masked", 0), ("anonymous", 0)] {
        let token = token(&world, "demo", privacy).await;
        for field in ["contact_name", "agent_name"] {
            let filter =
                json!({"fieldName": field, "type": "INCLUDE", "operator": "EQUALS", "values": ["Ana Lima"]});
            let mut request = query("sessions", &["channel"]);
            request["dimensionsFilters"] = json!([[filter]]);
            assert_eq!(world.rows(&token, &request).await.len(), found, "{field} to {privacy}");
        }
    }
}
