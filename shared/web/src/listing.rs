//! Lists that come page by page: how many entries a page has, and where the next one begins.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::lang::Text;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::misfit::whole_number;
use crate::problem::Problem;

/// The most entries of a page, and how many one has that is not told.
pub const MAX_LIMIT: u16 = 100;

const NO_CURSOR: Text = Text::new(
    "não é um cursor desta lista: envie a requisição sem ele para recomeçar",
    "is not a cursor of this list: send the request without it to start again",
);

/// How many entries a page may have, as the parameter `limit` says it; 422 where that is not 1 to `MAX_LIMIT`.
pub fn limit(text: &str) -> Result<u16, Problem> {
    let fits = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
    fits.ok_or_else(|| Problem::invalid("limit", whole_number(1, MAX_LIMIT)))
}

/// A place in a list as a text. It tells nothing that the page before it does not.
pub fn cursor<P: Serialize>(place: &P) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// The place of a text that `cursor` made, if it is one that `fits`; 422 for any other text.
pub fn place<P: DeserializeOwned>(cursor: &str, fits: impl FnOnce(&P) -> bool) -> Result<P, Problem> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
    let place = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    place.filter(fits).ok_or_else(no_cursor)
}

/// 422 for a cursor that is none of the list.
pub fn no_cursor() -> Problem {
    Problem::invalid("cursor", NO_CURSOR)
}
