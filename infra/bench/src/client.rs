//! The load generator: asks the data function for pages, in this process: its router, or over a socket.

use std::net::Ipv4Addr;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use domain::id::AccountId;
use http::{Method, Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Store;
use tokio::net::TcpListener;
use tower::ServiceExt;
use web::public_url::PublicUrl;

use crate::error::BenchError;
use crate::questions::Question;

/// The path of the route that is measured.
const PATH: &str = "/v1/data";

/// A client of the data function, with a token for it.
pub struct Client {
    way: Way,
    token: String,
}

enum Way {
    Router(Router),
    Socket(reqwest::Client, String),
}

/// What the pages of one question came to.
#[derive(Debug, Default)]
pub struct PageTotals {
    /// How many pages.
    pub pages: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl Client {
    /// Asks for what an account has; `admin` is a token that may issue others.
    pub async fn new(store: &Store, admin: &str, account: &AccountId) -> Result<Client, BenchError> {
        let url = Some("https://reports.example".to_owned());
        let routes = web::http::host(data::router(data::App::at(store.clone(), PublicUrl::new(url))));
        let way = Way::Router(routes);
        Ok(Client { way, token: issue(store, admin, account, "report").await? })
    }

    /// Asks the same function over a socket from now on.
    pub async fn over_http(self) -> Result<Client, BenchError> {
        let Way::Router(routes) = self.way else { return Ok(self) };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Client { way: Way::Socket(client::net::client().gzip(false).build()?, url), ..self })
    }

    async fn page(&self, body: &Value) -> Result<Bytes, BenchError> {
        let body = serde_json::to_vec(body)?;
        match &self.way {
            Way::Router(routes) => post(routes, PATH, &self.token, body).await,
            Way::Socket(client, url) => {
                let request = client.post(format!("{url}{PATH}")).bearer_auth(&self.token);
                let answer = request.header("content-type", "application/json").body(body).send().await?;
                Ok(answer.error_for_status()?.bytes().await?)
            }
        }
    }

    /// Asks for one page, or for one after the other, and gives each to `take`.
    pub async fn ask(
        &self,
        question: &Question,
        take: &mut dyn FnMut(&[u8]) -> Result<(), BenchError>,
    ) -> Result<PageTotals, BenchError> {
        let mut body = question.body.clone();
        let mut answer = PageTotals::default();
        loop {
            let page = self.page(&body).await?;
            answer.pages += 1;
            answer.bytes += page.len();
            take(&page)?;
            match cursor(&page)? {
                Some(cursor) if question.every_page => body["cursor"] = cursor.into(),
                _ => return Ok(answer),
            }
        }
    }
}

/// A new token of an account.
pub async fn issue(
    store: &Store,
    admin: &str,
    account: &AccountId,
    scope: &str,
) -> Result<String, BenchError> {
    let routes = web::http::host(token::router(token::App::new(store.clone())));
    let order = json!({"account": account, "scope": scope});
    let issued = post(&routes, "/v1/tokens", admin, serde_json::to_vec(&order)?).await?;
    let issued: Value = serde_json::from_slice(&issued)?;
    Ok(issued["token"].as_str().unwrap_or_default().to_owned())
}

/// Posts JSON to a function. Fails where the answer is not 200 or 201.
pub async fn post(
    routes: &Router,
    path: &str,
    token: &str,
    body: impl Into<Body>,
) -> Result<Bytes, BenchError> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.into());
    let request = request.map_err(|error| BenchError::Other(error.to_string()))?;
    let Ok(answer) = routes.clone().oneshot(request).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await;
    let body = body.map_err(|error| BenchError::Other(error.to_string()))?;
    if matches!(status, StatusCode::OK | StatusCode::CREATED) {
        return Ok(body);
    }
    Err(BenchError::Other(format!("{path}: {status} {}", String::from_utf8_lossy(&body))))
}

/// The cursor of an answer, without reading its rows: it comes after them.
fn cursor(page: &[u8]) -> Result<Option<String>, BenchError> {
    // Inside a text the quotes would be escaped.
    const AFTER: &[u8] = b"],\"nextCursor\":";
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Tail {
        next_cursor: Option<String>,
    }
    let at = page.windows(AFTER.len()).rposition(|window| window == AFTER);
    let mut tail = at.map(|at| page[at + 1..].to_vec()).unwrap_or_default();
    if let Some(first) = tail.first_mut() {
        *first = b'{';
    }
    Ok(serde_json::from_slice::<Tail>(&tail)?.next_cursor)
}
