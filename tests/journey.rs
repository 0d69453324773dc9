//! The README's story: a session goes in, rows and a media link come out.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::{World, query};

fn sample(name: &str) -> Value {
    let path = format!("{}/samples/session-{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_shapes_of_a_session_give_the_same_rows() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let (status, answer) = world.ingest(&ingest, &[sample("nested")]).await;
    assert_eq!((status, &answer["accepted"]), (StatusCode::OK, &json!(1)), "{answer}");
    let sessions = query(
        "sessions",
        &["session_id", "created_at", "campaign_name", "channel", "tabulation", "attendance_timer_tma"],
    );
    let rows = world.rows_once(&report, &sessions, 1).await;
    assert_eq!(
        rows[0],
        [
            json!("65f0c0ffee00000000000001"),
            json!("20261003140522"),
            json!("Suporte Técnico"),
            json!("WhatsApp Suporte"),
            json!("Resolvido"),
            json!(1473.5)
        ]
    );
    let talks = query("talks", &["session_id", "talks_origin", "talks_message", "talks_created_at"]);
    let talks = world.rows(&report, &talks).await;
    assert_eq!(talks.len(), 4);
    assert_eq!(talks[0][2], json!("Olá, minha câmera não liga 😕"));
    let options =
        world.rows(&report, &query("talk_options", &["talks_options_num", "talks_options_text"])).await;
    assert_eq!(options, [[json!("1"), json!("Suporte")], [json!("2"), json!("Vendas")]]);

    let (status, answer) = world.ingest(&ingest, &[sample("flat")]).await;
    assert_eq!((status, &answer["unchanged"]), (StatusCode::OK, &json!(1)), "{answer}");
}
