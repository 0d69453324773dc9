//! Tests of media: what a link opens, how the file is served, and when a link opens nothing any more.

use chrono::{TimeDelta, Utc};
use faults::{Fault, Proxy, Service};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::dynamodb_local::{Endpoints, Servers};
use crate::privacy::token;
use crate::world::{World, answer, query};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
const HTML: &[u8] = b"<!DOCTYPE html><script>alert(1)</script>";

async fn announce(world: &World, token: &str, order: &Value) -> (u16, Value) {
    let (status, body) = world.post("/v1/media", token, order).await;
    (status.as_u16(), body)
}

/// Sends the announced upload with these bytes.
async fn put(world: &World, upload: &Value, bytes: &[u8]) -> StatusCode {
    let method: Method = upload["method"].as_str().unwrap().parse().unwrap();
    let mut request = world.client.request(method, upload["url"].as_str().unwrap()).body(bytes.to_vec());
    for (name, value) in upload["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    request.send().await.unwrap().status()
}

/// Uploads a file, and returns its storage id.
async fn upload(world: &World, ingest: &str, filename: &str, content_type: &str, bytes: &[u8]) -> String {
    let order = json!({"filename": filename, "content_type": content_type, "size": bytes.len()});
    let (status, announced) = announce(world, ingest, &order).await;
    assert_eq!(status, 201, "{announced}");
    assert_eq!(put(world, &announced["upload"], bytes).await, StatusCode::OK);
    announced["storage_id"].as_str().unwrap().to_owned()
}

/// Posts a session that shows these files, and returns the paths of the links in its rows.
async fn links(world: &World, tokens: &(String, String), session: &str, files: &[&str]) -> Vec<String> {
    let (ingest, report) = tokens;
    let created_at = (Utc::now() - TimeDelta::hours(30)).to_rfc3339();
    let talks: Vec<Value> = files
        .iter()
        .map(|file| json!({"type": "image", "storage_id": file, "created_at": created_at}))
        .collect();
    let document = json!({"session_id": session, "created_at": created_at, "talks": talks});
    let (status, outcome) = world.ingest(ingest, &[document]).await;
    assert_eq!((status, &outcome["rejected"]), (StatusCode::OK, &json!(0)), "{outcome}");
    let mut wanted = query("talks", &["media_url", "talks_media_url"]);
    wanted["dimensionsFilters"] =
        json!([[{"fieldName": "session_id", "operator": "EQUALS", "values": [session], "type": "INCLUDE"}]]);
    let rows = world.rows_once(report, &wanted, files.len()).await;
    let path = |url: &Value| url.as_str().unwrap().strip_prefix(&world.url).unwrap().to_owned();
    rows.iter().map(|row| path(&row[0])).collect()
}

async fn open(world: &World, method: Method, link: &str) -> Response {
    world.request(method, link, "").send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

/// Follows a link to its file as a browser does.
async fn follow(world: &World, method: Method, link: &str) -> Response {
    let redirect = open(world, method.clone(), link).await;
    assert_eq!(redirect.status(), StatusCode::FOUND, "{link}");
    world.client.request(method, header(&redirect, "location")).send().await.unwrap()
}

/// Asserts that a link opens nothing, and returns the body of the 404 without its request id.
async fn nothing(world: &World, link: &str) -> Value {
    let response = open(world, Method::GET, link).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND, "{link}");
    assert_eq!(open(world, Method::HEAD, link).await.status(), StatusCode::NOT_FOUND, "{link}");
    let mut problem: Value = response.json().await.unwrap();
    problem.as_object_mut().unwrap().remove("request_id").unwrap();
    problem
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_in_and_its_link_in_a_row_opens_it() {
    let world = World::start().await;
    let tokens = world.account("demo").await;
    let file = upload(&world, &tokens.0, "câmera \"frente\".png", "image/png", PNG).await;
    let links = links(&world, &tokens, "s1", &[&file]).await;
    let redirect = open(&world, Method::GET, &links[0]).await;
    for (name, value) in [
        ("cache-control", "no-store, private"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ] {
        assert_eq!(header(&redirect, name), value);
    }
    assert!(redirect.headers().contains_key("strict-transport-security"));
    assert!(header(&redirect, "location").contains("X-Amz-Expires=300"));
    assert!(redirect.bytes().await.unwrap().is_empty());

    for method in [Method::GET, Method::HEAD] {
        let served = follow(&world, method.clone(), &links[0]).await;
        assert_eq!(served.status(), StatusCode::OK, "{method}");
        assert_eq!(header(&served, "content-type"), "image/png", "{method}");
        assert_eq!(
            header(&served, "content-disposition"),
            r#"inline; filename="c_mera _frente_.png"; filename*=UTF-8''c%C3%A2mera%20_frente_.png"#,
            "{method}"
        );
        if method == Method::GET {
            assert_eq!(served.bytes().await.unwrap(), PNG);
        }
    }
    // The address of an object is signed for one method only.
    let signed_for_get = open(&world, Method::GET, &links[0]).await;
    let other = world.client.head(header(&signed_for_get, "location")).send().await.unwrap();
    assert_eq!(other.status(), StatusCode::FORBIDDEN);
    assert_eq!(open(&world, Method::POST, &links[0]).await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_first_bytes_are_cut_off_is_busy_and_neither_missing_nor_broken() {
    let servers = Servers::embedded().await;
    let world = World::followed(servers.clients()).await;
    let tokens = world.account("demo").await;
    let file = upload(&world, &tokens.0, "a.png", "image/png", PNG).await;
    let link = links(&world, &tokens, "s1", &[&file]).await.remove(0);
    // Another process, to which S3 sends only half of every answer.
    let proxy = Proxy::start(&servers.endpoints.s3, Service::S3, 1).await.unwrap();
    let endpoints = Endpoints { s3: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let other = World::over(servers.clients_at(&endpoints, store::aws::retries()).store()).await;
    proxy.set_rate_of("GetObject", Fault::CutBody, 1.0);
    for method in [Method::GET, Method::HEAD] {
        // A browser gets no page that says that there is nothing.
        for accept in ["*/*", "text/html"] {
            let request = other.request(method.clone(), &link, "").header("accept", accept);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{method} {accept}");
            assert!(header(&response, "retry-after").parse::<u32>().unwrap() > 0, "{method} {accept}");
        }
    }
    assert_eq!(proxy.count("GetObject").faults, 4);
    proxy.switch_off();
    assert_eq!(open(&other, Method::GET, &link).await.status(), StatusCode::FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_a_file_s_name_opens_it_without() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let change = json!({"account": "demo", "confidential": ["talks_filename"]});
    answer(world.request(Method::PATCH, "/v1/account", &world.admin).json(&change)).await;
    let masked = token(&world, "demo", "masked").await;
    let file = upload(&world, &ingest, "exame.png", "image/png", PNG).await;
    for (reader, is_named) in [(report, true), (masked, false)] {
        let links = links(&world, &(ingest.clone(), reader), "s1", &[&file]).await;
        let served = follow(&world, Method::GET, &links[0]).await;
        let disposition = header(&served, "content-disposition");
        assert_eq!(disposition.contains("exame"), is_named, "{disposition}");
        assert_eq!(served.bytes().await.unwrap(), PNG);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bytes_are_decides_and_not_what_the_sender_says() {
    let world = World::start().await;
    let tokens = world.account("demo").await;
    let mut files = Vec::new();
    for (filename, content_type, bytes) in [
        ("a.png", "text/html", PNG),
        ("a.svg", "image/svg+xml", SVG),
        ("a.html", "text/html; charset=utf-8", HTML),
        ("a.jpg", "image/jpeg", HTML),
        ("a.txt", "text/plain", b"oi"),
    ] {
        files.push(upload(&world, &tokens.0, filename, content_type, bytes).await);
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let links = links(&world, &tokens, "s1", &files).await;
    for (at, link) in links.iter().enumerate() {
        let served = follow(&world, Method::GET, link).await;
        let shown = (
            header(&served, "content-type"),
            header(&served, "content-disposition").split(';').next().unwrap(),
        );
        let expected =
            if at == 0 { ("image/png", "inline") } else { ("application/octet-stream", "attachment") };
        assert_eq!(shown, expected, "file {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_that_opens_nothing_gives_the_same_answer() {
    let world = World::start().await;
    let tokens = world.account("demo").await;
    let file = upload(&world, &tokens.0, "a.png", "image/png", PNG).await;
    let links = links(&world, &tokens, "s1", &[&file, "never-sent.jpg"]).await;
    assert_eq!(open(&world, Method::GET, &links[0]).await.status(), StatusCode::FOUND);

    let missing = nothing(&world, &links[1]).await;
    assert_eq!(missing["status"], json!(404));
    let flipped = |at: usize| {
        let mut link = links[0].clone().into_bytes();
        link[at] = if link[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(link).unwrap()
    };
    for bad in [
        flipped(3),
        flipped(20),
        flipped(links[0].len() - 1),
        links[0][..40].to_owned(),
        format!("{}A", links[0]),
        "/m/x".to_owned(),
        "/m/%FF".to_owned(),
        "/m/..%2F..%2Fetc".to_owned(),
        format!("/m/{}", "A".repeat(4_000)),
    ] {
        assert_eq!(nothing(&world, &bad).await, missing, "{bad}");
    }

    // A person who follows a dead link reads a page.
    for bad in ["/m/x", &links[1]] {
        let accept = "text/html,application/xhtml+xml,*/*;q=0.8";
        let page = world.request(Method::GET, bad, "").header("accept", accept).send().await.unwrap();
        assert_eq!(
            (page.status(), header(&page, "content-type")),
            (StatusCode::NOT_FOUND, "text/html; charset=utf-8")
        );
        assert_eq!(header(&page, "cache-control"), "no-store, private");
        let text = page.text().await.unwrap();
        assert!(text.contains("Este link não abre") && text.contains("This link does not open"), "{text}");
    }

    // The session began 30 hours ago, which is past a retention of one day.
    let retention = async |days: u32| {
        let change = json!({"account": "demo", "retention_days": days});
        answer(world.request(Method::PATCH, "/v1/account", &world.admin).json(&change)).await;
    };
    retention(1).await;
    assert_eq!(nothing(&world, &links[0]).await, missing);
    retention(2).await;
    assert_eq!(open(&world, Method::GET, &links[0]).await.status(), StatusCode::FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_file_revokes_its_links_for_ever() {
    let world = World::start().await;
    let tokens = world.account("demo").await;
    let order = json!({"filename": "a.png", "content_type": "image/png", "size": PNG.len()});
    let (_, announced) = announce(&world, &tokens.0, &order).await;
    assert_eq!(put(&world, &announced["upload"], PNG).await, StatusCode::OK);
    let file = announced["storage_id"].as_str().unwrap();
    let links = links(&world, &tokens, "s1", &[file, "a/b #é?.jpg"]).await;
    let address = open(&world, Method::GET, &links[0]).await;
    let delete =
        async |token: &str, path: &str| answer(world.request(Method::DELETE, path, token)).await.0.as_u16();
    let path = format!("/v1/media/{file}?account=demo");
    assert_eq!(delete(&tokens.0, &path).await, 403);
    assert_eq!(delete(&tokens.1, &path).await, 403);
    assert_eq!(delete("", &path).await, 401);
    assert_eq!(delete(&world.admin, &format!("/v1/media/{file}")).await, 422);
    // The same storage id in another account is another file.
    assert_eq!(delete(&world.admin, &format!("/v1/media/{file}?account=other")).await, 204);
    assert_eq!(open(&world, Method::GET, &links[0]).await.status(), StatusCode::FOUND);

    assert_eq!(delete(&world.admin, &path).await, 204);
    assert_eq!(delete(&world.admin, &path).await, 204);
    nothing(&world, &links[0]).await;
    // The object's own address, which holds for five minutes, leads to nothing any more.
    let gone = world.client.get(header(&address, "location")).send().await.unwrap();
    assert_eq!(gone.bytes().await.unwrap().len(), 0);
    // The address of the upload is still valid, but fills nothing that was deleted.
    assert_eq!(put(&world, &announced["upload"], PNG).await, StatusCode::PRECONDITION_FAILED);
    nothing(&world, &links[0]).await;

    assert_eq!(delete(&world.admin, "/v1/media/a%2Fb%20%23%C3%A9%3F.jpg?account=demo").await, 204);
    nothing(&world, &links[1]).await;
    let long = "a".repeat(257);
    assert_eq!(delete(&world.admin, &format!("/v1/media/{long}?account=demo")).await, 422);
    assert_eq!(delete(&world.admin, "/v1/media/%FF?account=demo").await, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_takes_what_was_announced_and_nothing_else() {
    let world = World::start().await;
    let (ingest, _) = world.account("demo").await;
    let order = json!({"filename": "a.png", "content_type": "image/png", "size": PNG.len()});
    let (status, announced) = announce(&world, &ingest, &order).await;
    assert_eq!(status, 201);
    for (name, value) in [("content-type", "text/html"), ("x-amz-meta-filename", "eA")] {
        let mut upload = announced["upload"].clone();
        upload["headers"][name] = json!(value);
        assert_eq!(put(&world, &upload, PNG).await, StatusCode::FORBIDDEN, "{name}");
    }
    let mut longer = announced["upload"].clone();
    longer["headers"]["content-length"] = json!((PNG.len() + 1).to_string());
    assert_eq!(put(&world, &longer, &[PNG, b"x"].concat()).await, StatusCode::FORBIDDEN);
    let mut overwriting = announced["upload"].clone();
    overwriting["headers"].as_object_mut().unwrap().remove("if-none-match").unwrap();
    assert_eq!(put(&world, &overwriting, PNG).await, StatusCode::FORBIDDEN);
    assert_eq!(put(&world, &announced["upload"], PNG).await, StatusCode::OK);
    assert_eq!(
        put(&world, &announced["upload"], PNG).await,
        StatusCode::PRECONDITION_FAILED,
        "a second time"
    );

    for (field, value) in [
        ("filename", json!("")),
        ("filename", json!("a\r\nb")),
        ("filename", json!("x".repeat(256))),
        ("content_type", json!("png")),
        ("content_type", json!("image/png\r\nx: y")),
        ("size", json!(0)),
        ("size", json!(1.5)),
        ("size", json!(2_147_483_649_u64)),
    ] {
        let mut order = order.clone();
        order[field] = value.clone();
        let (status, problem) = announce(&world, &ingest, &order).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{value}: {problem}");
    }
    let mut unknown = order.clone();
    unknown["colour"] = json!("red");
    assert_eq!(announce(&world, &ingest, &unknown).await.0, 422);
    assert_eq!(announce(&world, &world.admin, &order).await.0, 422);
    let (status, _) = world.post("/v1/media?account=demo", &world.admin, &order).await;
    assert_eq!(status, StatusCode::CREATED);
    let mut named = order.clone();
    named["account"] = json!("demo");
    assert_eq!(announce(&world, &world.admin, &named).await.0, 201);
    named["account"] = json!("other");
    assert_eq!(announce(&world, &ingest, &named).await.0, 403);
    for scope in ["report", "console"] {
        let token = world.token("demo", scope).await;
        assert_eq!(announce(&world, &token, &order).await.0, 403, "{scope}");
    }
    let foreign = world.post("/v1/media?account=other", &ingest, &order).await;
    assert_eq!(foreign.0, StatusCode::FORBIDDEN);
}
