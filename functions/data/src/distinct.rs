//! Counting different texts by group, over all segments of a summary.

use std::borrow::Cow;

use hashbrown::HashSet;

use crate::cells::Files;
use crate::expr::{Context, TextCell};
use crate::interned::Interned;

/// The texts that were met, and in which groups.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    texts: Interned,
    /// A group in the upper half, a text in the lower.
    met: HashSet<u64>,
}

impl Distinct {
    /// Notes the texts that some rows have in a cell, and calls `new` with a row's group wherever its text is new there.
    pub(crate) fn add(
        &mut self,
        cell: &TextCell,
        files: &Files,
        rows: &[u32],
        context: &Context,
        group_of: impl Fn(usize) -> u32,
        mut new: impl FnMut(usize),
    ) {
        let mut note = |met: &mut HashSet<u64>, at: usize, number: Option<u32>| {
            let group = group_of(at);
            if number.is_some_and(|number| met.insert(u64::from(group) << 32 | u64::from(number))) {
                new(group as usize);
            }
        };
        if let Some(codes) = files.codes(cell.slot) {
            let shown = |text: &str| cell.veil.over(text, None, &context.pseudonyms).map(Cow::into_owned);
            let numbers: Vec<Option<u32>> = codes
                .texts()
                .map(|text| text.and_then(shown).map(|text| self.texts.number(text.as_bytes())))
                .collect();
            for (at, row) in rows.iter().enumerate() {
                note(&mut self.met, at, codes.of(*row as usize).and_then(|code| numbers[code]));
            }
        } else {
            for (at, row) in rows.iter().enumerate() {
                let number =
                    cell.read(files, *row as usize, context).map(|text| self.texts.number(text.as_bytes()));
                note(&mut self.met, at, number);
            }
        }
    }

    /// About what it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.texts.size() + 9 * self.met.capacity()
    }
}
