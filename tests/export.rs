//! Tests of exports: files have the same rows as Data Studio gets, come page by page, and are safe in a
//! spreadsheet.

use std::collections::BTreeSet;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, query};

const COUNT: usize = 23;
const FIELDS: &str = "session_id,created_at,campaign_name,talks,attendance_timer_tme,expired,finished_at";
/// Texts that could break a file or do harm in a spreadsheet.
const TEXTS: [&str; 8] =
    ["=1+1", "+5511900001234", "-2", "@SUM(A1)", "\tx", "a;b,c", "diz \"oi\"\r\nlinha", "ação 😕"];

fn session(n: usize) -> Value {
    json!({
        "session_id": format!("s{n:02}"),
        "created_at": format!("2026-03-{:02} 10:00:00", 1 + n),
        "finished_at": if n.is_multiple_of(3) { Value::Null } else { json!(format!("2026-04-{:02} 10:00:00", 1 + n)) },
        "campaign_name": TEXTS[n % TEXTS.len()],
        "attendance_timer_tme": f64::from(u32::try_from(n).unwrap()) / 2.0,
        "expired": n.is_multiple_of(2),
        "talks": [{"origin": "contact", "message": TEXTS[(n + 1) % TEXTS.len()]}, {"origin": "agent", "message": "sim"}]
    })
}

/// Starts a stack with `COUNT` sessions of the account `demo`. Also returns its `ingest` and its `report`
/// token.
async fn filled() -> (World, String, String) {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    world.ingest_all(&ingest, &(0..COUNT).map(session).collect::<Vec<_>>(), "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), COUNT).await;
    (world, ingest, report)
}

async fn get(world: &World, token: &str, parameters: &str) -> Response {
    let path = format!("/v1/export?{parameters}");
    world.request(Method::GET, &path, token).send().await.unwrap()
}

/// Returns the parameters of the address in the header `Link: <…>; rel="next"`.
fn next(world: &World, answer: &Response) -> Option<String> {
    let link = answer.headers().get("link")?.to_str().unwrap();
    let url = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    let path = url.strip_prefix(&world.url).unwrap_or_else(|| panic!("{url} is not of this stack"));
    Some(path.strip_prefix("/v1/export?").unwrap().to_owned())
}

/// Returns the text of every page.
async fn pages(world: &World, token: &str, parameters: &str) -> Vec<String> {
    let (mut pages, mut parameters) = (Vec::new(), Some(parameters.to_owned()));
    while let Some(asked) = parameters {
        let answer = get(world, token, &asked).await;
        assert_eq!(answer.status(), StatusCode::OK, "{asked}");
        parameters = next(world, &answer);
        pages.push(String::from_utf8(answer.bytes().await.unwrap().into()).unwrap());
    }
    pages
}

/// Reads the records of a CSV text.
fn records(csv: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(csv.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Returns a value of `POST /v1/data` as it must stand in a cell of CSV.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_is_the_same_in_a_file_as_in_data_studio() {
    let (world, _, report) = filled().await;
    let reports = [
        ("sessions", FIELDS),
        ("talks", "talks_message,session_id,campaign_name,rows"),
        ("summary", "campaign_name,expired,sessions,tme,tme_seconds"),
        ("events", "session_id,events_event"),
    ];
    for (report_type, fields) in reports {
        let names: Vec<&str> = fields.split(',').collect();
        let rows = world.rows(&report, &query(report_type, &names)).await;
        assert_eq!(rows.is_empty(), report_type == "events");
        for limit in [1, 5, COUNT, 1_000] {
            let asked = format!("report_type={report_type}&fields={fields}&limit={limit}");
            let mut found: Vec<Vec<String>> = Vec::new();
            let csv = pages(&world, &report, &asked).await;
            assert_eq!(csv.len(), rows.len().div_ceil(limit).max(1), "{asked}");
            for page in csv {
                let mut page = records(&page, b',').into_iter();
                assert_eq!(page.next().unwrap(), names, "each page has its first line");
                found.extend(page);
            }
            let expected: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
            assert_eq!(found, expected, "{asked}");

            let lines = pages(&world, &report, &format!("{asked}&format=ndjson")).await.concat();
            let found: Vec<Vec<Value>> = lines
                .lines()
                .map(|line| {
                    let row: Value = serde_json::from_str(line).unwrap();
                    assert_eq!(row.as_object().unwrap().len(), names.len());
                    names.iter().map(|name| row[name].clone()).collect()
                })
                .collect();
            assert_eq!(found, rows, "{asked}");
        }
    }
}

/// The label of a field, as it stands above its column.
async fn label(world: &World, token: &str, lang: &str, name: &str) -> String {
    let (_, schema) = world.get(&format!("/v1/schema?lang={lang}"), token).await;
    let field = schema["schema"].as_array().unwrap().iter().find(|field| field["name"] == name);
    format!("\"{}\"", field.unwrap()["label"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portuguese_spreadsheet_opens_it_without_computing_anything() {
    let (world, _, report) = filled().await;
    let asked = "fields=campaign_name,attendance_timer_tme,expired,created_at&start=2026-03-01&end=2026-03-08&lang=pt";
    let answer = get(&world, &report, asked).await;
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"demo-sessions-2026-03-01-2026-03-08.csv\""
    );
    assert_eq!((header("cache-control"), answer.headers().get("link")), ("no-store".to_owned(), None));
    let body = answer.bytes().await.unwrap();
    let mut labels = Vec::new();
    for name in ["campaign_name", "attendance_timer_tme", "expired", "created_at"] {
        labels.push(label(&world, &report, "pt", name).await);
    }
    let mut expected = format!("\u{feff}{}\r\n", labels.join(";"));
    let texts = [
        "'=1+1",
        "'+5511900001234",
        "'-2",
        "'@SUM(A1)",
        "'\tx",
        "a;b,c",
        "diz \"\"oi\"\"\r\nlinha",
        "ação 😕",
    ];
    for (n, text) in texts.iter().enumerate() {
        // Half seconds are rounded up.
        let (seconds, expired) = (n.div_ceil(2), if n.is_multiple_of(2) { "Sim" } else { "Não" });
        expected += &format!("\"{text}\";00:00:{seconds:02};\"{expired}\";{:02}/03/2026 10:00:00\r\n", n + 1);
    }
    assert_eq!(std::str::from_utf8(&body).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_labels_and_programs_read_ids() {
    let (world, _, report) = filled().await;
    let label = async |lang: &str, name: &str| label(&world, &report, lang, name).await;
    let pt = format!("{};{}", label("pt", "campaign_name").await, label("pt", "status").await);
    let en = format!("{},{}", label("en", "campaign_name").await, label("en", "status").await);
    for (more, begin) in [
        ("", "campaign_name,status\r\n"),
        ("&header=id", "campaign_name,status\r\n"),
        ("&lang=en", &format!("\u{feff}{en}\r\n")),
        ("&lang=en&header=id", "\u{feff}\"campaign_name\",\"status\"\r\n"),
        ("&lang=pt&header=label&limit=3", &format!("\u{feff}{pt}\r\n")),
    ] {
        for page in pages(&world, &report, &format!("fields=campaign_name,status{more}")).await {
            assert!(page.starts_with(begin), "{more}: {page}");
        }
    }
    let lines = get(&world, &report, "fields=campaign_name&limit=1&format=ndjson&lang=pt").await;
    assert_eq!(lines.headers()["content-type"], "application/x-ndjson");
    assert!(lines.headers()["content-disposition"].to_str().unwrap().contains("demo-sessions.ndjson"));
    assert_eq!(lines.text().await.unwrap(), "{\"campaign_name\":\"=1+1\"}\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_workbook_is_a_whole_one() {
    let (world, _, report) = filled().await;
    let (mut found, mut asked) = (0, Some("fields=session_id,created_at&format=xlsx&limit=10".to_owned()));
    while let Some(parameters) = asked {
        let answer = get(&world, &report, &parameters).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(
            header("content-type"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        );
        assert_eq!(header("content-disposition"), "attachment; filename=\"demo-sessions.xlsx\"");
        asked = next(&world, &answer);
        assert!(answer.bytes().await.unwrap().starts_with(b"PK"));
        found += 1;
    }
    assert_eq!(found, COUNT.div_ceil(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_filtered_rows_is_asked_for_with_a_body() {
    let (world, _, report) = filled().await;
    let filters = |operator: &str| json!([[{"fieldName": "expired", "operator": operator, "type": "INCLUDE", "values": ["true"]}]]);
    let mut body = query("sessions", &["session_id"]);
    body["dimensionsFilters"] = filters("EQUALS");
    let expected: Vec<String> = world.rows(&report, &body).await.iter().map(|row| cell(&row[0])).collect();
    assert_eq!(expected.len(), COUNT.div_ceil(2));

    let (mut found, mut asked) = (Vec::new(), Some("format=csv&limit=5".to_owned()));
    while let Some(parameters) = asked {
        let path = format!("/v1/export?{parameters}");
        let answer = world.request(Method::POST, &path, &report).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        asked = next(&world, &answer);
        let page = answer.text().await.unwrap();
        found.extend(page.lines().skip(1).map(str::to_owned));
    }
    assert_eq!(found, expected);

    let (status, problem) = world.post("/v1/export?format=pdf&fields=status", &report, &body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let fault = |at: usize| problem["errors"][at]["field"].as_str().unwrap();
    assert_eq!((fault(0), fault(1)), ("format", "fields"), "{problem}");
    body["account"] = json!("other");
    let (status, problem) = world.post("/v1/export?account=demo", &world.admin, &body).await;
    assert_eq!((status.as_u16(), &problem["errors"][0]["field"]), (422, &json!("account")));
    body["account"] = Value::Null;
    body["dimensionsFilters"] = filters("NONE");
    let (status, problem) = world.post("/v1/export", &report, &body).await;
    assert_eq!((status.as_u16(), &problem["errors"][0]["field"]), (422, &json!("dimensionsFilters")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_pages_shows_one_snapshot_and_a_period_of_its_date() {
    let (world, ingest, report) = filled().await;
    let before = world.rows(&report, &query("sessions", &["session_id"])).await;
    let first = get(&world, &report, "fields=session_id&limit=5").await;
    let rest = next(&world, &first).unwrap();
    let mut earlier = session(0);
    earlier["session_id"] = json!("new");
    world.ingest_all(&ingest, &[earlier], "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), COUNT + 1).await;
    let found = first.text().await.unwrap() + &pages(&world, &report, &rest).await.concat();
    let found: Vec<&str> = found.split("\r\n").filter(|line| !["", "session_id"].contains(line)).collect();
    assert_eq!(found, before.iter().map(|row| row[0].as_str().unwrap()).collect::<Vec<_>>());

    let finished = "fields=session_id&date_field=finished_at&start=2026-04-02&end=2026-04-03";
    assert_eq!(pages(&world, &report, finished).await, ["session_id\r\ns01\r\ns02\r\n"]);
    let none =
        "report_type=&cursor=&limit=&date_field=&fields=session_id,status&start=2020-01-01&end=2020-01-01";
    assert_eq!(pages(&world, &report, none).await, ["session_id,status\r\n"]);
    assert_eq!(pages(&world, &report, &format!("{none}&format=ndjson")).await, [""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_export_is_named_all_at_once() {
    let (world, ingest, report) = filled().await;
    let named = async |parameters: &str| {
        let (status, problem) = world.get(&format!("/v1/export?{parameters}"), &report).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{parameters}: {problem}");
        let faults = problem["errors"].as_array().cloned().unwrap_or_default();
        faults.iter().map(|fault| fault["field"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    for (parameters, expected) in [
        ("", "fields"),
        ("fields=session_id&report_type=none", "report_type"),
        ("fields=session_id,nada,talks_message", "nada talks_message"),
        ("fields=session_id&start=2026-03-01", "end"),
        ("fields=session_id&start=2026-03-02&end=2026-03-01", "start"),
        ("fields=session_id&cursor=abc", "cursor"),
        ("fields=session_id&limit=1.5", "limit"),
        (
            "fields=session_id&start=x&end=2026-02-30&date_field=updated_at&format=xml&lang=fr&header=x&limit=0&a=1&b=2",
            "start end date_field format lang header limit a b",
        ),
        ("fields=session_id&account=DEMO", "account"),
    ] {
        let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
        assert_eq!(named(parameters).await, expected, "{parameters}");
    }
    named("fields=session_id&fields=status").await;

    let first = get(&world, &report, "fields=session_id&limit=5").await;
    let other = next(&world, &first).unwrap().replace("fields=session_id", "fields=status");
    assert_eq!(named(&other).await, BTreeSet::from(["cursor".to_owned()]));
    let asked = "/v1/export?fields=session_id";
    for (path, token, expected) in [
        (asked.to_owned(), "", 401),
        (asked.to_owned(), ingest.as_str(), 403),
        (format!("{asked}&account=other"), report.as_str(), 403),
        (asked.to_owned(), world.admin.as_str(), 422),
        (format!("{asked}&account=demo"), world.admin.as_str(), 200),
    ] {
        assert_eq!(world.get(&path, token).await.0.as_u16(), expected, "{path}");
    }
    let put = world.request(Method::PUT, asked, &report).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_large_rows_ends_where_the_gateway_does() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let mut sessions: Vec<Value> = (0..8).map(session).collect();
    for session in &mut sessions {
        session["talks"][0]["message"] = json!("x".repeat(900_000));
    }
    world.ingest_all(&ingest, &sessions, "accepted").await;
    world.rows_once(&report, &query("sessions", &["session_id"]), 8).await;
    for more in ["", "&lang=pt&header=id", "&format=ndjson"] {
        let pages =
            pages(&world, &report, &format!("report_type=talks&fields=session_id,talks_message{more}")).await;
        assert_eq!(pages.len(), 2, "{more}");
        assert!(pages.iter().all(|page| page.len() <= 3_750_100), "base64 makes it 5 MB");
        assert_eq!(pages.concat().matches('x').count(), 8 * 900_000);
    }
}
