//! The summary: sums of sessions by the dimensions that were asked for.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::expr::{Context, Expr, Row, ratio};
use crate::measure::Sum;
use crate::page::Page;
use crate::query::Output;
use crate::value::Value;

/// What one shown field is, of a group.
#[derive(Clone, Copy, Debug)]
enum Field {
    /// A dimension, by its place among the dimensions.
    Group(usize),
    /// A sum, by its place among the sums.
    Sum(usize),
    Ratio(usize, usize),
}

/// Groups with their sums, in the order of their dimensions' JSON: any order would do, so long as it stays.
#[derive(Debug)]
pub(crate) struct Summary<'q> {
    fields: Vec<Field>,
    dimensions: Vec<&'q Expr>,
    sums: Vec<Sum>,
    /// By the dimensions' values as JSON texts, each ended by a zero byte, which JSON never holds.
    groups: BTreeMap<Vec<u8>, Vec<f64>>,
    key: Vec<u8>,
}

impl<'q> Summary<'q> {
    pub(crate) fn new(outputs: &'q [Output]) -> Summary<'q> {
        let (groups, key) = (BTreeMap::new(), Vec::new());
        let mut summary =
            Summary { fields: Vec::new(), dimensions: Vec::new(), sums: Vec::new(), groups, key };
        for output in outputs {
            let field = summary.field(&output.expr);
            summary.fields.push(field);
        }
        // Sums over everything are one row even where there is nothing.
        if summary.dimensions.is_empty() {
            summary.groups.insert(Vec::new(), vec![0.0; summary.sums.len()]);
        }
        summary
    }

    fn field(&mut self, expr: &'q Expr) -> Field {
        let mut add = |sum: &Sum| {
            self.sums.push(*sum);
            self.sums.len() - 1
        };
        match expr {
            Expr::Sum(sum) => Field::Sum(add(sum)),
            Expr::Ratio(over, under) => Field::Ratio(add(over), add(under)),
            dimension => {
                self.dimensions.push(dimension);
                Field::Group(self.dimensions.len() - 1)
            }
        }
    }

    /// Adds a session to its group.
    pub(crate) fn add(&mut self, row: &Row<'_>, context: &Context) -> ControlFlow<()> {
        self.key.clear();
        for dimension in &self.dimensions {
            dimension.value(row, context).write(&mut self.key);
            self.key.push(0);
        }
        // A key is copied once a group, not once a session.
        let group = match self.groups.get_mut(&self.key) {
            Some(group) => group,
            None => self.groups.entry(self.key.clone()).or_insert_with(|| vec![0.0; self.sums.len()]),
        };
        for (total, sum) in group.iter_mut().zip(&self.sums) {
            *total += sum.of(row, context).unwrap_or_default();
        }
        ControlFlow::Continue(())
    }

    pub(crate) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Fills a page from the group at `from` on.
    pub(crate) fn fill(&self, page: &mut Page, from: usize) {
        for (key, sums) in self.groups.iter().skip(from) {
            let dimensions: Vec<&[u8]> = key.split(|byte| *byte == 0).collect();
            let value = |field: &Field| match *field {
                Field::Group(at) => Value::Json(dimensions.get(at).copied().unwrap_or(b"null")),
                Field::Sum(at) => Value::Number(sums[at]),
                Field::Ratio(over, under) => ratio(Some(sums[over]), Some(sums[under])),
            };
            if page.push(self.fields.iter().map(value)).is_break() {
                return;
            }
        }
    }
}
