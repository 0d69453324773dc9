//! What a request brings: its body, its JSON and its query string, each refused with all that is wrong with it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use futures::StreamExt;
use http::request::Parts;
use http::{HeaderMap, header};
use runtime::compute;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::misfit::{Misfit, REQUIRED, no_json, unfit};
use crate::problem::Problem;
use domain::id::AccountId;
use domain::lang::{Lang, Text, Words};

/// What a JSON body may hold: plenty for any request but the sending of sessions.
const MAX_JSON: usize = 2 << 20;
/// A body of this length is read within a millisecond; a longer one is read apart from the threads that serve requests.
const READ_AT_ONCE: usize = 64 << 10;
/// How much of a body that is too large is read and thrown away: a client that is still sending when it is refused
/// would see a broken connection in place of the answer.
const MAX_DISCARDED: usize = 64 << 20;

/// The language that a request wants to be answered in.
pub fn language(headers: &HeaderMap) -> Lang {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Lang::accepted(accepted.unwrap_or_default())
}

/// The address that the request came in by, without a slash at the end.
pub fn base_url(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let plain = |host: &&str| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
    };
    let host = text("host").filter(plain).unwrap_or("localhost");
    let loopback = ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name));
    let forwarded = text("x-forwarded-proto").filter(|scheme| ["http", "https"].contains(scheme));
    let scheme = forwarded.unwrap_or(if loopback { "http" } else { "https" });
    format!("{scheme}://{host}")
}

/// A whole body of at most `max` bytes; 413 past that.
pub async fn collect(body: Body, max: usize) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let (mut sent, mut size) = (Vec::new(), 0);
    while size <= MAX_DISCARDED
        && let Some(chunk) = chunks.next().await
    {
        let chunk = chunk.map_err(|_| {
            Problem::bad_request(Text::new(
                "o corpo não chegou inteiro: envie a mesma requisição de novo",
                "the body did not arrive whole: send the same request again",
            ))
        })?;
        size += chunk.len();
        if size <= max {
            sent.extend_from_slice(&chunk);
        }
    }
    if size > max {
        let mib = max >> 20;
        Err(Problem::too_large(Words::new(
            format!("o corpo tem mais de {mib} MiB como foi enviado: envie menos de cada vez"),
            format!("the body is larger than {mib} MiB as sent: send less at a time"),
        )))
    } else {
        Ok(sent)
    }
}

/// A JSON object as body. Not JSON is 400; JSON that does not fit is 422 and names the place.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send + 'static> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Json<T>, Problem> {
        let body = collect(request.into_body(), MAX_JSON).await?;
        if body.len() <= READ_AT_ONCE {
            return parse_json(&body).map(Json);
        }
        compute::run(async move { parse_json(&body) }).await.map(Json)
    }
}

/// Reads a JSON object by the rules of `Json`.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Problem::bad_request(Words::new(
            format!("o corpo não é JSON: não está em UTF-8 depois do byte {at}"),
            format!("the body is not JSON: it is not UTF-8 after byte {at}"),
        ))
    })?;
    // First whether it is JSON at all: the reader reports some values of a wrong type as faults of syntax.
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| Problem::bad_request(no_json(&error)))?;
    let read = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text));
    read.map(|Object(value)| value).map_err(|error| {
        Misfit::of(error.inner()).problem(&error.path().to_string(), Text::new("o corpo", "the body"))
    })
}

/// A value that is written as a JSON object and in no other way: an array would be taken for the object's values in
/// the order of our source.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(transparent)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Object)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// A field of a request: one that does not fit is refused only when it is asked for, so that its neighbours are looked
/// at too. Null counts as absent.
#[derive(Debug, Default)]
pub enum InputField<T> {
    /// Not sent.
    #[default]
    Absent,
    /// Sent and read.
    Fits(T),
    /// Sent and not understood, with the reason.
    Unfit(Words),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for InputField<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<InputField<T>, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => InputField::Absent,
            value => serde_json::from_value(value)
                .map_or_else(|error| InputField::Unfit(unfit(&error)), InputField::Fits),
        })
    }
}

impl<T> InputField<T> {
    /// The value, if there is one; 422 where it does not fit.
    pub fn optional(self, name: &str) -> Result<Option<T>, Problem> {
        match self {
            InputField::Absent => Ok(None),
            InputField::Fits(value) => Ok(Some(value)),
            InputField::Unfit(reason) => Err(Problem::invalid(name, reason)),
        }
    }

    /// The value; 422 where there is none.
    pub fn required(self, name: &str) -> Result<T, Problem> {
        self.optional(name)?.ok_or_else(|| Problem::invalid(name, REQUIRED))
    }
}

/// What a request holds beside its fields (`#[serde(flatten)]`).
#[derive(Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub struct Others(BTreeMap<String, IgnoredAny>);

impl Others {
    /// 422 that names each of them.
    pub fn refuse(self) -> Result<(), Problem> {
        const UNKNOWN: Text = Text::new(
            "não é um campo desta requisição: confira o nome em /docs, ou retire-o",
            "is not a field of this request: check its name at /docs, or leave it out",
        );
        let refused = self.0.into_keys().map(|name| Err(Problem::invalid(name, UNKNOWN)));
        each::<()>(refused).map(drop)
    }
}

/// The query string of a route that works on one account.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountParameter {
    /// The account that is named; `None` for the caller's own.
    pub account: Option<AccountId>,
}

impl AccountParameter {
    /// The account that a request names in its query string, in its body, or in both alike. 422 where they differ.
    pub fn or_in_body(self, body: Option<AccountId>) -> Result<Option<AccountId>, Problem> {
        match (self.account, body) {
            (Some(query), Some(body)) if query != body => Err(Problem::invalid(
                "account",
                Text::new(
                    "não é a mesma no endereço e no corpo: diga a conta em um deles só",
                    "is not the same in the address and in the body: name the account in one of them only",
                ),
            )),
            (query, body) => Ok(query.or(body)),
        }
    }
}

/// The values of several results, or all that is wrong with any of them, in their order: `all((first, second, third))?`.
pub fn all<T: Results>(results: T) -> Result<T::Values, Problem> {
    results.values()
}

/// A tuple of results of one to six parts of a request.
pub trait Results {
    /// The tuple of their values.
    type Values;

    /// The values, or all that is wrong.
    fn values(self) -> Result<Self::Values, Problem>;
}

impl<A> Results for (Result<A, Problem>,) {
    type Values = (A,);

    fn values(self) -> Result<(A,), Problem> {
        self.0.map(|value| (value,))
    }
}

/// Results of some parts and one more.
macro_rules! results {
    ($($type:ident $value:ident),+; $last:ident $last_value:ident) => {
        impl<$($type,)+ $last> Results for ($(Result<$type, Problem>,)+ Result<$last, Problem>) {
            type Values = ($($type,)+ $last);

            fn values(self) -> Result<Self::Values, Problem> {
                let ($($value,)+ $last_value) = self;
                let before = ($($value,)+).values();
                both(before, $last_value).map(|(($($value,)+), $last_value)| ($($value,)+ $last_value))
            }
        }
    };
}

results!(A a; B b);
results!(A a, B b; C c);
results!(A a, B b, C c; D d);
results!(A a, B b, C c, D d; E e);
results!(A a, B b, C c, D d, E e; F f);

/// Both values, or all that is wrong with either.
fn both<A, B>(a: Result<A, Problem>, b: Result<B, Problem>) -> Result<(A, B), Problem> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(a.and(b)),
        (Err(problem), _) | (_, Err(problem)) => Err(problem),
    }
}

/// All values, or all that is wrong with any of them.
pub fn each<T>(results: impl IntoIterator<Item = Result<T, Problem>>) -> Result<Vec<T>, Problem> {
    let mut all = Ok(Vec::new());
    for one in results {
        all = both(all, one).map(|(mut all, one)| {
            all.push(one);
            all
        });
    }
    all
}

/// The parameters of the query string; 422 where one is unknown or does not fit.
#[derive(Debug)]
pub struct Parameters<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Parameters<T>, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Parameters(query)),
            Err(rejection) => {
                const WHOLE: Text = Text::new("a query string", "the query string");
                type ReadError = serde_path_to_error::Error<serde::de::value::Error>;
                let cause = rejection.source().and_then(Error::source);
                Err(match cause.and_then(|cause| cause.downcast_ref::<ReadError>()) {
                    Some(error) => {
                        let path = error.path().to_string();
                        Misfit::read(&error.inner().to_string()).problem(&path, WHOLE)
                    }
                    None => Misfit::read(&rejection.to_string()).problem(".", WHOLE),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
