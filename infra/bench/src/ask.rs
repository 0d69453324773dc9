//! One question, asked again and again in one process.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::{Client, PageTotals};
use crate::error::BenchError;
use crate::fill::Built;
use crate::meter::{Answers, Cost, Meter, peak_mib};
use crate::questions::question;
use crate::servers::clients;

/// After this long a question is not asked again, once there is a first and a second time.
const PATIENCE: Duration = Duration::from_secs(20);

/// What to ask.
#[derive(Debug, Args)]
pub struct AskArgs {
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

/// Asks it, and prints a `Report` as JSON. Fails where there is no such question, or where it is not answered.
pub async fn ask(args: &AskArgs) -> Result<(), BenchError> {
    let built = Built::read(&args.data)?;
    let (mut clients, admin) = clients(&args.data)?;
    let answers = Answers::default();
    let counted = clients.s3.config().to_builder().interceptor(answers.clone()).build();
    clients.s3 = aws_sdk_s3::Client::from_conf(counted);
    let store = clients.store();
    let client = Client::new(&store, &admin, &built.account).await?;
    let question = question(&args.name, &built)
        .ok_or_else(|| BenchError::Other(format!("no question is called {}", args.name)))?;

    let mut costs = Vec::new();
    let mut answer = PageTotals::default();
    let since = Instant::now();
    for asked in 0..=args.warm {
        if asked > 1 && since.elapsed() > PATIENCE {
            break;
        }
        let meter = Meter::start(&answers);
        answer = client.ask(&question, &mut |_| Ok(())).await?;
        costs.push(meter.stop());
    }
    let peak_mib = peak_mib()?;
    let (mut rows, mut columns) = (0, Map::new());
    client.ask(&question, &mut |page| add(page, &mut rows, &mut columns)).await?;
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

/// Adds a page to the number of rows and to what is known of each column.
fn add(page: &[u8], rows: &mut u64, columns: &mut Map<String, Value>) -> Result<(), BenchError> {
    #[derive(Deserialize)]
    struct Page {
        schema: Vec<SchemaField>,
        rows: Vec<ResponseRow>,
    }
    #[derive(Deserialize)]
    struct SchemaField {
        name: String,
    }
    #[derive(Deserialize)]
    struct ResponseRow {
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
