//! Byte strings by number: each is kept once, one after the other, and found by its hash.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::numbering;

/// Byte strings, numbered in the order in which they first occur.
#[derive(Debug, Default)]
pub(crate) struct Interned {
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Interned {
    /// The number of a byte string, a new one if it is not there yet.
    pub(crate) fn number(&mut self, own: &[u8]) -> u32 {
        let Interned { numbers, hasher, bytes, ends } = self;
        let hash = hasher.hash_one(own);
        if let Some(number) = numbers.find(hash, |number| get(bytes, ends, *number as usize) == own) {
            return *number;
        }
        let number = numbering::number(ends.len());
        bytes.extend_from_slice(own);
        ends.push(bytes.len());
        numbers.insert_unique(hash, number, |number| hasher.hash_one(get(bytes, ends, *number as usize)));
        number
    }

    pub(crate) fn get(&self, number: usize) -> &[u8] {
        get(&self.bytes, &self.ends, number)
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// About what it takes in memory.
    pub(crate) fn size(&self) -> usize {
        self.bytes.capacity() + 8 * self.ends.capacity() + 5 * self.numbers.capacity()
    }
}

/// The byte string of a number, of many that lie one after the other and end there.
pub(crate) fn get<'a>(bytes: &'a [u8], ends: &[usize], number: usize) -> &'a [u8] {
    let begin = if number == 0 { 0 } else { ends[number - 1] };
    &bytes[begin..ends[number]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_have_the_same_number_and_others_another() {
        let mut interned = Interned::default();
        let texts: Vec<String> =
            (0..5_000).map(|at| format!("{:x}", at % 1_000)).chain([String::new()]).collect();
        let numbers: Vec<u32> = texts.iter().map(|text| interned.number(text.as_bytes())).collect();
        assert_eq!((interned.len(), numbers[0], numbers[999], numbers[1_001]), (1_001, 0, 999, 1));
        for (text, number) in texts.iter().zip(numbers) {
            assert_eq!(interned.get(number as usize), text.as_bytes());
        }
    }
}
