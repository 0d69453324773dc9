//! Versions of a session: what a delivery leaves in the table and beside it.

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
    // An older version and the same one find their way as ever.
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
    // Random texts, which do not become small enough for an item.
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
