//! The outcome of each item of a batch, as the client is told.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use domain::account::Unkept;
use domain::dictionary;
use domain::id::SessionId;
use domain::lang::{Lang, Text, Words};
use domain::time::Instant;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use store::{LeftOut, Rejection};
use web::problem::{self, FaultView, Problem, STORAGE_FAULT, STORAGE_RETRY_SECONDS};

use crate::limits::{MAX_HINTED_ITEMS, MAX_UNKNOWN_KEYS, MAX_WARNINGS};
use crate::parse::Fault;

const STALE: [Text; 2] = [
    Text::new(
        "já há uma versão desta sessão que conta como mais nova, de",
        "a version of this session that counts as newer is kept already, of",
    ),
    Text::new(
        "para corrigir a sessão, envie-a com um updated_at depois desse instante",
        "to correct the session, send it with an updated_at after that time",
    ),
];
const RETRY: Text = Text::new(
    "não foi possível armazenar agora: envie esta sessão de novo",
    "could not be stored now: send this session again",
);
const SOME_RETRY: Text = Text::new(
    "o armazenamento está ocupado: envie de novo os itens com o resultado retry, e só eles",
    "storage is busy: send the items with the outcome retry again, and only these",
);
const ALL_REJECTED: Text = Text::new(
    "nenhuma sessão pôde ser lida: results diz por quê",
    "no session can be read: results says why",
);
const UNKNOWN_KEY: Text =
    Text::new("não é uma chave conhecida e não foi lida", "is not a known key and was not read");
const KNOWN_KEYS: Text = Text::new("/docs lista as conhecidas", "/docs lists those that are");
const LEFT_OUT: Text = Text::new(
    "o valor ficou de fora e a sessão foi gravada",
    "the value was left out and the session was stored",
);
const WOULD_BE_LEFT_OUT: Text = Text::new(
    "o valor ficaria de fora e a sessão seria gravada",
    "the value would be left out and the session would be stored",
);
const PERHAPS: Text = Text::new("talvez", "perhaps");

/// The outcome of an item that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// The same version was stored already.
    Unchanged,
    /// A newer version was stored already.
    Stale,
    /// The session's last interaction was before the account's first day, or the session is past its
    /// retention.
    Ignored,
    /// The item cannot be read.
    Rejected,
    /// The item could not be stored now, and should be sent again.
    Retry,
}

/// The answer to a batch.
#[derive(Debug, Default, Serialize)]
pub(crate) struct BatchAnswer {
    pub(crate) received: usize,
    pub(crate) accepted: usize,
    pub(crate) unchanged: usize,
    pub(crate) stale: usize,
    pub(crate) ignored: usize,
    pub(crate) rejected: usize,
    results: Vec<ItemResult>,
    /// How many items have a value that was left out.
    warned: usize,
    warnings: Vec<Warning>,
    unknown_keys: Vec<String>,
    /// For each unknown key, which items have it, and which known key it may stand for.
    unknown_key_hints: Vec<KeyHint>,
    /// The language of its messages.
    #[serde(skip)]
    lang: Lang,
    /// What is kept of the rejected items.
    #[serde(skip)]
    pub(crate) rejections: Vec<Rejection>,
    /// How many values of each field were left out, and the last of them.
    #[serde(skip)]
    left_out: BTreeMap<String, (i64, Fault)>,
    #[serde(skip)]
    pub(crate) retry: usize,
    /// Whether one of the failures behind `retry` does not pass by itself.
    #[serde(skip)]
    pub(crate) fault: bool,
}

#[derive(Debug, Serialize)]
struct ItemResult {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FaultView>,
    /// The same faults in both languages.
    #[serde(skip)]
    faults: Vec<Fault>,
}

/// A value that was left out.
#[derive(Debug, Serialize)]
struct Warning {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    message: String,
}

/// What to do about an unknown key.
#[derive(Debug, Serialize)]
struct KeyHint {
    key: String,
    /// The first item that has the key.
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    /// How many items have the key.
    items: usize,
    /// The first ten of them.
    indexes: Vec<usize>,
    message: String,
}

impl KeyHint {
    fn new(key: &str, index: usize, session_id: Option<SessionId>, lang: Lang) -> KeyHint {
        let way_out = match dictionary::near(key) {
            Some(field) if key.contains('.') => format!("{} {}", PERHAPS.in_lang(lang), field.path()),
            Some(field) => format!("{} {}", PERHAPS.in_lang(lang), field.name),
            None => KNOWN_KEYS.in_lang(lang).to_owned(),
        };
        let message = format!("{key} {}; {way_out}", UNKNOWN_KEY.in_lang(lang));
        KeyHint { key: key.to_owned(), index, session_id, items: 0, indexes: Vec::new(), message }
    }

    /// Notes an item that has the key.
    fn add_item(&mut self, index: usize) {
        self.items += 1;
        if self.indexes.len() < MAX_HINTED_ITEMS {
            self.indexes.push(index);
        }
    }
}

impl BatchAnswer {
    /// An answer about nothing yet, in a language.
    pub(crate) fn new(received: usize, lang: Lang) -> BatchAnswer {
        BatchAnswer { received, lang, ..BatchAnswer::default() }
    }

    /// Notes the outcome of an item that was not accepted.
    pub(crate) fn note_outcome(&mut self, index: usize, session_id: Option<SessionId>, outcome: Outcome) {
        let message = (outcome == Outcome::Retry).then(|| RETRY.in_lang(self.lang).to_owned());
        self.note(index, session_id, outcome, message);
    }

    fn note(
        &mut self,
        index: usize,
        session_id: Option<SessionId>,
        outcome: Outcome,
        message: Option<String>,
    ) {
        *match outcome {
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Stale => &mut self.stale,
            Outcome::Ignored => &mut self.ignored,
            Outcome::Rejected => &mut self.rejected,
            Outcome::Retry => &mut self.retry,
        } += 1;
        self.results.push(ItemResult {
            index,
            session_id,
            outcome,
            field: None,
            message,
            errors: Vec::new(),
            faults: Vec::new(),
        });
    }

    /// Notes an item that the account does not keep, and why.
    pub(crate) fn ignore(&mut self, index: usize, session_id: SessionId, why: Unkept) {
        self.note(index, Some(session_id), Outcome::Ignored, Some(why.message(self.lang)));
    }

    /// Notes an item of which a newer version is kept, and of when that is.
    pub(crate) fn outdate(&mut self, index: usize, session_id: SessionId, kept_at: Instant) {
        let [kept, way_out] = STALE.map(|text| text.in_lang(self.lang));
        let message = format!("{kept} {}: {way_out}", kept_at.to_rfc3339());
        self.note(index, Some(session_id), Outcome::Stale, Some(message));
    }

    /// Notes an item that cannot be read, and everything that is wrong with it.
    pub(crate) fn reject(&mut self, index: usize, session_id: Option<SessionId>, faults: Vec<Fault>) {
        if let Some(first) = faults.first() {
            let (session_id, field) = (session_id.clone(), first.field.clone());
            self.rejections.push(Rejection::new(session_id, field, first.reason()));
        }
        self.note_outcome(index, session_id, Outcome::Rejected);
        if let Some(line) = self.results.last_mut() {
            let told = faults.iter().map(|fault| FaultView {
                index: None,
                message: fault.message(self.lang),
                field: fault.field.clone(),
            });
            line.errors = told.collect();
            line.faults = faults;
            if let Some(first) = line.errors.first() {
                (line.field, line.message) = (first.field.clone(), Some(first.message.clone()));
            }
        }
    }

    /// Notes the values of an item that were left out, and its keys that the dictionary does not know.
    pub(crate) fn warn(
        &mut self,
        index: usize,
        session_id: Option<&SessionId>,
        warnings: Vec<Fault>,
        unknown_keys: Vec<String>,
    ) {
        self.warned += usize::from(!warnings.is_empty());
        for fault in warnings {
            if self.warnings.len() < MAX_WARNINGS {
                let (session_id, field) = (session_id.cloned(), fault.field.clone());
                self.warnings.push(Warning { index, session_id, field, message: fault.message(self.lang) });
            }
            if let Some(field) = &fault.field {
                let count = self.left_out.get(field).map_or(0, |(count, _)| *count);
                self.left_out.insert(field.clone(), (count + 1, fault));
            }
        }
        for key in unknown_keys {
            if self.unknown_keys.len() < MAX_UNKNOWN_KEYS && !self.unknown_keys.contains(&key) {
                self.unknown_key_hints.push(KeyHint::new(&key, index, session_id.cloned(), self.lang));
                self.unknown_keys.push(key.clone());
            }
            if let Some(hint) = self.unknown_key_hints.iter_mut().find(|hint| hint.key == key) {
                hint.add_item(index);
            }
        }
    }

    /// The same answer, whose warnings say that their session was stored nevertheless, where it was. In a trial they say
    /// what would have become of it, for it stores nothing.
    pub(crate) fn with_fates(mut self, is_trial: bool) -> BatchAnswer {
        let fates: BTreeMap<_, _> = self.results.iter().map(|line| (line.index, line.outcome)).collect();
        for warning in &mut self.warnings {
            let fate = match (fates.get(&warning.index), is_trial) {
                (None | Some(Outcome::Unchanged), true) => WOULD_BE_LEFT_OUT,
                (None | Some(Outcome::Unchanged), false) => LEFT_OUT,
                // `results` says what became of the others.
                _ => continue,
            };
            warning.message += &format!("; {}", fate.in_lang(self.lang));
        }
        self
    }

    /// The same answer, with the indexes of the documents in which the items were found. Those of one document stay in
    /// their order.
    pub(crate) fn by_document(mut self, document: impl Fn(usize) -> usize) -> BatchAnswer {
        self.results.sort_by_key(|line| line.index);
        self.results.iter_mut().for_each(|line| line.index = document(line.index));
        self.warnings.iter_mut().for_each(|warning| warning.index = document(warning.index));
        for hint in &mut self.unknown_key_hints {
            hint.index = document(hint.index);
            hint.indexes.iter_mut().for_each(|index| *index = document(*index));
            hint.indexes.dedup();
        }
        self
    }

    /// What is kept of the values that were left out of a batch of now.
    pub(crate) fn left_out(&self, now: Instant) -> Vec<LeftOut> {
        let fields = self.left_out.iter().map(|(field, (count, fault))| LeftOut {
            field: field.clone(),
            count: *count,
            reason: fault.reason(),
            shape: fault.shape(),
            last_at: now,
        });
        fields.collect()
    }

    fn problem(&self) -> Option<Problem> {
        let problem = if self.fault {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, STORAGE_FAULT)
        } else if self.retry > 0 {
            Problem::unavailable(SOME_RETRY, STORAGE_RETRY_SECONDS)
        } else if self.rejected > 0 && self.rejected == self.received {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, ALL_REJECTED)
        } else {
            return None;
        };
        let faults = self.results.iter().flat_map(|line| {
            line.faults.iter().map(|fault| problem::Fault {
                index: Some(line.index),
                field: fault.field.clone(),
                message: Words::new(fault.message(Lang::Pt), fault.message(Lang::En)),
            })
        });
        let members = match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            _ => serde_json::Map::new(),
        };
        Some(faults.fold(problem, Problem::fault).members(members))
    }
}

impl IntoResponse for BatchAnswer {
    /// The status is 200 when every item could be read, 207 when some could not, 422 when none could, 503
    /// when some must be sent again, and 500 when some were not stored for a reason that an operator has to
    /// look at.
    fn into_response(mut self) -> Response {
        // Writes end in any order, and the answer lists items by their index.
        self.results.sort_by_key(|line| line.index);
        match self.problem() {
            Some(problem) => problem.into_response(),
            None if self.rejected > 0 => (StatusCode::MULTI_STATUS, axum::Json(self)).into_response(),
            None => axum::Json(self).into_response(),
        }
    }
}

#[cfg(test)]
mod tests;
