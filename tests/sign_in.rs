//! Tests of a token in the console's cookie: what the cookie allows, and that no other site can use it.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, answer};

/// Signs in, and returns the whole header `Set-Cookie`.
async fn sign_in(world: &World, token: &str) -> String {
    let response = world.request(Method::POST, "/v1/console/session", token).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let mut cookies = response.headers().get_all("set-cookie").into_iter();
    let cookie = cookies.next().unwrap().to_str().unwrap().to_owned();
    assert!(cookies.next().is_none());
    cookie
}

/// Returns a request as the console's page makes it in a browser.
fn from_page(world: &World, method: Method, path: &str, token: &str) -> RequestBuilder {
    let request =
        world.request(method, path, "").header("cookie", format!("a=b; __Host-premium={token}; c=d"));
    request.header("x-premium-console", "1").header("sec-fetch-site", "same-origin")
}

async fn console_token(world: &World, minutes: u64) -> String {
    let order = json!({"account": "demo", "scope": "console", "expires_in_minutes": minutes});
    world.post("/v1/tokens", &world.admin, &order).await.1["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_holds_the_token_for_half_a_day_or_what_is_left_of_it() {
    let world = World::start().await;
    for (token, min, max) in
        [(console_token(&world, 60).await, 3_500, 3_600), (world.admin.clone(), 43_200, 43_200)]
    {
        let cookie = sign_in(&world, &token).await;
        let (start, seconds) = cookie.split_once("; Max-Age=").unwrap();
        let expected =
            format!("__Host-premium={token}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned");
        assert_eq!(start, expected);
        let seconds: i64 = seconds.parse().unwrap();
        assert!((min..=max).contains(&seconds), "{seconds}");
    }
    let end = world.request(Method::DELETE, "/v1/console/session", "").send().await.unwrap();
    assert_eq!(end.status(), StatusCode::NO_CONTENT);
    let gone = "__Host-premium=; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=0";
    assert_eq!(end.headers()["set-cookie"], gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_revokes_the_token_of_a_visit_and_no_operator_s() {
    let world = World::start().await;
    for (token, is_revoked) in [(console_token(&world, 60).await, true), (world.admin.clone(), false)] {
        let out = from_page(&world, Method::DELETE, "/v1/console/session", &token).send().await.unwrap();
        assert_eq!(out.status(), StatusCode::NO_CONTENT);
        assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
        // A process that has seen the token trusts what it saw for up to a minute, so one is asked that has not.
        let fresh = World::over(world.store()).await;
        let (status, _) = fresh.get("/v1/me", &token).await;
        assert_eq!(status == StatusCode::UNAUTHORIZED, is_revoked, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_in_with_another_scope_or_without_showing_the_token_itself() {
    let world = World::start().await;
    for scope in ["report", "ingest"] {
        let token = world.token("demo", scope).await;
        let refused = world.request(Method::POST, "/v1/console/session", &token).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{scope}");
        assert!(!refused.headers().contains_key("set-cookie"));
        // A cookie that was made by hand does not open anything either.
        let (status, _) = answer(from_page(&world, Method::GET, "/v1/me", &token)).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{scope}");
    }
    let token = world.token("demo", "console").await;
    for request in [
        world.request(Method::POST, "/v1/console/session", ""),
        world.request(Method::POST, "/v1/console/session", &format!("{token}x")),
        from_page(&world, Method::POST, "/v1/console/session", &token),
    ] {
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert!(!refused.headers().contains_key("set-cookie"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_opens_to_the_page_what_its_token_opens_in_every_function() {
    let world = World::start().await;
    let token = world.token("demo", "console").await;
    let me = answer(from_page(&world, Method::GET, "/v1/me", &token)).await.1;
    assert_eq!((&me["account"], &me["scope"]), (&json!("demo"), &json!("console")));
    for path in
        ["/v1/account", "/v1/tokens", "/v1/reports", "/v1/settings", "/v1/schema?report_type=sessions"]
    {
        let response = from_page(&world, Method::GET, path, &token).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        // No cache may keep an answer that another cookie would not get.
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
    }
    let query = json!({"fields": [{"name": "session_id"}]});
    let (status, rows) = answer(from_page(&world, Method::POST, "/v1/data", &token).json(&query)).await;
    assert_eq!((status, &rows["rows"]), (StatusCode::OK, &json!([])), "{rows}");
    let order = json!({"scope": "report"});
    let (status, issued) = answer(from_page(&world, Method::POST, "/v1/tokens", &token).json(&order)).await;
    assert_eq!((status, &issued["account"]), (StatusCode::CREATED, &json!("demo")), "{issued}");
    for (method, path) in [
        (Method::GET, "/v1/account?account=other"),
        (Method::PUT, "/v1/settings"),
        (Method::POST, "/v1/sessions"),
    ] {
        let (status, _) = answer(from_page(&world, method, path, &token).json(&json!({}))).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
    let (status, _) = answer(from_page(&world, Method::GET, "/v1/account?account=any", &world.admin)).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_site_sends_with_the_cookie_is_refused() {
    let world = World::start().await;
    let token = world.token("demo", "console").await;
    let cookie = format!("__Host-premium={token}");
    let forged = |method: Method, path: &str| world.request(method, path, "").header("cookie", &cookie);
    let order = json!({"title": "x", "url": "https://lookerstudio.google.com/s/abcdefgh"});
    let add = || forged(Method::POST, "/v1/reports").json(&order);
    for (case, request) in [
        ("a form", add()),
        (
            "a form as text",
            forged(Method::POST, "/v1/reports").header("content-type", "text/plain").body(order.to_string()),
        ),
        ("a link", forged(Method::GET, "/v1/reports")),
        ("an image", forged(Method::GET, "/v1/me").header("sec-fetch-site", "cross-site")),
        ("another value", add().header("x-premium-console", "0")),
        ("another site", add().header("x-premium-console", "1").header("sec-fetch-site", "cross-site")),
        ("a neighbour", add().header("x-premium-console", "1").header("sec-fetch-site", "same-site")),
        ("an address typed in", add().header("x-premium-console", "1").header("sec-fetch-site", "none")),
        (
            "two sites",
            add()
                .header("x-premium-console", "1")
                .header("sec-fetch-site", "same-origin")
                .header("sec-fetch-site", "cross-site"),
        ),
        ("a revocation", forged(Method::DELETE, "/v1/tokens/x").header("sec-fetch-site", "cross-site")),
        ("rows", forged(Method::GET, "/v1/export?fields=session_id")),
    ] {
        let (status, problem) = answer(request).await;
        assert_eq!((status, &problem["status"]), (StatusCode::UNAUTHORIZED, &json!(401)), "{case}");
    }
    let (_, list) = answer(add().header("x-premium-console", "1")).await;
    assert_eq!(list["title"], json!("x"), "a browser that says nothing of sites");
    let (_, list) = world.get("/v1/reports", &token).await;
    assert_eq!(list["reports"].as_array().unwrap().len(), 1);
    // Where there is a header `Authorization`, it alone counts, valid or not.
    let (status, _) = answer(from_page(&world, Method::GET, "/v1/me", &token).bearer_auth("x")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let report = world.token("demo", "report").await;
    let (_, me) = answer(from_page(&world, Method::GET, "/v1/me", &token).bearer_auth(&report)).await;
    assert_eq!(me["scope"], json!("report"));
    for odd in ["premium", "__host-premium", "__Host-premium2", "x__Host-premium"] {
        let request = world.request(Method::GET, "/v1/me", "").header("cookie", format!("{odd}={token}"));
        assert_eq!(
            answer(request.header("x-premium-console", "1")).await.0,
            StatusCode::UNAUTHORIZED,
            "{odd}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_is_told_that_it_may_send_the_console_s_header() {
    let world = World::start().await;
    for path in ["/v1/reports", "/v1/console/session", "/v1/data", "/"] {
        let preflight = world
            .request(Method::OPTIONS, path, "")
            .header("origin", "https://a.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "x-premium-console");
        let answers = [preflight, world.request(Method::GET, path, "").header("origin", "https://a.example")];
        for request in answers {
            let response = request.send().await.unwrap();
            let named = response.headers().keys().find(|name| name.as_str().starts_with("access-control"));
            assert_eq!(named, None, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_the_session_that_its_cookie_began() {
    let world = World::start().await;
    let order = json!({"account": "demo", "scope": "console"});
    let (_, issued) = world.post("/v1/tokens", &world.admin, &order).await;
    let token = issued["token"].as_str().unwrap();
    let path = format!("/v1/tokens/{}", issued["id"].as_str().unwrap());
    let (status, _) = answer(world.request(Method::DELETE, &path, &world.admin)).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    // No function has seen the token before, so none can rely on a row that it read earlier.
    let (status, problem): (_, Value) = answer(from_page(&world, Method::GET, "/v1/reports", token)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{problem}");
}
