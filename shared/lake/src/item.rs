//! The item of a segment in the manifest: it is written in the present form, and read in every form that was
//! ever written.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::dictionary::Record;
use domain::id::AccountId;
use domain::time::Instant;
use serde::{Deserialize, Serialize};
use store::key::{self, Key};
use store::{Item, StoreError, key_item, number, text};

use crate::segment::{FileInfo, Part, Segment, Span};

/// The form in which items are written. In form 1 each file was an object of its own, and the item said so in JSON, as it
/// did in form 2. A segment that was made in form 1 keeps that number for as long as its files are apart.
const FORMAT: u32 = 3;

/// The attribute that the items have of live segments that were added in the place of others.
const IS_REPLACEMENT: &str = "is_replacement";

/// A second in microseconds.
const SECOND: i64 = 1_000_000;
/// The kinds of record by the number that an item gives them. Others may only be added at the end.
const RECORDS: [Record; 6] =
    [Record::Session, Record::ContactPlatform, Record::Event, Record::Tag, Record::Talk, Record::TalkOption];

impl Segment {
    /// Returns the segment's item under this key.
    pub(crate) fn to_item(&self, key: Key) -> Result<Item, StoreError> {
        let is_one_object = self.parts.iter().all(|part| part.object_bytes.is_some());
        let format = if is_one_object { FORMAT } else { 1 };
        let parts = self.parts.iter().map(StoredPart::of).collect();
        let json = serde_json::to_string(&Stored(format, self.added_at, parts))
            .map_err(|error| StoreError::broken("writing the manifest", error))?;
        let is_live = key.sk.starts_with(key::LIVE_SEGMENTS);
        let mut item = key_item(key);
        item.insert("parts".to_owned(), AttributeValue::S(json));
        if self.is_replacement && is_live {
            item.insert(IS_REPLACEMENT.to_owned(), AttributeValue::Bool(true));
        }
        Ok(item)
    }

    /// Reads an item of the manifest. Fails as `Broken` where the item cannot be read; for a format that this
    /// version does not know, the error names the segment and the format.
    pub(crate) fn from_item(account: &AccountId, item: &Item) -> Result<Segment, StoreError> {
        let broken = |error| StoreError::broken("reading the manifest", error);
        let refused = |reason: String| StoreError::broken("reading the manifest", reason);
        let (pk, sk) = (text(item, "pk").unwrap_or_default(), text(item, "sk").unwrap_or_default());
        let id = sk.rsplit('#').next().unwrap_or_default().to_owned();
        let json = text(item, "parts").or_else(|| text(item, "segment")).unwrap_or_default();
        let format = match json.strip_prefix('[').and_then(|list| list.split([',', ']']).next()) {
            Some(format) => format.parse().unwrap_or_default(),
            None => serde_json::from_str::<Version>(json).map_err(broken)?.format,
        };
        if !(1..=FORMAT).contains(&format) {
            return Err(refused(format!(
                "segment {id} has format {format}; this version knows formats up to {FORMAT}"
            )));
        }
        let (added_at, mut parts) = if json.starts_with('[') {
            let Stored(_, added_at, parts) = serde_json::from_str(json).map_err(broken)?;
            let parts = parts.into_iter().enumerate();
            let parts: Option<_> = parts.map(|(at, part)| part.into_part(account, &id, at)).collect();
            (added_at, parts.ok_or_else(|| refused(format!("segment {id} has an unknown kind of record")))?)
        } else if item.contains_key("parts") {
            let stored: Format2 = serde_json::from_str(json).map_err(broken)?;
            (number(item, "added_at").map(Instant).unwrap_or(Instant(0)), stored.into_parts(account, &id))
        } else {
            let old: Format1 = serde_json::from_str(json).map_err(broken)?;
            (old.added_at, vec![old.into_part(account, &id)])
        };
        if parts.is_empty() {
            return Err(refused(format!("segment {id} has no parts")));
        }
        place(&mut parts, format > 1);
        let removed_at = number(item, "removed_at").map(Instant).or_else(|| key::replaced_at(sk));
        let is_replacement = item.contains_key(IS_REPLACEMENT);
        let key = Key { pk: pk.to_owned(), sk: sk.to_owned() };
        Ok(Segment { id, account: account.clone(), parts, added_at, removed_at, is_replacement, key })
    }
}

/// What an item says of a segment, in JSON: its form, when it was added, and its parts. All of it stands in lists without
/// names, because a reader of a month reads about two hundred items.
#[derive(Serialize, Deserialize)]
struct Stored(u32, Instant, Vec<StoredPart>);

/// A part: when its first session began, in microseconds since 1970, and how many microseconds later its last one did;
/// whether its rows are unique; the spans of `finished_at` and `lastInteraction`, which only have to hold all of theirs; and
/// its files, in the order in which they lie in the object.
#[derive(Serialize, Deserialize)]
struct StoredPart(Instant, i64, bool, Option<Seconds>, Option<Seconds>, Vec<StoredFile>);

/// A span: how many seconds after another instant it begins, and how many seconds it is long.
#[derive(Serialize, Deserialize)]
struct Seconds(i64, i64);

/// A file: the number of its kind of record in `RECORDS`, and how many rows, bytes and decoded bytes it has.
#[derive(Serialize, Deserialize)]
struct StoredFile(usize, u64, u64, u64);

impl Seconds {
    /// The shortest span of whole seconds after `begin` that holds this one.
    fn of(span: Span, begin: Instant) -> Seconds {
        let first = span.min.0.saturating_sub(begin.0).div_euclid(SECOND);
        let last = span.max.0.saturating_sub(begin.0).div_euclid(SECOND).saturating_add(1);
        Seconds(first, last.saturating_sub(first))
    }

    fn after(&self, begin: Instant) -> Span {
        let min = begin.plus_seconds(self.0);
        Span { min, max: min.plus_seconds(self.1) }
    }
}

impl StoredPart {
    fn of(part: &Part) -> StoredPart {
        let begin = part.created.min;
        let length = part.created.max.0.saturating_sub(begin.0);
        let file = |(number, record): (usize, &Record)| Some((number, part.files.get(record.name())?));
        let mut files: Vec<_> = RECORDS.iter().enumerate().filter_map(file).collect();
        files.sort_by_key(|(_, file)| file.offset);
        let file =
            |(number, file): (usize, &FileInfo)| StoredFile(number, file.rows, file.bytes, file.decoded);
        let files = files.into_iter().map(file).collect();
        let [finished, last] = [part.finished, part.last].map(|span| Some(Seconds::of(span?, begin)));
        StoredPart(begin, length, part.is_unique, finished, last, files)
    }

    /// `None` where a file has a kind of record that this version does not know.
    fn into_part(self, account: &AccountId, segment: &str, number: usize) -> Option<Part> {
        let StoredPart(begin, length, is_unique, finished, last, files) = self;
        let created = Span { min: begin, max: Instant(begin.0.saturating_add(length)) };
        let mut part = Part::new(segment.to_owned(), account.clone(), number, created);
        part.is_unique = is_unique;
        part.finished = finished.map(|span| span.after(begin));
        part.last = last.map(|span| span.after(begin));
        let mut offset = 0;
        for StoredFile(record, rows, bytes, decoded) in files {
            let name = RECORDS.get(record)?.name().to_owned();
            part.files.insert(name, FileInfo { rows, bytes, decoded, offset });
            offset += bytes;
        }
        Some(part)
    }
}

/// Places the files of parts, whose offsets count from the beginning of their part, one behind the other in the segment's
/// object; none of them where each file is an object of its own.
fn place(parts: &mut [Part], is_one_object: bool) {
    let mut end = 0;
    for part in parts.iter_mut() {
        let begin = end;
        for file in part.files.values_mut() {
            file.offset += begin;
            end += file.bytes;
        }
    }
    parts.iter_mut().for_each(|part| part.object_bytes = is_one_object.then_some(end));
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// What an item of form 2 says about the segment's parts.
#[derive(Deserialize)]
struct Format2 {
    parts: Vec<PartOfFormat2>,
}

#[derive(Deserialize)]
struct PartOfFormat2 {
    created: (Instant, Instant),
    finished: Option<(Instant, Instant)>,
    last: Option<(Instant, Instant)>,
    #[serde(rename = "unique")]
    is_unique: bool,
    /// The files in the order in which they lie in the object: of which kind of record, how many rows, bytes and decoded
    /// bytes.
    files: Vec<(String, u64, u64, u64)>,
}

impl Format2 {
    fn into_parts(self, account: &AccountId, id: &str) -> Vec<Part> {
        let span = |(min, max)| Span { min, max };
        let mut parts = Vec::new();
        for (number, stored) in self.parts.into_iter().enumerate() {
            let mut part = Part::new(id.to_owned(), account.clone(), number, span(stored.created));
            part.finished = stored.finished.map(span);
            part.last = stored.last.map(span);
            part.is_unique = stored.is_unique;
            let mut offset = 0;
            for (name, rows, bytes, decoded) in stored.files {
                part.files.insert(name, FileInfo { rows, bytes, decoded, offset });
                offset += bytes;
            }
            parts.push(part);
        }
        parts
    }
}

/// An item of format 1, as it was first written.
#[derive(Deserialize)]
struct Format1 {
    files: BTreeMap<String, FileOfFormat1>,
    created: Span,
    finished: Option<Span>,
    last: Option<Span>,
    #[serde(default, rename = "plain")]
    is_unique: bool,
    added_at: Instant,
}

#[derive(Deserialize)]
struct FileOfFormat1 {
    rows: u64,
    bytes: u64,
    #[serde(default)]
    decoded: u64,
}

impl Format1 {
    fn into_part(self, account: &AccountId, id: &str) -> Part {
        let file = |file: FileOfFormat1| FileInfo {
            rows: file.rows,
            bytes: file.bytes,
            decoded: file.decoded,
            offset: 0,
        };
        let mut part = Part::new(id.to_owned(), account.clone(), 0, self.created);
        part.finished = self.finished;
        part.last = self.last;
        part.is_unique = self.is_unique;
        part.files = self.files.into_iter().map(|(name, info)| (name, file(info))).collect();
        part
    }
}

#[cfg(test)]
mod tests {
    use store::key;

    use super::*;
    use crate::segment::tests::{account, segment};

    #[test]
    fn an_item_reads_back_as_the_segment_that_it_was_made_of() {
        let mut segment = segment(&[(3, 3), (9, 9)]);
        segment.added_at = Instant(77);
        let item = segment.to_item(segment.key.clone()).unwrap();
        assert_eq!(Segment::from_item(&account(), &item).unwrap(), segment);
        let key = key::replaced_segment(&account(), Instant(77), Instant(99), &segment.id);
        let item = segment.to_item(key.clone()).unwrap();
        let replaced = Segment { removed_at: Some(Instant(99)), key, ..segment };
        assert_eq!(Segment::from_item(&account(), &item).unwrap(), replaced);
    }

    #[test]
    fn the_spans_of_other_dates_hold_theirs_and_are_at_most_two_seconds_longer() {
        let begin = Instant(1_790_000_000_123_456);
        for (min, max) in [(0, 0), (-1, 1), (-SECOND, SECOND), (7, 9 * SECOND), (-86_400 * SECOND - 1, 5)] {
            let span = Span { min: Instant(begin.0 + min), max: Instant(begin.0 + max) };
            let read = Seconds::of(span, begin).after(begin);
            assert!(read.min <= span.min && span.max <= read.max, "{span:?} {read:?}");
            assert!(read.max.0 - read.min.0 <= max - min + 2 * SECOND, "{span:?} {read:?}");
        }
    }

    #[test]
    fn an_item_with_names_is_read_as_it_was_written() {
        let parts = r#"{"format":2,"parts":[
            {"created":[5,9],"finished":[7,8],"unique":true,"files":[["sessions",2,100,300],["talks",3,50,90]]},
            {"created":[20,20],"last":[21,22],"unique":false,"files":[["sessions",1,10,30]]}]}"#;
        let key = Key { pk: "manifest#demo".to_owned(), sk: "replaced#1#00000000000000000099#x".to_owned() };
        let mut item = key_item(key.clone());
        item.insert("parts".to_owned(), AttributeValue::S(parts.to_owned()));
        item.insert("added_at".to_owned(), AttributeValue::N("77".to_owned()));
        item.insert("removed_at".to_owned(), AttributeValue::N("99".to_owned()));
        let read = Segment::from_item(&account(), &item).unwrap();
        assert_eq!((read.added_at, read.removed_at), (Instant(77), Some(Instant(99))));
        assert_eq!(read.parts[0].finished, Some(Span { min: Instant(7), max: Instant(8) }));
        assert_eq!(read.parts[0].files["talks"], FileInfo { rows: 3, bytes: 50, decoded: 90, offset: 100 });
        assert_eq!(
            read.parts[1].files["sessions"],
            FileInfo { rows: 1, bytes: 10, decoded: 30, offset: 150 }
        );
        assert_eq!(read.parts[0].object_bytes, Some(160));
        let again = Segment::from_item(&account(), &read.to_item(key).unwrap()).unwrap();
        assert_eq!((&again.parts[1].files, again.removed_at), (&read.parts[1].files, read.removed_at));
    }

    #[test]
    fn a_newer_format_is_refused_by_name() {
        let segment = segment(&[(3, 3)]);
        let item = segment.to_item(segment.key.clone()).unwrap();
        let json = text(&item, "parts").unwrap();
        for newer in [json.replace("[3,", "[4,"), "[4]".to_owned(), r#"{"format":4}"#.to_owned()] {
            let mut item = item.clone();
            item.insert("parts".to_owned(), AttributeValue::S(newer));
            let error = Segment::from_item(&account(), &item).unwrap_err();
            let reason = runtime::telemetry::chain(&error);
            assert!(reason.contains("format 4") && reason.contains(&segment.id), "{reason}");
        }
    }

    #[test]
    fn what_is_no_list_of_parts_is_an_error() {
        let segment = segment(&[(3, 3)]);
        let mut item = segment.to_item(segment.key.clone()).unwrap();
        let file = "[3,5,[[5,5,true,null,null,[[9,1,1,1]]]]]";
        for json in ["", "[", "[3", "[3]", "[3,5]", "[3,5,[]]", "[3,5,[[]]]", "{}", "[x,5,[]]", file] {
            item.insert("parts".to_owned(), AttributeValue::S(json.to_owned()));
            assert!(Segment::from_item(&account(), &item).is_err(), "{json}");
        }
    }
}
