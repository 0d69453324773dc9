//! Distinct count: how many different texts each group has.

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::context::Context;
use super::segment_columns::SegmentColumns;
use crate::plan::masked_column::MaskedColumn;

/// The number of hash tables, by the first byte of a digest. One of them fits into the processor's cache while the pending
/// marks are looked up in it; a single table of all marks would not.
const PARTS: usize = 256;
/// The most pending marks, about 20 MB: they are flushed together, so that there is enough to do in each part.
const MAX_PENDING: usize = 1 << 19;

/// Makes digests of 128 bits from two hashes with random seeds. Among a thousand million texts, the probability that two
/// have the same digest is one in 10^20.
#[derive(Clone, Debug, Default)]
pub(crate) struct Digests([DefaultHashBuilder; 2]);

impl Digests {
    fn of(&self, text: &str) -> u128 {
        let [high, low] = self.0.each_ref().map(|hasher| u128::from(hasher.hash_one(text)));
        high << 64 | low
    }

    /// Calls `note` for each of some rows that has a text in a column: with the row's place among them, and the digest of
    /// the text as the reader sees it.
    pub(crate) fn each(
        &self,
        masked: &MaskedColumn,
        columns: &SegmentColumns,
        rows: &[u32],
        context: &Context,
        mut note: impl FnMut(usize, u128),
    ) {
        let rows = rows.iter().map(|row| *row as usize).enumerate();
        if let Some(codes) = columns.dictionary(masked.column) {
            let shown = |text: &str| masked.masking.mask(text, &[], &context.pseudonyms).map(Cow::into_owned);
            let digest = |text: Option<&str>| text.and_then(shown).map(|text| self.of(&text));
            let digests: Vec<Option<u128>> = codes.texts().map(digest).collect();
            rows.for_each(|(at, row)| digests[codes.of(row)].into_iter().for_each(|digest| note(at, digest)));
        } else {
            for (at, row) in rows {
                masked.read(columns, row, context).into_iter().for_each(|text| note(at, self.of(&text)));
            }
        }
    }
}

/// The occurrence of a text in a group.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// Of the text and the group: both as 64 bits, so that a mark takes no more room than it must.
    digest: [u64; 2],
    group: u32,
}

/// The texts that were seen in each group, and those that are pending: noted, but not yet held against the seen ones.
#[derive(Clone, Debug)]
pub(crate) struct Distinct {
    pending: Vec<Vec<Mark>>,
    pending_count: usize,
    seen: Vec<HashTable<[u64; 2]>>,
}

impl Default for Distinct {
    fn default() -> Distinct {
        Distinct { pending: vec![Vec::new(); PARTS], pending_count: 0, seen: vec![HashTable::new(); PARTS] }
    }
}

impl Distinct {
    /// Notes a text in a group. Calls `new` as `flush` does once there are too many pending texts.
    pub(crate) fn note(&mut self, digest: u128, group: u32, new: impl FnMut(u32)) {
        // Odd, so that no two groups shift a digest alike.
        const SHIFT: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;
        let digest = digest.wrapping_add(SHIFT.wrapping_mul(u128::from(group)));
        #[expect(clippy::cast_possible_truncation, reason = "the two halves, which lose nothing together")]
        let digest = [(digest >> 64) as u64, digest as u64];
        self.pending[(digest[0] >> 56) as usize].push(Mark { digest, group });
        self.pending_count += 1;
        if self.pending_count == MAX_PENDING {
            self.flush(new);
        }
    }

    /// Counts the pending texts: calls `new` with the group of every text that was noted there for the first time.
    pub(crate) fn flush(&mut self, mut new: impl FnMut(u32)) {
        for (pending, seen) in self.pending.iter_mut().zip(&mut self.seen) {
            for Mark { digest, group } in pending.drain(..) {
                // A digest is its own hash.
                let entry = seen.entry(digest[1], |known| *known == digest, |known| known[1]);
                if let Entry::Vacant(entry) = entry {
                    entry.insert(digest);
                    new(group);
                }
            }
        }
        self.pending_count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_counts_once_in_each_group_whatever_is_pending() {
        let (digests, mut distinct) = (Digests::default(), Distinct::default());
        let mut counts = [0_usize; 3];
        // 700,000 texts, each seen twice, in two groups of three: more than may be pending.
        for round in 0..2_u32 {
            for number in 0..700_000_u32 {
                let digest = digests.of(&format!("contact-{number}"));
                distinct.note(digest, (number + round) % 3, |group| counts[group as usize] += 1);
            }
        }
        distinct.flush(|group| counts[group as usize] += 1);
        assert_eq!(counts, [466_667, 466_667, 466_666]);
        distinct.note(digests.of("contact-0"), 0, |_| counts[0] += 1);
        distinct.flush(|_| counts[0] += 1);
        assert_eq!(counts[0], 466_667);
    }
}
