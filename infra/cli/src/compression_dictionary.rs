//! `premium dictionary`: trains the compression dictionary that stored sessions are packed with.
//!
//! It learns from made-up sessions only: a dictionary holds pieces of what it was trained on, and ships with the program.

use std::path::PathBuf;

use clap::Args;
use domain::time::Instant;
use zstd::bulk::Compressor;

use client::error::CliError;

use crate::error::PremiumError;
use demo::{Generator, Options, canonical};

/// Larger ones bring nothing more, and are longer to load.
const SIZE: usize = 64 << 10;
/// zstd's own default, with which sessions are packed.
const LEVEL: i32 = 3;
/// Several casts, so that the dictionary learns the shape of sessions and not the ids of one account.
const CASTS: u64 = 12;
const SESSIONS_OF_A_CAST: usize = 500;
/// 2026-10-03T20:00:00Z: a fixed present, so that the same program trains the same dictionary.
const PRESENT: Instant = Instant(1_791_057_600_000_000);

/// Where the dictionary goes.
#[derive(Debug, Args)]
pub(crate) struct DictionaryArgs {
    /// Arquivo a escrever.
    ///
    /// File to write.
    #[arg(long, value_name = "ARQUIVO")]
    output: PathBuf,
}

/// Trains the dictionary and says what it saves.
pub(crate) fn run(args: &DictionaryArgs) -> Result<(), PremiumError> {
    let failed = |error: std::io::Error| PremiumError::Dictionary(error.to_string());
    let samples: Vec<Vec<u8>> = (0..CASTS).flat_map(|seed| sessions(seed, SESSIONS_OF_A_CAST)).collect();
    let dictionary = zstd::dict::from_samples(&samples, SIZE).map_err(failed)?;
    std::fs::write(&args.output, &dictionary)
        .map_err(|error| CliError::File { path: args.output.clone(), error })?;
    let others = sessions(CASTS + 1_000, 1_000);
    let mean = |sizes: usize| sizes / others.len().max(1);
    Ok(client::say(format_args!(
        "{} bytes; por sessão: {} em JSON, {} sem dicionário, {} com dicionário",
        dictionary.len(),
        mean(others.iter().map(Vec::len).sum()),
        mean(compressed(&others, &[]).map_err(failed)?),
        mean(compressed(&others, &dictionary).map_err(failed)?),
    ))?)
}

/// The canonical JSON of made-up sessions.
fn sessions(seed: u64, count: usize) -> Vec<Vec<u8>> {
    let options = Options { seed, sessions: count, end: PRESENT, days: 28, media: Vec::new() };
    Generator::new(options).map(|session| canonical(&session).to_json()).collect()
}

/// The size of all `sessions`, each compressed on its own.
fn compressed(sessions: &[Vec<u8>], dictionary: &[u8]) -> std::io::Result<usize> {
    let mut compressor = Compressor::with_dictionary(LEVEL, dictionary)?;
    let mut size = 0;
    for session in sessions {
        size += compressor.compress(session)?.len();
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use domain::body::pack;
    use domain::cipher::DataKey;
    use domain::id::AccountId;
    use domain::session::Session;

    use super::*;

    #[test]
    fn the_shipped_dictionary_saves_two_fifths_of_other_sessions() {
        let others = sessions(77_777, 1_000);
        let plain = compressed(&others, &[]).unwrap();
        let (key, account) = (DataKey::random(), AccountId::try_from("demo".to_owned()).unwrap());
        let packed: usize = others
            .iter()
            .map(|json| Session::from_json(json).unwrap())
            .map(|session| pack(&key, &account, &session.identity().unwrap().id, &session).unwrap().len())
            .sum();
        assert!(packed * 10 <= plain * 6, "{packed} of {plain} bytes");
    }

    #[test]
    fn training_repeats_itself() {
        assert_eq!(PRESENT.to_rfc3339(), "2026-10-03T20:00:00Z");
        assert_eq!(sessions(5, 20), sessions(5, 20));
    }
}
