//! Execution: reading what was planned.
//!
//! It takes an execution plan, brings each of its clusters into memory ([`load`]), leaves out the rows that do not count or do
//! not pass, and gives the others one by one in the total order, or adds them up to a [`summary::Summary`] ([`run`]). What to
//! read is decided in `plan`; how values are written is left to `encode`.

pub(crate) mod numbering;
pub(crate) mod context;
pub(crate) mod segment_columns;
pub(crate) mod row;
pub(crate) mod masked_text;
pub(crate) mod measure;
pub(crate) mod transcript;
pub(crate) mod evaluate;
pub(crate) mod predicate;
pub(crate) mod admission;
pub(crate) mod load;
pub(crate) mod interned;
pub(crate) mod dimension;
pub(crate) mod distinct;
pub(crate) mod partial;
pub(crate) mod summary;
pub(crate) mod run;
