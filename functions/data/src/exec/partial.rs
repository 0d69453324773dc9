//! The partial aggregate of a summary: the sessions of one cluster, grouped by the codes of their own segments.

use hashbrown::HashMap;

use super::context::Context;
use super::dimension::Dimension;
use super::distinct::Digests;
use super::interned;
use super::numbering::number;
use super::segment_columns::SegmentColumns;
use crate::plan::expr::Expr;
use crate::plan::masked_column::MaskedColumn;
use crate::plan::query::Output;
use crate::plan::sum::Sum;

/// Up to this many combinations of codes, an array with a place for each of them is quicker than a hash table of those that
/// occur.
const DENSE: u64 = 1 << 18;

/// How the value of one shown field is taken from a group.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SummaryField {
    /// A dimension, by its place among the dimensions.
    Group(usize),
    /// A sum, by its place among the sums.
    Sum(usize),
    Ratio(usize, usize),
}

/// The structure of a summary: its fields, and the dimensions and sums that they are computed from.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    pub(crate) fields: Vec<SummaryField>,
    pub(crate) dimensions: Vec<Expr>,
    pub(crate) sums: Vec<Sum>,
    digests: Digests,
}

impl Shape {
    pub(crate) fn new(outputs: &[Output]) -> Shape {
        let mut shape = Shape::default();
        for output in outputs {
            let field = shape.field(&output.expr);
            shape.fields.push(field);
        }
        shape
    }

    fn field(&mut self, expr: &Expr) -> SummaryField {
        let mut add = |sum: &Sum| {
            self.sums.push(*sum);
            self.sums.len() - 1
        };
        match expr {
            Expr::Sum(sum) => SummaryField::Sum(add(sum)),
            Expr::Ratio(over, under) => SummaryField::Ratio(add(over), add(under)),
            _ => {
                self.dimensions.push(expr.clone());
                SummaryField::Group(self.dimensions.len() - 1)
            }
        }
    }

    /// The sums that count different texts, by their place among the sums.
    pub(crate) fn distinct(&self) -> impl Iterator<Item = (usize, &MaskedColumn)> {
        self.sums.iter().enumerate().filter_map(|(at, sum)| match sum {
            Sum::Distinct(masked) => Some((at, masked)),
            _ => None,
        })
    }

    /// The partial aggregate of some rows of each segment of a cluster.
    pub(crate) fn partial(
        &self,
        segments: &[SegmentColumns],
        sessions: &[Vec<u32>],
        context: &Context,
    ) -> PartialAggregate {
        let mut partial = PartialAggregate {
            marks: vec![Vec::new(); self.distinct().count()],
            ..PartialAggregate::default()
        };
        for (columns, rows) in segments.iter().zip(sessions).filter(|(_, rows)| !rows.is_empty()) {
            partial.add(self, columns, rows, context);
        }
        partial
    }
}

/// Groups of sessions. The same key may be there twice.
#[derive(Debug, Default)]
pub(crate) struct PartialAggregate {
    keys: Vec<u8>,
    /// Where each group's key ends.
    ends: Vec<usize>,
    /// Each group's sums, one after the other. The sum of a distinct count is still 0.
    pub(crate) totals: Vec<f64>,
    /// For each distinct count: pairs of a group and the digest of a text that occurs in it.
    pub(crate) marks: Vec<Vec<(u32, u128)>>,
}

impl PartialAggregate {
    pub(crate) fn groups(&self) -> usize {
        self.ends.len()
    }

    /// A group's key (see `Summary`).
    pub(crate) fn key(&self, group: usize) -> &[u8] {
        interned::get(&self.keys, &self.ends, group)
    }

    fn add(&mut self, shape: &Shape, columns: &SegmentColumns, rows: &[u32], context: &Context) {
        let by = shape.dimensions.iter().map(|expr| Dimension::of(expr, columns, rows, context));
        let dimensions: Vec<Dimension> = by.collect();
        let Groups { group_of, firsts } = Groups::of(&dimensions, rows.len());
        let (before, width) = (self.groups(), shape.sums.len());
        for first in &firsts {
            for Dimension { codes, values } in &dimensions {
                self.keys.extend_from_slice(&values[codes[*first] as usize]);
                self.keys.push(0);
            }
            self.ends.push(self.keys.len());
        }
        self.totals.resize(self.groups() * width, 0.0);
        let own = &mut self.totals[before * width..];
        for (at, sum) in shape.sums.iter().enumerate().filter(|(_, sum)| !matches!(sum, Sum::Distinct(_))) {
            sum.each(columns, rows, |row, value| own[group_of[row] as usize * width + at] += value);
        }
        let before = number(before);
        for ((_, masked), marks) in shape.distinct().zip(&mut self.marks) {
            let mark = |row: usize, digest| marks.push((before + group_of[row], digest));
            shape.digests.each(masked, columns, rows, context, mark);
        }
    }
}

/// The groups of one segment's rows.
struct Groups {
    group_of: Vec<u32>,
    /// A row of each group, by its place among the rows.
    firsts: Vec<usize>,
}

impl Groups {
    fn of(dimensions: &[Dimension], rows: usize) -> Groups {
        let mut groups = Groups { group_of: vec![0; rows], firsts: vec![0] };
        for dimension in dimensions {
            groups.split(dimension);
        }
        groups
    }

    /// Splits each group by one more dimension.
    fn split(&mut self, dimension: &Dimension) {
        let width = dimension.values.len() as u64;
        let size = self.firsts.len() as u64 * width;
        let combined = self
            .group_of
            .iter()
            .zip(&dimension.codes)
            .map(|(group, code)| u64::from(*group) * width + u64::from(*code));
        let mut firsts = Vec::new();
        let mut new = |row: usize| {
            let group = number(firsts.len());
            firsts.push(row);
            group
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "where there are at most DENSE keys, they are small"
        )]
        let group_of = if size <= DENSE {
            let mut known = vec![u32::MAX; size as usize];
            let group = |(row, key): (usize, u64)| {
                let group = &mut known[key as usize];
                if *group == u32::MAX {
                    *group = new(row);
                }
                *group
            };
            combined.enumerate().map(group).collect()
        } else {
            let mut known: HashMap<u64, u32> = HashMap::new();
            let group = |(row, key)| *known.entry(key).or_insert_with(|| new(row));
            combined.enumerate().map(group).collect()
        };
        *self = Groups { group_of, firsts };
    }
}
