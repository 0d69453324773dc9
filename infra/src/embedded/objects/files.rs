//! Objects as files: one each, named by the hash of its key, so that a key may have any shape.
//!
//! `<root>/<bucket>/<first 2 hex digits>/<SHA-256 of the key>` holds the bytes, then a description as JSON, then the
//! length of that JSON in four bytes. The description comes last because a body's checksums are known only when it has
//! passed. A file is written elsewhere in the root, synced and then renamed: it is there as a whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};

use super::sums::Sums;

/// Where bodies are written before they are complete. No bucket's name begins with a dot.
const DRAFTS: &str = ".drafts";
/// The length of the description's length.
const TAIL: usize = size_of::<u32>();

/// What is known of an object besides its bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Description {
    pub(super) key: String,
    /// Length in bytes.
    pub(super) size: u64,
    /// MD5 of the bytes, in hex.
    pub(super) etag: String,
    /// Milliseconds since the Unix epoch.
    pub(super) modified: u64,
    pub(super) content_type: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) cache_control: Option<String>,
    /// The sender's own names and values.
    pub(super) metadata: BTreeMap<String, String>,
    /// Checksums that the sender stated and that were found right.
    pub(super) sums: Sums,
}

/// The folder that holds all buckets. Its methods block.
#[derive(Clone, Debug)]
pub(super) struct ObjectFiles {
    root: PathBuf,
}

/// A page of a bucket's objects.
pub(super) struct Page {
    pub(super) objects: Vec<Description>,
    /// Whether more follow.
    pub(super) more: bool,
}

impl ObjectFiles {
    /// Opens or creates `root`, and removes what uploads left behind that never ended.
    pub(super) fn open(root: &Path) -> io::Result<ObjectFiles> {
        let drafts = root.join(DRAFTS);
        match fs::remove_dir_all(&drafts) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&drafts)?,
        }
        Ok(ObjectFiles { root: root.to_owned() })
    }

    /// Creates a bucket unless it is there. `bucket` must be a valid bucket name, here and below.
    pub(super) fn create_bucket(&self, bucket: &str) -> io::Result<()> {
        create_dir(&self.root.join(bucket))
    }

    /// Whether the bucket is there.
    pub(super) fn has_bucket(&self, bucket: &str) -> bool {
        self.root.join(bucket).is_dir()
    }

    /// A new file for a body, removed again when its path is dropped.
    pub(super) fn draft(&self) -> io::Result<(File, TempPath)> {
        Ok(NamedTempFile::new_in(self.root.join(DRAFTS))?.into_parts())
    }

    /// Makes a complete body the object that `description` describes, durably. With `only_new`, nothing happens where
    /// the key is taken, and the answer is false; among many at once, one wins.
    pub(super) fn publish(
        &self,
        bucket: &str,
        (mut file, draft): (File, TempPath),
        description: &Description,
        only_new: bool,
    ) -> io::Result<bool> {
        let json = serde_json::to_vec(description)?;
        let length = u32::try_from(json.len()).map_err(io::Error::other)?;
        file.write_all(&json)?;
        file.write_all(&length.to_be_bytes())?;
        file.sync_all()?;
        let path = self.path(bucket, &description.key);
        let folder = path.parent().unwrap_or(&self.root);
        create_dir(folder)?;
        let renamed = if only_new { draft.persist_noclobber(&path) } else { draft.persist(&path) };
        match renamed.map_err(|failed| failed.error) {
            Err(error) if only_new && error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
            Ok(()) => sync_dir(folder).map(|()| true),
        }
    }

    /// The object of `key`: its file, positioned anywhere, and its description.
    pub(super) fn find(&self, bucket: &str, key: &str) -> io::Result<Option<(File, Description)>> {
        open_object(&self.path(bucket, key))
    }

    /// Deletes the object of `key`, durably, if it is there.
    pub(super) fn remove(&self, bucket: &str, key: &str) -> io::Result<()> {
        let path = self.path(bucket, key);
        match fs::remove_file(&path) {
            Ok(()) => sync_dir(path.parent().unwrap_or(&self.root)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The first `limit` objects, in order of their keys' bytes, that begin with `prefix` and come after `after`.
    /// Reads the description of every object of the bucket.
    pub(super) fn list(&self, bucket: &str, prefix: &str, after: &str, limit: usize) -> io::Result<Page> {
        let mut objects = Vec::new();
        for folder in fs::read_dir(self.root.join(bucket))? {
            for entry in fs::read_dir(folder?.path())? {
                // One that was deleted meanwhile is no part of the list.
                let Some((_, description)) = open_object(&entry?.path())? else { continue };
                if description.key.starts_with(prefix) && description.key.as_str() > after {
                    objects.push(description);
                }
            }
        }
        objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let more = objects.len() > limit;
        objects.truncate(limit);
        Ok(Page { objects, more })
    }

    fn path(&self, bucket: &str, key: &str) -> PathBuf {
        let name = hex::encode(Sha256::digest(key));
        self.root.join(bucket).join(&name[..2]).join(&name)
    }
}

fn open_object(path: &Path) -> io::Result<Option<(File, Description)>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let tail = file.metadata()?.len().checked_sub(TAIL as u64).ok_or(ErrorKind::UnexpectedEof)?;
    file.seek(SeekFrom::Start(tail))?;
    let mut length = [0; TAIL];
    file.read_exact(&mut length)?;
    let start = tail.checked_sub(u32::from_be_bytes(length).into()).ok_or(ErrorKind::InvalidData)?;
    file.seek(SeekFrom::Start(start))?;
    let mut json = Vec::new();
    (&file).take(tail - start).read_to_end(&mut json)?;
    let description: Description = serde_json::from_slice(&json)?;
    if description.size == start { Ok(Some((file, description))) } else { Err(ErrorKind::InvalidData.into()) }
}

/// Creates a folder whose parent is there, durably, unless it is there itself.
fn create_dir(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => folder.parent().map_or(Ok(()), sync_dir),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the names in a folder durable.
fn sync_dir(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
