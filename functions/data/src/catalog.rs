//! The catalog: what there is to ask for.
//!
//! It takes the dictionary's fields and gives the report types with their columns: fields, and what is computed from them. A
//! column has its source, what it means, and how a chart adds it up; a value of one is a [`value::Value`]. What of it a reader
//! may see, and where it lies in the lake, is left to `plan`.
//!
//! What charts add up is told in five places, one for each step from its meaning to its number:
//!
//! | module | what it tells |
//! | --- | --- |
//! | [`measure`] | the kinds of measure, and which columns of a session each reads |
//! | [`additive`] | the additive measures: id, label, and what is added up |
//! | [`metrics`] | what charts may ask for: these, ratios over them, and distinct counts |
//! | `plan::sum` | a measure bound to the columns that a query reads |
//! | `exec::measure` | what each session adds to it |

pub(crate) mod date_format;
pub(crate) mod value;
pub(crate) mod date_field;
pub(crate) mod measure;
pub(crate) mod column;
pub(crate) mod date_part;
pub(crate) mod computed;
pub(crate) mod additive;
pub(crate) mod metrics;
pub(crate) mod report;
pub(crate) mod report_types;
pub(crate) mod schema;
