//! Files whose first bytes do not arrive: from a server that hangs up in the middle of its answer.

use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use store::Names;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use domain::id::{AccountId, StorageId};

use super::*;

/// A store on a server that answers every request with this text and then hangs up.
async fn answering(answer: &'static str) -> Store {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
            while !request.ends_with(b"\r\n\r\n") {
                let read = socket.read(&mut buffer).await.unwrap();
                request.extend_from_slice(&buffer[..read]);
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            socket.shutdown().await.unwrap();
        }
    });
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let retries = RetryConfig::disabled();
    let config =
        store::aws::builder("sa-east-1", credentials).retry_config(retries).endpoint_url(url).build();
    let name = || "name".to_owned();
    Store::new(&config, Names { table: name(), lake_bucket: name(), media_bucket: name(), key: name() })
}

fn link() -> Link {
    let [account, storage] = ["demo", "x"].map(str::to_owned);
    let storage = StorageId::try_from(storage).unwrap();
    Link::new(AccountId::try_from(account).unwrap(), &storage, Instant::now(), true)
}

#[tokio::test]
async fn a_file_whose_first_bytes_break_off_is_busy_and_not_broken() {
    let cut = "HTTP/1.1 206 Partial Content\r\ncontent-length: 512\r\n\r\n\u{89}PNG";
    let error = find(&answering(cut).await, &link()).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Busy, "{error:?}");
    let whole = "HTTP/1.1 206 Partial Content\r\ncontent-length: 5\r\n\r\nhello";
    let file = find(&answering(whole).await, &link()).await.unwrap().unwrap();
    assert_eq!(file.media_type, "application/octet-stream");
}
