//! The item of a segment in the manifest: it is written in the present form, and read in every form that was
//! ever written.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::AccountId;
use domain::time::Instant;
use serde::{Deserialize, Serialize};
use store::key::Key;
use store::{Item, StoreError, key_item, number, text};

use crate::segment::{FileInfo, Part, Segment, Span};

/// The version of the form of a segment, in the table and in S3. In version 1, each file was an object of its
/// own.
const FORMAT: u32 = 2;

impl Segment {
    /// Returns the segment's item under this key.
    pub(crate) fn to_item(&self, key: Key, removed_at: Option<Instant>) -> Result<Item, StoreError> {
        let stored = Stored {
            format: if self.parts.iter().all(|part| part.object_bytes.is_some()) { FORMAT } else { 1 },
            parts: self.parts.iter().map(StoredPart::of).collect(),
        };
        let json = serde_json::to_string(&stored)
            .map_err(|error| StoreError::broken("writing the manifest", error))?;
        let mut item = key_item(key);
        let instant = |at: Instant| AttributeValue::N(at.0.to_string());
        item.insert("parts".to_owned(), AttributeValue::S(json));
        item.insert("added_at".to_owned(), instant(self.added_at));
        if let Some(removed_at) = removed_at {
            item.insert("removed_at".to_owned(), instant(removed_at));
        }
        Ok(item)
    }

    /// Reads an item of the manifest. Fails as `Broken` where the item cannot be read; for a format that this
    /// version does not know, the error names the segment and the format.
    pub(crate) fn from_item(account: &AccountId, item: &Item) -> Result<Segment, StoreError> {
        let broken = |error| StoreError::broken("reading the manifest", error);
        let (pk, sk) = (text(item, "pk").unwrap_or_default(), text(item, "sk").unwrap_or_default());
        let id = sk.rsplit('#').next().unwrap_or_default().to_owned();
        let json = text(item, "parts").or_else(|| text(item, "segment")).unwrap_or_default();
        let Version { format } = serde_json::from_str(json).map_err(broken)?;
        if !(1..=FORMAT).contains(&format) {
            let reason =
                format!("segment {id} has format {format}; this version knows formats up to {FORMAT}");
            return Err(StoreError::broken("reading the manifest", reason));
        }
        let mut added_at = number(item, "added_at").map(Instant).unwrap_or(Instant(0));
        let parts = if item.contains_key("parts") {
            let stored: Stored = serde_json::from_str(json).map_err(broken)?;
            stored.into_parts(account, &id)
        } else {
            let old: Format1 = serde_json::from_str(json).map_err(broken)?;
            added_at = old.added_at;
            vec![old.into_part(account, &id)]
        };
        if parts.is_empty() {
            let reason = format!("segment {id} has no parts");
            return Err(StoreError::broken("reading the manifest", reason));
        }
        let removed_at = number(item, "removed_at").map(Instant);
        let key = Key { pk: pk.to_owned(), sk: sk.to_owned() };
        Ok(Segment { id, account: account.clone(), parts, added_at, removed_at, key })
    }
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// What an item says about the segment's parts. It is short, because a reader of a month reads about a
/// hundred items.
#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    parts: Vec<StoredPart>,
}

#[derive(Serialize, Deserialize)]
struct StoredPart {
    created: (Instant, Instant),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished: Option<(Instant, Instant)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<(Instant, Instant)>,
    /// Stored under its first name, which existing items have.
    #[serde(rename = "unique")]
    is_unique: bool,
    /// The files, in the order in which they lie in the object.
    files: Vec<StoredFile>,
}

/// What an item says of a file, as a list of four: what each of them is called would be most of the item.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "(String, u64, u64, u64)", into = "(String, u64, u64, u64)")]
struct StoredFile {
    name: String,
    rows: u64,
    bytes: u64,
    decoded: u64,
}

impl From<(String, u64, u64, u64)> for StoredFile {
    fn from((name, rows, bytes, decoded): (String, u64, u64, u64)) -> StoredFile {
        StoredFile { name, rows, bytes, decoded }
    }
}

impl From<StoredFile> for (String, u64, u64, u64) {
    fn from(file: StoredFile) -> (String, u64, u64, u64) {
        (file.name, file.rows, file.bytes, file.decoded)
    }
}

impl StoredPart {
    fn of(part: &Part) -> StoredPart {
        let pair = |span: Span| (span.min, span.max);
        let stored = |(name, file): (&String, &FileInfo)| StoredFile {
            name: name.clone(),
            rows: file.rows,
            bytes: file.bytes,
            decoded: file.decoded,
        };
        let mut files: Vec<(&String, &FileInfo)> = part.files.iter().collect();
        files.sort_by_key(|(_, file)| file.offset);
        StoredPart {
            created: pair(part.created),
            finished: part.finished.map(pair),
            last: part.last.map(pair),
            is_unique: part.is_unique,
            files: files.into_iter().map(stored).collect(),
        }
    }
}

impl Stored {
    fn into_parts(self, account: &AccountId, id: &str) -> Vec<Part> {
        let span = |(min, max)| Span { min, max };
        let mut offset = 0;
        let mut parts = Vec::new();
        for (number, stored) in self.parts.into_iter().enumerate() {
            let mut part = Part::new(id.to_owned(), account.clone(), number, span(stored.created));
            part.finished = stored.finished.map(span);
            part.last = stored.last.map(span);
            part.is_unique = stored.is_unique;
            for StoredFile { name, rows, bytes, decoded } in stored.files {
                part.files.insert(name, FileInfo { rows, bytes, decoded, offset });
                offset += bytes;
            }
            parts.push(part);
        }
        let object_bytes = (self.format > 1).then_some(offset);
        parts.iter_mut().for_each(|part| part.object_bytes = object_bytes);
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
        part.object_bytes = None;
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
        let item = segment.to_item(segment.key.clone(), None).unwrap();
        assert_eq!(Segment::from_item(&account(), &item).unwrap(), segment);
        let key = key::replaced_segment(&account(), Instant(77), Instant(99), &segment.id);
        let item = segment.to_item(key.clone(), Some(Instant(99))).unwrap();
        let replaced = Segment { removed_at: Some(Instant(99)), key, ..segment };
        assert_eq!(Segment::from_item(&account(), &item).unwrap(), replaced);
    }

    #[test]
    fn a_newer_format_is_refused_by_name() {
        let segment = segment(&[(3, 3)]);
        let mut item = segment.to_item(segment.key.clone(), None).unwrap();
        let json = text(&item, "parts").unwrap().replace("\"format\":2", "\"format\":3");
        item.insert("parts".to_owned(), AttributeValue::S(json));
        let error = Segment::from_item(&account(), &item).unwrap_err();
        let reason = runtime::telemetry::chain(&error);
        assert!(reason.contains("format 3") && reason.contains(&segment.id), "{reason}");
    }
}
