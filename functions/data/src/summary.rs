//! The summary: sums of sessions by the dimensions that were asked for.

use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use moka::future::Cache;
use shared::time::Instant;

use crate::cells::Files;
use crate::dimension::Dimension;
use crate::distinct::Distinct;
use crate::expr::{Context, Expr, ratio};
use crate::interned::Interned;
use crate::measure::Sum;
use crate::page::Page;
use crate::query::Output;
use crate::value::Value;

/// Combinations of codes up to which a table of all of them is quicker than one of those that occur.
const DENSE: u64 = 1 << 18;

/// Bytes of summaries that are kept for their next pages.
const KEPT: u64 = 64 << 20;
/// For how long: a client asks for the next page at once.
const KEPT_FOR: Duration = Duration::from_secs(120);

/// What a summary depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SummaryKey {
    /// The request without its cursor.
    pub(crate) digest: [u8; 32],
    pub(crate) state: Instant,
    /// All that tells who reads, with what their account is set to.
    pub(crate) reader: String,
}

/// Summaries of more than one page, by what they depend on.
pub(crate) type Summaries = Cache<SummaryKey, Arc<Summary>>;

/// No summaries yet.
pub(crate) fn summaries() -> Summaries {
    let weight = |_: &SummaryKey, summary: &Arc<Summary>| u32::try_from(summary.bytes()).unwrap_or(u32::MAX);
    Cache::builder().max_capacity(KEPT).weigher(weight).time_to_live(KEPT_FOR).build()
}

/// What one shown field is, of a group.
#[derive(Clone, Copy, Debug)]
enum Field {
    /// A dimension, by its place among the dimensions.
    Group(usize),
    /// A sum, by its place among the sums.
    Sum(usize),
    Ratio(usize, usize),
}

/// Groups with their sums, in the order in which they first occur: it is the same for the same state of the lake.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    fields: Vec<Field>,
    sums: Vec<Sum>,
    dimensions: usize,
    /// Each group's key: the dimensions' values as JSON texts, each ended by a zero byte, which JSON never holds.
    keys: Interned,
    /// Each group's sums, one after the other.
    totals: Vec<f64>,
    /// What of each count of different texts was met before.
    distinct: HashMap<usize, Distinct>,
}

impl Summary {
    pub(crate) fn new(outputs: &[Output]) -> Summary {
        let mut summary = Summary::default();
        for output in outputs {
            let field = summary.field(&output.expr);
            summary.fields.push(field);
        }
        // Sums over everything are one row even where there is nothing.
        if summary.dimensions == 0 {
            summary.group(&[]);
        }
        summary
    }

    fn field(&mut self, expr: &Expr) -> Field {
        let mut add = |sum: &Sum| {
            self.sums.push(*sum);
            self.sums.len() - 1
        };
        match expr {
            Expr::Sum(sum) => Field::Sum(add(sum)),
            Expr::Ratio(over, under) => Field::Ratio(add(over), add(under)),
            _ => {
                self.dimensions += 1;
                Field::Group(self.dimensions - 1)
            }
        }
    }

    /// Adds some sessions of a segment: first to groups by the segment's own codes, then group by group.
    pub(crate) fn add(&mut self, outputs: &[Output], files: &Files, rows: &[u32], context: &Context) {
        if rows.is_empty() {
            return;
        }
        let shown = outputs.iter().map(|output| &output.expr);
        let by = shown.filter(|expr| !matches!(expr, Expr::Sum(_) | Expr::Ratio(..)));
        let dimensions: Vec<Dimension> = by.map(|expr| Dimension::of(expr, files, rows, context)).collect();
        let Local { group_of, firsts } = Local::of(&dimensions, rows.len());
        let width = self.sums.len();
        let mut totals = vec![0.0; firsts.len() * width];
        for (at, sum) in self.sums.iter().enumerate().filter(|(_, sum)| !matches!(sum, Sum::Distinct(_))) {
            sum.each(files, rows, |row, value| totals[group_of[row] as usize * width + at] += value);
        }
        let (mut key, mut groups) = (Vec::new(), Vec::with_capacity(firsts.len()));
        for (local, first) in firsts.iter().enumerate() {
            key.clear();
            for dimension in &dimensions {
                key.extend_from_slice(&dimension.values[dimension.codes[*first] as usize]);
                key.push(0);
            }
            let group = self.group(&key);
            groups.push(group as u32);
            let own = &totals[local * width..(local + 1) * width];
            self.totals[group * width..(group + 1) * width]
                .iter_mut()
                .zip(own)
                .for_each(|(sum, own)| *sum += own);
        }
        for (at, sum) in self.sums.iter().enumerate() {
            if let Sum::Distinct(cell) = sum {
                let group_of = |row: usize| groups[group_of[row] as usize];
                let met = self.distinct.entry(at).or_default();
                met.add(cell, files, rows, context, group_of, |group| self.totals[group * width + at] += 1.0);
            }
        }
    }

    /// The number of the group with this key, a new one if there is none.
    fn group(&mut self, key: &[u8]) -> usize {
        let group = self.keys.number(key);
        self.totals.resize(self.keys.len() * self.sums.len(), 0.0);
        group as usize
    }

    pub(crate) fn groups(&self) -> usize {
        self.keys.len()
    }

    /// About what it takes in memory.
    fn bytes(&self) -> usize {
        self.keys.size()
            + 8 * self.totals.capacity()
            + self.distinct.values().map(Distinct::bytes).sum::<usize>()
    }

    /// Fills a page from the group at `from` on.
    pub(crate) fn fill(&self, page: &mut Page, from: usize) {
        let width = self.sums.len();
        for group in from..self.groups() {
            let dimensions: Vec<&[u8]> = self.keys.get(group).split(|byte| *byte == 0).collect();
            let sums = &self.totals[group * width..(group + 1) * width];
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

/// The groups of one segment's rows.
struct Local {
    group_of: Vec<u32>,
    /// A row of each group, by its place among the rows.
    firsts: Vec<usize>,
}

impl Local {
    fn of(dimensions: &[Dimension], rows: usize) -> Local {
        let mut local = Local { group_of: vec![0; rows], firsts: vec![0] };
        for dimension in dimensions {
            local.split(dimension);
        }
        local
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
            firsts.push(row);
            firsts.len() as u32 - 1
        };
        let group_of = if size <= DENSE {
            let mut known = vec![u32::MAX; size as usize];
            let number = |(row, key): (usize, u64)| {
                let group = &mut known[key as usize];
                if *group == u32::MAX {
                    *group = new(row);
                }
                *group
            };
            combined.enumerate().map(number).collect()
        } else {
            let mut known: HashMap<u64, u32> = HashMap::new();
            let number = |(row, key)| *known.entry(key).or_insert_with(|| new(row));
            combined.enumerate().map(number).collect()
        };
        *self = Local { group_of, firsts };
    }
}
