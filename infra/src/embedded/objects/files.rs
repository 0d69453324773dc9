//! Objects as files: one file per object, named by the hash of the object's key, so that a key may contain
//! any character.
//!
//! The file `<root>/<bucket>/<first 2 hex digits>/<SHA-256 of the key>` contains the object's bytes, then its
//! description as JSON, then the length of that JSON in four bytes. The description comes last, because the
//! checksums of a body are known only at its end. A file is written elsewhere in the root, synced and then
//! renamed, so that it is there as a whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};

use super::sums::Sums;

/// The folder where bodies are written before they are complete. No bucket has such a name, because it begins
/// with a dot.
const DRAFTS: &str = ".drafts";
/// The length of the description's length.
const TAIL: usize = size_of::<u32>();

/// What is known about an object besides its bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Description {
    pub(super) key: String,
    /// The object's length in bytes.
    pub(super) size: u64,
    /// The MD5 of the object's bytes, in hex.
    pub(super) etag: String,
    /// When it was written, in milliseconds since 1970.
    pub(super) modified: u64,
    pub(super) content_type: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) cache_control: Option<String>,
    /// The sender's own names and values (`x-amz-meta-`).
    pub(super) metadata: BTreeMap<String, String>,
    /// The checksums that the sender stated and that were right.
    pub(super) sums: Sums,
}

/// The folder with all buckets. Its methods block the thread.
#[derive(Clone, Debug)]
pub(super) struct ObjectFiles {
    root: PathBuf,
}

/// A page of a bucket's objects.
pub(super) struct Page {
    pub(super) objects: Vec<Description>,
    /// Whether there are more after the last of them.
    pub(super) more: bool,
}

impl ObjectFiles {
    /// Opens or creates the folder `root`, and removes what unfinished uploads left behind.
    pub(super) fn open(root: &Path) -> io::Result<ObjectFiles> {
        let drafts = root.join(DRAFTS);
        match fs::remove_dir_all(&drafts) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&drafts)?,
        }
        Ok(ObjectFiles { root: root.to_owned() })
    }

    /// Creates a bucket unless it is there. In all methods, `bucket` must be a valid name of a bucket.
    pub(super) fn create_bucket(&self, bucket: &str) -> io::Result<()> {
        create_dir(&self.root.join(bucket))
    }

    pub(super) fn has_bucket(&self, bucket: &str) -> bool {
        self.root.join(bucket).is_dir()
    }

    /// Creates a file for a body. It is removed again when its path is dropped.
    pub(super) fn draft(&self) -> io::Result<(File, TempPath)> {
        Ok(NamedTempFile::new_in(self.root.join(DRAFTS))?.into_parts())
    }

    /// Makes a complete body the object that `description` describes, durably. With `only_new`, returns
    /// `false` and changes nothing where there is an object with this key; of several calls at once, one
    /// succeeds.
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

    /// Returns the object with this key: its file, at any position, and its description; `None` where there
    /// is none.
    pub(super) fn find(&self, bucket: &str, key: &str) -> io::Result<Option<(File, Description)>> {
        open_object(&self.path(bucket, key))
    }

    /// Deletes the object with this key, durably, if there is one.
    pub(super) fn remove(&self, bucket: &str, key: &str) -> io::Result<()> {
        let path = self.path(bucket, key);
        match fs::remove_file(&path) {
            Ok(()) => sync_dir(path.parent().unwrap_or(&self.root)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Returns the first `limit` objects, in the order of their keys' bytes, whose keys begin with `prefix`
    /// and come after the key `after`. This reads the description of every object of the bucket.
    pub(super) fn list(&self, bucket: &str, prefix: &str, after: &str, limit: usize) -> io::Result<Page> {
        let mut objects = Vec::new();
        for folder in fs::read_dir(self.root.join(bucket))? {
            for entry in fs::read_dir(folder?.path())? {
                // An object that was deleted meanwhile is left out.
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

/// Creates a folder within an existing one, durably, unless it is there already.
fn create_dir(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => folder.parent().map_or(Ok(()), sync_dir),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes changes of the names in a folder durable.
fn sync_dir(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
