//! An account's open copy holds all its rows, whatever is committed while it is made.

use ::lake::{CompactionPolicy, Lake};
use domain::account::Account;
use domain::dictionary::Record;
use domain::masking::Reader;
use domain::token::Privacy;
use faults::{Fault, Proxy, Service};
use tempfile::tempdir;

use crate::dynamodb_local::{Endpoints, Servers};
use crate::garbage::entry;
use crate::lake::demo;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_lacks_no_row_that_is_rewritten_meanwhile() {
    let servers = Servers::embedded().await;
    let lake = Lake::new(servers.store());
    // Queries fail, and are sent again after different times: what is committed meanwhile lies between them.
    let proxy = Proxy::start(&servers.endpoints.dynamodb, Service::DynamoDb, 5).await.unwrap();
    let endpoints = Endpoints { dynamodb: proxy.endpoint().to_owned(), ..servers.endpoints.clone() };
    let copying = Lake::new(servers.clients_at(&endpoints, store::aws::retries()).store());
    proxy.set_rate_of("Query", Fault::InternalError, 0.3);
    let account = Account::new(demo());
    let reader = Reader { privacy: Privacy::Full, account: &account };
    let policy = CompactionPolicy { segments_per_compaction: 2, ..CompactionPolicy::at_once() };
    for round in 1..=5 {
        // Two days more, which become one segment with all days before.
        for day in 2 * round - 2..2 * round {
            lake.append(&demo(), vec![entry(day, 1, day.cast_signed() * 24)]).await.unwrap();
        }
        tokio::time::sleep(::lake::SNAPSHOT_MARGIN).await;
        let folder = tempdir().unwrap();
        let output = folder.path().join("copy");
        let compacting = async {
            for _ in 0..60 {
                tokio::time::sleep(std::time::Duration::from_millis(60)).await;
                lake.compact(&demo(), None, &policy, domain::time::Instant::now()).await.unwrap();
            }
        };
        let (rows, ()) = tokio::join!(copying.copy(&reader, &output), compacting);
        let sessions = Record::ALL.iter().position(|record| *record == Record::Session).unwrap();
        assert_eq!(rows.unwrap()[sessions], 2 * round, "round {round}");
    }
}
