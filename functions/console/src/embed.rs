//! What people paste of a Data Studio report, and the addresses that are rebuilt from it.
//!
//! Nothing of a pasted text is passed on: it is taken apart, its ids are checked letter by letter, and both addresses
//! are written anew. So whatever it was meant to do elsewhere, what comes out of here opens a report of Data Studio.

mod html;

use domain::lang::Text;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

const HOSTS: [&str; 2] = ["datastudio.google.com", "lookerstudio.google.com"];

/// Longer than any link that Data Studio gives out.
const MAX_BYTES: usize = 8_192;
/// The most of `params` that is kept, in bytes of the address.
const MAX_PARAMS: usize = 1_000;

/// Why a text is not the link of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    NoLink,
    NotHttps,
    OtherHost,
    DataSource,
    Explorer,
    Creates,
    NoReport,
    BrokenId,
    Params,
    NoFrame,
    TooLong,
}

impl Unfit {
    /// The reason, as it goes on after the field's name.
    pub(crate) const fn text(self) -> Text {
        match self {
            Unfit::NoLink => Text::new(
                "não é um link: copie o endereço do relatório, que começa com https://",
                "is not a link: copy the report's address, which begins with https://",
            ),
            Unfit::NotHttps => Text::new("precisa começar com https://", "must begin with https://"),
            Unfit::OtherHost => Text::new(
                "não é do Data Studio: o endereço começa com https://datastudio.google.com ou \
                 https://lookerstudio.google.com, sem usuário nem porta",
                "is not of Data Studio: the address begins with https://datastudio.google.com or \
                 https://lookerstudio.google.com, without user or port",
            ),
            Unfit::DataSource => Text::new(
                "é de uma fonte de dados, não de um relatório: abra o relatório e copie o link dele",
                "is a data source's, not a report's: open the report and copy its link",
            ),
            Unfit::Explorer => Text::new(
                "é de uma exploração, não de um relatório: salve-a como relatório e copie o link dele",
                "is an exploration's, not a report's: save it as a report and copy that one's link",
            ),
            Unfit::Creates => Text::new(
                "cria um relatório novo: abra-o, salve o relatório e copie o link dele",
                "makes a new report: open it, save the report and copy that one's link",
            ),
            Unfit::NoReport => Text::new(
                "é do Data Studio, mas não de um relatório: abra o relatório e copie o link dele",
                "is of Data Studio, but not of a report: open the report and copy its link",
            ),
            Unfit::BrokenId => Text::new(
                "está incompleto ou foi alterado: copie de novo o link do relatório",
                "is incomplete or was changed: copy the report's link again",
            ),
            Unfit::Params => Text::new(
                "tem parâmetros (params) que não podem ser lidos: copie o link sem eles",
                "has parameters (params) that cannot be read: copy the link without them",
            ),
            Unfit::NoFrame => Text::new(
                "não tem exatamente um iframe com src: copie o código de incorporação inteiro",
                "does not hold exactly one iframe with a src: copy the whole embed code",
            ),
            Unfit::TooLong => Text::new(
                "é longo demais: copie só o link do relatório",
                "is too long: copy the report's link alone",
            ),
        }
    }
}

/// A report of Data Studio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Embed {
    host: &'static str,
    /// Its path but for what says that it is embedded.
    path: String,
    /// Its parameters as a query string with its `?`, or nothing.
    query: String,
}

impl Embed {
    /// Takes a link, a short link or the HTML of a frame.
    pub(crate) fn parse(pasted: &str) -> Result<Embed, Unfit> {
        let text = pasted.trim();
        if text.len() > MAX_BYTES {
            Err(Unfit::TooLong)
        } else if text.starts_with('<') {
            parse_link(html::frame(text).ok_or(Unfit::NoFrame)?.trim())
        } else {
            parse_link(text)
        }
    }

    /// Where it opens in Data Studio.
    pub(crate) fn url(&self) -> String {
        format!("https://{}/{}{}", self.host, self.path, self.query)
    }

    /// Where it opens in a frame.
    pub(crate) fn embed_url(&self) -> String {
        format!("https://{}/embed/{}{}", self.host, self.path, self.query)
    }
}

fn parse_link(link: &str) -> Result<Embed, Unfit> {
    if link.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(Unfit::NoLink);
    }
    let (scheme, rest) = link.split_once("://").ok_or(Unfit::NoLink)?;
    if !scheme.eq_ignore_ascii_case("https") {
        return Err(Unfit::NotHttps);
    }
    let (rest, _fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = HOSTS.into_iter().find(|known| host.eq_ignore_ascii_case(known)).ok_or(Unfit::OtherHost)?;
    Ok(Embed { host, path: parse_path(path)?, query: parse_query(query)? })
}

/// The path of a report, rebuilt from its ids.
fn parse_path(path: &str) -> Result<String, Unfit> {
    let parts: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    let mut parts = parts.as_slice();
    // Whether it is embedded, and which of the people who are signed in opens it.
    loop {
        parts = match parts {
            ["embed" | "c", rest @ ..] => rest,
            ["u", user, rest @ ..] if user.parse::<u8>().is_ok() => rest,
            _ => break,
        };
    }
    if let [rest @ .., "edit" | "preview"] = parts {
        parts = rest;
    }
    match parts {
        ["reporting", "create", ..] => Err(Unfit::Creates),
        ["reporting", report] if is_id(report, 10, 64) => Ok(format!("reporting/{report}")),
        ["reporting", report, "page", page] if is_id(report, 10, 64) && is_id(page, 1, 32) => {
            Ok(format!("reporting/{report}/page/{page}"))
        }
        ["s", short] if is_id(short, 6, 32) => Ok(format!("s/{short}")),
        ["reporting" | "s", ..] => Err(Unfit::BrokenId),
        ["datasources", ..] => Err(Unfit::DataSource),
        ["explorer", ..] => Err(Unfit::Explorer),
        _ => Err(Unfit::NoReport),
    }
}

/// Letters, digits, `-` and `_`, `min` to `max` of them.
pub(crate) fn is_id(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Of a query string, the report's parameters: a JSON object under the name `params`. All else is left out.
fn parse_query(query: &str) -> Result<String, Unfit> {
    let params = query.split('&').find_map(|pair| pair.strip_prefix("params="));
    let Some(params) = params.filter(|params| !params.is_empty()) else { return Ok(String::new()) };
    let json = percent_decode_str(params).decode_utf8().map_err(|_| Unfit::Params)?;
    let object: Map<String, Value> = serde_json::from_str(&json).map_err(|_| Unfit::Params)?;
    let json = Value::Object(object).to_string();
    let query = format!("?params={}", utf8_percent_encode(&json, NON_ALPHANUMERIC));
    if query.len() > MAX_PARAMS { Err(Unfit::Params) } else { Ok(query) }
}

#[cfg(test)]
mod tests;
