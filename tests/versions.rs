//! Tests of versions of a session: what a delivery leaves in the table and in S3.
//!
//! By default about 500 sessions are delivered in all orders. `PREMIUM_ORDERS=10000` delivers as many.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use serde_json::{Value, json};

use crate::world::{World, query};

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_session_that_moves_on_and_on_stays_small() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let one = query("sessions", &["session_id", "created_at"]);
    let deliver = |n: u32| {
        json!({
            "session_id": "wanderer",
            "created_at": format!("2026-09-{:02} 12:00:00", n % 28 + 1),
            "updated_at": format!("2026-10-01 12:{n:02}:00"),
            "status": format!("v{n}"),
        })
    };
    for n in 0..40 {
        world.ingest_all(&ingest, &[deliver(n)], "accepted").await;
    }
    let (store, account) = (world.store(), AccountId::try_from("demo".to_owned()).unwrap());
    let history = store
        .created_at_history(&account, &SessionId::try_from("wanderer".to_owned()).unwrap())
        .await
        .unwrap();
    assert!(history.len() <= 16, "{history:?}");
    let day = |at: &Instant| at.to_utc().date_naive().to_string();
    let days: Vec<String> = [history.iter().min(), history.iter().max()].map(|at| day(at.unwrap())).to_vec();
    assert_eq!(days, ["2026-09-01", "2026-09-28"], "its ends are known for ever");
    // An older version and the same version have the same outcomes as ever.
    world.ingest_all(&ingest, &[deliver(39)], "unchanged").await;
    world.ingest_all(&ingest, &[deliver(5)], "stale").await;
    let by_id = json!([[
        {"fieldName": "session_id", "type": "INCLUDE", "operator": "EQUALS", "values": ["wanderer"]}
    ]]);
    let mut asked = one.clone();
    asked["dimensionsFilters"] = by_id;
    let rows = world.rows_once(&report, &asked, 1).await;
    assert_eq!(rows.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_is_uploaded_only_for_a_version_that_is_kept() {
    let world = World::start().await;
    let (ingest, _) = world.account("demo").await;
    // The texts are random, so that compression does not make them small enough for an item.
    let version = |minute: u32| {
        let talks: Vec<Value> = (0..200).map(|_| json!({"message": domain::id::random_hex(2_000)})).collect();
        json!({
            "session_id": "large",
            "created_at": "2026-09-20 12:00:00",
            "updated_at": format!("2026-09-20 12:{minute:02}:00"),
            "talks": talks,
        })
    };
    let (old, new) = (version(1), version(2));
    let store = world.store();
    let bodies = async || {
        let page = store.list_objects(&store.names().lake_bucket, "bodies/demo/", "").await.unwrap();
        page.objects.len()
    };
    world.ingest_all(&ingest, std::slice::from_ref(&new), "accepted").await;
    assert_eq!(bodies().await, 1);
    world.ingest_all(&ingest, &[new], "unchanged").await;
    world.ingest_all(&ingest, &[old], "stale").await;
    assert_eq!(bodies().await, 1);
    world.ingest_all(&ingest, &[version(3)], "accepted").await;
    assert_eq!(bodies().await, 2);
}

/// The documents of a session's life as platforms send them that do not tell when a document changed: the finish and the
/// tabulation leave `lastInteraction` as it was.
fn life(id: &str) -> [Value; 3] {
    let open = json!({
        "session_id": id, "created_at": "2026-10-03 14:00:00", "lastInteraction": "2026-10-03 14:10:00.512",
        "status": "attendance",
    });
    let mut finished = open.clone();
    finished["status"] = json!("finished");
    // By the clock of another system, before the last interaction.
    finished["finished_at"] = json!("2026-10-03 14:09:59");
    let mut tabulated = finished.clone();
    tabulated["tabulation"] = json!({"_id": "t1", "name": "Resolvido"});
    [open, finished, tabulated]
}

#[tokio::test(flavor = "multi_thread")]
async fn in_every_order_of_delivery_the_last_document_of_a_session_stays() {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let post = async |batch: Vec<Value>| {
        let request = world.request(reqwest::Method::POST, "/v1/sessions", &ingest).json(&batch);
        let (status, body) = crate::world::answer(request).await;
        assert_eq!((status.as_u16(), &body["rejected"]), (200, &json!(0)), "{body}");
    };
    let asked: usize = runtime::config::parsed("PREMIUM_ORDERS").unwrap().unwrap_or(500);
    // One after the other; each twice; and all of them twice in one batch.
    let each = asked.div_ceil(3 * ORDERS.len());
    let ids = |kind: &str, order: usize| (0..each).map(|n| format!("{kind}-{order}-{n}")).collect::<Vec<_>>();
    for (at, order) in ORDERS.iter().enumerate() {
        for step in order {
            post(ids("apart", at).iter().map(|id| life(id)[*step].clone()).collect()).await;
            let twice = ids("twice", at);
            post(twice.iter().chain(&twice).map(|id| life(id)[*step].clone()).collect()).await;
        }
        let together = ids("together", at);
        let batch =
            order.iter().chain(order).flat_map(|step| together.iter().map(|id| life(id)[*step].clone()));
        post(batch.collect()).await;
    }
    let (fields, all) = (["session_id", "status", "tabulation"], each * 3 * ORDERS.len());
    // Twenty seconds, and for many more sessions than by default in proportion.
    let patience = std::time::Duration::from_secs(20.max(all as u64 / 250));
    let deadline = tokio::time::Instant::now() + patience;
    loop {
        let rows = world.rows_once(&report, &query("sessions", &fields), all).await;
        if rows.iter().all(|row| row[1..] == [json!("finished"), json!("Resolvido")]) {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{rows:?}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    println!("{}", json!({"orders": all}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_kept_before_versions_said_how_far_on_they_are_compares_by_its_document() {
    let world = World::start().await;
    let (ingest, _) = world.account("demo").await;
    let account = AccountId::try_from("demo".to_owned()).unwrap();
    let [open, mut finished, mut tabulated] = life("s");
    for later in [&mut finished, &mut tabulated] {
        later["finished_at"] = json!("2026-10-03 14:31:10");
    }
    world.ingest_all(&ingest, &[finished.clone()], "accepted").await;
    // As an earlier version of this software kept it: its instant was that of the last interaction, and nothing else.
    let (store, at) =
        (world.store(), store::key::session(&account, &SessionId::try_from("s".to_owned()).unwrap()));
    let forget = store.dynamo().update_item().table_name(&store.names().table);
    let forget = forget
        .key("pk", AttributeValue::S(at.pk))
        .key("sk", AttributeValue::S(at.sk))
        .update_expression("SET version = :last_interaction REMOVE progress")
        .expression_attribute_values(":last_interaction", AttributeValue::N("1791047400512000".to_owned()));
    forget.send().await.unwrap();
    let mut between = open.clone();
    between["lastInteraction"] = json!("2026-10-03 14:20:00");
    world.ingest_all(&ingest, &[between], "stale").await;
    world.ingest_all(&ingest, &[open], "stale").await;
    world.ingest_all(&ingest, &[finished.clone()], "unchanged").await;
    world.ingest_all(&ingest, &[tabulated], "accepted").await;
    world.ingest_all(&ingest, &[finished], "stale").await;
}
