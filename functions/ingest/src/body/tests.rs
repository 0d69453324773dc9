use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn sent(encoding: &'static str, body: Vec<u8>) -> Result<Vec<u8>, u16> {
    let encoding = HeaderValue::from_static(encoding);
    let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, encoding)]);
    read(&headers, Body::from(body)).await.map_err(|problem| problem.status().as_u16())
}

#[tokio::test]
async fn a_body_comes_plain_or_as_gzip() {
    assert_eq!(read(&HeaderMap::new(), Body::from("x")).await.unwrap(), b"x");
    assert_eq!(sent("", b"x".to_vec()).await, Ok(b"x".to_vec()));
    assert_eq!(sent("Identity", b"x".to_vec()).await, Ok(b"x".to_vec()));
    for name in ["gzip", "GZIP", " x-gzip"] {
        assert_eq!(sent(name, gzip(b"hello")).await, Ok(b"hello".to_vec()), "{name}");
    }
    let two_members = [gzip(b"he"), gzip(b"llo")].concat();
    assert_eq!(sent("gzip", two_members).await, Ok(b"hello".to_vec()));
}

#[tokio::test]
async fn a_broken_gzip_is_400_and_another_encoding_415() {
    let whole = gzip(&[7; 1000]);
    let mut wrong_sum = whole.clone();
    let at = whole.len() - 6;
    wrong_sum[at] ^= 1;
    for broken in [b"plain".to_vec(), Vec::new(), whole[..whole.len() - 1].to_vec(), wrong_sum] {
        assert_eq!(sent("gzip", broken).await, Err(400));
    }
    for name in ["br", "deflate", "zstd", "gzip, gzip"] {
        assert_eq!(sent(name, gzip(b"x")).await, Err(415), "{name}");
    }
}

#[tokio::test]
async fn a_body_past_a_limit_is_413() {
    assert_eq!(sent("", vec![b' '; MAX_SENT]).await.map(|body| body.len()), Ok(MAX_SENT));
    assert_eq!(sent("", vec![b' '; MAX_SENT + 1]).await, Err(413));
    assert_eq!(sent("", vec![b' '; 6 << 20]).await, Err(413));
    assert_eq!(sent("gzip", gzip(&vec![b' '; MAX_INFLATED])).await.map(|body| body.len()), Ok(MAX_INFLATED));
    assert_eq!(sent("gzip", gzip(&vec![b' '; MAX_INFLATED + 1])).await, Err(413));
    assert_eq!(sent("gzip", gzip(&vec![b' '; 200 << 20])).await, Err(413));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_400() {
    let chunks = [Ok("[{}"), Err(std::io::Error::other("gone"))];
    let body = Body::from_stream(futures::stream::iter(chunks));
    assert_eq!(read(&HeaderMap::new(), body).await.unwrap_err().status(), StatusCode::BAD_REQUEST);
}
