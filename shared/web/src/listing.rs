//! Lists that come page by page: how many entries a page has, and where the next one begins.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::id::AccountId;
use domain::lang::Text;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::input::{InputField, Others, all};
use crate::misfit::whole_number;
use crate::problem::Problem;

/// The most entries of a page, and how many one has that is not told.
pub const MAX_LIMIT: u16 = 100;

const NO_CURSOR: Text = Text::new(
    "não é um cursor desta lista: envie a requisição sem ele para recomeçar",
    "is not a cursor of this list: send the request without it to start again",
);

/// The parameters of a query string that choose a page (`#[serde(flatten)]`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PageChoice {
    limit: Option<String>,
    cursor: Option<String>,
}

impl PageChoice {
    /// How many entries the page has at most, and the place after which it begins, `None` for the first page; 422 with all
    /// that is wrong with them. `fits` says of a place whether the list can have it.
    pub fn read<P: DeserializeOwned>(
        &self,
        fits: impl FnOnce(&P) -> bool,
    ) -> Result<(u16, Option<P>), Problem> {
        all((
            self.limit.as_deref().map_or(Ok(MAX_LIMIT), limit),
            self.cursor.as_deref().map(|text| place(text, fits)).transpose(),
        ))
    }
}

/// The query string of a list of an account that takes nothing else.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PageParameters {
    account: InputField<AccountId>,
    #[serde(flatten)]
    page: PageChoice,
    #[serde(flatten)]
    others: Others,
}

/// Which page of a list is wanted.
#[derive(Debug)]
pub struct WantedPage<P> {
    /// The account that is named; `None` for the caller's own.
    pub account: Option<AccountId>,
    /// How many entries it has at most.
    pub limit: u16,
    /// The place after which it begins; `None` for the first page.
    pub after: Option<P>,
}

impl PageParameters {
    /// The page that the parameters say; 422 with all that is wrong with them. `fits` says of a place whether the list can
    /// have it.
    pub fn read<P: DeserializeOwned>(self, fits: impl FnOnce(&P) -> bool) -> Result<WantedPage<P>, Problem> {
        let (account, (limit, after), ()) =
            all((self.account.optional("account"), self.page.read(fits), self.others.refuse()))?;
        Ok(WantedPage { account, limit, after })
    }
}

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
