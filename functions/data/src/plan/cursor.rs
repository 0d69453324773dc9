//! Where a page ended, as a text that its reader can neither read nor change.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::cipher::{DataKey, SealError};
use domain::id::AccountId;
use domain::lang::{Text, Words};
use domain::time::Instant;
use serde::{Deserialize, Serialize};
use web::problem::Problem;

/// The version of the cursor's text. A cursor of another version is refused.
const VERSION: u8 = 2;
/// For how many seconds a snapshot can be read. The segments that it shows are kept for an hour longer.
pub(crate) const SNAPSHOT_SECONDS: i64 = 24 * 3_600;

const UNKNOWN: Text = Text::new("não é um cursor desta conta", "is not a cursor of this account");
const OF_ANOTHER: Text = Text::new(
    "é de outra requisição: de uma página para a outra só o limite pode mudar",
    "belongs to another request: between pages only the limit may change",
);
const OTHER_SETTINGS: Text = Text::new(
    "foi feito com outra configuração da conta ou do token",
    "was made under other settings of the account, or of the token",
);
const EXPIRED: Text = Text::new("venceu", "has expired");

/// What must not change between the pages of one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    /// Of the request.
    pub(crate) request: u128,
    /// Of what the rows depend on besides: what the reader may see, and the account's settings.
    pub(crate) settings: u128,
}

/// The last row of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum PageEnd {
    /// By its place in the total order.
    Row { created_at: Instant, session_id: String, position: u64 },
    /// By how many groups of a summary came before it, itself included.
    Groups(usize),
}

/// Where the next page begins, and in which snapshot of the lake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    version: u8,
    /// Sealed under the name that it had first, so that cursors made by an earlier version go on working.
    #[serde(rename = "state")]
    pub(crate) snapshot: Instant,
    query: Fingerprint,
    /// Under the name that it had first, for the same reason.
    #[serde(rename = "place")]
    pub(crate) end: PageEnd,
}

impl Cursor {
    /// A cursor of the query with this fingerprint.
    pub(crate) fn new(snapshot: Instant, query: Fingerprint, end: PageEnd) -> Cursor {
        Cursor { version: VERSION, snapshot, query, end }
    }

    pub(crate) fn seal(&self, key: &DataKey, account: &AccountId) -> Result<String, SealError> {
        // Serialising to memory fails only for maps with odd keys, which this type does not have.
        let json = serde_json::to_vec(self).unwrap_or_default();
        Ok(BASE64_URL_SAFE_NO_PAD.encode(key.seal(&context(account), &json)?))
    }

    /// Reads what `seal` made. 422 for any other text, another account or query, and after 24 h.
    pub(crate) fn open(
        text: &str,
        key: &DataKey,
        account: &AccountId,
        query: Fingerprint,
        now: Instant,
    ) -> Result<Cursor, Problem> {
        let again = |what: Text| {
            Problem::invalid(
                "cursor",
                Words::new(
                    format!("{}: envie a requisição sem ele para recomeçar", what.pt),
                    format!("{}: send the request without it to start again", what.en),
                ),
            )
        };
        let unknown = || again(UNKNOWN);
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| unknown())?;
        let json = key.open(&context(account), &sealed).map_err(|_| unknown())?;
        let cursor: Cursor = serde_json::from_slice(&json).map_err(|_| unknown())?;
        if cursor.query.request != query.request {
            return Err(Problem::invalid("cursor", OF_ANOTHER));
        }
        if cursor.query.settings != query.settings {
            return Err(again(OTHER_SETTINGS));
        }
        if cursor.version != VERSION || cursor.snapshot.plus_seconds(SNAPSHOT_SECONDS) < now {
            return Err(again(EXPIRED));
        }
        Ok(cursor)
    }
}

fn context(account: &AccountId) -> Vec<u8> {
    format!("cursor|{account}").into_bytes()
}

/// 422 for a cursor whose snapshot cannot be shown any more, because an erasure took from it.
pub(crate) fn leads_to_erased() -> Problem {
    Problem::invalid(
        "cursor",
        Text::new(
            "leva a dados que foram apagados: envie a requisição sem ele para recomeçar",
            "leads to data that was erased: send the request without it to start again",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_790_000_000_000_000);

    fn account(id: &str) -> AccountId {
        AccountId::try_from(id.to_owned()).unwrap()
    }

    const QUERY: Fingerprint = Fingerprint { request: 7, settings: 8 };

    fn cursor() -> Cursor {
        let end = PageEnd::Row { created_at: NOW, session_id: "é#1".to_owned(), position: 7 };
        Cursor::new(NOW, QUERY, end)
    }

    #[test]
    fn a_cursor_reads_back_for_a_day() {
        let (key, demo) = (DataKey::random(), account("demo"));
        let text = cursor().seal(&key, &demo).unwrap();
        for seconds in [0, SNAPSHOT_SECONDS] {
            let now = NOW.plus_seconds(seconds);
            assert_eq!(Cursor::open(&text, &key, &demo, QUERY, now).unwrap(), cursor());
        }
        let late = NOW.plus_seconds(SNAPSHOT_SECONDS + 1);
        assert!(Cursor::open(&text, &key, &demo, QUERY, late).is_err());
    }

    #[test]
    fn a_cursor_keeps_the_names_that_it_was_first_sealed_with() {
        let json = serde_json::to_value(cursor()).unwrap();
        let names: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(names, ["place", "query", "state", "version"]);
    }

    #[test]
    fn a_foreign_or_changed_cursor_is_refused_by_name() {
        let (key, demo) = (DataKey::random(), account("demo"));
        let text = cursor().seal(&key, &demo).unwrap();
        let refused = |text: &str, key: &DataKey, account: &AccountId, query| {
            let problem = Cursor::open(text, key, account, query, NOW).unwrap_err();
            assert_eq!(problem.status().as_u16(), 422);
            assert!(problem.detail().starts_with("cursor "), "{}", problem.detail());
        };
        refused(&text, &key, &account("other"), QUERY);
        refused(&text, &key, &demo, Fingerprint { request: 8, ..QUERY });
        refused(&text, &key, &demo, Fingerprint { settings: 7, ..QUERY });
        refused(&text, &DataKey::random(), &demo, QUERY);
        refused(&text[1..], &key, &demo, QUERY);
        for odd in ["", "é", "AAAA", &text.replace(&text[20..24], "AAAA")] {
            refused(odd, &key, &demo, QUERY);
        }
    }
}
