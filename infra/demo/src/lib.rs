//! Made-up sessions: for a first run, for tests, and for training the compression dictionary.
//!
//! Nobody in them exists: names carry "Exemplo", addresses are of `exemplo.com.br`, phone numbers lie in one range, and
//! every session is tagged as invented.

mod chance;
mod words;
mod topics;
mod stamp;
mod cast;
mod story;
mod plot;
mod scene;
mod generator;
mod files;
mod flat;
mod canonical;

pub use canonical::canonical;
pub use files::{File, files};
pub use flat::flat;
pub use generator::{Generator, Options};
pub use stamp::ZONE;
pub use story::Media;

#[cfg(test)]
mod tests;
