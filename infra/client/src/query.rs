//! `premium query`: shows the rows of a report, page by page.

use std::io::{self, Write};

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::CliError;
use crate::http::{Client, Target};

/// Rows of one page.
const PAGE: u64 = 10_000;
/// Characters of a cell in a table; longer ones are cut, for a transcript would fill the screen.
const WIDEST: usize = 40;

/// The fields shown unless told otherwise.
const FIELDS: [(&str, &[&str]); 7] = [
    (
        "sessions",
        &[
            "session_id",
            "protocol",
            "created_at",
            "status",
            "channel",
            "campaign_name",
            "agent_name",
            "tabulation",
        ],
    ),
    ("talks", &["session_id", "talks_created_at", "talks_origin", "talks_type", "talks_message"]),
    ("talk_options", &["session_id", "talks_options_num", "talks_options_text"]),
    ("events", &["session_id", "events_created_at", "events_event"]),
    ("tags", &["session_id", "tags_created_at", "tags_tag", "tags_question", "tags_answer"]),
    ("contact_platforms", &["session_id", "contact_platforms_platform", "contact_platforms_platform_id"]),
    ("summary", &["created_date", "sessions", "attended_sessions", "lost_sessions"]),
];

/// Which rows, and what of them.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Conta das linhas; só um token de administrador precisa dizer.
    ///
    /// Account of the rows; needed with an admin token only.
    #[arg(long, value_name = "CONTA")]
    account: Option<String>,
    /// Tipo de relatório.
    ///
    /// Report type.
    #[arg(long, default_value = "sessions", value_name = "TIPO", value_parser = PossibleValuesParser::new(FIELDS.map(|(id, _)| id)))]
    report_type: String,
    /// Campos, separados por vírgula.
    ///
    /// Fields, separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "CAMPOS")]
    fields: Vec<String>,
    /// Primeiro dia, como 2026-10-03.
    ///
    /// First day.
    #[arg(long, value_name = "DIA", requires = "end")]
    start: Option<String>,
    /// Último dia, incluído.
    ///
    /// Last day, included.
    #[arg(long, value_name = "DIA", requires = "start")]
    end: Option<String>,
    /// Data a que os dias se referem: created_at, finished_at ou lastInteraction.
    ///
    /// Date that the days are of.
    #[arg(long, value_name = "CAMPO")]
    date_field: Option<String>,
}

impl Selection {
    fn fields(&self) -> Vec<&str> {
        let known = FIELDS.iter().find(|(id, _)| *id == self.report_type).map(|(_, fields)| *fields);
        if self.fields.is_empty() {
            known.unwrap_or_default().to_vec()
        } else {
            self.fields.iter().map(|name| name.trim()).collect()
        }
    }

    /// The selection as parameters of an address.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let optional = [
            ("account", &self.account),
            ("start", &self.start),
            ("end", &self.end),
            ("date_field", &self.date_field),
        ];
        let given = optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        let always = [("report_type", self.report_type.clone()), ("fields", self.fields().join(","))];
        always.into_iter().chain(given).collect()
    }
}

/// What to show.
#[derive(Debug, Args)]
pub struct QueryArgs {
    #[command(flatten)]
    selection: Selection,
    /// Quantas linhas, no máximo.
    ///
    /// How many rows at most.
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u64,
    /// Como mostrá-las.
    ///
    /// How to show them.
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMATO")]
    format: Format,
    #[command(flatten)]
    target: Target,
}

/// How rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns for people to read.
    Table,
    /// CSV as in RFC 4180, with a header.
    Csv,
    /// A JSON array of objects.
    Json,
}

/// A page of rows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// Its columns, in order.
    pub schema: Vec<ResultColumn>,
    /// Its rows.
    pub rows: Vec<ResultRow>,
    next_cursor: Option<String>,
}

/// A column of a page.
#[derive(Debug, Deserialize)]
pub struct ResultColumn {
    /// The name that was asked for.
    pub name: String,
}

/// A row of a page.
#[derive(Debug, Deserialize)]
pub struct ResultRow {
    /// A value for each column.
    pub values: Vec<Value>,
}

/// Fetches the rows and shows them.
pub async fn run(args: QueryArgs) -> Result<(), CliError> {
    let client = Client::of(&args.target)?;
    let (mut rows, mut cursor) = (Vec::new(), None);
    let names: Vec<String> = loop {
        let left = args.limit.saturating_sub(rows.len() as u64);
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let body = body(&args.selection, cursor.as_deref(), left.clamp(1, PAGE));
        let page: Page = client.json(client.request(Method::POST, "/v1/data").json(&body)).await?;
        rows.extend(page.rows.into_iter().take(most).map(|row| row.values));
        cursor = page.next_cursor;
        if cursor.is_none() || rows.len() as u64 >= args.limit {
            break page.schema.into_iter().map(|column| column.name).collect();
        }
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Table => table(&mut out, &names, &rows)?,
        Format::Csv => csv(&mut out, &names, &rows)?,
        Format::Json => objects(&mut out, &names, &rows)?,
    }
    out.flush()?;
    Ok(())
}

fn body(selection: &Selection, cursor: Option<&str>, limit: u64) -> Value {
    let named: Vec<Value> = selection.fields().iter().map(|name| json!({"name": name})).collect();
    let mut body =
        json!({"configParams": {"report_type": selection.report_type}, "fields": named, "limit": limit});
    if let Some(date_field) = &selection.date_field {
        body["configParams"]["date_field"] = date_field.as_str().into();
    }
    if let (Some(start), Some(end)) = (&selection.start, &selection.end) {
        body["dateRange"] = json!({"startDate": start, "endDate": end});
    }
    for (name, value) in [("account", selection.account.as_deref()), ("cursor", cursor)] {
        if let Some(value) = value {
            body[name] = value.into();
        }
    }
    body
}

/// Writes columns that line up.
pub fn table(out: &mut impl Write, names: &[String], rows: &[Vec<Value>]) -> io::Result<()> {
    let cut = |text: String| -> String {
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= WIDEST {
            line
        } else {
            line.chars().take(WIDEST - 1).chain(['…']).collect()
        }
    };
    let texts: Vec<Vec<String>> = std::iter::once(names.to_vec())
        .chain(rows.iter().map(|row| row.iter().map(|value| cut(text(value))).collect()))
        .collect();
    let widths: Vec<usize> = (0..names.len())
        .map(|at| {
            texts.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    for row in &texts {
        let padded: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        writeln!(out, "{}", padded.join("  ").trim_end())?;
    }
    Ok(())
}

fn csv(out: &mut impl Write, names: &[String], rows: &[Vec<Value>]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(names)?;
    for row in rows {
        writer.write_record(row.iter().map(text))?;
    }
    writer.flush()
}

/// Objects with their fields in the order they were asked for.
fn objects(out: &mut impl Write, names: &[String], rows: &[Vec<Value>]) -> io::Result<()> {
    let objects = rows.iter().map(|row| {
        let members =
            names.iter().zip(row).map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    });
    writeln!(out, "[{}]", objects.collect::<Vec<_>>().join(",\n"))
}

/// A value as people read it; nothing for null.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Writer = fn(&mut Vec<u8>, &[String], &[Vec<Value>]) -> io::Result<()>;

    fn written(write: Writer) -> String {
        let rows =
            [vec![json!("a;\"b\"\nc"), json!(12), Value::Null], vec![json!("ação"), json!(1.5), json!(true)]];
        let mut out = Vec::new();
        write(&mut out, &["texto", "n", "x"].map(str::to_owned), &rows).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_lines_up_and_keeps_each_row_on_one_line() {
        assert_eq!(written(table), "texto    n    x\na;\"b\" c  12\nação     1.5  true\n");
    }

    #[test]
    fn csv_quotes_what_would_break_a_row() {
        assert_eq!(written(csv), "texto,n,x\n\"a;\"\"b\"\"\nc\",12,\nação,1.5,true\n");
    }

    #[test]
    fn json_keeps_the_order_of_the_fields_and_the_types_of_the_values() {
        let json = written(objects);
        assert!(json.starts_with("[{\"texto\":\"a;\\\"b\\\"\\nc\",\"n\":12,\"x\":null},\n"), "{json}");
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap()[1]["x"], json!(true));
    }
}
