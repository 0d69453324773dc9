//! Rows, codes and groups are numbered in 32 bits, so that tables of them take half the memory.

/// The number of what stands at a place among rows of a segment, values of a dimension, or groups.
///
/// A segment has no more rows than 32 bits count (`SegmentColumns::put` refuses others), a dimension has no more values than
/// rows, and so many groups would take more memory than any Lambda function has.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "bounded as said above; it is called for each row")]
pub(crate) fn number(place: usize) -> u32 {
    place as u32
}
