//! The plan: what is read to answer a request.
//!
//! It takes a request as Data Studio sends it and gives a [`query::Query`], in which every name is a column and every value
//! has been checked, and an [`execution_plan::ExecutionPlan`]: which parts of which segments are read, and what of them. It asks
//! the table where segments and sessions lie, but reads no segment: that is left to `exec`.

pub(crate) mod request;
pub(crate) mod limits;
pub(crate) mod cursor;
pub(crate) mod re2;
pub(crate) mod filter;
pub(crate) mod columns;
pub(crate) mod masked_column;
pub(crate) mod column_choice;
pub(crate) mod sum;
pub(crate) mod records;
pub(crate) mod expr;
pub(crate) mod conditions;
pub(crate) mod window;
pub(crate) mod cluster;
pub(crate) mod unknown_field;
pub(crate) mod query;
pub(crate) mod point_lookup;
pub(crate) mod seen_parts;
pub(crate) mod execution_plan;
