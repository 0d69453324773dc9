//! `premium export`: all rows of a report as one file.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use reqwest::header::{HeaderMap, LINK};
use reqwest::{Method, RequestBuilder, Response};

use crate::error::CliError;
use crate::http::{Client, Target};
use crate::query::Selection;

/// How often a page is asked for.
const TRIES: u32 = 5;
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
    /// Idioma da planilha, que não calculará célula alguma; `pt` traz `;` e vírgula decimal. Sem ele, cada valor como é.
    ///
    /// Language of the spreadsheet, which will compute no cell; `pt` has `;` and decimal commas. Without it, values as
    /// they are.
    #[arg(long, value_enum, value_name = "IDIOMA")]
    lang: Option<Lang>,
    /// Arquivo a escrever; sem ele, a saída padrão.
    ///
    /// File to write; standard output by default.
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// Brazilian Portuguese.
    Pt,
    /// English.
    En,
}

/// Writes every page. A file stands under its name only when it is whole.
pub async fn run(args: ExportArgs) -> Result<(), CliError> {
    let client = Client::of(&args.target)?;
    let Some(path) = &args.output else { return pages(&client, &args, &mut io::stdout()).await };
    let part = PathBuf::from(format!("{}.part", path.display()));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| CliError::File { path, error }
    };
    let mut file = File::create(&part).map_err(failed(&part))?;
    if let Err(error) = pages(&client, &args, &mut file).await {
        // What is left of it would only be taken for an export.
        let _ = std::fs::remove_file(&part);
        return Err(error);
    }
    file.sync_all().map_err(failed(&part))?;
    std::fs::rename(&part, path).map_err(failed(path))
}

async fn pages(client: &Client, args: &ExportArgs, out: &mut impl Write) -> Result<(), CliError> {
    let mut parameters = args.selection.parameters();
    let format = args.format.to_possible_value().map(|format| format.get_name().to_owned());
    let lang = args.lang.as_ref().and_then(Lang::to_possible_value).map(|lang| lang.get_name().to_owned());
    let file = [("format", format), ("lang", lang)];
    parameters.extend(file.into_iter().filter_map(|(name, value)| Some((name, value?))));
    let mut request = client.request(Method::GET, "/v1/export").query(&parameters);
    let mut is_first = true;
    loop {
        let answer = page(client, request).await?;
        let next = next(answer.headers());
        let body = answer.bytes().await.map_err(|error| client.silent(&error))?;
        let rows = if is_first || args.format == Format::Ndjson { &body[..] } else { rows(&body) };
        out.write_all(rows)?;
        let Some(query) = next else { return Ok(out.flush()?) };
        request = client.request(Method::GET, &format!("/v1/export?{query}"));
        is_first = false;
    }
}

/// One page; asked for again where that may help.
async fn page(client: &Client, request: RequestBuilder) -> Result<Response, CliError> {
    for tries in 1..TRIES {
        let again = request.try_clone().ok_or_else(|| client.misunderstood())?;
        match client.send(again).await {
            Err(CliError::Silent { .. }) => {}
            Err(CliError::Refused(refusal)) if refusal.is_passing() => {}
            done => return done,
        }
        tokio::time::sleep(Duration::from_millis(250 << tries)).await;
    }
    client.send(request).await
}

/// The parameters of the next page. Only they are taken from the link, so that a token goes nowhere but where it is of.
fn next(headers: &HeaderMap) -> Option<String> {
    let link = headers.get(LINK)?.to_str().ok()?;
    let url = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    url.split_once('?').map(|(_, query)| query.to_owned())
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
    fn later_pages_are_joined_without_their_first_line() {
        assert_eq!(rows("\u{feff}a;b\r\n1;2\r\n".as_bytes()), b"1;2\r\n");
        assert_eq!(rows(b"a,b\r\n"), b"");
    }
}
