//! The items of forms 1 and 2, which are read and never written.

use std::collections::BTreeMap;

use domain::id::AccountId;
use domain::time::Instant;
use serde::Deserialize;

use crate::segment::{FileInfo, Part, Span};

/// What an item of form 2 says about the segment's parts.
#[derive(Deserialize)]
pub(super) struct Format2 {
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
    pub(super) fn into_parts(self, account: &AccountId, id: &str) -> Vec<Part> {
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
pub(super) struct Format1 {
    files: BTreeMap<String, FileOfFormat1>,
    created: Span,
    finished: Option<Span>,
    last: Option<Span>,
    #[serde(default, rename = "plain")]
    is_unique: bool,
    pub(super) added_at: Instant,
}

#[derive(Deserialize)]
struct FileOfFormat1 {
    rows: u64,
    bytes: u64,
    #[serde(default)]
    decoded: u64,
}

impl Format1 {
    pub(super) fn into_part(self, account: &AccountId, id: &str) -> Part {
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
