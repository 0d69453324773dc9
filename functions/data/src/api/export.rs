//! `GET` and `POST /v1/export`: the rows of `POST /v1/data` as a file, page by page.
//!
//! Each page is a file of its own: CSV repeats its first line on every one, so that a program may read any page alone, and
//! every workbook is whole.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::id::AccountId;
use domain::lang::{Lang, Text};
use http::{HeaderMap, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::compute;
use serde::Deserialize;
use serde_json::Value as Json;
use web::caller::Caller;
use web::input::{AccountParameter, InputField, Json as BodyOf, Object, Others, Parameters, all};
use web::problem::Problem;

use super::execute::{QueryExecutor, QueryPage};
use crate::App;
use crate::catalog::report_types::label;
use crate::encode::encoder::RowEncoder;
use crate::encode::file_columns::FileColumns;
use crate::encode::workbook::Sheet;
use crate::plan::query::Query;
use crate::plan::request::{ConfigParams, DataRequest, DateRange, FieldRequest};

/// What is written as it is in a link's parameters; the rest is escaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b',');

const UNFIT_FILTER: Text = Text::new(
    "tem um filtro que não pode ser aplicado: confira type, operator e values, e se servem para o campo",
    "has a filter that cannot be applied: check type, operator and values, and whether they suit the field",
);

/// The kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Csv,
    Ndjson,
    Xlsx,
}

/// What stands above the columns of a file for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Header {
    /// The fields' labels.
    #[default]
    Label,
    /// Their ids.
    Id,
}

/// How a file is written, and which page of it. An empty parameter counts as absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FileParameters {
    format: InputField<Format>,
    /// The language of the person who opens the file; without it, a program reads CSV.
    lang: InputField<Lang>,
    header: InputField<Header>,
    cursor: Option<String>,
    account: InputField<AccountId>,
    limit: Option<String>,
}

/// The parameters of `GET`: which rows, and how they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    report_type: Option<String>,
    fields: Option<String>,
    start: Option<String>,
    end: Option<String>,
    date_field: Option<String>,
    #[serde(flatten)]
    file: FileParameters,
    #[serde(flatten)]
    others: Others,
}

/// The parameters of `POST`, whose body says which rows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WantedOfBody {
    #[serde(flatten)]
    file: FileParameters,
    #[serde(flatten)]
    others: Others,
}

/// What is wanted, each part read for itself, so that all that is wrong is told at once.
struct Order {
    account: Result<Option<AccountId>, Problem>,
    request: DataRequest,
    period: Result<Option<DateRange>, Problem>,
    file: Result<File, Problem>,
}

/// How the file is written.
struct File {
    format: Format,
    /// The language of the person who opens it, if one does.
    lang: Option<Lang>,
    header: Header,
}

/// Which rows the parameters say.
pub(crate) async fn export(
    State(app): State<App>,
    caller: Caller,
    Parameters(pairs): Parameters<Vec<(String, String)>>,
    Parameters(wanted): Parameters<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    write(app, &caller, &headers, order(wanted), pairs).await
}

/// Which rows the body says, as that of `POST /v1/data`: filters may hold names and phones, which no address should.
pub(crate) async fn export_of_body(
    State(app): State<App>,
    caller: Caller,
    Parameters(pairs): Parameters<Vec<(String, String)>>,
    Parameters(wanted): Parameters<WantedOfBody>,
    headers: HeaderMap,
    BodyOf(body): BodyOf<DataRequest>,
) -> Result<Response, Problem> {
    write(app, &caller, &headers, order_of_body(wanted, body), pairs).await
}

async fn write(
    app: App,
    caller: &Caller,
    headers: &HeaderMap,
    mut order: Order,
    pairs: Vec<(String, String)>,
) -> Result<Response, Problem> {
    let named = std::mem::replace(&mut order.account, Ok(None))?;
    let executor = QueryExecutor::new(app, caller, named.as_ref(), headers).await?;
    compute::run(async move { file_page(&executor, order, &pairs).await }).await
}

/// The page of the file that is wanted.
async fn file_page(
    executor: &QueryExecutor,
    order: Order,
    pairs: &[(String, String)],
) -> Result<Response, Problem> {
    let Order { request, period, file, .. } = order;
    let (query, period, file) = all((executor.resolve(&request), period, file))?;
    if !query.filters_applied {
        // The answer to `POST /v1/data` says so; a file would be taken for what was asked.
        return Err(Problem::invalid("dimensionsFilters", UNFIT_FILTER));
    }
    if query.after.is_none() {
        executor.count_export().await?;
    }
    let encoder = file.encoder(&query);
    let head = encoder.head(&query.outputs);
    let QueryPage { page, next, .. } = executor.execute(&query, encoder, head).await?;
    let name = file_name(&executor.account.id, &query, period.as_ref(), file.format);
    let about = [
        (header::CONTENT_TYPE, file.format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let next = next.map(|cursor| [(header::LINK, link(&executor.base_url, pairs, &cursor))]);
    Ok((about, next, page.into_bytes()?).into_response())
}

impl File {
    fn encoder(&self, query: &Query) -> RowEncoder {
        let columns = |lang| FileColumns::new(&query.outputs, lang, self.header == Header::Label);
        match (self.format, self.lang) {
            (Format::Csv, None) => RowEncoder::Csv,
            (Format::Csv, Some(lang)) => RowEncoder::PeopleCsv(columns(lang)),
            (Format::Ndjson, _) => RowEncoder::lines(&query.outputs),
            (Format::Xlsx, lang) => {
                let lang = lang.unwrap_or_default();
                let sheet = Sheet::new(label(query.report).in_lang(lang), columns(lang));
                RowEncoder::Workbook(Box::new(sheet))
            }
        }
    }
}

fn order(wanted: Wanted) -> Order {
    let Wanted { report_type, fields, start, end, date_field, file, others } = wanted;
    let period = period(given(start), given(end));
    let field = |name: &str| Object(FieldRequest { name: name.trim().to_owned(), for_filter_only: None });
    let request = DataRequest {
        config_params: Some(Object(ConfigParams { report_type, date_field })),
        date_range: period.as_ref().ok().cloned().flatten().map(Object),
        fields: given(fields).map(|fields| fields.split(',').map(field).collect()),
        ..DataRequest::default()
    };
    file.order(request, period, others)
}

fn order_of_body(wanted: WantedOfBody, body: DataRequest) -> Order {
    let period = body.date_range.clone().map(|Object(range)| range);
    wanted.file.order(body, Ok(period), wanted.others)
}

impl FileParameters {
    /// The order of these rows. A cursor or a limit in a parameter goes before that of the body.
    fn order(self, rows: DataRequest, period: Result<Option<DateRange>, Problem>, others: Others) -> Order {
        let number = |text: String| text.parse::<u64>().map_or(Json::String(text), Json::from);
        let account = self.account.optional("account");
        let account =
            account.and_then(|account| AccountParameter { account }.or_in_body(rows.account.clone()));
        let request = DataRequest {
            cursor: given(self.cursor).or(rows.cursor),
            limit: given(self.limit).map(number).or(rows.limit),
            ..rows
        };
        let file = all((
            self.format.optional("format"),
            self.lang.optional("lang"),
            self.header.optional("header"),
            others.refuse(),
        ));
        let file = file.map(|(format, lang, header, ())| File {
            format: format.unwrap_or_default(),
            lang,
            header: header.unwrap_or_default(),
        });
        Order { account, request, period, file }
    }
}

/// A parameter, unless it is empty.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The days from `start` to `end`; both or neither.
fn period(start: Option<String>, end: Option<String>) -> Result<Option<DateRange>, Problem> {
    if start.is_none() && end.is_none() {
        return Ok(None);
    }
    let range = DateRange { start_date: start, end_date: end };
    range.days(["start", "end"])?;
    Ok(Some(range))
}

impl Format {
    fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Ndjson => "application/x-ndjson",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Ndjson => "ndjson",
            Format::Xlsx => "xlsx",
        }
    }
}

/// `loja-talks-2026-03-01-2026-03-31.csv`: letters, digits and dashes, for whose rows, which and of when.
fn file_name(account: &AccountId, query: &Query, period: Option<&DateRange>, format: Format) -> String {
    let days = period.into_iter().flat_map(|range| [&range.start_date, &range.end_date]).flatten();
    let days: String = days.map(|day| format!("-{day}")).collect();
    format!("{account}-{}{days}.{}", query.report.id(), format.extension())
}

/// The link to the page that a cursor leads to (RFC 8288): the same parameters, and the cursor.
fn link(base_url: &str, pairs: &[(String, String)], cursor: &str) -> String {
    let others = pairs.iter().filter(|(name, _)| name != "cursor");
    let others = others.map(|(name, value)| (name.as_str(), value.as_str()));
    let escaped = |text| utf8_percent_encode(text, ESCAPED);
    let pair = |(name, value)| format!("{}={}", escaped(name), escaped(value));
    let query: Vec<String> = others.chain([("cursor", cursor)]).map(pair).collect();
    format!("<{base_url}/v1/export?{}>; rel=\"next\"", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_carries_the_parameters_and_another_cursor() {
        let pairs = [("fields", "a,b"), ("cursor", "old"), ("x", "é \"<>&=\r\n")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = "<https://a.example/v1/export?fields=a,b&x=%C3%A9%20%22%3C%3E%26%3D%0D%0A&cursor=n-_w>; rel=\"next\"";
        assert_eq!(link("https://a.example", &pairs, "n-_w"), expected);
    }

    #[test]
    fn a_period_has_both_its_days_or_none() {
        let day = |day: &str| Some(day.to_owned()).filter(|day| !day.is_empty());
        let ask = |start, end| period(day(start), day(end));
        assert!(ask("", "").unwrap().is_none());
        assert!(ask("2026-03-01", "2026-03-01").unwrap().is_some());
        for (start, end, field) in [
            ("2026-03-02", "2026-03-01", "start"),
            ("2026-03-01", "", "end"),
            ("", "2026-03-01", "start"),
            ("20260301", "2026-03-01", "start"),
        ] {
            let problem = ask(start, end).unwrap_err();
            assert!(problem.detail().starts_with(&format!("{field} ")), "{}", problem.detail());
        }
    }
}
