//! Data Studio's filters: operators, what fits them, and what holds.

use domain::dictionary::{DataType, Semantic};
use regex::{Regex, RegexBuilder};
use serde_json::Value as Json;

use super::re2::translate;
use super::request::FilterRequest;
use crate::catalog::date_format::DateFormat;
use crate::catalog::value::Value;

/// What a value is compared with. A null passes no comparison but `Null`.
#[derive(Clone, Debug)]
pub(crate) enum Comparison {
    Null,
    Texts(Vec<String>),
    Contains(Vec<String>),
    Matches(Regex),
    Flags(Vec<bool>),
    Numbers(Vec<f64>),
    /// From the first to the second, both included.
    NumberBetween(f64, f64),
    /// By an order of the value towards a number.
    Compared(fn(&f64, &f64) -> bool, f64),
    /// Leading digits; eight digits of a longer value are its day.
    Dates(Vec<String>),
    DateBetween(String, String),
}

/// A comparison, and whether the rows that pass it are kept or left out.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    exclude: bool,
    comparison: Comparison,
}

impl Filter {
    /// The filter of a request on a field of this meaning; `None` where it cannot be applied. A regular
    /// expression may take `regex_bytes` once compiled, and again while it runs.
    pub(crate) fn new(request: &FilterRequest, semantic: Semantic, regex_bytes: usize) -> Option<Filter> {
        let exclude = match request.inclusion.as_deref()? {
            "INCLUDE" => false,
            "EXCLUDE" => true,
            _ => return None,
        };
        let values: Option<Vec<String>> = request.values.iter().flatten().map(text_of).collect();
        let comparison = comparison(request.operator.as_deref()?, &values?, semantic, regex_bytes)?;
        Some(Filter { exclude, comparison })
    }

    /// The texts of which a row must have one to pass.
    pub(crate) fn included_texts(&self) -> Option<&[String]> {
        match &self.comparison {
            Comparison::Texts(texts) if !self.exclude => Some(texts),
            _ => None,
        }
    }

    /// Whether a row with this value passes. `EXCLUDE` is the exact complement, nulls included.
    pub(crate) fn passes(&self, value: &Value<'_>) -> bool {
        self.comparison.holds(value) != self.exclude
    }
}

/// Values are texts by the book; a number or a flag says the same.
fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn comparison(
    operator: &str,
    values: &[String],
    semantic: Semantic,
    regex_bytes: usize,
) -> Option<Comparison> {
    let date = DateFormat::of(semantic);
    let is_text = matches!(semantic, Semantic::Text | Semantic::Url);
    let is_number = semantic.data_type() == DataType::Number;
    match operator {
        "IS_NULL" => Some(Comparison::Null),
        _ if values.is_empty() => None,
        "EQUALS" | "IN_LIST" => equals(values, semantic),
        "CONTAINS" if is_text => Some(Comparison::Contains(values.to_vec())),
        "REGEXP_PARTIAL_MATCH" if is_text => regex(values, false, regex_bytes),
        "REGEXP_EXACT_MATCH" if is_text => regex(values, true, regex_bytes),
        "BETWEEN" => {
            let [from, to] = values else { return None };
            match date {
                Some(date) => Some(Comparison::DateBetween(date.prefix(from)?, date.prefix(to)?)),
                None if is_number => Some(Comparison::NumberBetween(number(from)?, number(to)?)),
                None => None,
            }
        }
        _ if is_number => {
            let [value] = values else { return None };
            let holds = match operator {
                "NUMERIC_GREATER_THAN" => f64::gt,
                "NUMERIC_GREATER_THAN_OR_EQUAL" => f64::ge,
                "NUMERIC_LESS_THAN" => f64::lt,
                "NUMERIC_LESS_THAN_OR_EQUAL" => f64::le,
                _ => return None,
            };
            Some(Comparison::Compared(holds, number(value)?))
        }
        _ => None,
    }
}

fn equals(values: &[String], semantic: Semantic) -> Option<Comparison> {
    if let Some(date) = DateFormat::of(semantic) {
        return values.iter().map(|value| date.prefix(value)).collect::<Option<_>>().map(Comparison::Dates);
    }
    match semantic.data_type() {
        DataType::String => Some(Comparison::Texts(values.to_vec())),
        DataType::Number => {
            values.iter().map(|value| number(value)).collect::<Option<_>>().map(Comparison::Numbers)
        }
        DataType::Boolean => {
            values.iter().map(|value| value.parse().ok()).collect::<Option<_>>().map(Comparison::Flags)
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

fn regex(values: &[String], exact: bool, most_bytes: usize) -> Option<Comparison> {
    let [pattern] = values else { return None };
    let compile = |pattern: &str| {
        RegexBuilder::new(pattern).size_limit(most_bytes).dfa_size_limit(most_bytes).build().ok()
    };
    // The pattern must stand on its own: in brackets, one such as `a)|(b` would become valid.
    let pattern = translate(pattern)?;
    let partial = compile(&pattern)?;
    let compiled = if exact { compile(&format!("^(?:{pattern})$"))? } else { partial };
    Some(Comparison::Matches(compiled))
}

impl Comparison {
    fn holds(&self, value: &Value<'_>) -> bool {
        let starts = |digits: &str, prefix: &String| digits.starts_with(prefix.as_str());
        let text = |holds: &dyn Fn(&str) -> bool| value.text().is_some_and(holds);
        match (self, value) {
            (Comparison::Null, value) => *value == Value::Null,
            (Comparison::Texts(texts), _) => text(&|value| texts.iter().any(|text| text == value)),
            (Comparison::Contains(texts), _) => text(&|value| texts.iter().any(|text| value.contains(text))),
            (Comparison::Matches(regex), _) => text(&|value| regex.is_match(value)),
            (Comparison::Dates(prefixes), _) => {
                text(&|value| prefixes.iter().any(|prefix| starts(value, prefix)))
            }
            (Comparison::DateBetween(from, to), _) => {
                text(&|value| value >= from.as_str() && (value <= to.as_str() || starts(value, to)))
            }
            (Comparison::Flags(flags), Value::Boolean(value)) => flags.contains(value),
            (Comparison::Numbers(numbers), value) => {
                value.number().is_some_and(|value| numbers.contains(&value))
            }
            (Comparison::NumberBetween(from, to), value) => {
                value.number().is_some_and(|value| (*from..=*to).contains(&value))
            }
            (Comparison::Compared(holds, number), value) => {
                value.number().is_some_and(|value| holds(&value, number))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(inclusion: &str, operator: &str, values: &[&str], semantic: Semantic) -> Option<Filter> {
        let request = FilterRequest {
            field_name: "any".to_owned(),
            values: Some(values.iter().map(|value| Json::from(*value)).collect()),
            inclusion: Some(inclusion.to_owned()),
            operator: Some(operator.to_owned()),
        };
        Filter::new(&request, semantic, 1 << 20)
    }

    /// Which of some values pass; every filter must exclude exactly what it does not include.
    fn passing<'a>(operator: &str, values: &[&str], semantic: Semantic, rows: &[Value<'a>]) -> Vec<bool> {
        let include = filter("INCLUDE", operator, values, semantic).unwrap();
        let exclude = filter("EXCLUDE", operator, values, semantic).unwrap();
        let passes: Vec<bool> = rows.iter().map(|value| include.passes(value)).collect();
        let complement: Vec<bool> = rows.iter().map(|value| !exclude.passes(value)).collect();
        assert_eq!(passes, complement, "{operator} {values:?}");
        passes
    }

    fn texts(operator: &str, values: &[&str]) -> Vec<bool> {
        let rows = ["Suporte", "suporte", "Vendas"].map(|text| Value::Text(text.into()));
        passing(operator, values, Semantic::Text, &[rows.as_slice(), &[Value::Null]].concat())
    }

    #[test]
    fn texts_compare_byte_for_byte() {
        assert_eq!(texts("EQUALS", &["Suporte"]), [true, false, false, false]);
        assert_eq!(texts("EQUALS", &["Suporte", "Vendas"]), [true, false, true, false]);
        assert_eq!(texts("IN_LIST", &["Vendas", "x"]), [false, false, true, false]);
        assert_eq!(texts("CONTAINS", &["upor"]), [true, true, false, false]);
        assert_eq!(texts("CONTAINS", &["Sup", "dna", "enda"]), [true, false, true, false]);
        assert_eq!(texts("REGEXP_PARTIAL_MATCH", &["^[SV]"]), [true, false, true, false]);
        assert_eq!(texts("REGEXP_EXACT_MATCH", &["(?i)suporte|x"]), [true, true, false, false]);
        assert_eq!(texts("REGEXP_EXACT_MATCH", &["upor"]), [false, false, false, false]);
        assert_eq!(texts("REGEXP_EXACT_MATCH", &["\\w+"]), [true, true, true, false]);
        assert_eq!(texts("IS_NULL", &[]), [false, false, false, true]);
    }

    #[test]
    fn numbers_compare_as_numbers() {
        let rows = [Value::Number(9.5), Value::Integer(10), Value::Number(10.5), Value::Null];
        let numbers = |operator, values: &[&str]| passing(operator, values, Semantic::Duration, &rows);
        assert_eq!(numbers("EQUALS", &["10.0"]), [false, true, false, false]);
        assert_eq!(numbers("IN_LIST", &["10", "9.5"]), [true, true, false, false]);
        assert_eq!(numbers("NUMERIC_GREATER_THAN", &["10"]), [false, false, true, false]);
        assert_eq!(numbers("NUMERIC_GREATER_THAN_OR_EQUAL", &["10"]), [false, true, true, false]);
        assert_eq!(numbers("NUMERIC_LESS_THAN", &["10"]), [true, false, false, false]);
        assert_eq!(numbers("NUMERIC_LESS_THAN_OR_EQUAL", &["10"]), [true, true, false, false]);
        assert_eq!(numbers("BETWEEN", &["9.5", "10"]), [true, true, false, false]);
        assert_eq!(numbers("IS_NULL", &[]), [false, false, false, true]);
    }

    #[test]
    fn eight_digits_mean_the_day_at_both_ends() {
        let rows = ["20261002235959", "20261003000000", "20261003235959", "20261004000000"];
        let rows = rows.map(|digits| Value::Text(digits.into()));
        let dates =
            |operator, values: &[&str]| passing(operator, values, Semantic::YearMonthDaySecond, &rows);
        assert_eq!(dates("EQUALS", &["20261003"]), [false, true, true, false]);
        assert_eq!(dates("EQUALS", &["20261003235959"]), [false, false, true, false]);
        assert_eq!(dates("BETWEEN", &["20261003", "20261003"]), [false, true, true, false]);
        assert_eq!(dates("BETWEEN", &["20261002235959", "20261003"]), [true, true, true, false]);
        assert_eq!(dates("BETWEEN", &["20261003", "20261003120000"]), [false, true, false, false]);
    }

    #[test]
    fn flags_compare_as_flags() {
        let rows = [Value::Boolean(true), Value::Boolean(false), Value::Null];
        assert_eq!(passing("EQUALS", &["true"], Semantic::Boolean, &rows), [true, false, false]);
        assert_eq!(passing("IN_LIST", &["true", "false"], Semantic::Boolean, &rows), [true, true, false]);
    }

    #[test]
    fn a_filter_whose_value_does_not_fit_its_field_cannot_be_applied() {
        let cases: &[(&str, &str, &[&str], Semantic)] = &[
            ("INCLUDE", "LIKE", &["x"], Semantic::Text),
            ("include", "EQUALS", &["x"], Semantic::Text),
            ("INCLUDE", "EQUALS", &[], Semantic::Text),
            ("INCLUDE", "REGEXP_PARTIAL_MATCH", &["("], Semantic::Text),
            ("INCLUDE", "REGEXP_EXACT_MATCH", &["a)|(?:b"], Semantic::Text),
            ("INCLUDE", "REGEXP_PARTIAL_MATCH", &["(?=x)"], Semantic::Text),
            ("INCLUDE", "REGEXP_EXACT_MATCH", &["(?x) Su porte # a word"], Semantic::Text),
            ("INCLUDE", "REGEXP_PARTIAL_MATCH", &["(x{1000}){1000}"], Semantic::Text),
            ("INCLUDE", "CONTAINS", &["1"], Semantic::Number),
            ("INCLUDE", "CONTAINS", &["2026"], Semantic::YearMonthDay),
            ("INCLUDE", "REGEXP_EXACT_MATCH", &["1"], Semantic::Duration),
            ("INCLUDE", "NUMERIC_GREATER_THAN", &["1"], Semantic::Text),
            ("INCLUDE", "NUMERIC_GREATER_THAN", &["1"], Semantic::Hour),
            ("INCLUDE", "NUMERIC_GREATER_THAN", &["1", "2"], Semantic::Number),
            ("INCLUDE", "NUMERIC_GREATER_THAN", &["NaN"], Semantic::Number),
            ("INCLUDE", "EQUALS", &["dez"], Semantic::Number),
            ("INCLUDE", "EQUALS", &["sim"], Semantic::Boolean),
            ("INCLUDE", "EQUALS", &["2026-10-03"], Semantic::YearMonthDay),
            ("INCLUDE", "BETWEEN", &["20261003"], Semantic::YearMonthDay),
            ("INCLUDE", "BETWEEN", &["a", "b"], Semantic::Text),
        ];
        for (inclusion, operator, values, semantic) in cases {
            assert!(filter(inclusion, operator, values, *semantic).is_none(), "{operator} {values:?}");
        }
    }
}
