use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, StringArray, TimestampMicrosecondArray};
use domain::id::AccountId;
use domain::zone::Zone;
use lake::Span;

use super::*;
use crate::exec::row::SegmentRow;
use crate::plan::columns::{Columns, Needs};

/// A session's row.
#[derive(Clone, Copy, Debug)]
struct Version {
    id: &'static str,
    created_at: i64,
    sequence: &'static str,
    is_removed: bool,
}

/// A version of a session as the stream record of this number left it.
fn live(id: &'static str, created_at: i64, sequence: &'static str) -> Version {
    Version { id, created_at, sequence, is_removed: false }
}

/// A tombstone that the stream record of this number left.
fn removed(id: &'static str, created_at: i64, sequence: &'static str) -> Version {
    Version { is_removed: true, ..live(id, created_at, sequence) }
}

/// The keys of some rows, as a batch.
fn batch(rows: &[Version]) -> RecordBatch {
    let arrays: [(&str, ArrayRef); 4] = [
        ("session_id", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.id)))),
        (
            "created_at",
            Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.created_at))),
        ),
        ("_sequence", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.sequence)))),
        ("_removed", Arc::new(rows.iter().map(|row| Some(row.is_removed)).collect::<BooleanArray>())),
    ];
    RecordBatch::try_from_iter(arrays).unwrap()
}

fn part(id: &str, number: usize, rows: &[Version]) -> Part {
    let span = Span::of(rows.iter().map(|row| Instant(row.created_at))).unwrap();
    Part::new(id.to_owned(), AccountId::try_from("demo".to_owned()).unwrap(), number, span)
}

fn columns(rows: &[Version]) -> SegmentColumns {
    let read = Columns::default().needed(Record::Session, Needs { versioned: true, ..Needs::default() });
    let mut columns = SegmentColumns::default();
    columns.put(&read, &batch(rows), Zone::UTC).unwrap();
    columns
}

fn segment(id: &str, rows: &[Version]) -> (Part, SegmentColumns) {
    (part(id, 0, rows), columns(rows))
}

/// The resolved rows, as segment, id and created_at.
fn counting(segments: &[(&str, &[Version])]) -> Vec<(usize, String, i64)> {
    let (about, segments): (Vec<_>, Vec<_>) = segments.iter().map(|(id, rows)| segment(id, rows)).unzip();
    let sessions = resolve(&about, &segments);
    let row = |at: RowAt| {
        let row = SegmentRow::of_session(&segments[at.segment], at.row);
        (at.segment, row.session_id().to_owned(), row.created_at().0)
    };
    let mut rows: Vec<_> =
        Loaded { segments: segments.clone(), sessions }.in_order().into_iter().map(row).collect();
    rows.sort();
    rows
}

fn expect(segments: &[(&str, &[Version])], expected: &[(usize, &str, i64)]) {
    let expected: Vec<_> =
        expected.iter().map(|(at, id, created)| (*at, (*id).to_owned(), *created)).collect();
    assert_eq!(counting(segments), expected, "{segments:?}");
}

#[test]
fn the_later_stream_record_counts_in_whichever_segment_it_lies() {
    let old: &[Version] = &[live("s1", 10, "01"), live("s2", 20, "02")];
    let new: &[Version] = &[live("s1", 10, "03")];
    expect(&[("a", old), ("b", new)], &[(0, "s2", 20), (1, "s1", 10)]);
    expect(&[("b", new), ("a", old)], &[(0, "s1", 10), (1, "s2", 20)]);
    expect(&[("a", &[live("s1", 10, "01"), live("s1", 10, "02")])], &[(0, "s1", 10)]);
}

#[test]
fn a_session_that_moved_is_found_at_its_new_place_only() {
    let moved: &[Version] = &[removed("s1", 10, "02"), live("s1", 30, "02")];
    expect(&[("a", &[live("s1", 10, "01")]), ("b", moved)], &[(1, "s1", 30)]);
    expect(&[("a", moved)], &[(0, "s1", 30)]);
}

#[test]
fn a_removed_session_is_gone_until_it_comes_again() {
    let gone: &[Version] = &[removed("s1", 10, "02")];
    expect(&[("a", &[live("s1", 10, "01")]), ("b", gone)], &[]);
    expect(&[("a", gone)], &[]);
    expect(&[("a", gone), ("b", &[live("s1", 10, "03")])], &[(1, "s1", 10)]);
}

#[test]
fn among_equals_the_greater_segment_counts() {
    let row: &[Version] = &[live("s1", 10, "01")];
    expect(&[("a", row), ("b", row)], &[(1, "s1", 10)]);
    expect(&[("b", row), ("a", row)], &[(0, "s1", 10)]);
}

#[test]
fn a_reader_and_a_compaction_find_the_same_latest_versions_in_whichever_order_they_read() {
    const IDS: [&str; 4] = ["s1", "s2", "s3", "s4"];
    const SEQUENCES: [&str; 3] = ["00", "01", "02"];
    let mut chance = 20_261_128_u64;
    let mut below = |most: usize| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) as usize % most
    };
    for round in 0..500 {
        // Some segments have two parts, and many rows have equal sequence numbers.
        let parts: Vec<(Part, Vec<Version>)> = (0..2 + below(5))
            .map(|number| {
                let rows: Vec<Version> = (0..1 + below(6))
                    .map(|_| Version {
                        id: IDS[below(4)],
                        created_at: i64::try_from(below(3)).unwrap(),
                        sequence: SEQUENCES[below(3)],
                        is_removed: below(3) == 0,
                    })
                    .collect();
                (part(["b", "a", "c"][number % 3], number / 3, &rows), rows)
            })
            .collect();
        let mut shuffled: Vec<&(Part, Vec<Version>)> = parts.iter().collect();
        (1..shuffled.len()).for_each(|at| shuffled.swap(at, below(at + 1)));
        let name = |part: &Part, row: usize| (part.segment.clone(), part.number, row);

        let (about, segments): (Vec<Part>, Vec<SegmentColumns>) =
            parts.iter().map(|(part, rows)| (part.clone(), columns(rows))).unzip();
        let resolved = resolve(&about, &segments);
        let mut read: Vec<_> = about
            .iter()
            .zip(resolved)
            .flat_map(|(part, rows)| rows.into_iter().map(|row| name(part, row as usize)))
            .collect();

        let about: Vec<&Part> = shuffled.iter().map(|(part, _)| part).collect();
        let batches: Vec<RecordBatch> = shuffled.iter().map(|(_, rows)| batch(rows)).collect();
        let kept = lake::resolve::resolve(&about, &batches, |_| false).unwrap();
        let mut compacted: Vec<_> = kept.into_iter().map(|kept| name(about[kept.input], kept.row)).collect();

        read.sort();
        compacted.sort();
        assert_eq!(read, compacted, "round {round}: {parts:?}");
    }
}
