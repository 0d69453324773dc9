//! Tests of measures that follow from repeated records or from distinct values, which are computed from the
//! sessions' JSON.

use std::collections::{BTreeMap, BTreeSet};

use domain::number::nearest_float;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::expected::moment;
use crate::lake::filled;
use crate::world::query;

/// Returns when a session's events of a name happened, in microseconds and in order.
fn moments(session: &Value, name: &str) -> Vec<i64> {
    let events = session["events"].as_array().into_iter().flatten();
    let mut at: Vec<i64> = events
        .filter(|event| event["event"] == name)
        .filter_map(|event| moment(&event["created_at"]))
        .map(|at| at.timestamp_micros())
        .collect();
    at.sort_unstable();
    at
}

/// Returns handling, waiting and total time of a session in seconds, according to its events.
fn times(session: &Value) -> [Option<f64>; 3] {
    let (waits, starts) = (moments(session, "waitStart"), moments(session, "humanStart"));
    let wait = waits.first();
    let start = starts.iter().find(|at| wait.is_none_or(|wait| *at >= wait));
    let finishes = moments(session, "humanFinish");
    let finish = start.and_then(|start| finishes.iter().rfind(|at| *at >= start));
    let seconds = |from: Option<&i64>, to: Option<&i64>| Some(nearest_float(to? - from?) / 1e6);
    [seconds(start, finish), seconds(wait, start), seconds(wait.or(start), finish)]
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_recomputed_from_events_and_sentiment_is_added_up() {
    let (world, _, report, sessions) = filled(71, 300).await;
    let count = |values: &[f64]| f64::from(u32::try_from(values.len()).unwrap());
    let mut expected = Vec::new();
    for at in 0..3 {
        let measured: Vec<f64> = sessions.iter().filter_map(|session| times(session)[at]).collect();
        let sum: f64 = measured.iter().sum();
        assert!(measured.len() > 100, "{} sessions tell", measured.len());
        expected.extend([sum, count(&measured), sum / count(&measured)]);
    }
    let talks = sessions.iter().flat_map(|session| session["talks"].as_array().into_iter().flatten());
    let levels = talks.map(|talk| &talk["sentiment_analysis_level"]);
    let levels: Vec<f64> =
        levels.filter_map(|level| level.as_f64().or_else(|| level.as_str()?.parse().ok())).collect();
    assert!(levels.len() > 50, "{} messages have a level", levels.len());
    expected.extend([levels.iter().sum(), count(&levels), levels.iter().sum::<f64>() / count(&levels)]);
    let fields = ["event_tma", "event_tme", "event_tta"]
        .map(|id| [format!("{id}_seconds"), format!("{id}_sessions"), id.to_owned()]);
    let mut fields: Vec<&str> = fields.iter().flatten().map(String::as_str).collect();
    fields.extend(["sentiment_level_sum", "sentiment_messages", "sentiment_level"]);
    let rows = world.rows(&report, &query("summary", &fields)).await;
    for ((field, served), expected) in fields.iter().zip(&rows[0]).zip(expected) {
        let served = served.as_f64().unwrap();
        assert!((served - expected).abs() <= 1e-6 * expected.abs(), "{field}: {served}, not {expected}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_counts_once_in_each_group_whatever_the_reader_sees_of_it() {
    let (world, _, report, sessions) = filled(72, 400).await;
    let mut expected: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    let mut everybody = BTreeSet::new();
    for session in &sessions {
        let contact = session["contact"]["_id"].as_str().unwrap();
        let key = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let key = (key(&session["campaign"]["name"]), key(&session["status"]));
        expected.entry(key).or_default().insert(contact);
        everybody.insert(contact);
    }
    let order = json!({"account": "demo", "scope": "report", "privacy": "anonymous"});
    let (status, anonymous) = world.post("/v1/tokens", &world.admin, &order).await;
    assert_eq!(status, StatusCode::CREATED, "{anonymous}");
    for token in [report.as_str(), anonymous["token"].as_str().unwrap()] {
        let mut ask = query("summary", &["campaign_name", "contacts", "status", "sessions"]);
        ask["limit"] = 3.into();
        let rows = world.rows(token, &ask).await;
        assert_eq!(rows.len(), expected.len());
        for row in &rows {
            let key = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            assert_eq!(row[1], expected[&(key(&row[0]), key(&row[2]))].len(), "{row:?}");
        }
        assert!(rows.iter().map(|row| row[1].as_u64().unwrap()).sum::<u64>() > everybody.len() as u64);
        assert_eq!(world.rows(token, &query("summary", &["contacts"])).await, [[json!(everybody.len())]]);
    }
    let one = world.rows(&report, &query("sessions", &["contacts"])).await;
    assert!(one.iter().all(|row| row[0] == 1), "a session has one contact");
    let (_, schema) = world.get("/v1/schema?report_type=summary", &report).await;
    let contacts =
        schema["schema"].as_array().unwrap().iter().find(|field| field["name"] == "contacts").unwrap();
    assert_eq!(contacts["formula"], "COUNT_DISTINCT($contact_id)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_is_filtered_by_what_it_cannot_group_by() {
    let (world, _, report, sessions) = filled(73, 200).await;
    let day = moment(&sessions[0]["created_at"]).unwrap().format("%Y%m%d").to_string();
    let of_day =
        |session: &&Value| moment(&session["created_at"]).unwrap().format("%Y%m%d").to_string() == day;
    let mut asked = query("summary", &["sessions"]);
    asked["fields"].as_array_mut().unwrap().push(json!({"name": "created_at", "forFilterOnly": true}));
    asked["dimensionsFilters"] =
        json!([[{"fieldName": "created_at", "type": "INCLUDE", "operator": "EQUALS", "values": [day]}]]);
    let count = sessions.iter().filter(of_day).count();
    assert!(0 < count && count < sessions.len());
    assert_eq!(world.rows(&report, &asked).await, [[json!(count)]]);

    // A filter that cannot be applied makes its field a column, and this field cannot be a column of a
    // summary.
    asked["dimensionsFilters"][0][0]["operator"] = json!("SOUNDS_LIKE");
    let (status, problem) = world.post("/v1/data", &report, &asked).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().starts_with("created_at "), "{problem}");
}
