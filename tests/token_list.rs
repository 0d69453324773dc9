//! Tests of the list of an account's tokens, page by page.

use reqwest::StatusCode;
use serde_json::json;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_tokens_comes_page_by_page() {
    let world = World::start().await;
    let mut issued = Vec::new();
    for number in 0..7 {
        let order = json!({"account": "demo", "scope": "report", "label": format!("n{number}")});
        let (status, token) = world.post("/v1/tokens", &world.admin, &order).await;
        assert_eq!(status, StatusCode::CREATED);
        issued.push(token["id"].clone());
    }
    let console = world.token("demo", "console").await;
    for token in [&world.admin, &console] {
        let (mut ids, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let path = format!("/v1/tokens?account=demo&limit=3{cursor}");
            let (status, page) = world.get(&path, token).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            let tokens = page["tokens"].as_array().unwrap();
            assert!(tokens.len() <= 3);
            ids.extend(tokens.iter().filter(|one| one["scope"] == "report").map(|one| one["id"].clone()));
            pages += 1;
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((&ids, pages), (&issued, 3));
    }
    for odd in ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=e30", "page=2"] {
        let (status, problem) = world.get(&format!("/v1/tokens?account=demo&{odd}"), &world.admin).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}: {problem}");
    }
    // Without an account, an admin sees the operator's own tokens.
    let (status, own) = world.get("/v1/tokens", &world.admin).await;
    assert_eq!(status, StatusCode::OK);
    assert!(own["tokens"].as_array().unwrap().iter().all(|one| one["scope"] == "admin"), "{own}");
    assert!(!own["tokens"].as_array().unwrap().is_empty());

    // The row of a console token is deleted after its end; that of a report token stays listed.
    let store = world.store();
    let mut ending = Vec::new();
    for scope in ["console", "report"] {
        let order = json!({"account": "demo", "scope": scope});
        let (_, token) = world.post("/v1/tokens", &world.admin, &order).await;
        let item = store.get(store::key::token(token["id"].as_str().unwrap())).await.unwrap().unwrap();
        ending.push(item.contains_key("expires_at"));
    }
    assert_eq!(ending, [true, false]);
}
