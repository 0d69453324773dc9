//! Tests of the whole way: sessions go in, rows come out, and nothing is lost or made up between.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use chrono_tz::America::Sao_Paulo;
use demo::flat;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::expected::{self, moment};
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

/// Returns the sessions with every second one in the flat shape: those with an odd index, or those with an
/// even one.
fn mixed(sessions: &[Value], odd: bool) -> Vec<Value> {
    let shape =
        |(at, session): (usize, &Value)| if (at % 2 == 1) == odd { flat(session) } else { session.clone() };
    sessions.iter().enumerate().map(shape).collect()
}

/// An earlier version of a session, with other contents.
fn earlier(session: &Value) -> Value {
    let mut earlier = session.clone();
    let version = moment(&session["updated_at"]).unwrap() - Duration::hours(1);
    earlier["updated_at"] = version.to_rfc3339().into();
    earlier["tabulation"] = "Ainda sem resposta".into();
    earlier["talks"][0]["message"] = "outra coisa".into();
    earlier
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_sessions_come_back_field_by_field_and_neither_repeats_nor_old_versions_change_them() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let mut sessions = expected::sessions(1, 3_000);
    let before = Utc::now();
    world.ingest_all(&ingest, &mixed(&sessions, true), "accepted").await;
    let accepted = Utc::now();
    world.rows_once(&report, &query("sessions", &["session_id"]), sessions.len()).await;
    let took = Utc::now() - accepted;
    assert!(took <= Duration::seconds(10), "readable {took} after the last acknowledgement");
    expected::assert_served(&world, &report, &sessions).await;

    let reported = query("sessions", &["session_id", "report_at"]);
    let first = world.rows(&report, &reported).await;
    let second = |at: DateTime<Utc>| at.with_timezone(&Sao_Paulo).format("%Y%m%d%H%M%S").to_string();
    let (before, accepted) = (second(before), second(accepted));
    for row in &first {
        let at = row[1].as_str().unwrap();
        assert!((before.as_str()..=accepted.as_str()).contains(&at), "{row:?}");
    }

    world.ingest_all(&ingest, &mixed(&sessions, false), "unchanged").await;
    let mut old: Vec<Value> = sessions.iter().step_by(15).map(earlier).collect();
    // The versions are shuffled: a stride without a common divisor with the length reaches every index once.
    old = (0..old.len()).map(|at| old[at * 77 % old.len()].clone()).collect();
    assert_eq!(old.iter().map(expected::id).collect::<BTreeSet<_>>().len(), 200);
    world.ingest_all(&ingest, &old, "stale").await;
    // The stream keeps its order, so when this session is readable, everything before it is readable too.
    sessions.extend(expected::sessions(2, 1));
    world.ingest_all(&ingest, &sessions[3_000..], "accepted").await;
    let again = world.rows_once(&report, &reported, 3_001).await;
    let kept: Vec<_> = again.into_iter().filter(|row| row[0] != sessions[3_000]["session_id"]).collect();
    assert_eq!(kept, first);
    expected::assert_served(&world, &report, &sessions).await;
}
