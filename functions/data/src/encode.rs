//! Encoding: how rows are written out.
//!
//! It takes the values of rows, one row after the other, and gives the bytes of a page: the rows of `getData`'s JSON, CSV,
//! NDJSON or a workbook, as many as fit ([`page`]). Which rows there are, and in which order, is left to `exec`.

mod cell;
pub(crate) mod file_columns;
mod csv;
pub(crate) mod workbook;
pub(crate) mod encoder;
pub(crate) mod page;
pub(crate) mod get_data;
