//! How much one request may ask for. More would take from the function what the requests of others need.

use domain::lang::Words;
use web::input::Object;
use web::problem::Problem;

use super::request::{FieldRequest, FilterRequest};
use crate::catalog::report::ReportType;

/// The most conditions of a request, each member of an OR counted.
const MOST_CONDITIONS: usize = 100;
/// The most values of all conditions together.
const MOST_VALUES: usize = 10_000;
/// The most bytes that all regular expressions have together.
const MOST_PATTERN_BYTES: usize = 64 << 10;
/// What one regular expression may take once compiled: plenty for a pattern of words.
const REGEX_BYTES: usize = 1 << 20;
/// What all regular expressions of a request may take together: too little to exhaust a function.
const ALL_REGEX_BYTES: usize = 16 << 20;
/// The most fields of a summary. Data Studio asks for more in several requests, and each would be grouped on its own.
const MOST_SUMMARY_FIELDS: usize = 20;

/// 422 where a report type is asked for more fields than it may give, or for one of them twice.
pub(super) fn check_fields(report: ReportType, fields: &[Object<FieldRequest>]) -> Result<(), Problem> {
    let is_summary = report == ReportType::Summary;
    let most = if is_summary { MOST_SUMMARY_FIELDS } else { report.columns().len() };
    if fields.len() > most {
        let (id, sent) = (report.id(), fields.len());
        let (pt, en) = if is_summary { (", ou o tipo sessions", ", or the type sessions") } else { ("", "") };
        return Err(Problem::invalid(
            "fields",
            Words::new(
                format!("podem ser no máximo {most} no tipo {id}, e não {sent}: use menos{pt}"),
                format!("may be at most {most} in the type {id}, not {sent}: use fewer{en}"),
            ),
        ));
    }
    let names: Vec<&str> = fields.iter().map(|Object(field)| field.name.as_str()).collect();
    let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    twice.map_or(Ok(()), |(_, name)| {
        let message = Words::new("foi pedido duas vezes: peça uma vez só", "is asked for twice: ask once");
        Err(Problem::invalid(*name, message))
    })
}

/// 422 where filters have more conditions, values or regular expressions than a request may have.
pub(super) fn check_filters(filters: &[Vec<Object<FilterRequest>>]) -> Result<(), Problem> {
    let conditions = || filters.iter().flatten().map(|Object(condition)| condition);
    let values = |condition: &FilterRequest| condition.values.as_ref().map_or(0, Vec::len);
    let counted = [
        (MOST_CONDITIONS, conditions().count(), "condições", "conditions"),
        (MOST_VALUES, conditions().map(values).sum(), "valores", "values"),
        (
            MOST_PATTERN_BYTES,
            conditions().map(FilterRequest::pattern_bytes).sum(),
            "bytes de expressões regulares",
            "bytes of regular expressions",
        ),
    ];
    let passed = counted.into_iter().find(|(most, sent, ..)| sent > most);
    passed.map_or(Ok(()), |(most, sent, pt, en)| {
        Err(Problem::invalid(
            "dimensionsFilters",
            Words::new(
                format!("podem ter no máximo {most} {pt} ao todo, e não {sent}: filtre por menos"),
                format!("may have at most {most} {en} in all, not {sent}: filter by fewer"),
            ),
        ))
    })
}

/// How many bytes each regular expression of these filters may take once compiled.
pub(super) fn regex_bytes(filters: &[Vec<Object<FilterRequest>>]) -> usize {
    let patterns = filters.iter().flatten().filter(|Object(condition)| condition.is_pattern()).count();
    REGEX_BYTES.min(ALL_REGEX_BYTES / patterns.max(1))
}
