//! A `getData` request as Data Studio sends it, plus `cursor`, `limit` and an operator's `account`.
//!
//! Unknown keys are passed over: Data Studio may add some any day.

use chrono::NaiveDate;
use domain::id::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use web::days::{day, in_order};
use web::input::{Object, all};
use web::problem::Problem;

/// The body of `POST /v1/data`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataRequest {
    #[serde(skip_serializing)]
    pub(crate) account: Option<AccountId>,
    #[serde(skip_serializing)]
    pub(crate) cursor: Option<String>,
    #[serde(skip_serializing)]
    pub(crate) limit: Option<Value>,
    pub(crate) config_params: Option<Object<ConfigParams>>,
    pub(crate) script_params: Option<Object<ScriptParams>>,
    pub(crate) date_range: Option<Object<DateRange>>,
    pub(crate) fields: Option<Vec<Object<FieldRequest>>>,
    pub(crate) dimensions_filters: Option<Vec<Vec<Object<FilterRequest>>>>,
}

/// What the person who made the data source chose.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct ConfigParams {
    pub(crate) report_type: Option<String>,
    pub(crate) date_field: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScriptParams {
    /// Milliseconds since 1970, as a text or a number.
    pub(crate) last_refresh: Option<Value>,
}

/// Local days, both included.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DateRange {
    pub(crate) start_date: Option<String>,
    pub(crate) end_date: Option<String>,
}

impl DateRange {
    /// The first day and the last; 422 where they are none, under the names by which they were asked for.
    pub(crate) fn days(&self, names: [&str; 2]) -> Result<(NaiveDate, NaiveDate), Problem> {
        let [start, end] = [&self.start_date, &self.end_date].map(|text| text.as_deref().unwrap_or_default());
        in_order(names, all((day(names[0], start), day(names[1], end)))?)
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldRequest {
    pub(crate) name: String,
    pub(crate) for_filter_only: Option<bool>,
}

/// One condition. Its values are texts by the book; numbers and flags are taken too.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FilterRequest {
    pub(crate) field_name: String,
    pub(crate) values: Option<Vec<Value>>,
    #[serde(rename = "type")]
    pub(crate) inclusion: Option<String>,
    pub(crate) operator: Option<String>,
}

impl FilterRequest {
    /// Whether its values are regular expressions.
    pub(crate) fn is_pattern(&self) -> bool {
        self.operator.as_deref().is_some_and(|operator| operator.starts_with("REGEXP_"))
    }

    /// How many bytes its regular expressions have.
    pub(crate) fn pattern_bytes(&self) -> usize {
        let values = self.values.iter().flatten().filter(|_| self.is_pattern());
        values.filter_map(Value::as_str).map(str::len).sum()
    }
}
