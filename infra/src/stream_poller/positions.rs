//! Keeps in the data folder how far the poller has come in each shard of a stream.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::embedded::write_file;

/// A position in a shard: archive has taken everything before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Position {
    /// Before the oldest record that the stream still has.
    #[default]
    Start,
    /// Before the record with this sequence number.
    At(String),
    /// Behind the record with this sequence number.
    After(String),
    /// Behind the last record that the shard will ever have.
    Finished,
}

/// The positions of a stream's shards, by the shard's id.
pub(super) type OfShards = BTreeMap<String, Position>;

/// The file with the positions.
pub(super) struct Positions {
    path: PathBuf,
    /// The positions by the stream's ARN, because the same data folder may be used with different tables.
    kept: BTreeMap<String, OfShards>,
    /// The file in which earlier versions of this software kept the last sequence number of the only shard
    /// that they read.
    earlier: PathBuf,
    honours_earlier: bool,
}

impl Positions {
    /// Reads the positions in the folder. There are none where the file is missing or cannot be read, which
    /// does no harm: reading a stream again from its start changes nothing that a reader sees.
    pub(super) fn open(data: &Path) -> Positions {
        let path = data.join("stream-positions.json");
        let kept = std::fs::read(&path).ok().and_then(|json| serde_json::from_slice(&json).ok());
        let kept = kept.unwrap_or_default();
        Positions { path, kept, earlier: data.join("stream-position"), honours_earlier: false }
    }

    /// Lets the position that an earlier version of this software kept count for streams without kept
    /// positions.
    pub(super) fn honour_earlier_version(&mut self) {
        self.honours_earlier = true;
    }

    /// Returns the position from which a shard is read on.
    pub(super) fn of(&self, arn: &str, shard: &str) -> Position {
        match self.kept.get(arn) {
            Some(shards) => shards.get(shard).cloned().unwrap_or_default(),
            None if self.honours_earlier => {
                std::fs::read_to_string(&self.earlier).map_or(Position::Start, Position::After)
            }
            None => Position::Start,
        }
    }

    /// Keeps the positions of a stream's shards, and forgets those that it had before.
    pub(super) fn keep(&mut self, arn: &str, shards: OfShards) -> io::Result<()> {
        self.kept.insert(arn.to_owned(), shards);
        // The file is written as a whole and synced, because neither half a position nor one whose records
        // are trimmed already can be read on from.
        write_file(&self.path, &serde_json::to_vec_pretty(&self.kept)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_version_s_position_counts_until_a_newer_one_is_kept() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("stream-position"), "100000000000000000042").unwrap();
        let mut positions = Positions::open(data.path());
        assert_eq!(positions.of("arn", "shard"), Position::Start);
        positions.honour_earlier_version();
        let at = Position::After("100000000000000000042".to_owned());
        assert_eq!(positions.of("arn", "shard"), at);

        let later = Position::At("100000000000000000099".to_owned());
        positions.keep("arn", OfShards::from([("shard".to_owned(), later.clone())])).unwrap();
        let mut again = Positions::open(data.path());
        again.honour_earlier_version();
        assert_eq!((again.of("arn", "shard"), again.of("arn", "new")), (later, Position::Start));
    }

    #[test]
    fn each_stream_has_positions_of_its_own() {
        let data = tempfile::tempdir().unwrap();
        let mut positions = Positions::open(data.path());
        positions.keep("one", OfShards::from([("shard".to_owned(), Position::Finished)])).unwrap();
        positions.keep("two", OfShards::new()).unwrap();
        let again = Positions::open(data.path());
        assert_eq!(again.of("one", "shard"), Position::Finished);
        assert_eq!(again.of("two", "shard"), Position::Start);
    }
}
