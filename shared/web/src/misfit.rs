//! What a reader of JSON or of a query string finds wrong, in both languages.
//!
//! serde says it in English alone, so its sentences are taken apart here and written anew. One that is not known is quoted
//! behind words of ours.

use std::fmt::Display;

use domain::id::IdError;
use domain::lang::{Text, Words};

use crate::problem::Problem;

/// How much of a value is repeated, in characters.
const MAX_QUOTED: usize = 80;

/// Of a field that must be sent.
pub const REQUIRED: Text = Text::new("é obrigatório", "is required");
const TWICE: Text =
    Text::new("foi enviado mais de uma vez: envie uma vez só", "was sent more than once: send it once");
const NO_FIELDS: Text = Text::new("não é aceito aqui", "is not taken here");
const FLAG: Text = Text::new("deve ser true ou false", "must be true or false");

/// What serde_json says of a text that is not JSON.
const SYNTAX: [(&str, Text); 19] = [
    ("EOF while parsing a list", Text::new("termina no meio de uma lista", "it ends within an array")),
    ("EOF while parsing an object", Text::new("termina no meio de um objeto", "it ends within an object")),
    ("EOF while parsing a string", Text::new("termina no meio de um texto", "it ends within a text")),
    (
        "EOF while parsing a value",
        Text::new("termina onde falta um valor", "it ends where a value is missing"),
    ),
    ("expected `:`", Text::new("falta : depois de uma chave", "a : is missing after a key")),
    ("expected `,` or `]`", Text::new("falta , ou ] em uma lista", "a , or ] is missing in an array")),
    ("expected `,` or `}`", Text::new("falta , ou } em um objeto", "a , or } is missing in an object")),
    (
        "expected ident",
        Text::new(
            "há uma palavra que não é true, false nem null",
            "there is a word other than true, false or null",
        ),
    ),
    (
        "expected value",
        Text::new("falta um valor, ou ele não começa como um", "a value is missing, or begins like none"),
    ),
    ("invalid escape", Text::new("há um escape (\\) que não existe", "there is an unknown escape (\\)")),
    ("invalid number", Text::new("há um número mal escrito", "a number is malformed")),
    ("number out of range", Text::new("há um número grande demais", "a number is too large")),
    ("invalid unicode code point", BAD_ESCAPE),
    ("lone leading surrogate in hex escape", BAD_ESCAPE),
    ("unexpected end of hex escape", BAD_ESCAPE),
    (
        "control character (\\u0000-\\u001F) found while parsing a string",
        Text::new(
            "há um caractere de controle em um texto: escreva-o como escape",
            "there is a control character within a text: write it as an escape",
        ),
    ),
    (
        "key must be a string",
        Text::new("há uma chave que não está entre aspas duplas", "a key is not in double quotes"),
    ),
    ("trailing comma", Text::new("há uma vírgula a mais", "there is a comma too many")),
    ("trailing characters", Text::new("há algo depois do fim", "something follows its end")),
];
const BAD_ESCAPE: Text =
    Text::new("há um escape \\u que não é um caractere", "an escape \\u stands for no character");
const TOO_DEEP: Text = Text::new("tem níveis demais", "it is nested too deeply");
const EMPTY: Text = Text::new("está vazio", "it is empty");
const BROKEN: Text = Text::new("está mal escrito", "it is malformed");

/// Kinds of values, as serde says that it expected or found them.
const KINDS: [(&str, Text); 14] = [
    ("a string", Text::new("um texto", "a text")),
    ("string or map", Text::new("um texto", "a text")),
    ("map with a single key", Text::new("um texto", "a text")),
    ("a boolean", Text::new("true ou false", "true or false")),
    ("a map", Text::new("um objeto", "an object")),
    ("map", Text::new("um objeto", "an object")),
    ("a JSON object", Text::new("um objeto JSON", "a JSON object")),
    ("a sequence", Text::new("uma lista", "an array")),
    ("sequence", Text::new("uma lista", "an array")),
    ("null", Text::new("null", "null")),
    ("f64", Text::new("um número", "a number")),
    ("i64", Text::new("um número inteiro", "a whole number")),
    ("u8", Text::new("um número inteiro de 0 a 255", "a whole number from 0 to 255")),
    ("u64", Text::new("um número inteiro a partir de 0", "a whole number from 0")),
];

/// What is said of a body that is not JSON: what is wrong, and in which line and column.
pub fn no_json(error: &serde_json::Error) -> Words {
    let (line, column) = (error.line(), error.column());
    let said = said_of(error);
    let what = match SYNTAX.iter().find(|(known, _)| *known == said) {
        _ if error.is_eof() && column == 0 => EMPTY,
        Some((_, text)) => *text,
        None if said.starts_with("recursion limit") => TOO_DEEP,
        None => BROKEN,
    };
    Words::new(
        format!("o corpo não é JSON: {} (linha {line}, coluna {column})", what.pt),
        format!("the body is not JSON: {} (line {line}, column {column})", what.en),
    )
}

/// What is said of a value that is JSON but not what belongs there, as it goes on after the name of its field.
pub fn unfit(error: &serde_json::Error) -> Words {
    Misfit::read(&said_of(error)).words()
}

/// What serde_json says, without the place.
fn said_of(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let said = error.to_string();
    said.strip_suffix(&place).map(str::to_owned).unwrap_or(said)
}

/// What is wrong with a value, or with a member of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Misfit {
    /// The member that is wrong; `None` for the value itself.
    member: Option<String>,
    /// Goes on after the member's name, or the value's.
    what: Words,
}

impl Misfit {
    /// Reads serde's sentence.
    pub(crate) fn read(said: &str) -> Misfit {
        let of = |what: Words| Misfit { member: None, what };
        of_member(said)
            .or_else(|| variant(said).or_else(|| kind(said)).or_else(|| known(said)).map(of))
            .unwrap_or_else(|| of(quoting(said)))
    }

    /// The same of what serde_json says.
    pub(crate) fn of(error: &serde_json::Error) -> Misfit {
        Misfit::read(&said_of(error))
    }

    /// The problem of a value at a path (`.` for the whole), which `whole` calls by a name.
    pub(crate) fn problem(self, path: &str, whole: Text) -> Problem {
        let Misfit { member, what } = self;
        match (path, member) {
            (".", None) => {
                let detail =
                    Words::new(format!("{} {}", whole.pt, what.pt), format!("{} {}", whole.en, what.en));
                Problem::new(http::StatusCode::UNPROCESSABLE_ENTITY, detail)
            }
            (".", Some(member)) => Problem::invalid(member, what),
            (path, Some(member)) if path.rsplit('.').next() != Some(&member) => {
                Problem::invalid(format!("{path}.{member}"), what)
            }
            (path, _) => Problem::invalid(path, what),
        }
    }

    /// What is wrong, as it goes on after the value's name.
    fn words(self) -> Words {
        let Misfit { member, what } = self;
        match member {
            None => what,
            Some(member) => Words::new(
                format!("tem um erro em {member}, que {}", what.pt),
                format!("has an error in {member}, which {}", what.en),
            ),
        }
    }
}

/// A field that is unknown, missing, or there twice.
fn of_member(said: &str) -> Option<Misfit> {
    let named = |name: &str, what| Some(Misfit { member: Some(shortened(name)), what });
    if let Some(name) = within(said, "missing field `", "`") {
        return named(name, REQUIRED.into());
    }
    if let Some(name) = within(said, "duplicate field `", "`") {
        return named(name, TWICE.into());
    }
    let rest = said.strip_prefix("unknown field `")?;
    match rest.rsplit_once("`, expected ") {
        Some((name, expected)) => {
            let Words { pt, en } = Words::one_of(&ticked(expected));
            let what =
                Words::new(format!("{}: use {pt}", NO_FIELDS.pt), format!("{}: use {en}", NO_FIELDS.en));
            named(name, what)
        }
        None => named(rest.split('`').next().unwrap_or_default(), NO_FIELDS.into()),
    }
}

/// A value that is none of a few.
fn variant(said: &str) -> Option<Words> {
    let (value, expected) = said.strip_prefix("unknown variant `")?.rsplit_once("`, expected ")?;
    let Words { pt, en } = Words::one_of(&ticked(expected));
    Some(instead(&pt, &en, &quoted(value), &quoted(value)))
}

/// A value of another kind.
fn kind(said: &str) -> Option<Words> {
    let rest = said.strip_prefix("invalid type: ").or_else(|| said.strip_prefix("invalid value: "))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let named = |name: &str| KINDS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    let (expected, number) = (named(expected)?, within(found, "integer `", "`"));
    let number = number.or_else(|| within(found, "floating point `", "`"));
    Some(if let Some(number) = number {
        instead(expected.pt, expected.en, &format!("o número {number}"), &format!("the number {number}"))
    } else if let Some(flag) = within(found, "boolean `", "`") {
        instead(expected.pt, expected.en, flag, flag)
    } else if let Some(text) = within(found, "string \"", "\"") {
        let text = format!("\"{}\"", shortened(text));
        instead(expected.pt, expected.en, &format!("o texto {text}"), &format!("the text {text}"))
    } else {
        let found = named(found)?;
        instead(expected.pt, expected.en, found.pt, found.en)
    })
}

fn instead(expected_pt: &str, expected_en: &str, found_pt: &str, found_en: &str) -> Words {
    Words::new(
        format!("deve ser {expected_pt}, e não {found_pt}"),
        format!("must be {expected_en}, not {found_en}"),
    )
}

/// Sentences of our own types, and of a query string's flags.
fn known(said: &str) -> Option<Words> {
    let of_id = IdError::ALL.into_iter().map(IdError::text).find(|text| text.en == said);
    of_id.or_else(|| (said == "provided string was not `true` or `false`").then_some(FLAG)).map(Words::from)
}

fn quoting(said: &str) -> Words {
    let said = quoted(said);
    Words::new(
        format!("não serve; quem o leu disse, em inglês: {said}"),
        format!("does not fit; its reader said: {said}"),
    )
}

/// What stands between a beginning and an end.
fn within<'s>(said: &'s str, begin: &str, end: &str) -> Option<&'s str> {
    said.strip_prefix(begin)?.strip_suffix(end)
}

/// The names that stand in backticks.
fn ticked(names: &str) -> Vec<&str> {
    names.split('`').skip(1).step_by(2).collect()
}

/// What is said of a number that is not a whole one within these bounds.
pub fn whole_number(first: impl Display, last: impl Display) -> Words {
    Words::new(
        format!("deve ser um número inteiro de {first} a {last}"),
        format!("must be a whole number from {first} to {last}"),
    )
}

/// A text of the client's, shortened and in quotation marks.
pub fn quoted(text: impl Display) -> String {
    format!("{:?}", shortened(&text.to_string()))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
