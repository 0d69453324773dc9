//! Errors as clients see them: RFC 9457 problem details.
//!
//! A handler returns a `Problem` by `?`; `http::host` writes its body, for only there the request's id is known.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::lang::{Lang, Text, Words};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};

use store::StoreError;

/// The most faults of one answer: who sends more of them needs no longer list.
const MAX_FAULTS: usize = 100;
/// How much of a field's name is repeated.
const MAX_NAME_CHARS: usize = 80;

/// How long a client should wait when storage pushes back, in seconds.
pub const STORAGE_RETRY_SECONDS: u32 = 2;
/// The detail of an answer that storage made impossible for a reason that does not pass by itself.
pub const STORAGE_FAULT: Text = Text::new(
    "O armazenamento falhou por um motivo que não é seu e que não muda se a requisição for repetida: informe ao operador \
    o request_id desta resposta.",
    "Storage failed for a reason that is not yours and that sending the request again does not change: tell the operator \
    the request_id of this answer.",
);
const MORE: Text = Text::new("a mais em errors", "more in errors");
const STORAGE_LATE: Text = Text::new(
    "O armazenamento não respondeu a tempo. Nada se perdeu: envie a mesma requisição de novo.",
    "Storage did not answer in time. Nothing is lost: send the same request again.",
);

/// One of several things that are wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Which item of a batch.
    pub index: Option<usize>,
    /// Which field.
    pub field: Option<String>,
    /// What is wrong and what to do.
    pub message: Words,
}

/// A fault as clients see it, in their language.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultView {
    /// Which item of a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// Which field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

impl FaultView {
    fn new(fault: Fault, lang: Lang) -> FaultView {
        let Fault { index, field, message } = fault;
        FaultView { index, field, message: message.in_lang(lang).to_owned() }
    }
}

/// Why a request is refused. Boxed, for every handler's result carries room for one.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    detail: Words,
    faults: Vec<Fault>,
    headers: HeaderMap,
    members: Map<String, Value>,
}

impl Problem {
    /// A problem with its detail: what, where, what to do.
    pub fn new(status: StatusCode, detail: impl Into<Words>) -> Problem {
        let (faults, headers, members) = (Vec::new(), HeaderMap::new(), Map::new());
        Problem(Box::new(Parts { status, detail: detail.into(), faults, headers, members }))
    }

    /// 400: the request cannot be read.
    pub fn bad_request(detail: impl Into<Words>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 422: the request can be read, but one field does not fit.
    pub fn invalid(field: impl Into<String>, message: impl Into<Words>) -> Problem {
        // A name that the client made up may be as long as the body; the start of it is enough to find it.
        let field: String = field.into().chars().take(MAX_NAME_CHARS).collect();
        let message: Words = message.into();
        let detail = Words::new(format!("{field} {}", message.pt), format!("{field} {}", message.en));
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
        problem.fault(Fault { index: None, field: Some(field), message })
    }

    /// 401: who asks is not known (RFC 6750, section 3.1).
    pub fn unauthorized(detail: impl Into<Words>) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, detail)
            .header(header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token", realm="premium-report""#)
    }

    /// 403: who asks is known and may not.
    pub fn forbidden(detail: impl Into<Words>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, detail)
            .header(header::WWW_AUTHENTICATE, r#"Bearer error="insufficient_scope", realm="premium-report""#)
    }

    /// 404: nothing is there.
    pub fn not_found(detail: impl Into<Words>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// 413: more than one request may carry.
    pub fn too_large(detail: impl Into<Words>) -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// 429: more than the caller may use in a minute, of which `seconds` are left.
    pub fn too_many(detail: impl Into<Words>, seconds: i64) -> Problem {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).header(header::RETRY_AFTER, &seconds.to_string())
    }

    /// 503: try again after `seconds`.
    pub fn unavailable(detail: impl Into<Words>, seconds: u32) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
            .header(header::RETRY_AFTER, &seconds.to_string())
    }

    /// Adds one of several faults.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Problem {
        self.0.faults.push(fault);
        self
    }

    /// This problem and another of the same status as one, which names the faults of both; of two statuses the first
    /// is answered.
    #[must_use]
    pub fn and(mut self, other: Problem) -> Problem {
        if self.0.status == other.0.status {
            let room = MAX_FAULTS.saturating_sub(self.0.faults.len());
            self.0.faults.extend(other.0.faults.into_iter().take(room));
        }
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Problem {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.insert(name, value);
        }
        self
    }

    /// Adds members beside the standard ones, as RFC 9457 allows.
    #[must_use]
    pub fn members(mut self, members: Map<String, Value>) -> Problem {
        self.0.members.extend(members);
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What is wrong, one by one.
    pub fn faults(&self) -> &[Fault] {
        &self.0.faults
    }

    /// What, where, what to do, in English.
    pub fn detail(&self) -> &str {
        &self.0.detail.en
    }

    /// What, where, what to do.
    pub fn words(&self) -> &Words {
        &self.0.detail
    }

    /// The whole response, naming the request it answers, in the language of who asked.
    pub(crate) fn respond(self, request_id: &str, lang: Lang) -> Response {
        let Parts { status, detail, faults, headers, members } = *self.0;
        let detail = detail.in_lang(lang);
        let detail = match faults.len() {
            0 | 1 => detail.to_owned(),
            all => format!("{detail}; {} {}", all - 1, MORE.in_lang(lang)),
        };
        let mut body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": detail,
            "request_id": request_id,
        });
        if let Value::Object(body) = &mut body {
            if !faults.is_empty() {
                let told = faults.into_iter().map(|fault| FaultView::new(fault, lang));
                body.insert("errors".to_owned(), json!(told.collect::<Vec<_>>()));
            }
            body.extend(members);
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    /// 503 with `Retry-After` for what may go well later; 500 for what an operator has to look at.
    ///
    /// Besides `Busy` that is a `Conflict` that gets as far as here. Whoever expects one makes an answer of its own of it,
    /// and no route commits to the lake. What is left are rows under a new random id, of a token or a signing key: the first
    /// attempt was made, its answer was lost, and the SDK's next attempt met the row. The same request again takes another
    /// id, so to try again is right, and an operator has nothing to look at.
    fn from(error: StoreError) -> Problem {
        tracing::error!(error = %runtime::telemetry::chain(&error), "storage failed");
        if error.kind.is_passing() {
            Problem::unavailable(STORAGE_LATE, STORAGE_RETRY_SECONDS)
        } else {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, STORAGE_FAULT)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: store::StoreErrorKind) -> StoreError {
        let mut error = StoreError::busy("testing", "x");
        error.kind = kind;
        error
    }

    fn of(error: StoreError) -> (u16, bool, String) {
        let problem = Problem::from(error);
        let waits = problem.0.headers.contains_key(header::RETRY_AFTER);
        (problem.status().as_u16(), waits, problem.detail().to_owned())
    }

    #[test]
    fn only_failures_that_pass_ask_for_another_attempt() {
        use store::StoreErrorKind::{Broken, Busy, Conflict, NotFound, Refused};
        for kind in [Busy, Conflict] {
            let (status, waits, detail) = of(failure(kind));
            assert_eq!((status, waits), (503, true), "{kind:?}");
            assert!(detail.contains("send the same request again"), "{detail}");
        }
        for kind in [Broken, NotFound, Refused] {
            let (status, waits, detail) = of(failure(kind));
            assert_eq!((status, waits), (500, false), "{kind:?}");
            assert!(detail.contains("request_id") && !detail.contains("send the same"), "{detail}");
        }
    }
}
