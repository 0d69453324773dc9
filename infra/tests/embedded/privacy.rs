//! The data folder is its owner's alone, whatever was there before.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;
use tempfile::TempDir;

use crate::Stack;

/// Every file and folder in `path`, itself included, with its mode.
fn modes(path: &Path) -> Vec<(String, u32)> {
    let metadata = fs::symlink_metadata(path).unwrap();
    let mut all = vec![(path.display().to_string(), metadata.permissions().mode() & 0o777)];
    if metadata.is_dir() {
        all.extend(fs::read_dir(path).unwrap().flat_map(|entry| modes(&entry.unwrap().path())));
    }
    all
}

fn open_to_all(path: &Path) {
    let is_dir = path.is_dir();
    fs::set_permissions(path, Permissions::from_mode(if is_dir { 0o777 } else { 0o666 })).unwrap();
    if is_dir {
        fs::read_dir(path).unwrap().for_each(|entry| open_to_all(&entry.unwrap().path()));
    }
}

async fn run(data: &Path) {
    let stack = Stack::start(data).await;
    infra::template::create_table(&stack.dynamo, "premium").await.unwrap();
    let put = stack.s3.put_object().bucket("lake").key("a/b").body(ByteStream::from_static(b"x"));
    drop(stack.s3.create_bucket().bucket("lake").send().await);
    put.send().await.unwrap();
    stack.embedded.stop().await;
}

#[tokio::test]
async fn the_data_folder_is_its_owner_s_alone() {
    let data = TempDir::new().unwrap();
    let folder = data.path().join("data");
    run(&folder).await;
    let private = || {
        let modes = modes(&folder);
        assert!(modes.len() > 5, "{modes:?}");
        for (path, mode) in modes {
            assert_eq!(mode & 0o077, 0, "{path}: {mode:o}");
        }
    };
    private();
    open_to_all(&folder);
    let foreign = folder.join("mine.txt");
    fs::write(&foreign, "x").unwrap();
    fs::set_permissions(&foreign, Permissions::from_mode(0o644)).unwrap();
    run(&folder).await;
    // What is not the stack's keeps its mode, and is out of others' reach because the folder is.
    assert_eq!(fs::metadata(&foreign).unwrap().permissions().mode() & 0o777, 0o644);
    fs::remove_file(&foreign).unwrap();
    private();
}
