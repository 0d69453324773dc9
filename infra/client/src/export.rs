//! `premium export`: all rows of a report as one file.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use reqwest::header::{HeaderMap, LINK};
use reqwest::{Method, RequestBuilder, Response};

use crate::error::CliError;
use crate::http::{Client, Target};
use crate::patience::Patience;
use crate::query::Selection;

/// How often a page is asked for.
const TRIES: u32 = 5;
/// The most rows of a page.
const MOST_ROWS: usize = 50_000;
/// What stands before the first line of a file for a spreadsheet.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// What to write, and where.
#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    selection: Selection,
    /// Formato do arquivo.
    ///
    /// Format of the file.
    #[arg(long, value_enum, default_value_t = Format::Csv, value_name = "FORMATO")]
    format: Format,
    /// Idioma de quem abre o arquivo: nomes, datas, durações e números como se leem. Sem ele, o CSV traz cada valor como é, e o
    /// xlsx vem em português.
    ///
    /// Language of the person who opens the file: labels, dates, durations and numbers as people read them. Without it, CSV
    /// has values as they are, and xlsx is in Portuguese.
    #[arg(long, value_enum, value_name = "IDIOMA")]
    lang: Option<Lang>,
    /// O que fica acima das colunas num arquivo para pessoas.
    ///
    /// What stands above the columns of a file for people.
    #[arg(long, value_enum, value_name = "CABEÇALHO")]
    header: Option<Header>,
    /// Arquivo a escrever; sem ele, a saída padrão. O xlsx que não cabe em um arquivo continua em outros: `sessoes-2.xlsx`.
    ///
    /// File to write; standard output by default. An xlsx that does not fit in one file goes on in others: `sessoes-2.xlsx`.
    #[arg(long, short, value_name = "ARQUIVO")]
    output: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

/// The kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Rows for spreadsheets, their first line the ids of the fields.
    Csv,
    /// A JSON object a line.
    Ndjson,
    /// A workbook for people.
    Xlsx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Header {
    /// The fields' labels.
    Label,
    /// Their ids.
    Id,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// Brazilian Portuguese.
    Pt,
    /// English.
    En,
}

/// Writes every page.
pub async fn run(args: ExportArgs) -> Result<(), CliError> {
    let client = Client::of(&args.target)?;
    match &args.output {
        // A workbook cannot be joined with another: each page is a file of its own.
        Some(path) if args.format == Format::Xlsx => {
            pages(&client, &args, |number, page| {
                let path = numbered(path, number);
                let mut file = NewFile::create(&path)?;
                file.file.write_all(page).map_err(failed(&path))?;
                file.keep()
            })
            .await
        }
        Some(path) => {
            let mut file = NewFile::create(path)?;
            pages(&client, &args, |number, page| {
                Ok(file.file.write_all(joined(args.format, number, page))?)
            })
            .await?;
            file.keep()
        }
        None if args.format == Format::Xlsx => Err(CliError::NeedsFile),
        None => {
            let mut out = io::stdout();
            pages(&client, &args, |number, page| Ok(out.write_all(joined(args.format, number, page))?))
                .await?;
            Ok(out.flush()?)
        }
    }
}

/// A file that stands under its name only when it is whole; until then it has another, and goes if it is not kept.
struct NewFile {
    path: PathBuf,
    part: PathBuf,
    file: File,
}

impl NewFile {
    fn create(path: &Path) -> Result<NewFile, CliError> {
        let part = PathBuf::from(format!("{}.part", path.display()));
        let file = File::create(&part).map_err(failed(&part))?;
        Ok(NewFile { path: path.to_owned(), part, file })
    }

    fn keep(self) -> Result<(), CliError> {
        self.file.sync_all().map_err(failed(&self.part))?;
        std::fs::rename(&self.part, &self.path).map_err(failed(&self.path))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // What is left of it would only be taken for an export. A kept file has its own name by now.
        let _ = std::fs::remove_file(&self.part);
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CliError {
    let path = path.to_owned();
    move |error| CliError::File { path, error }
}

/// The name of the file with this number, from 1 on.
fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!("{}-{number}.{}", text(path.file_stem()), text(path.extension())))
}

/// Hands every page over, with its number from 1 on.
async fn pages(
    client: &Client,
    args: &ExportArgs,
    mut take: impl FnMut(usize, &[u8]) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut request = first(client, args);
    for number in 1.. {
        let Page { body, next } = page(client, request).await?;
        take(number, &body)?;
        let Some(query) = next else { break };
        request = client.request(Method::GET, &format!("/v1/export?{query}"));
    }
    Ok(())
}

/// The request of the first page.
fn first(client: &Client, args: &ExportArgs) -> RequestBuilder {
    fn name(value: Option<&impl ValueEnum>) -> Option<String> {
        value.and_then(ValueEnum::to_possible_value).map(|value| value.get_name().to_owned())
    }
    let mut parameters = args.selection.parameters();
    // As few files as there can be.
    let limit = (args.format == Format::Xlsx).then(|| MOST_ROWS.to_string());
    let file = [
        ("format", name(Some(&args.format))),
        ("lang", name(args.lang.as_ref())),
        ("header", name(args.header.as_ref())),
        ("limit", limit),
    ];
    parameters.extend(file.into_iter().filter_map(|(name, value)| Some((name, value?))));
    client.request(Method::GET, "/v1/export").query(&parameters)
}

/// A page, and the parameters of the next.
struct Page {
    body: Vec<u8>,
    next: Option<String>,
}

/// One page; asked for again where that may help.
async fn page(client: &Client, request: RequestBuilder) -> Result<Page, CliError> {
    let answer = sent(client, request).await?;
    let next = next(answer.headers());
    let body = answer.bytes().await.map_err(|error| client.silent(&error))?;
    Ok(Page { body: body.into(), next })
}

async fn sent(client: &Client, request: RequestBuilder) -> Result<Response, CliError> {
    let mut patience = Patience::new(TRIES);
    loop {
        let again = request.try_clone().ok_or_else(|| client.misunderstood())?;
        let error = match client.send(again).await {
            Err(error @ CliError::Silent { .. }) => error,
            Err(CliError::Refused(refusal)) if refusal.is_passing() => CliError::Refused(refusal),
            done => return done,
        };
        let Some(wait) = patience.put_off(&error) else { return Err(error) };
        tokio::time::sleep(wait).await;
    }
}

/// The parameters of the next page. Only they are taken from the link, so that a token goes nowhere but where it is of.
fn next(headers: &HeaderMap) -> Option<String> {
    let link = headers.get(LINK)?.to_str().ok()?;
    let url = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    url.split_once('?').map(|(_, query)| query.to_owned())
}

/// What of the page with this number follows the pages before it in one file.
fn joined(format: Format, number: usize, page: &[u8]) -> &[u8] {
    if number > 1 && format == Format::Csv { rows(page) } else { page }
}

/// A page of CSV without its first line.
fn rows(page: &[u8]) -> &[u8] {
    let page = page.strip_prefix(BOM).unwrap_or(page);
    page.iter().position(|byte| *byte == b'\n').map_or(&[], |end| &page[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_on_within_the_same_stack() {
        let next = |link: &str| next(&HeaderMap::from_iter([(LINK, link.parse().unwrap())]));
        let link = "<https://other.example/p/v1/export?fields=a,b&cursor=x>; rel=\"next\"";
        assert_eq!(next(link).as_deref(), Some("fields=a,b&cursor=x"));
        assert_eq!(next("<https://other.example/>; rel=\"prev\""), None);
    }

    #[test]
    fn further_workbooks_are_numbered() {
        let named = |number| numbered(Path::new("a/sessões.xlsx"), number);
        assert_eq!(named(1), Path::new("a/sessões.xlsx"));
        assert_eq!(named(2), Path::new("a/sessões-2.xlsx"));
    }

    #[test]
    fn later_pages_are_joined_without_their_first_line() {
        assert_eq!(rows("\u{feff}a;b\r\n1;2\r\n".as_bytes()), b"1;2\r\n");
        assert_eq!(rows(b"a,b\r\n"), b"");
    }
}
