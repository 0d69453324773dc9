//! Another platform's documents, as Chatwoot publishes them, with people made up: posted as they are, and read as rows.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, answer, query};

macro_rules! sample {
    ($file:literal) => {
        include_str!(concat!("samples/chatwoot/", $file))
    };
}

const CREATED: &str = sample!("conversation-created.json");
const MESSAGE: &str = sample!("message-created.json");
const UPDATED: &str = sample!("conversation-updated.json");
const RESOLVED: &str = sample!("conversation-status-changed.json");
const OF_2021: &str = sample!("conversation-status-changed-2021.json");
const CONTACT: &str = sample!("contact-created.json");
const PAGE: &str = sample!("conversations.json");
const WHOLE: &str = sample!("conversation-with-messages.json");

/// Posts a body under the mapping, with more of a query string.
async fn post(world: &World, token: &str, more: &str, body: impl Into<String>) -> (u16, Value) {
    let path = format!("/v1/sessions?mapping=chatwoot{more}");
    let (status, told) = answer(world.request(Method::POST, &path, token).body(body.into())).await;
    (status.as_u16(), told)
}

/// Posts a body of which every session is to have this outcome.
async fn post_all(world: &World, token: &str, body: &str, outcome: &str, sessions: u8) {
    let (status, told) = post(world, token, "", body).await;
    assert_eq!((status, &told[outcome], &told["warned"]), (200, &json!(sessions), &json!(0)), "{told}");
}

/// The names in a text.
fn words(names: &str) -> Vec<&str> {
    names.split_whitespace().collect()
}

/// Rows as they are expected, from their JSON.
fn rows_of(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// The one row of a session.
async fn row(world: &World, report: &str, report_type: &str, fields: &[&str]) -> Value {
    json!(world.rows_once(report, &query(report_type, fields), 1).await[0])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_what_its_webhooks_say_in_any_order() {
    let world = World::start().await;
    let webhooks = [CREATED, MESSAGE, UPDATED, RESOLVED];
    let fields = words(
        "session_id protocol status position created_at lastInteraction finished_at updated_at tabulation channel channel_id platform platform_id contact_id contact_name agent_id agent_name agent_codename campaign_id campaign_name attendance_timer_tme attendance_timer_tma attendance_timer_tta finished_sessions attended_sessions",
    );
    let expected = rows_of(
        r#"["10", "10", "finished", null, "20261003140522", "20261003141522", "20261003141522", "20261003141522",
            "garantia, vip", "WhatsApp", "3", "Channel::Whatsapp", "+5511900000001", "12", "Maria Exemplo", "1",
            "Ana Atendente", "Ana", "4", "suporte", 60, 540, 600, 1, 1]"#,
    );
    for (account, order) in [("forth", [0, 1, 2, 3]), ("back", [3, 2, 1, 0])] {
        let (ingest, report) = world.account(account).await;
        for (at, webhook) in order.into_iter().enumerate() {
            let outcome = if account == "forth" || at == 0 { "accepted" } else { "stale" };
            post_all(&world, &ingest, webhooks[webhook], outcome, 1).await;
        }
        post_all(&world, &ingest, RESOLVED, "unchanged", 1).await;
        // When a second session is readable, so is the last version of the first.
        post_all(&world, &ingest, OF_2021, "accepted", 1).await;
        let rows = world.rows_once(&report, &query("sessions", &fields), 2).await;
        let found = rows.iter().find(|row| row[0] == "10").unwrap();
        assert_eq!(json!(found), expected, "{account}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_without_a_beginning_begins_with_its_last_activity() {
    let world = World::start().await;
    let (ingest, report) = world.account("loja").await;
    post_all(&world, &ingest, OF_2021, "accepted", 1).await;
    let fields = words("session_id status created_at finished_at channel platform_id agent_name talks");
    let expected = json!([
        "11",
        "open",
        "20210723150249",
        null,
        "Site",
        "joao@exemplo.com.br",
        "Ana Atendente",
        "2021-07-23 15:02:49 Automático: Get notified by email",
    ]);
    assert_eq!(row(&world, &report, "sessions", &fields).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_conversation_of_a_page_is_a_session() {
    let world = World::start().await;
    let (ingest, report) = world.account("loja").await;
    post_all(&world, &ingest, PAGE, "accepted", 3).await;
    let fields = words(
        "session_id status position finished_at channel platform_id contact_name contact_created_at agent_email campaign_name attendance_timer_tme attendance_timer_tta",
    );
    let rows = world.rows_once(&report, &query("sessions", &fields), 3).await;
    let expected = rows_of(
        r#"[["21", "open", "snoozed", null, "WhatsApp", "+5511900000002", "Carlos Exemplo", "20261003140422",
             "ana@loja.exemplo.com.br", "suporte", 20, null],
            ["22", "open", "pending", null, "Site", "rita@exemplo.com.br", "Rita Exemplo", "20261002140522",
             null, null, null, null],
            ["23", "finished", null, "20261003140602", "Channel::Unheard", "rita@exemplo.com.br", "Rita Exemplo",
             "20261002140522", null, null, null, 40]]"#,
    );
    assert_eq!(json!(rows), expected);
    post_all(&world, &ingest, r#"{"data":{"meta":{"all_count":0},"payload":[]}}"#, "received", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_conversation_is_kept_with_all_that_was_said() {
    let world = World::start().await;
    let (ingest, report) = world.account("loja").await;
    post_all(&world, &ingest, RESOLVED, "accepted", 1).await;
    post_all(&world, &ingest, WHOLE, "accepted", 1).await;
    // The same state with the last message alone does not take its place.
    post_all(&world, &ingest, RESOLVED, "stale", 1).await;
    let fields = words(
        "talks_created_at talks_origin talks_type talks_message talks_legend talks_stt talks_hsm talks_blocked",
    );
    let expected = rows_of(
        r#"[["20261003140522", "contact", "text", "Olá, minha câmera não liga", null, null, null, null],
            ["20261003140524", "automatic", "input_select", "Sobre o que é?", null, null, null, null],
            ["20261003140527", "automatic", "text", "Sou o assistente virtual", null, null, null, null],
            ["20261003140612", "automatic", "activity", "Conversation was assigned to Ana", null, null, null, null],
            ["20261003140622", "agent", "text", "Bom dia, vou verificar", null, null, null, null],
            ["20261003140642", "contact", "image", "https://chat.exemplo.com.br/camera.jpg", "olha a luz", null, null, null],
            ["20261003140652", "contact", "audio", "https://chat.exemplo.com.br/audio.ogg", null, "ela pisca duas vezes", null, null],
            ["20261003140702", "agent", "document", "https://chat.exemplo.com.br/a.pdf, https://chat.exemplo.com.br/b.pdf",
             null, null, null, true],
            ["20261003140712", "contact", "location", "Praça da Sé", null, null, null, null],
            ["20261003140722", "agent", "text", "Sua garantia vence em breve", null, null, true, null]]"#,
    );
    assert_eq!(json!(world.rows_once(&report, &query("talks", &fields), 10).await), expected);
    let rows = async |report_type: &str, fields: &[&str]| {
        json!(world.rows(&report, &query(report_type, fields)).await)
    };
    assert_eq!(
        rows("talk_options", &["talks_options_num", "talks_options_text"]).await,
        json!([["1", "Suporte"], ["2", "Vendas"]])
    );
    assert_eq!(
        rows("tags", &["tags_tag", "tags_answer"]).await,
        json!([["label", "garantia"], ["label", "vip"]])
    );
    assert_eq!(
        rows("contact_platforms", &["contact_platforms_platform", "contact_platforms_platform_id"]).await,
        json!([["phone", "+5511900000001"], ["email", "maria@exemplo.com.br"]])
    );
    let counts = ["messages", "messages_contact", "messages_agent", "messages_automatic", "messages_hsm"];
    assert_eq!(rows("summary", &counts).await, json!([[10, 4, 3, 3, 1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_without_a_session_costs_no_neighbour_and_says_why() {
    let world = World::start().await;
    let (ingest, report) = world.account("loja").await;
    let mut page: Value = serde_json::from_str(PAGE).unwrap();
    page["data"]["payload"][1]["created_at"] = json!("ontem");
    page["data"]["payload"][2]["meta"]["sender"]["created_at"] = json!("ontem");
    let line = |document: &Value| document.to_string();
    let [created, contact] = [CREATED, CONTACT].map(|text| line(&serde_json::from_str(text).unwrap()));
    let body = [created, "lixo".to_owned(), contact, line(&page)].join("\n");
    let request = world
        .request(Method::POST, "/v1/sessions?mapping=chatwoot", &ingest)
        .header("content-type", "application/x-ndjson")
        .header("accept-language", "en");
    let (status, told) = answer(request.body(body)).await;
    assert_eq!(
        (status, &told["received"], &told["accepted"]),
        (StatusCode::MULTI_STATUS, &json!(6), &json!(3)),
        "{told}"
    );
    let said = |of: &str| -> Vec<Value> {
        let lines = told[of].as_array().unwrap().iter();
        lines.map(|line| json!([line["index"], line["session_id"], line["field"], line["message"]])).collect()
    };
    let date = "is not a date and time: send yyyy-mm-dd hh:mm:ss, dd/mm/yyyy hh:mm:ss or ISO 8601; what was sent: \"ontem\"";
    let results = said("results");
    let nowhere = results[1][3].as_str().unwrap();
    assert!(nowhere.starts_with("the session is not where the mapping looks for it"), "{nowhere}");
    assert!(nowhere.contains(r#"what was sent: {"#), "{nowhere}");
    assert_eq!(
        json!([results[0], results[2]]),
        json!([
            [
                1,
                null,
                null,
                "the session is not a line of JSON: send one object {…} a line; what was sent: lixo"
            ],
            [3, "22", "created_at", format!("data.payload[1].created_at {date}")],
        ])
    );
    let warning = format!(
        "data.payload[2].meta.sender.created_at {date}; the value was left out and the session was stored"
    );
    let warning = json!([3, "23", "contact_created_at", warning]);
    assert_eq!(said("warnings"), [warning]);
    let ids = world.rows_once(&report, &query("sessions", &["session_id"]), 3).await;
    assert_eq!(json!(ids), json!([["10"], ["21"], ["23"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_is_tried_without_storing_and_an_unknown_one_is_refused() {
    let world = World::start().await;
    let (ingest, report) = world.account("loja").await;
    let (status, told) = post(&world, &ingest, "&validate=true", PAGE).await;
    assert_eq!((status, &told["accepted"]), (200, &json!(3)), "{told}");
    assert_eq!(post(&world, &ingest, "", PAGE).await, (200, told), "nothing was stored before");
    world.rows_once(&report, &query("sessions", &["session_id"]), 3).await;

    let (status, told) = world.post("/v1/sessions?mapping=zap", &ingest, &json!({})).await;
    assert_eq!(
        (status, &told["detail"]),
        (StatusCode::BAD_REQUEST, &json!("there is no mapping \"zap\"; there are: chatwoot"))
    );
    // Without the mapping the same document is none of the platform's own.
    let (status, told) = answer(world.request(Method::POST, "/v1/sessions", &ingest).body(PAGE)).await;
    assert_eq!((status, &told["rejected"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(1)), "{told}");
}
