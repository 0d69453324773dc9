//! How this process serves HTTP: to whoever asks for this machine by its own names, and within bounds of time.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ::http::uri::Authority;
use ::http::{StatusCode, header};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum_server::accept::NoDelayAcceptor;
use axum_server::{Handle, Server};
use domain::lang::Text;
use tokio::net::TcpListener;
use web::problem::Problem;

/// How long a connection may be open without a whole head of a request, and how long it may be idle.
const PATIENCE: Duration = Duration::from_secs(60);

const OTHER_HOST: Text = Text::new(
    "este ambiente responde só por 127.0.0.1 e localhost; com --listen 0.0.0.0:8787 ele responde por qualquer nome",
    "this stack answers for 127.0.0.1 and localhost only; with --listen 0.0.0.0:8787 it answers for any name",
);

/// Serves `router` on `listener` until `stop` ends and requests under way are done.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_within(PATIENCE, listener, router, stop).await
}

async fn serve_within(
    patience: Duration,
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let handle = Handle::new();
    // Otherwise the second packet of an answer waits until the client acknowledges the first, which takes 40 ms.
    let server = Server::<SocketAddr>::from_listener(listener).acceptor(NoDelayAcceptor::new());
    let mut server = server.handle(handle.clone()).first_request_timeout(patience);
    server.http_builder().http1().header_read_timeout(patience);
    let serving = server.serve(router.into_make_service_with_connect_info::<SocketAddr>());
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => ended,
        () = stop => {
            handle.graceful_shutdown(None);
            serving.await
        }
    }
}

/// Lets a router that is served on the loopback device refuse requests that name another host: a web page could reach it by
/// a name of its own that leads to this machine.
pub(crate) fn refuse_other_names(router: Router) -> Router {
    router.layer(from_fn(own_name))
}

/// Refuses requests to other hosts than the loopback device's.
async fn own_name(request: Request, next: Next) -> Result<Response, Problem> {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = named.and_then(|host| host.parse::<Authority>().ok()).or(request.uri().authority().cloned());
    match host {
        Some(host) if is_loopback(host.host()) => Ok(next.run(request).await),
        _ => Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, OTHER_HOST)),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn connections_that_stay_silent_are_closed_and_others_are_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "ok"));
        let patience = Duration::from_millis(300);
        tokio::spawn(serve_within(patience, listener, router, std::future::pending()));
        let said = async |sent: &'static str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(sent.as_bytes()).await.unwrap();
            let mut answer = String::new();
            // It ends only where the server closes the connection.
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        // Nothing, half a head, and a whole request after which the connection is kept open.
        assert_eq!(said("").await, "");
        assert!(!said("GET / HTTP/1.1\r\nHost: 127.0").await.contains("200 OK"));
        assert!(said("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.ends_with("ok"));
    }

    #[test]
    fn only_names_of_the_loopback_device_are_its_own() {
        for own in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "[::1]"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in
            ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "[::2]"]
        {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
