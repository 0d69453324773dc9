//! The summary: sums of sessions by the dimensions that were asked for.

use std::sync::Arc;
use std::time::Duration;

use domain::id::AccountId;
use domain::time::Instant;
use moka::future::Cache;

use super::distinct::Distinct;
use super::evaluate::ratio;
use super::interned::Interned;
use super::partial::{PartialAggregate, Shape, SummaryField};
use crate::catalog::value::Value;
use crate::plan::cursor::Fingerprint;
use crate::plan::query::Output;

/// How many bytes of summaries are kept for their next pages.
const KEPT: u64 = 64 << 20;
/// For how long a summary is kept: clients ask for the next page at once.
const KEPT_FOR: Duration = Duration::from_secs(120);

/// What a summary depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SummaryKey {
    pub(crate) account: AccountId,
    /// The request without its cursor, and what its reader may see.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) snapshot: Instant,
}

/// Summaries of more than one page, by what they depend on.
pub(crate) type Summaries = Cache<SummaryKey, Arc<Summary>>;

/// An empty cache of summaries.
pub(crate) fn summaries() -> Summaries {
    let weight = |_: &SummaryKey, summary: &Arc<Summary>| u32::try_from(summary.bytes()).unwrap_or(u32::MAX);
    Cache::builder().max_capacity(KEPT).weigher(weight).time_to_live(KEPT_FOR).build()
}

/// Groups with their sums, in the order in which they first occur: it is the same for the same snapshot of the lake.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) shape: Arc<Shape>,
    /// Each group's key: the dimensions' values as JSON texts, each ended by a zero byte, which JSON never holds.
    keys: Interned,
    /// Each group's sums, one after the other.
    totals: Vec<f64>,
    /// The texts that were seen for each distinct count, with its place among the sums.
    distinct: Vec<(usize, Distinct)>,
}

impl Summary {
    pub(crate) fn new(outputs: &[Output]) -> Summary {
        let shape = Arc::new(Shape::new(outputs));
        let distinct = shape.distinct().map(|(at, _)| (at, Distinct::default())).collect();
        let mut summary = Summary { shape, keys: Interned::default(), totals: Vec::new(), distinct };
        // Sums over everything are one row even where there is nothing.
        if summary.shape.dimensions.is_empty() {
            summary.group(&[]);
        }
        summary
    }

    /// Adds the groups of some sessions.
    pub(crate) fn add(&mut self, partial: &PartialAggregate) {
        let width = self.shape.sums.len();
        let mut groups = Vec::with_capacity(partial.groups());
        for own in 0..partial.groups() {
            let group = self.group(partial.key(own));
            let sums = &mut self.totals[group as usize * width..][..width];
            sums.iter_mut().zip(&partial.totals[own * width..][..width]).for_each(|(sum, own)| *sum += own);
            groups.push(group);
        }
        let totals = &mut self.totals;
        for ((at, distinct), marks) in self.distinct.iter_mut().zip(&partial.marks) {
            let mut new = |group: u32| totals[group as usize * width + *at] += 1.0;
            marks.iter().for_each(|(own, digest)| distinct.note(*digest, groups[*own as usize], &mut new));
        }
    }

    /// Counts the pending texts of distinct counts. Nothing is added after this.
    pub(crate) fn flush(&mut self) {
        let width = self.shape.sums.len();
        for (at, mut distinct) in self.distinct.drain(..) {
            distinct.flush(|group| self.totals[group as usize * width + at] += 1.0);
        }
    }

    /// The number of the group with this key, a new one if there is none.
    fn group(&mut self, key: &[u8]) -> u32 {
        let group = self.keys.number(key);
        self.totals.resize(self.keys.len() * self.shape.sums.len(), 0.0);
        group
    }

    pub(crate) fn groups(&self) -> usize {
        self.keys.len()
    }

    /// About how many bytes of memory it takes.
    fn bytes(&self) -> usize {
        self.keys.size() + 8 * self.totals.capacity()
    }

    /// The values of the shown fields, of each group from `from` on.
    pub(crate) fn rows(&self, from: usize) -> impl Iterator<Item = impl Iterator<Item = Value<'_>>> {
        (from..self.groups()).map(|group| self.row(group))
    }

    fn row(&self, group: usize) -> impl Iterator<Item = Value<'_>> {
        let width = self.shape.sums.len();
        let dimensions: Vec<&[u8]> = self.keys.get(group).split(|byte| *byte == 0).collect();
        let sums = &self.totals[group * width..(group + 1) * width];
        self.shape.fields.iter().map(move |field| match *field {
            SummaryField::Group(at) => Value::Json(dimensions.get(at).copied().unwrap_or(b"null")),
            SummaryField::Sum(at) => Value::Number(sums[at]),
            SummaryField::Ratio(over, under) => ratio(Some(sums[over]), Some(sums[under])),
        })
    }
}
