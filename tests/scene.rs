//! The functions on servers of their own, where archive and maintain only work when a test tells them to.

use std::fs;

use archive::App as Archive;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{Days, NaiveDate};
use domain::id::{AccountId, SessionId, StorageId};
use domain::time::Instant;
use domain::zone::Zone;
use maintain::App;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Item, key};

use crate::dynamodb_local::Servers;
use crate::event_source::EventSource;
use crate::maintenance::pass_time;
use crate::world::{World, answer};

pub(crate) const DAY: i64 = 86_400;
/// A time in microseconds that is longer than a change of retention waits for requests that began before it.
pub(crate) const HOLD: i64 = 200 * 1_000_000;

/// The functions on servers of their own.
pub(crate) struct Scene {
    pub(crate) servers: Servers,
    pub(crate) world: World,
    stream: EventSource,
}

pub(crate) fn account(name: &str) -> AccountId {
    AccountId::try_from(name.to_owned()).unwrap()
}

pub(crate) fn id(name: &str) -> SessionId {
    SessionId::try_from(name.to_owned()).unwrap()
}

/// Returns the UTC day that lies `days` days before today.
pub(crate) fn days_ago(days: u64) -> NaiveDate {
    Instant::now().day(Zone::UTC).checked_sub_days(Days::new(days)).unwrap()
}

/// A version of a session that began `days` days ago at noon.
pub(crate) fn session(name: &str, days: u64, version: u32) -> Value {
    json!({
        "session_id": name,
        "created_at": format!("{}T12:00:00Z", days_ago(days)),
        "updated_at": format!("{}T13:00:{version:02}Z", days_ago(1)),
        "status": format!("v{version}"),
    })
}

/// What an item of the manifest says of its segment's parts, with another instant, in microseconds, at which they were added.
pub(crate) fn with_added_at(item: &Item, change: impl Fn(i64) -> i64) -> AttributeValue {
    let bytes = item["parts"].as_b().unwrap().as_ref();
    let ((format, added_at), parts) = postcard::take_from_bytes::<(u32, i64)>(bytes).unwrap();
    let head = postcard::to_allocvec(&(format, change(added_at))).unwrap();
    AttributeValue::B(Blob::new([&head, parts].concat()))
}

/// The same in a format that this version does not know: 5.
pub(crate) fn of_newer_format(item: &Item) -> AttributeValue {
    let bytes = item["parts"].as_b().unwrap().as_ref();
    let (_format, rest) = postcard::take_from_bytes::<u32>(bytes).unwrap();
    AttributeValue::B(Blob::new([&[5], rest].concat()))
}

impl Scene {
    pub(crate) async fn start() -> Scene {
        Scene::on(Servers::embedded().await).await
    }

    pub(crate) async fn on(servers: Servers) -> Scene {
        let world = World::over(servers.store()).await;
        Scene { servers, world, stream: EventSource::new(1, 1) }
    }

    /// Makes an account with a retention of `days` days. Returns its `ingest` and its `report` token.
    pub(crate) async fn account(&self, name: &str, days: u32) -> (String, String) {
        let tokens = self.world.account(name).await;
        self.keep(name, days).await;
        tokens
    }

    /// Changes an account's retention.
    pub(crate) async fn keep(&self, name: &str, days: u32) {
        let change = json!({"account": name, "retention_days": days});
        let request = self.world.request(Method::PATCH, "/v1/account", &self.world.admin).json(&change);
        let (status, said) = answer(request).await;
        assert_eq!(status, StatusCode::OK, "{said}");
    }

    pub(crate) async fn set(&self, key: key::Key, name: &str, value: AttributeValue) {
        let store = self.servers.store();
        let update = store.dynamo().update_item().table_name(&store.names().table);
        let update = update.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk));
        let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
        update.expression_attribute_values(":value", value).send().await.unwrap();
    }

    /// Archives everything that is in the stream.
    pub(crate) async fn archive(&mut self) {
        let clients = self.servers.clients();
        self.stream.drain(&clients, &[Archive::new(self.servers.store())]).await;
    }

    /// Archives everything that is in the stream in one batch, which makes one segment of it for each account.
    pub(crate) async fn archive_at_once(&mut self) {
        self.stream.is_full = true;
        self.archive().await;
        self.stream.is_full = false;
    }

    /// Loses everything that is in the stream, as where records were given up before archive could take them.
    pub(crate) async fn lose(&mut self) {
        self.stream.pull(&self.servers.clients()).await;
        while self.stream.waiting() > 0 {
            self.stream.deliver(|_, _| async { Ok(Vec::new()) }).await;
        }
    }

    /// Makes all segments of an account old enough to be replaced.
    pub(crate) async fn age(&self, name: &str) {
        let store = self.servers.store();
        for item in store.partition(key::manifest(&account(name))).await.unwrap() {
            let [pk, sk] = ["pk", "sk"].map(|name| store::text(&item, name).unwrap().to_owned());
            let before = with_added_at(&item, |added_at| added_at - 60_000_000);
            self.set(key::Key { pk, sk }, "parts", before).await;
        }
    }

    /// Makes one run of maintain.
    pub(crate) async fn maintain(&self) -> maintain::RunSummary {
        maintain::handle(&App::new(self.servers.store()), Instant::now().plus_seconds(60)).await.unwrap()
    }

    /// Makes the time pass after which a change of retention is followed, and runs maintain before and after
    /// that.
    pub(crate) async fn follow(&self, name: &str) {
        self.maintain().await;
        pass_time(&self.servers.store(), &account(name), HOLD).await;
        let done = self.maintain().await;
        assert_eq!((done.failures, done.busy, done.left_due), (0, 0, Some(0)), "{done:?}");
    }

    /// Returns the ids of an account's sessions that the table lists for the last hundred days.
    pub(crate) async fn stored(&self, name: &str) -> Vec<String> {
        let (store, mut ids) = (self.servers.store(), Vec::new());
        for days in 0..100 {
            let listed = store.listed(&account(name), days_ago(days)).await.unwrap();
            ids.extend(listed.into_iter().map(|listed| listed.id.as_str().to_owned()));
        }
        ids.sort();
        ids
    }

    /// Returns the earliest `created_at` in an account's lake; `None` where the lake is empty.
    pub(crate) async fn earliest(&self, name: &str) -> Option<Instant> {
        let live = ::lake::Lake::new(self.servers.store()).live(&account(name)).await.unwrap();
        live.iter().map(|segment| segment.created().min).min()
    }

    /// Puts a media file of an account as if it had been uploaded `days` days ago, and returns its key.
    pub(crate) async fn file(&self, name: &str, file: &str, days: u64) -> String {
        let (store, object) = (self.servers.store(), StorageId::try_from(file.to_owned()).unwrap());
        let object = key::media_object(&account(name), &object);
        let put = store.s3().put_object().bucket(&store.names().media_bucket).key(&object);
        put.body(b"bytes".to_vec().into()).send().await.unwrap();
        let digest = hex::encode(Sha256::digest(&object));
        let folder = self.servers.data().join("objects").join(&store.names().media_bucket);
        let path = folder.join(&digest[..2]).join(&digest);
        let bytes = fs::read(&path).unwrap();
        let at = bytes.windows(11).position(|window| window == b"\"modified\":").unwrap() + 11;
        let mut aged = bytes;
        let then = Instant::now().plus_seconds(-i64::try_from(days).unwrap() * DAY).0 / 1_000;
        aged[at..at + 13].copy_from_slice(then.to_string().as_bytes());
        fs::write(&path, aged).unwrap();
        object
    }

    /// Returns the keys of an account's media files.
    pub(crate) async fn files(&self, name: &str) -> Vec<String> {
        let (store, prefix) = (self.servers.store(), key::media_objects(&account(name)));
        let page = store.list_objects(&store.names().media_bucket, &prefix, "").await.unwrap();
        page.objects.into_iter().map(|object| object.key).collect()
    }

    /// Returns the sums of the receipts of 31 days, beginning `days` days ago: sessions received, stored and
    /// served, and the days with gaps.
    pub(crate) async fn receipts(&self, name: &str, days: u64) -> (u64, u64, u64, Value) {
        let (start, end) = (days_ago(days), days_ago(days - 30));
        let path = format!("/v1/receipts?account={name}&start={start}&end={end}");
        let (status, said) = self.world.get(&path, &self.world.admin).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        let sum = |witness: &str| {
            said["days"].as_array().unwrap().iter().map(|day| day[witness].as_u64().unwrap()).sum::<u64>()
        };
        (sum("received"), sum("stored"), sum("served"), said["gaps"].clone())
    }
}
