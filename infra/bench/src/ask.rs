//! One question, asked again and again in one process.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use clap::Args;
use http::{Method, Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::store::Store;
use tower::ServiceExt;

use crate::error::BenchError;
use crate::fill::Built;
use crate::meter::{Answers, Cost, Meter, peak_mib};
use crate::questions::{Question, question};
use crate::servers::clients;

/// After this long a question is not asked again, once there is a first and a second time.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to ask.
#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    /// The question.
    pub(crate) name: String,
    /// The data folder.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// How many times, after the first.
    #[arg(long, default_value_t = 5)]
    pub(crate) warm: usize,
}

/// What a question took, and what was answered, so that another engine's answer can be held against it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) name: String,
    pub(crate) cold: Cost,
    pub(crate) warm: Vec<Cost>,
    pub(crate) peak_mib: f64,
    pub(crate) pages: usize,
    /// Bytes of the answers.
    pub(crate) answered: usize,
    pub(crate) rows: u64,
    /// Of each column, how many values are there and their sum.
    pub(crate) columns: Map<String, Value>,
}

/// What one asking brought.
#[derive(Default)]
struct Answer {
    pages: usize,
    bytes: usize,
}

pub(crate) async fn ask(args: &AskArgs) -> Result<(), BenchError> {
    let built = Built::read(&args.data)?;
    let (mut clients, admin) = clients(&args.data).await?;
    let answers = Answers::default();
    let counted = clients.s3.config().to_builder().interceptor(answers.clone()).build();
    clients.s3 = aws_sdk_s3::Client::from_conf(counted);
    let store = clients.store();
    let asker = Asker { token: report_token(&store, &admin, &built).await?, routes: routes(&store) };
    let question = question(&args.name, &built)
        .ok_or_else(|| BenchError::Other(format!("no question is called {}", args.name)))?;

    let mut costs = Vec::new();
    let mut answer = Answer::default();
    let since = Instant::now();
    for asked in 0..=args.warm {
        if asked > 1 && since.elapsed() > PATIENCE {
            break;
        }
        let meter = Meter::start(&answers);
        answer = asker.ask(&question, &mut |_| Ok(())).await?;
        costs.push(meter.stop());
    }
    let peak_mib = peak_mib()?;
    let (mut rows, mut columns) = (0, Map::new());
    asker.ask(&question, &mut |page| add(page, &mut rows, &mut columns)).await?;
    let cold = costs.remove(0);
    let report = Report {
        name: args.name.clone(),
        cold,
        warm: costs,
        peak_mib,
        pages: answer.pages,
        answered: answer.bytes,
        rows,
        columns,
    };
    crate::say(format_args!("{}", serde_json::to_string(&report)?))
}

fn routes(store: &Store) -> Router {
    let url = Some("https://reports.example".to_owned());
    shared::http::host(data::router(data::App::at(store.clone(), url)))
}

async fn report_token(store: &Store, admin: &str, built: &Built) -> Result<String, BenchError> {
    let routes = shared::http::host(token::router(token::App::new(store.clone())));
    let order = json!({"account": built.account, "scope": "report"});
    let issued: Value = serde_json::from_slice(&post(&routes, "/v1/tokens", admin, &order).await?)?;
    Ok(issued["token"].as_str().unwrap_or_default().to_owned())
}

/// The data function, and a token for it.
struct Asker {
    routes: Router,
    token: String,
}

impl Asker {
    /// Asks for one page, or for one after the other, and gives each to `take`.
    async fn ask(
        &self,
        question: &Question,
        take: &mut dyn FnMut(&[u8]) -> Result<(), BenchError>,
    ) -> Result<Answer, BenchError> {
        let mut body = question.body.clone();
        let mut answer = Answer::default();
        loop {
            let page = post(&self.routes, "/v1/data", &self.token, &body).await?;
            answer.pages += 1;
            answer.bytes += page.len();
            take(&page)?;
            match cursor(&page)? {
                Some(cursor) if question.every_page => body["cursor"] = cursor.into(),
                _ => return Ok(answer),
            }
        }
    }
}

async fn post(routes: &Router, path: &str, token: &str, body: &Value) -> Result<Bytes, BenchError> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(serde_json::to_vec(body)?));
    let request = request.map_err(|error| BenchError::Other(error.to_string()))?;
    let Ok(answer) = routes.clone().oneshot(request).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await;
    let body = body.map_err(|error| BenchError::Other(error.to_string()))?;
    if matches!(status, StatusCode::OK | StatusCode::CREATED) {
        return Ok(body);
    }
    Err(BenchError::Other(format!("{path}: {status} {}", String::from_utf8_lossy(&body))))
}

/// The cursor of an answer, without reading its rows, which come last.
fn cursor(page: &[u8]) -> Result<Option<String>, BenchError> {
    const ROWS: &[u8] = b",\"rows\":[";
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Frame {
        next_cursor: Option<String>,
    }
    let end = page.windows(ROWS.len()).position(|window| window == ROWS).unwrap_or(page.len());
    let mut frame = page[..end].to_vec();
    frame.push(b'}');
    Ok(serde_json::from_slice::<Frame>(&frame)?.next_cursor)
}

/// Adds a page to the number of rows and to what is known of each column.
fn add(page: &[u8], rows: &mut u64, columns: &mut Map<String, Value>) -> Result<(), BenchError> {
    #[derive(Deserialize)]
    struct Page {
        schema: Vec<Field>,
        rows: Vec<Row>,
    }
    #[derive(Deserialize)]
    struct Field {
        name: String,
    }
    #[derive(Deserialize)]
    struct Row {
        values: Vec<Value>,
    }
    let page: Page = serde_json::from_slice(page)?;
    *rows += page.rows.len() as u64;
    for (at, field) in page.schema.iter().enumerate() {
        let known = columns.entry(&field.name).or_insert_with(|| json!({"filled": 0, "sum": 0.0}));
        let values =
            || page.rows.iter().filter_map(|row| row.values.get(at)).filter(|value| !value.is_null());
        let filled = known["filled"].as_u64().unwrap_or_default() + values().count() as u64;
        let sum: f64 = values().filter_map(Value::as_f64).sum();
        let sum = known["sum"].as_f64().unwrap_or_default() + sum;
        *known = json!({"filled": filled, "sum": sum});
    }
    Ok(())
}
