//! The columns of a report type, as Data Studio's `getSchema` wants them.

use domain::dictionary::{Aggregation, Semantic};
use domain::lang::Lang;
use serde::Serialize;

use super::column::Column;
use super::computed;
use super::report::ReportType;

/// The answer to `getSchema`.
#[derive(Debug, Serialize)]
pub(crate) struct Schema {
    schema: Vec<FieldView>,
}

/// Data Studio's `Field`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldView {
    name: &'static str,
    label: &'static str,
    description: &'static str,
    data_type: &'static str,
    group: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_aggregation_type: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_default: bool,
    semantics: Semantics,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Semantics {
    concept_type: &'static str,
    semantic_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    semantic_group: Option<&'static str>,
    /// Whether a chart may add the values up by another aggregation. What a formula gives is aggregated already.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_reaggregatable: Option<bool>,
}

impl Schema {
    /// The schema of a report type, with its texts in one language.
    pub(crate) fn of(report: ReportType, lang: Lang) -> Schema {
        Schema { schema: fields(report, lang) }
    }
}

fn fields(report: ReportType, lang: Lang) -> Vec<FieldView> {
    let metric = if report.column("rows").is_some() { "rows" } else { "sessions" };
    let view = |column: &'static Column| FieldView {
        is_default: [metric, "created_date"].contains(&column.id.as_str()),
        ..field(column, lang)
    };
    let listed = report.columns().iter().filter(|column| column.id != computed::UNLISTED_MEDIA_URL);
    listed.map(view).collect()
}

fn field(column: &'static Column, lang: Lang) -> FieldView {
    FieldView {
        name: &column.id,
        label: column.label.in_lang(lang),
        description: column.description.in_lang(lang),
        data_type: column.semantic.data_type().as_str(),
        group: column.group.in_lang(lang),
        formula: column.formula.as_deref(),
        default_aggregation_type: Some(column.aggregation)
            .filter(|aggregation| *aggregation != Aggregation::None)
            .map(Aggregation::as_str),
        is_default: false,
        semantics: Semantics {
            concept_type: if column.is_metric() { "METRIC" } else { "DIMENSION" },
            semantic_type: column.semantic.as_str(),
            semantic_group: semantic_group(column.semantic),
            is_reaggregatable: column.is_metric().then_some(column.formula.is_none()),
        },
    }
}

fn semantic_group(semantic: Semantic) -> Option<&'static str> {
    match semantic {
        Semantic::Text | Semantic::Url | Semantic::Boolean => None,
        Semantic::Number | Semantic::Percent | Semantic::Duration => Some("NUMERIC"),
        _ => Some("DATETIME"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_report_has_one_default_dimension_and_one_default_metric() {
        for report in ReportType::ALL {
            let fields = fields(report, Lang::Pt);
            for concept in ["DIMENSION", "METRIC"] {
                let defaults =
                    fields.iter().filter(|f| f.is_default && f.semantics.concept_type == concept).count();
                assert_eq!(defaults, 1, "{concept} of {}", report.id());
            }
        }
    }

    #[test]
    fn formulas_refer_to_metrics_and_dimensions_of_the_same_report() {
        for report in ReportType::ALL {
            for field in fields(report, Lang::En) {
                for id in field.formula.iter().flat_map(|formula| formula.split('$').skip(1)) {
                    let id = id.split(')').next().unwrap();
                    assert!(report.column(id).is_some_and(|c| c.formula.is_none()), "{id} of {}", field.name);
                }
            }
        }
    }

    #[test]
    fn every_field_is_named_described_and_grouped() {
        for report in ReportType::ALL {
            for field in [Lang::Pt, Lang::En].into_iter().flat_map(|lang| fields(report, lang)) {
                assert!(field.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{}", field.name);
                assert!(![field.label, field.description, field.group].contains(&""), "{}", field.name);
            }
        }
    }

    #[test]
    fn a_metric_is_aggregated_by_default_or_by_its_formula_but_not_both() {
        for field in ReportType::ALL.into_iter().flat_map(|report| fields(report, Lang::Pt)) {
            let metric = field.semantics.concept_type == "METRIC";
            let aggregated = field.default_aggregation_type.is_some() ^ field.formula.is_some();
            assert_eq!(metric, aggregated, "{}", field.name);
        }
    }

    #[test]
    fn a_field_is_written_the_way_data_studio_reads_it() {
        let timer = field(ReportType::Sessions.column("timerOnWait").unwrap(), Lang::En);
        let json = serde_json::to_value(&timer).unwrap();
        assert_eq!(json["name"], "timerOnWait");
        assert_eq!(json["dataType"], "NUMBER");
        assert_eq!(json["defaultAggregationType"], "AVG");
        assert_eq!(json["semantics"]["conceptType"], "METRIC");
        assert_eq!(json["semantics"]["semanticType"], "DURATION");
        assert_eq!(json["semantics"]["isReaggregatable"], true);
        assert_eq!(json.get("isDefault"), None);
    }
}
