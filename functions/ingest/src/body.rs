//! Reads a request's body and decompresses it, within limits.

use std::io::Read;

use axum::body::Body;
use domain::lang::Text;
use flate2::bufread::MultiGzDecoder;
use http::{HeaderMap, StatusCode, header};
use web::input::collect;
use web::problem::Problem;

use crate::limits::{MAX_INFLATED, MAX_SENT};

const UNKNOWN_ENCODING: Text =
    Text::new("Content-Encoding deve ser gzip ou identity", "Content-Encoding must be gzip or identity");
const BROKEN_GZIP: Text = Text::new(
    "o corpo não é o gzip inteiro que Content-Encoding diz que é",
    "the body is not the whole gzip that Content-Encoding says it is",
);
const TOO_LARGE: Text = Text::new(
    "o corpo tem mais de 20 MiB depois de descompactado: divida-o em vários",
    "the body is larger than 20 MiB once inflated: send it in several parts",
);

/// Reads a whole body: 413 past a limit, 415 for an unknown encoding, 400 for one that is broken.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let encoding = headers.get(header::CONTENT_ENCODING).map_or(b"".as_slice(), |value| value.as_bytes());
    match encoding.trim_ascii().to_ascii_lowercase().as_slice() {
        b"" | b"identity" => collect(body, MAX_SENT).await,
        b"gzip" | b"x-gzip" => inflate(&collect(body, MAX_SENT).await?),
        _ => Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, UNKNOWN_ENCODING)),
    }
}

/// Reads a body and throws it away: a client that is still sending it when it is refused would see a broken connection in
/// place of the answer.
pub(crate) async fn discard(body: Body) {
    drop(collect(body, 0).await);
}

fn inflate(sent: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut inflated = Vec::new();
    let read = MultiGzDecoder::new(sent).take(MAX_INFLATED as u64 + 1).read_to_end(&mut inflated);
    read.map_err(|_| Problem::bad_request(BROKEN_GZIP))?;
    if inflated.len() > MAX_INFLATED { Err(Problem::too_large(TOO_LARGE)) } else { Ok(inflated) }
}

#[cfg(test)]
mod tests;
