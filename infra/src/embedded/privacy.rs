//! Who may read the data folder: its owner alone, whatever was there before.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::Mode;

/// What the names of the stack's own files and folders begin with. Whatever else is in the folder is somebody else's.
const OWN: [&str; 10] = [
    "aws.json",
    "credentials.json",
    "demo-token",
    "local.json",
    "lock",
    "master.key",
    "objects",
    "ports.json",
    "stream-position",
    "table.sqlite",
];
/// What a group and all others may do.
const OF_OTHERS: u32 = 0o077;

/// Takes the folder and what the stack has in it from everybody but its owner. So is everything from now on that this process
/// writes anywhere.
pub(super) fn close_to_others(data: &Path) -> io::Result<()> {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    close(data)?;
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        if OWN.iter().any(|own| entry.file_name().as_encoded_bytes().starts_with(own.as_bytes())) {
            close_all(&entry.path())?;
        }
    }
    Ok(())
}

fn close_all(path: &Path) -> io::Result<()> {
    if close(path)? {
        for entry in fs::read_dir(path)? {
            close_all(&entry?.path())?;
        }
    }
    Ok(())
}

/// Closes a file or a folder to others; says whether it is a folder. What a link leads to is left alone.
fn close(path: &Path) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(path)?;
    let mode = metadata.permissions().mode();
    if !metadata.is_symlink() && mode & OF_OTHERS != 0 {
        fs::set_permissions(path, Permissions::from_mode(mode & !OF_OTHERS))?;
    }
    Ok(metadata.is_dir())
}
