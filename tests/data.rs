//! Tests of rows: every report type, filter, date and page, read as Data Studio reads them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Utc;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, query};

const TEAMS: [Option<&str>; 3] = [Some("Suporte"), Some("Vendas"), None];

/// Returns session number `n`. There is one every seven hours, for three teams in turn, with a wait of `n`
/// seconds; every fifth is still open, and every second was attended.
pub(crate) fn session(n: u32) -> Value {
    let hours = 7 * n;
    let day = |hours: u32| format!("2026-03-{:02} {:02}:30:15.250", 1 + hours / 24, hours % 24);
    let finished = if n.is_multiple_of(5) { Value::Null } else { json!(day(hours + 1)) };
    json!({
        "session_id": format!("s{n:03}"),
        "protocol": format!("20260301{n:05}"),
        "created_at": day(hours),
        "lastInteraction": day(hours),
        "finished_at": finished,
        "updated_at": day(hours + 1),
        "status": if finished.is_null() { "open" } else { "finished" },
        "campaign_name": TEAMS[n as usize % 3],
        "agent_id": if n.is_multiple_of(2) { json!("a1") } else { Value::Null },
        "agent_name": if n.is_multiple_of(2) { json!("Ana Souza") } else { Value::Null },
        "contact_id": format!("c{}", n % 4),
        "contact_name": "Maria da Silva",
        "contact_created_at": "2026-03-02 09:00:00",
        "platform_id": "+5511900001234",
        "attendance_timer_tme": n,
        "expired": n.is_multiple_of(7),
        "events": [{"event": "humanTransferAgent", "created_at": day(hours)}],
        "tags": [{"tag": "motivo", "answer": "garantia"}],
        "talks": [
            {"origin": "contact", "type": "text", "message": format!("oi {n}"), "created_at": day(hours)},
            {"origin": "agent", "type": "image", "storage_id": "foto.png", "legend": "veja"},
            {"origin": "automatic", "type": "text", "message": "Menu", "options": [
                {"num": "1", "text": "Garantia"}, {"num": "2", "text": "Outro"}
            ]}
        ]
    })
}

pub(crate) const COUNT: u32 = 60;

/// Starts a stack with `COUNT` readable sessions of the account `demo`, and returns its `ingest` and `report`
/// token.
async fn filled() -> (World, String, String) {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let sessions: Vec<Value> = (0..COUNT).map(session).collect();
    for batch in sessions.chunks(25) {
        let (status, answer) = world.ingest(&ingest, batch).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    world.rows_once(&report, &query("sessions", &["session_id"]), COUNT as usize).await;
    (world, ingest, report)
}

pub(crate) fn with(mut query: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        query[key] = value.clone();
    }
    query
}

pub(crate) fn filter(field: &str, inclusion: &str, operator: &str, values: &[&str]) -> Value {
    json!([[{"fieldName": field, "type": inclusion, "operator": operator, "values": values}]])
}

fn texts(rows: &[Vec<Value>]) -> Vec<String> {
    rows.iter().map(|row| row[0].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_and_report_types_are_for_readers() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let console = world.token("demo", "console").await;
    for token in [&report, &console] {
        let (status, types) = world.get("/v1/report-types", token).await;
        assert_eq!(status, StatusCode::OK, "{types}");
        let ids: Vec<&str> =
            types["report_types"].as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap()).collect();
        let expected =
            ["sessions", "talks", "talk_options", "events", "tags", "contact_platforms", "summary"];
        assert_eq!(ids, expected);
    }
    let (_, pt) = world.get("/v1/schema", &report).await;
    let (_, en) = world.get("/v1/schema?report_type=sessions&lang=en", &report).await;
    assert_eq!(pt["schema"][0]["label"], "ID da sessão");
    assert_eq!(en["schema"][0]["label"], "Session ID");
    let refused = [
        ("/v1/schema", &ingest, 200),
        ("/v1/report-types", &ingest, 403),
        ("/v1/schema", &world.admin, 422),
        ("/v1/schema?account=demo", &world.admin, 200),
        ("/v1/schema?account=other", &report, 403),
        ("/v1/schema?report_type=none", &report, 422),
        ("/v1/schema?lang=fr", &report, 422),
        ("/v1/schema?x=1", &report, 422),
    ];
    for (path, token, expected) in refused {
        assert_eq!(world.get(path, token).await.0.as_u16(), expected, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_and_columns_in_any_split_give_the_same_rows() {
    let (world, _, report) = filled().await;
    for (report_type, count) in [("sessions", 60), ("talks", 180), ("talk_options", 120), ("events", 60)] {
        let whole = query(report_type, &["session_id", "created_at", "campaign_name"]);
        let rows = world.rows(&report, &whole).await;
        assert_eq!(rows.len(), count, "{report_type}");
        assert!(rows.is_sorted_by(|a, b| (a[1].as_str(), a[0].as_str()) <= (b[1].as_str(), b[0].as_str())));
        for limit in [1, 7, 59, 60, 61] {
            let paged = world.rows(&report, &with(whole.clone(), &json!({ "limit": limit }))).await;
            assert_eq!(paged, rows, "{report_type} by {limit}");
        }
        let teams = world.rows(&report, &query(report_type, &["campaign_name"])).await;
        assert!(teams.iter().zip(&rows).all(|(team, row)| team[0] == row[2]), "{report_type}");
    }
    let (_, page) = world.post("/v1/data", &report, &query("sessions", &["sessions", "status"])).await;
    assert_eq!(page["totalRows"], 60);
    assert_eq!(page["nextCursor"], Value::Null);
    assert_eq!(
        page["schema"],
        json!([{"name": "sessions", "dataType": "NUMBER"}, {"name": "status", "dataType": "STRING"}])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_include_and_exclude_exact_complements() {
    let (world, _, report) = filled().await;
    let cases: &[(&str, &str, &[&str], usize)] = &[
        ("campaign_name", "EQUALS", &["Suporte"], 20),
        ("campaign_name", "EQUALS", &["suporte"], 0),
        ("campaign_name", "IN_LIST", &["Suporte", "Vendas"], 40),
        ("campaign_name", "IS_NULL", &[], 20),
        ("campaign_name", "CONTAINS", &["end"], 20),
        ("campaign_name", "REGEXP_PARTIAL_MATCH", &["(?i)^SUP"], 20),
        ("campaign_name", "REGEXP_EXACT_MATCH", &["Sup"], 0),
        ("attendance_timer_tme", "BETWEEN", &["10", "19"], 10),
        ("attendance_timer_tme", "NUMERIC_GREATER_THAN", &["57"], 2),
        ("attendance_timer_tme", "NUMERIC_GREATER_THAN_OR_EQUAL", &["57"], 3),
        ("attendance_timer_tme", "NUMERIC_LESS_THAN", &["2"], 2),
        ("attendance_timer_tme", "NUMERIC_LESS_THAN_OR_EQUAL", &["2"], 3),
        ("created_at", "EQUALS", &["20260301"], 4),
        ("created_at", "EQUALS", &["20260301073015"], 1),
        ("created_date", "BETWEEN", &["20260301", "20260302"], 7),
        ("created_weekday", "EQUALS", &["0"], 12),
        ("expired", "EQUALS", &["true"], 9),
        ("talks", "CONTAINS", &["oi 59"], 1),
        ("lost_sessions", "EQUALS", &["1"], 24),
    ];
    for (field, operator, values, expected) in cases {
        let mut counts = Vec::new();
        for inclusion in ["INCLUDE", "EXCLUDE"] {
            let filters = json!({"dimensionsFilters": filter(field, inclusion, operator, values)});
            let rows = world.rows(&report, &with(query("sessions", &["session_id"]), &filters)).await;
            counts.push(texts(&rows).into_iter().collect::<BTreeSet<_>>());
        }
        assert!(counts[0].is_disjoint(&counts[1]), "{field} {operator}");
        assert_eq!(counts[0].len() + counts[1].len(), COUNT as usize, "{field} {operator}");
        assert_eq!(counts[0].len(), *expected, "{field} {operator} {values:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_that_cannot_be_applied_leave_everything_as_it_is() {
    let (world, _, report) = filled().await;
    let fields = json!([{"name": "session_id"}, {"name": "campaign_name", "forFilterOnly": true}]);
    let ask = async |filters: Value| {
        let body = json!({"fields": fields, "dimensionsFilters": filters});
        let (status, page) = world.post("/v1/data", &report, &body).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let widths: BTreeSet<usize> = page["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["values"].as_array().unwrap().len())
            .collect();
        (page["filtersApplied"].as_bool().unwrap(), page["rows"].as_array().unwrap().len(), widths)
    };
    let good = filter("campaign_name", "INCLUDE", "EQUALS", &["Vendas"]);
    assert_eq!(ask(good.clone()).await, (true, 20, BTreeSet::from([1])));
    let odd = [
        filter("campaign_name", "INCLUDE", "SOUNDS_LIKE", &["x"]),
        filter("campaign_name", "INCLUDE", "REGEXP_EXACT_MATCH", &["("]),
        filter("attendance_timer_tme", "INCLUDE", "NUMERIC_LESS_THAN", &["dez"]),
        filter("created_date", "INCLUDE", "EQUALS", &["2026-03-01"]),
    ];
    for odd in odd {
        let both = json!([good[0], odd[0]]);
        assert_eq!(ask(both).await, (false, 60, BTreeSet::from([2])), "{odd}");
    }
    let any = json!([[good[0][0], filter("session_id", "INCLUDE", "EQUALS", &["s000"])[0][0]]]);
    assert_eq!(ask(any).await, (true, 21, BTreeSet::from([1])));
}

#[tokio::test(flavor = "multi_thread")]
async fn periods_include_both_ends_and_are_about_the_chosen_date() {
    let (world, _, report) = filled().await;
    let ask = async |report_type: &str, date_field: &str, start: &str, end: &str| {
        let change = json!({
            "configParams": {"report_type": report_type, "date_field": date_field},
            "dateRange": {"startDate": start, "endDate": end}
        });
        let rows = world.rows(&report, &with(query("", &["session_id"]), &change)).await;
        texts(&rows)
    };
    assert_eq!(
        ask("sessions", "created_at", "2026-03-01", "2026-03-01").await,
        ["s000", "s001", "s002", "s003"]
    );
    assert_eq!(ask("", "", "2026-03-02", "2026-03-02").await, ["s004", "s005", "s006"]);
    // Sessions that are still open have no end, so they are on no day.
    assert_eq!(ask("sessions", "finished_at", "2026-03-01", "2026-03-02").await.len(), 5);
    assert_eq!(ask("events", "created_at", "2026-03-01", "2026-03-01").await.len(), 4);
    assert_eq!(ask("sessions", "lastInteraction", "2025-01-01", "2026-12-31").await.len(), 60);
    let all = world.rows(&report, &with(query("", &["session_id"]), &json!({"dateRange": null}))).await;
    assert_eq!(all.len(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_do_not_fit_are_refused_by_name() {
    let (world, ingest, report) = filled().await;
    let base = query("sessions", &["session_id"]);
    let cases = [
        (json!({"fields": []}), "fields"),
        (json!({"fields": [{"name": "nope"}]}), "nope"),
        (json!({"configParams": {"report_type": "nope"}}), "report_type"),
        (json!({"configParams": {"date_field": "nope"}}), "date_field"),
        (json!({"dateRange": {"startDate": "2026-3-1", "endDate": "2026-03-02"}}), "dateRange.startDate"),
        (json!({"dateRange": {"startDate": "2026-03-01"}}), "dateRange.endDate"),
        (json!({"dateRange": {"startDate": "2026-03-03", "endDate": "2026-03-02"}}), "dateRange.startDate"),
        (json!({"limit": 0}), "limit"),
        (json!({"limit": 50_001}), "limit"),
        (json!({"limit": 1.5}), "limit"),
        (json!({"cursor": "nope"}), "cursor"),
        (json!({"dimensionsFilters": filter("nope", "INCLUDE", "EQUALS", &["x"])}), "nope"),
    ];
    for (change, name) in cases {
        let (status, problem) = world.post("/v1/data", &report, &with(base.clone(), &change)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{change}: {problem}");
        assert_eq!(problem["errors"][0]["field"], name, "{change}");
    }
    let (_, unused) = world.account("unused").await;
    assert_eq!(world.rows(&unused, &base).await.len(), 0);
    let (status, problem) =
        world.post("/v1/data", &unused, &with(base.clone(), &json!({"cursor": "x"}))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "an account without data: {problem}");
    let unknown = with(base.clone(), &json!({"pagination": {"startRow": 1}, "x": 1}));
    assert_eq!(world.post("/v1/data", &report, &unknown).await.0, StatusCode::OK);
    assert_eq!(world.post("/v1/data", &ingest, &base).await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.post("/v1/data", &world.admin, &base).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.post("/v1/data?account=demo", &world.admin, &base).await.0, StatusCode::OK);
    let mut elsewhere = base.clone();
    elsewhere["account"] = "other".into();
    let (status, problem) = world.post("/v1/data?account=demo", &world.admin, &elsewhere).await;
    assert_eq!((status.as_u16(), &problem["errors"][0]["field"]), (422, &"account".into()), "{problem}");

    let (_, page) = world.post("/v1/data", &report, &with(base.clone(), &json!({"limit": 5}))).await;
    let cursor = json!({"cursor": page["nextCursor"]});
    let repeated = with(base.clone(), &cursor);
    let (_, once) = world.post("/v1/data", &report, &repeated).await;
    let (_, twice) = world.post("/v1/data", &report, &repeated).await;
    assert_eq!((&once["rows"], 55), (&twice["rows"], twice["rows"].as_array().unwrap().len()));
    let (_, foreign) = world.account("other").await;
    let elsewhere = with(query("sessions", &["status"]), &cursor);
    for (token, body) in [(&foreign, &repeated), (&report, &elsewhere)] {
        let (status, problem) = world.post("/v1/data", token, body).await;
        assert_eq!((status.as_u16(), &problem["errors"][0]["field"]), (422, &json!("cursor")), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refresh_shows_one_snapshot_whatever_comes_after() {
    let (world, ingest, report) = filled().await;
    // A snapshot lies a few seconds before its refresh, so the rows must become that old first.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    let refresh = Utc::now().timestamp_millis().to_string();
    let query = query("sessions", &["session_id", "status", "created_at"]);
    let then = with(query.clone(), &json!({"scriptParams": {"lastRefresh": refresh}}));
    let before = world.rows(&report, &then).await;
    let (_, first) = world.post("/v1/data", &report, &with(then.clone(), &json!({"limit": 10}))).await;

    let mut moved = session(1);
    moved["created_at"] = json!("2026-04-01 10:00:00");
    moved["updated_at"] = json!("2026-05-01 10:00:00");
    moved["status"] = json!("moved");
    let (status, answer) = world.ingest(&ingest, &[moved, session(COUNT)]).await;
    assert_eq!((status, &answer["accepted"]), (StatusCode::OK, &json!(2)), "{answer}");
    let by_status = json!({"dimensionsFilters": filter("status", "INCLUDE", "EQUALS", &["moved"])});
    world.rows_once(&report, &with(query.clone(), &by_status), 1).await;
    let now = world.rows_once(&report, &query, 61).await;
    assert_eq!(now.last().unwrap()[..2], [json!("s001"), json!("moved")]);
    assert_eq!(now.iter().filter(|row| row[0] == "s001").count(), 1);

    assert_eq!(world.rows(&report, &then).await, before);
    let rest = with(then, &json!({"cursor": first["nextCursor"]}));
    assert_eq!(world.rows(&report, &rest).await, before[10..]);
    let first_day = json!({"dateRange": {"startDate": "2026-03-01", "endDate": "2026-03-01"}});
    assert_eq!(world.rows(&report, &with(query, &first_day)).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_adds_up_what_the_sessions_say() {
    let (world, _, report) = filled().await;
    let measures = "sessions finished_sessions attended_sessions lost_sessions expired_sessions transferred_sessions new_contact_sessions tme_seconds \
        tme_sessions tma_seconds messages messages_contact messages_agent messages_automatic messages_media";
    let measures: Vec<&str> = measures.split_whitespace().collect();
    let fields: Vec<&str> =
        ["campaign_name", "created_date"].into_iter().chain(measures.iter().copied()).collect();
    let mut sums: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for row in world.rows(&report, &query("sessions", &fields)).await {
        let group = sums.entry((row[0].to_string(), row[1].to_string())).or_default();
        group.resize(measures.len(), 0.0);
        group.iter_mut().zip(&row[2..]).for_each(|(sum, value)| *sum += value.as_f64().unwrap_or_default());
    }
    for limit in [4, 10_000] {
        let rows = world.rows(&report, &with(query("summary", &fields), &json!({ "limit": limit }))).await;
        let number = |value: &Value| value.as_f64().unwrap();
        let groups: BTreeMap<_, Vec<f64>> = rows
            .iter()
            .map(|row| ((row[0].to_string(), row[1].to_string()), row[2..].iter().map(number).collect()))
            .collect();
        assert_eq!(groups.len(), rows.len());
        assert_eq!(groups, sums);
    }
    let total = query("summary", &["sessions", "lost_sessions", "messages", "tme", "tma", "lost_rate"]);
    let rows = world.rows(&report, &total).await;
    // The lost sessions are the odd ones that are not multiples of five; all of them waited.
    assert_eq!(rows, [[json!(60), json!(24), json!(180), json!(29.5), Value::Null, json!(0.5)]]);
    let nothing = with(total, &json!({"dimensionsFilters": filter("status", "INCLUDE", "EQUALS", &["x"])}));
    let nulls = [json!(0), json!(0), json!(0), Value::Null, Value::Null, Value::Null];
    assert_eq!(world.rows(&report, &nothing).await, [nulls]);
    let wide = query("summary", &["campaign_name"; 21]);
    assert_eq!(world.post("/v1/data", &report, &wide).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_have_the_formats_of_their_fields() {
    let (world, _, report) = filled().await;
    let one = json!({"dimensionsFilters": filter("session_id", "INCLUDE", "EQUALS", &["s004"])});
    let fields = "created_at partition_column created_week created_month created_hour created_weekday finished_hour attendance_timer_tme \
        expired tabulation sessions tme tma events tags talks_options talks";
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let rows = world.rows(&report, &with(query("sessions", &fields), &one)).await;
    let expected = [
        json!("20260302043015"),
        json!("20260302"),
        json!("202610"),
        json!("202603"),
        json!("04"),
        json!("1"),
        json!("05"),
        json!(4),
        json!(false),
        Value::Null,
        json!(1),
        json!(4),
        Value::Null,
        json!("2026-03-02 04:30:15 humanTransferAgent"),
        json!("motivo: garantia"),
        json!("1. Garantia, 2. Outro"),
    ];
    assert_eq!(rows[0][..16], expected);
    let talks = rows[0][16].as_str().unwrap().lines().collect::<Vec<_>>();
    assert_eq!(talks[0], "2026-03-02 04:30:15 Contato: oi 4");
    assert!(talks[1].starts_with(&format!("Agente: veja | {}/m/", world.url)), "{}", talks[1]);
    assert_eq!(talks[2], "Automático: Menu | 1. Garantia, 2. Outro");

    let fields =
        ["talks_message", "talks_options", "media_url", "protocol", "rows", "sessions", "created_date"];
    let rows = world.rows(&report, &with(query("talks", &fields), &one)).await;
    assert_eq!(rows[0][..3], [json!("oi 4"), Value::Null, Value::Null]);
    assert_eq!(rows[2][..2], [json!("Menu"), json!("1. Garantia, 2. Outro")]);
    assert_eq!(rows[0][3..], [json!("2026030100004"), json!(1), json!(1), json!("20260302")]);
    let link = rows[1][2].as_str().unwrap();
    let path = link.strip_prefix(&world.url).unwrap();
    assert!(path.starts_with("/m/"), "{link}");
    let opened = world.request(Method::GET, path, "").send().await.unwrap();
    assert_eq!(opened.status(), StatusCode::NOT_FOUND, "no such file was ever uploaded");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_past_its_retention_is_not_served() {
    let (world, _, report) = filled().await;
    let change = json!({"account": "demo", "retention_days": 1});
    let patch = world.request(Method::PATCH, "/v1/account", &world.admin).json(&change);
    assert_eq!(patch.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(world.rows(&report, &query("sessions", &["session_id"])).await.len(), 0);
    assert_eq!(world.rows(&report, &query("summary", &["sessions"])).await, [[json!(0)]]);
}
