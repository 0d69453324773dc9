//! What the manifest says about a segment: where its files lie, and what can be told about its sessions
//! without reading them.
//!
//! A segment is one object with Parquet files one behind the other, whose sizes its item tells. It has one or
//! more *parts*. Each part has sessions of its own days, and one file for each kind of record that has rows,
//! so that a reader of some days need not read the others.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;
use domain::dictionary::Record;
use domain::id::{AccountId, random_hex};
use domain::time::Instant;
use domain::zone::Zone;
use serde::{Deserialize, Serialize};
use store::key::{self, Key};

/// How many bytes of memory are assumed for a byte of a file whose decoded size is not known: more than is
/// usual.
const GENEROUS_EXPANSION: u64 = 20;
/// The most days that a segment of each class of width spans. Those of the last class span any number of
/// days.
pub(crate) const WIDTHS: [i64; 6] = [1, 8, 64, 512, 4_096, i64::MAX];

/// A span of time, from one instant to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The earliest instant.
    pub min: Instant,
    /// The latest instant.
    pub max: Instant,
}

impl Span {
    /// The span from the earliest to the latest of some instants; `None` where there are none.
    pub fn of(instants: impl IntoIterator<Item = Instant>) -> Option<Span> {
        instants.into_iter().fold(None, |span, at| match span {
            None => Some(Span { min: at, max: at }),
            Some(Span { min, max }) => Some(Span { min: min.min(at), max: max.max(at) }),
        })
    }

    /// The span of a period, which ends before its end; `None` for an empty one.
    pub fn of_period(period: &Range<Instant>) -> Option<Span> {
        (!period.is_empty()).then(|| Span { min: period.start, max: Instant(period.end.0 - 1) })
    }

    /// The shortest span that holds all of these; `None` where there are none.
    pub(crate) fn over(spans: impl IntoIterator<Item = Span>) -> Option<Span> {
        Span::of(spans.into_iter().flat_map(|span| [span.min, span.max]))
    }

    /// Whether two spans have an instant in common.
    pub fn overlaps(self, other: Span) -> bool {
        self.min <= other.max && other.min <= self.max
    }

    /// Whether all instants of another span lie in this one.
    pub fn contains(self, other: Span) -> bool {
        self.min <= other.min && other.max <= self.max
    }

    /// The span of a UTC day.
    pub fn of_day(day: NaiveDate) -> Span {
        let instants = Instant::of_days((day, day), Zone::UTC);
        Span { min: instants.start, max: Instant(instants.end.0 - 1) }
    }

    /// The UTC days on which the span begins and ends.
    pub(crate) fn days(self) -> (NaiveDate, NaiveDate) {
        (self.min.day(Zone::UTC), self.max.day(Zone::UTC))
    }

    /// The class of `WIDTHS` to which a segment of this span belongs.
    fn width(self) -> usize {
        let (first, last) = self.days();
        let days = (last - first).num_days() + 1;
        WIDTHS.iter().position(|most| days <= *most).unwrap_or(WIDTHS.len() - 1)
    }
}

/// One file of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// How many rows it has.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many bytes of memory all its rows take, with plain texts; 0 where that is not known.
    pub decoded: u64,
    /// The offset in bytes at which it begins in its object.
    pub offset: u64,
}

/// A part of a segment: sessions of some days, and the repeated records that belong to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The id of the segment.
    pub segment: String,
    /// The account that it belongs to.
    pub account: AccountId,
    /// The number of the part in its segment, from 0.
    pub number: usize,
    /// The span of `created_at`, including that of tombstones.
    pub created: Span,
    /// The span of `finished_at`; `None` where no session has one.
    pub finished: Option<Span>,
    /// The span of `lastInteraction`; `None` where no session has one.
    pub last: Option<Span>,
    /// Whether its rows of sessions are unique and live: each belongs to another session, and none is a
    /// tombstone.
    pub is_unique: bool,
    /// Its files, by the name of their kind of record.
    pub files: BTreeMap<String, FileInfo>,
    /// The size of the segment's object in bytes; `None` where each file is an object of its own (format 1).
    pub object_bytes: Option<u64>,
}

/// Where the bytes of a file lie, and the name to which its encryption is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) object: String,
    pub(crate) object_bytes: u64,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) name: String,
}

impl Part {
    /// Returns a part without files, for sessions of this span.
    pub fn new(segment: String, account: AccountId, number: usize, created: Span) -> Part {
        Part {
            segment,
            account,
            number,
            created,
            finished: None,
            last: None,
            is_unique: false,
            files: BTreeMap::new(),
            object_bytes: Some(0),
        }
    }

    /// How many rows of a kind of record it has.
    pub fn rows(&self, record: Record) -> u64 {
        self.files.get(record.name()).map_or(0, |file| file.rows)
    }

    /// The size of its file of a kind of record in bytes; 0 where it has none.
    pub fn bytes(&self, record: Record) -> u64 {
        self.files.get(record.name()).map_or(0, |file| file.bytes)
    }

    /// Where its file of a kind of record lies.
    pub(crate) fn location(&self, record: Record) -> Location {
        let file = self.files.get(record.name());
        let (bytes, offset) = file.map_or((0, 0), |file| (file.bytes, file.offset));
        match self.object_bytes {
            Some(object_bytes) => {
                let object = key::segment_object(&self.account, &self.segment);
                let name = bound_name(&object, self.number, record);
                Location { object, object_bytes, offset, bytes, name }
            }
            None => {
                let object = key::segment_file_object(&self.account, &self.segment, record);
                Location { name: object.clone(), object, object_bytes: bytes, offset: 0, bytes }
            }
        }
    }

    /// How many bytes of memory its largest kind of record takes.
    pub(crate) fn decoded(&self) -> u64 {
        let known =
            |file: &FileInfo| if file.decoded > 0 { file.decoded } else { file.bytes * GENEROUS_EXPANSION };
        self.files.values().map(known).max().unwrap_or_default()
    }
}

/// The name to which the encryption of a part's file is bound.
pub(crate) fn bound_name(object: &str, part: usize, record: Record) -> String {
    format!("{object}#{part}/{}", record.name())
}

/// A segment as the manifest lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Its id. Ids of format 2 begin with when they were made, in microseconds as 16 hex digits.
    pub id: String,
    /// The account that it belongs to.
    pub account: AccountId,
    /// Its parts; there is at least one.
    pub parts: Vec<Part>,
    /// The first snapshot at which readers see it.
    pub added_at: Instant,
    /// The first snapshot at which readers no longer see it; `None` while it is live.
    pub removed_at: Option<Instant>,
    /// Whether it was added in the place of others.
    pub(crate) is_replacement: bool,
    /// The key of its item.
    pub(crate) key: Key,
}

/// Makes the id of a new segment.
pub(crate) fn new_id(now: Instant) -> String {
    format!("{:016x}{}", now.0.max(0), random_hex(4))
}

/// Reads from an id when its segment was made; `None` for an id of format 1.
pub(crate) fn made_at(id: &str) -> Option<Instant> {
    let micros = id.get(..16).filter(|_| id.len() == 24)?;
    i64::from_str_radix(micros, 16).ok().filter(|micros| *micros < 1 << 56).map(Instant)
}

impl Segment {
    /// Returns a segment of these parts that is not committed yet; `None` where there are no parts.
    pub(crate) fn new(id: String, account: AccountId, parts: Vec<Part>) -> Option<Segment> {
        let created = Span::over(parts.iter().map(|part| part.created))?;
        let key = key::live_segment(&account, created.width(), created.days().0, &id);
        Some(Segment {
            id,
            account,
            parts,
            added_at: Instant(0),
            removed_at: None,
            is_replacement: false,
            key,
        })
    }

    /// Whether it may be replaced at `now`. An attempt to add it may still be under way when another has succeeded, and
    /// would add it once more after it was replaced; after `min_age_seconds` none is. An attempt that puts it in the
    /// place of others cannot succeed twice, so such a segment may be replaced at once.
    pub(crate) fn may_be_replaced(&self, min_age_seconds: i64, now: Instant) -> bool {
        self.is_replacement || self.added_at.plus_seconds(min_age_seconds) < now
    }

    /// The span of `created_at` of all parts.
    pub fn created(&self) -> Span {
        Span::over(self.parts.iter().map(|part| part.created))
            .unwrap_or(Span { min: Instant(0), max: Instant(0) })
    }

    /// How many rows of a kind of record it has.
    pub fn rows(&self, record: Record) -> u64 {
        self.parts.iter().map(|part| part.rows(record)).sum()
    }

    /// The size of all its files in bytes.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().flat_map(|part| part.files.values()).map(|file| file.bytes).sum()
    }

    /// How many bytes of memory the largest kinds of record of all its parts take together.
    pub fn decoded(&self) -> u64 {
        self.parts.iter().map(Part::decoded).sum()
    }

    /// Whether the segment has been cut, so that it has one part. Segments that archive appends for several
    /// days, and those that hold what is left of very many days, have several parts.
    pub(crate) fn has_one_part(&self) -> bool {
        self.parts.len() == 1
    }

    /// Whether each of its files is an object of its own.
    pub(crate) fn is_of_earlier_format(&self) -> bool {
        self.parts.iter().any(|part| part.object_bytes.is_none())
    }

    /// The keys of all its objects.
    pub(crate) fn objects(&self) -> Vec<String> {
        if !self.is_of_earlier_format() {
            return vec![key::segment_object(&self.account, &self.id)];
        }
        let of_part = |part: &Part| {
            let files = Record::ALL.into_iter().filter(|record| part.files.contains_key(record.name()));
            files.map(|record| part.location(record).object).collect::<Vec<_>>()
        };
        self.parts.iter().flat_map(of_part).collect()
    }

    /// Whether a reader of this snapshot sees the segment.
    pub(crate) fn seen_at(&self, snapshot: Instant) -> bool {
        self.added_at <= snapshot && self.removed_at.is_none_or(|removed| snapshot < removed)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const DAY: i64 = 86_400_000_000;

    pub(crate) fn account() -> AccountId {
        AccountId::try_from("demo".to_owned()).unwrap()
    }

    /// A segment with one part per pair of a first and a last day, counted from 1970.
    pub(crate) fn segment(days: &[(i64, i64)]) -> Segment {
        let id = new_id(Instant(1_790_000_000_000_000));
        let part = |(number, (first, last)): (usize, &(i64, i64))| {
            let span = Span { min: Instant(first * DAY), max: Instant(last * DAY + 5) };
            let mut part = Part::new(id.clone(), account(), number, span);
            for (at, record) in (1..).zip([Record::Session, Record::Event, Record::Talk]) {
                let bytes = 100 * at;
                let file = FileInfo { rows: at, bytes, decoded: 7 * at, offset: 0 };
                part.files.insert(record.name().to_owned(), file);
            }
            part
        };
        let mut parts: Vec<Part> = days.iter().enumerate().map(part).collect();
        let mut offset = 0;
        for file in parts.iter_mut().flat_map(|part| part.files.values_mut()) {
            file.offset = offset;
            offset += file.bytes;
        }
        parts.iter_mut().for_each(|part| part.object_bytes = Some(offset));
        Segment::new(id, account(), parts).unwrap()
    }

    #[test]
    fn keys_tell_the_first_day_and_the_class_of_width() {
        let key = |first, last| segment(&[(first, last)]).key.sk;
        assert!(key(20_000, 20_000).starts_with("live#0#2024-10-04#"));
        assert!(key(20_000, 20_007).starts_with("live#1#2024-10-04#"));
        assert!(key(20_000, 20_008).starts_with("live#2#2024-10-04#"));
        assert!(key(0, 20_000).starts_with("live#5#1970-01-01#"));
    }

    #[test]
    fn ids_tell_when_they_were_made() {
        let now = Instant(1_790_000_000_000_000);
        assert_eq!(made_at(&new_id(now)), Some(now));
        assert_eq!(made_at("9f0c2d7e5a1b4c3d8e6f7a0b"), None);
        assert_eq!(made_at("short"), None);
    }
}
