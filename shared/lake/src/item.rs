//! The item of a segment in the manifest: it is written in the present form, and read in every form that was
//! ever written.

mod earlier;

use std::error::Error;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::dictionary::Record;
use domain::id::AccountId;
use domain::time::Instant;
use serde::{Deserialize, Serialize};
use store::key::{self, Key};
use store::{Item, StoreError, key_item, number, text};

use self::earlier::{Format1, Format2};
use crate::segment::{FileInfo, Part, Segment, Span};

/// The form in which items are written. In form 1 each file was an object of its own, and the item said so in JSON, as it
/// did in form 2, with names, and in form 3, in lists. A segment that was made in form 1 keeps that number for as long as
/// its files are apart.
const FORMAT: u32 = 4;

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
        let bytes = postcard::to_allocvec(&Stored(format, self.added_at, parts))
            .map_err(|error| StoreError::broken("writing the manifest", error))?;
        let is_live = key.sk.starts_with(key::LIVE_SEGMENTS);
        let mut item = key_item(key);
        item.insert("parts".to_owned(), AttributeValue::B(Blob::new(bytes)));
        if self.is_replacement && is_live {
            item.insert(IS_REPLACEMENT.to_owned(), AttributeValue::Bool(true));
        }
        Ok(item)
    }

    /// Reads an item of the manifest. Fails as `Broken` where the item cannot be read; for a format that this
    /// version does not know, the error names the segment and the format.
    pub(crate) fn from_item(account: &AccountId, item: &Item) -> Result<Segment, StoreError> {
        let (pk, sk) = (text(item, "pk").unwrap_or_default(), text(item, "sk").unwrap_or_default());
        let id = sk.rsplit('#').next().unwrap_or_default().to_owned();
        let (format, content) = Content::of(item)?;
        if !(1..=FORMAT).contains(&format) {
            return Err(broken(format!(
                "segment {id} has format {format}; this version knows formats up to {FORMAT}"
            )));
        }
        let (added_at, mut parts) = match content {
            Content::Binary(bytes) => {
                postcard::from_bytes::<Stored>(bytes).map_err(broken)?.read(account, &id)?
            }
            Content::Lists(json) => {
                serde_json::from_str::<Stored>(json).map_err(broken)?.read(account, &id)?
            }
            Content::Names(json) => {
                let stored: Format2 = serde_json::from_str(json).map_err(broken)?;
                let added_at = number(item, "added_at").map(Instant).unwrap_or(Instant(0));
                (added_at, stored.into_parts(account, &id))
            }
            Content::OneFile(json) => {
                let old: Format1 = serde_json::from_str(json).map_err(broken)?;
                (old.added_at, vec![old.into_part(account, &id)])
            }
        };
        if parts.is_empty() {
            return Err(broken(format!("segment {id} has no parts")));
        }
        place(&mut parts, format > 1);
        let removed_at = number(item, "removed_at").map(Instant).or_else(|| key::replaced_at(sk));
        let is_replacement = item.contains_key(IS_REPLACEMENT);
        let key = Key { pk: pk.to_owned(), sk: sk.to_owned() };
        Ok(Segment { id, account: account.clone(), parts, added_at, removed_at, is_replacement, key })
    }
}

/// What an item says of a segment, as it was written over time: in bytes, in JSON's lists, in its objects, and in objects of
/// one file each.
enum Content<'a> {
    Binary(&'a [u8]),
    Lists(&'a str),
    Names(&'a str),
    OneFile(&'a str),
}

impl Content<'_> {
    /// What an item says, and in which format.
    fn of(item: &Item) -> Result<(u32, Content<'_>), StoreError> {
        if let Some(AttributeValue::B(bytes)) = item.get("parts") {
            let (format, _) = postcard::take_from_bytes(bytes.as_ref()).map_err(broken)?;
            return Ok((format, Content::Binary(bytes.as_ref())));
        }
        let parts = text(item, "parts");
        let json = parts.or_else(|| text(item, "segment")).unwrap_or_default();
        if let Some(list) = json.strip_prefix('[') {
            let format = list.split([',', ']']).next().and_then(|format| format.parse().ok());
            return Ok((format.unwrap_or_default(), Content::Lists(json)));
        }
        let Version { format } = serde_json::from_str(json).map_err(broken)?;
        Ok((format, if parts.is_some() { Content::Names(json) } else { Content::OneFile(json) }))
    }
}

fn broken(error: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::broken("reading the manifest", error)
}

/// What an item says of a segment: its form, when it was added, and its parts. It stands in postcard's bytes, a third as
/// long as JSON, because a reader of a month reads about two hundred items.
#[derive(Serialize, Deserialize)]
struct Stored(u32, Instant, Vec<StoredPart>);

impl Stored {
    /// When the segment was added, and its parts.
    fn read(self, account: &AccountId, id: &str) -> Result<(Instant, Vec<Part>), StoreError> {
        let Stored(_, added_at, parts) = self;
        let parts = parts.into_iter().enumerate().map(|(at, part)| part.into_part(account, id, at));
        let parts: Option<_> = parts.collect();
        let parts = parts.ok_or_else(|| broken(format!("segment {id} has an unknown kind of record")))?;
        Ok((added_at, parts))
    }
}

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
    fn an_item_of_lists_is_read_as_it_was_written() {
        let json = "[3,77,[[5,4,true,[2,3],null,[[0,2,100,300],[4,3,50,90]]]]]";
        let key = Key { pk: "manifest#demo".to_owned(), sk: "live#0#1970-01-01#x".to_owned() };
        let mut item = key_item(key);
        item.insert("parts".to_owned(), AttributeValue::S(json.to_owned()));
        let read = Segment::from_item(&account(), &item).unwrap();
        assert_eq!(
            (read.added_at, read.parts[0].created),
            (Instant(77), Span { min: Instant(5), max: Instant(9) })
        );
        assert_eq!(read.parts[0].files["talks"], FileInfo { rows: 3, bytes: 50, decoded: 90, offset: 100 });
        assert_eq!(read.parts[0].finished, Some(Span { min: Instant(2_000_005), max: Instant(5_000_005) }));
        assert_eq!((read.parts[0].last, read.parts[0].object_bytes), (None, Some(150)));
    }

    /// An item whose parts are something else.
    fn with_parts(item: &Item, parts: AttributeValue) -> Item {
        let mut item = item.clone();
        item.insert("parts".to_owned(), parts);
        item
    }

    #[test]
    fn a_newer_format_is_refused_by_name() {
        let segment = segment(&[(3, 3)]);
        let item = segment.to_item(segment.key.clone()).unwrap();
        let bytes = item["parts"].as_b().unwrap().as_ref();
        let newer = [&[5], &bytes[1..]].concat();
        for newer in [
            AttributeValue::B(Blob::new(newer)),
            AttributeValue::B(Blob::new([5])),
            AttributeValue::S("[5]".to_owned()),
            AttributeValue::S(r#"{"format":5}"#.to_owned()),
        ] {
            let error = Segment::from_item(&account(), &with_parts(&item, newer)).unwrap_err();
            let reason = runtime::telemetry::chain(&error);
            assert!(reason.contains("format 5") && reason.contains(&segment.id), "{reason}");
        }
    }

    #[test]
    fn what_is_no_list_of_parts_is_an_error() {
        let segment = segment(&[(3, 3)]);
        let item = segment.to_item(segment.key.clone()).unwrap();
        let file = "[3,5,[[5,5,true,null,null,[[9,1,1,1]]]]]";
        for json in ["", "[", "[3", "[3]", "[3,5]", "[3,5,[]]", "[3,5,[[]]]", "{}", "[x,5,[]]", file] {
            let item = with_parts(&item, AttributeValue::S(json.to_owned()));
            assert!(Segment::from_item(&account(), &item).is_err(), "{json}");
        }
        let bytes = item["parts"].as_b().unwrap().as_ref();
        for end in 0..bytes.len() {
            let item = with_parts(&item, AttributeValue::B(Blob::new(&bytes[..end])));
            assert!(Segment::from_item(&account(), &item).is_err(), "{end} bytes");
        }
    }
}
