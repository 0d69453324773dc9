//! What became of each item of a batch, as the client is told.

use axum::response::{IntoResponse, Response};
use domain::id::SessionId;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use store::Rejection;
use web::problem::{self, Problem, STORAGE_FAULT, STORAGE_RETRY_SECONDS};

use crate::parse::Fault;

/// What became of an item that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// This very version was kept already.
    Unchanged,
    /// A newer version was kept already.
    Stale,
    /// It is before the account's start or past its retention.
    Ignored,
    /// It cannot be read.
    Rejected,
    /// It could not be stored now.
    Retry,
}

/// The answer to a batch.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) received: usize,
    pub(crate) accepted: usize,
    pub(crate) unchanged: usize,
    pub(crate) stale: usize,
    pub(crate) ignored: usize,
    pub(crate) rejected: usize,
    results: Vec<Line>,
    #[serde(skip)]
    pub(crate) retry: usize,
    /// Whether a failure of storage behind any `retry` does not pass by itself.
    #[serde(skip)]
    pub(crate) fault: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<SessionId>,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Report {
    /// An answer about nothing yet.
    pub(crate) fn new(received: usize) -> Report {
        Report { received, ..Report::default() }
    }

    /// Notes an item that was not accepted.
    pub(crate) fn leave(&mut self, index: usize, session_id: Option<SessionId>, outcome: Outcome) {
        *match outcome {
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Stale => &mut self.stale,
            Outcome::Ignored => &mut self.ignored,
            Outcome::Rejected => &mut self.rejected,
            Outcome::Retry => &mut self.retry,
        } += 1;
        self.results.push(Line { index, session_id, outcome, field: None, message: None });
    }

    /// Notes an item that cannot be read, and why.
    pub(crate) fn reject(&mut self, index: usize, session_id: Option<SessionId>, fault: Fault) {
        self.leave(index, session_id, Outcome::Rejected);
        if let Some(line) = self.results.last_mut() {
            line.field = fault.field;
            line.message = Some(fault.message);
        }
    }

    /// The items that cannot be read, and why.
    pub(crate) fn rejections(&self) -> Vec<Rejection> {
        let rejected = self.results.iter().filter(|line| line.outcome == Outcome::Rejected);
        let rejection = |line: &Line| Rejection {
            session_id: line.session_id.clone(),
            field: line.field.clone(),
            message: line.message.clone().unwrap_or_default(),
        };
        rejected.map(rejection).collect()
    }

    fn problem(&self) -> Option<Problem> {
        let problem = if self.fault {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, STORAGE_FAULT)
        } else if self.retry > 0 {
            Problem::unavailable(
                "storage pushes back: send the items with the outcome retry again, nothing else",
                STORAGE_RETRY_SECONDS,
            )
        } else if self.rejected > 0 && self.rejected == self.received {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no session can be read: results says why")
        } else {
            return None;
        };
        let faults = self.results.iter().filter_map(|line| {
            let message = line.message.clone()?;
            Some(problem::Fault { index: Some(line.index), field: line.field.clone(), message })
        });
        let members = match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            _ => serde_json::Map::new(),
        };
        Some(faults.fold(problem, Problem::fault).members(members))
    }
}

impl IntoResponse for Report {
    /// 200 when every item could be read, 207 when some could not, 422 when none could, 503 when some are to come again, and 500
    /// when some were not stored for a reason that an operator has to look at.
    fn into_response(mut self) -> Response {
        // Writes end in any order.
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
