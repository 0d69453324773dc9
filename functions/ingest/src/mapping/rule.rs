//! The rules of a mapping: where the value of a field comes from, and what is made of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::time::Instant;
use domain::zone::Zone;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::path::{Opened, Path};
use crate::json::Json;

/// In the place of a value: any that is there.
const ANY: &str = "*";

/// The rules of one field. The first that gives a value counts.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) struct Rules(Vec<Rule>);

impl Rules {
    /// The field's value in a record, as JSON; `None` where no rule gives one.
    pub(super) fn value<'a>(&'a self, record: &Opened<'a>, zone: Zone) -> Option<Cow<'a, RawValue>> {
        self.0.iter().find_map(|rule| rule.value(record, zone)).map(|(value, _)| value)
    }

    /// The path, within a record, that the field's value comes from; the first path that is tried where there is none.
    pub(super) fn origin(&self, record: &Opened<'_>, zone: Zone) -> String {
        let given = self.0.iter().find_map(|rule| rule.value(record, zone)).map(|(_, path)| path.to_owned());
        let tried = || self.0.iter().find_map(|rule| rule.paths().first()).map(|path| path.text.clone());
        given.or_else(tried).unwrap_or_default()
    }
}

/// A path, a rule, or a list of them.
impl TryFrom<Value> for Rules {
    type Error = String;

    fn try_from(written: Value) -> Result<Rules, String> {
        let one = |written| match written {
            Value::String(path) => Ok(Rule::of(Source::Path(vec![path.parse()?]))),
            Value::Object(_) => serde_json::from_value(written).map_err(|error| error.to_string()),
            _ => Err("is neither a path, a rule nor a list of them".to_owned()),
        };
        match written {
            Value::Array(several) if several.is_empty() => Err("has no rule".to_owned()),
            Value::Array(several) => several.into_iter().map(one).collect::<Result<_, _>>().map(Rules),
            written => Ok(Rules(vec![one(written)?])),
        }
    }
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(try_from = "WrittenRule")]
struct Rule {
    source: Source,
    /// What stands for each text; the value of a text that is not there is left out, unless there is one for any.
    values: Option<BTreeMap<String, Box<RawValue>>>,
    unit: Option<Unit>,
    when: When,
}

#[derive(Debug)]
enum Source {
    /// What the first of these paths finds that finds anything.
    Path(Vec<Path>),
    /// The same in every record.
    Constant(Box<RawValue>),
    /// The seconds from one instant to a later one.
    Between(Box<[Path; 2]>),
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    path: Option<OneOrMore>,
    constant: Option<Value>,
    between: Option<[Path; 2]>,
    values: Option<BTreeMap<String, Value>>,
    unit: Option<Unit>,
    #[serde(default)]
    when: When,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// What a number counts, where that is not seconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Milliseconds,
    Microseconds,
}

impl TryFrom<WrittenRule> for Rule {
    type Error = String;

    fn try_from(written: WrittenRule) -> Result<Rule, String> {
        let raw = |value: Value| to_raw_value(&value).map_err(|error| error.to_string());
        let source = match (written.path, written.constant, written.between) {
            (Some(OneOrMore::One(path)), None, None) => Source::Path(vec![path.parse()?]),
            (Some(OneOrMore::More(paths)), None, None) if !paths.is_empty() => {
                Source::Path(paths.into_iter().map(Path::try_from).collect::<Result<_, _>>()?)
            }
            (None, Some(constant), None) => Source::Constant(raw(constant)?),
            (None, None, Some(between)) => Source::Between(Box::new(between)),
            _ => return Err("must have one of path, constant and between".to_owned()),
        };
        if !matches!(source, Source::Path(_)) && (written.values.is_some() || written.unit.is_some()) {
            return Err("has values or a unit for what is no path".to_owned());
        }
        let values = written.values.map(|values| {
            values.into_iter().map(|(text, value)| Ok((text, raw(value)?))).collect::<Result<_, String>>()
        });
        Ok(Rule { source, values: values.transpose()?, unit: written.unit, when: written.when })
    }
}

impl Rule {
    fn of(source: Source) -> Rule {
        Rule { source, values: None, unit: None, when: When::default() }
    }

    fn paths(&self) -> &[Path] {
        match &self.source {
            Source::Path(paths) => paths,
            Source::Constant(_) => &[],
            Source::Between(paths) => paths.as_slice(),
        }
    }

    /// The value in a record, and the path that it was found at.
    fn value<'a>(&'a self, record: &Opened<'a>, zone: Zone) -> Option<(Cow<'a, RawValue>, &'a str)> {
        if !self.when.holds(record) {
            return None;
        }
        match &self.source {
            Source::Constant(constant) => Some((Cow::Borrowed(constant), "")),
            Source::Between(paths) => Some((between(paths, record, zone)?, &paths[1].text)),
            Source::Path(paths) => paths.iter().find_map(|path| {
                let values = path.values(record).into_iter().filter_map(|raw| self.converted(raw));
                let mut values = values.collect::<Vec<_>>();
                let value = if values.len() > 1 { list(&values)? } else { values.pop()? };
                Some((value, path.text.as_str()))
            }),
        }
    }

    fn converted<'a>(&'a self, raw: &'a RawValue) -> Option<Cow<'a, RawValue>> {
        let raw = match &self.values {
            None => raw,
            Some(values) => {
                let named = text_of(raw).and_then(|text| values.get(text.as_ref()));
                named.or_else(|| values.get(ANY))?
            }
        };
        Some(self.unit.and_then(|unit| unit.in_seconds(raw)).map_or(Cow::Borrowed(raw), Cow::Owned))
    }
}

impl Unit {
    /// A number in seconds; `None` for what is no number.
    fn in_seconds(self, raw: &RawValue) -> Option<Box<RawValue>> {
        let number: f64 = text_of(raw)?.trim().parse().ok()?;
        let seconds = match self {
            Unit::Milliseconds => number / 1e3,
            Unit::Microseconds => number / 1e6,
        };
        to_raw_value(&seconds).ok().filter(|_| seconds.is_finite())
    }
}

/// The seconds between two instants; `None` where one is missing or the second lies before the first.
fn between<'a>(paths: &[Path; 2], record: &Opened<'_>, zone: Zone) -> Option<Cow<'a, RawValue>> {
    let [start, end] = paths.each_ref().map(|path| {
        let text = path.values(record).first().and_then(|raw| text_of(raw))?;
        Instant::parse(&text, zone).ok().flatten()
    });
    let seconds = end?.seconds_since(start?);
    (seconds >= 0.0).then(|| to_raw_value(&seconds).ok().map(Cow::Owned)).flatten()
}

/// Several values as a list, which is made in memory once.
fn list<'a>(values: &[Cow<'a, RawValue>]) -> Option<Cow<'a, RawValue>> {
    let length: usize = values.iter().map(|value| value.get().len() + 1).sum();
    let mut list = String::with_capacity(length + 1);
    for value in values {
        list.push(if list.is_empty() { '[' } else { ',' });
        list.push_str(value.get());
    }
    list.push(']');
    RawValue::from_string(list).ok().map(Cow::Owned)
}

/// Conditions, all of which a record must meet; none are met by every record.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "BTreeMap<String, Value>")]
pub(super) struct When(Vec<(Path, Vec<Wanted>)>);

/// What a value must be.
#[derive(Debug)]
enum Wanted {
    Missing,
    Any,
    Text(String),
}

impl TryFrom<BTreeMap<String, Value>> for When {
    type Error = String;

    fn try_from(written: BTreeMap<String, Value>) -> Result<When, String> {
        let wanted = |value| match value {
            Value::Null => Ok(Wanted::Missing),
            Value::String(text) if text == ANY => Ok(Wanted::Any),
            Value::String(text) => Ok(Wanted::Text(text)),
            Value::Bool(_) | Value::Number(_) => Ok(Wanted::Text(value.to_string())),
            _ => Err("is no condition: a value, null, \"*\" or a list of them".to_owned()),
        };
        let conditions = written.into_iter().map(|(path, values)| {
            let values = match values {
                Value::Array(values) => values,
                value => vec![value],
            };
            Ok((path.parse()?, values.into_iter().map(wanted).collect::<Result<_, String>>()?))
        });
        conditions.collect::<Result<_, _>>().map(When)
    }
}

impl When {
    /// Whether a record meets all of them.
    pub(super) fn holds(&self, record: &Opened<'_>) -> bool {
        self.0.iter().all(|(path, wanted)| {
            let values = path.values(record);
            wanted.iter().any(|wanted| match wanted {
                Wanted::Missing => values.is_empty(),
                Wanted::Any => !values.is_empty(),
                Wanted::Text(text) => values.iter().any(|raw| text_of(raw).as_deref() == Some(text)),
            })
        })
    }
}

/// The text of a value; `None` for a list, an object or null.
fn text_of(raw: &RawValue) -> Option<Cow<'_, str>> {
    match Json::of(raw) {
        Ok(Json::Text(text)) => Some(text),
        Ok(Json::Number(number)) => Some(Cow::Borrowed(number)),
        Ok(Json::Boolean(flag)) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
        _ => None,
    }
}
