//! `premium serve` on servers that are not its own.

use std::path::Path;
use std::process::{Command, Stdio};

use infra::embedded::Embedded;
use infra::template::create_table;

use crate::{Served, premium, text};

/// `premium serve` in an environment that names the servers of another process.
fn serve(servers: &Embedded, data: &Path, arguments: &[&str]) -> Command {
    let mut command = premium();
    command.args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data"]).arg(data).args(arguments);
    reach(&mut command, servers);
    command
}

fn reach(command: &mut Command, servers: &Embedded) {
    let endpoints = [&servers.dynamo_endpoint, &servers.s3_endpoint, &servers.kms_endpoint];
    for (service, endpoint) in ["DYNAMODB", "S3", "KMS"].iter().zip(endpoints) {
        command.env(format!("AWS_ENDPOINT_URL_{service}"), endpoint.as_ref().unwrap());
    }
    command.env("AWS_REGION", "sa-east-1");
    command.env("AWS_ACCESS_KEY_ID", &servers.access_key);
    command.env("AWS_SECRET_ACCESS_KEY", &servers.secret_key);
}

fn has(data: &Path, names: [&str; 3]) -> [bool; 3] {
    names.map(|name| data.join(name).exists())
}

const OWN: [&str; 3] = ["table.sqlite", "objects", "master.key"];

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_the_environment_names_are_used_and_no_others_are_started() {
    let elsewhere = tempfile::tempdir().unwrap();
    let servers = Embedded::start(elsewhere.path()).await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let child = serve(&servers, data.path(), &[]).stdout(Stdio::null()).spawn().unwrap();
    let served = Served::ready(data, child);
    tokio::task::block_in_place(|| {
        served.ok(&["demo", "--account", "demo", "--sessions", "30"]);
        served.rows(&["--account", "demo", "--report-type", "sessions"], 30);
    });
    assert_eq!(has(served.data.path(), OWN), [false; 3]);
    let known = std::fs::read_to_string(served.data.path().join("aws.json")).unwrap();
    assert!(!known.contains(&servers.secret_key), "{known}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_outside_leaves_the_others_embedded() {
    let elsewhere = tempfile::tempdir().unwrap();
    let servers = Embedded::start(elsewhere.path()).await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut command = serve(&servers, data.path(), &[]);
    command.env_remove("AWS_ENDPOINT_URL_S3").env_remove("AWS_ENDPOINT_URL_KMS");
    let served = Served::ready(data, command.stdout(Stdio::null()).spawn().unwrap());
    tokio::task::block_in_place(|| {
        served.ok(&["demo", "--account", "demo", "--sessions", "30"]);
        served.rows(&["--account", "demo", "--report-type", "sessions"], 30);
    });
    assert_eq!(has(served.data.path(), OWN), [false, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployed_stack_is_used_by_its_names_and_nothing_is_made_in_it() {
    let elsewhere = tempfile::tempdir().unwrap();
    let servers = Embedded::start(elsewhere.path()).await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let names = [
        ("PREMIUM_TABLE", "stack-table"),
        ("PREMIUM_LAKE_BUCKET", "stack-lake"),
        ("PREMIUM_MEDIA_BUCKET", "stack-media"),
        ("PREMIUM_KEY", "alias/stack"),
    ];
    let unnamed =
        serve(&servers, data.path(), &["--aws"]).env("PREMIUM_TABLE", "stack-table").output().unwrap();
    assert!(!unnamed.status.success());
    assert!(text(&unnamed.stderr).contains("PREMIUM_LAKE_BUCKET"), "{}", text(&unnamed.stderr));
    // Nothing is there yet, and nothing comes to be.
    let early = serve(&servers, data.path(), &["--aws"]).envs(names).output().unwrap();
    assert!(!early.status.success());

    let credentials = aws_sdk_s3::config::Credentials::new(
        servers.access_key.clone(),
        servers.secret_key.clone(),
        None,
        None,
        "test",
    );
    let config = store::aws::builder("sa-east-1", credentials);
    let config = config.endpoint_url(servers.dynamo_endpoint.as_ref().unwrap()).build();
    let dynamo = aws_sdk_dynamodb::Client::new(&config);
    assert_eq!(dynamo.list_tables().send().await.unwrap().table_names(), [""; 0]);
    create_table(&dynamo, "stack-table").await.unwrap();
    let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true);
    let s3 = s3.endpoint_url(servers.s3_endpoint.as_ref().unwrap()).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    for bucket in ["stack-lake", "stack-media"] {
        s3.create_bucket().bucket(bucket).send().await.unwrap();
    }
    let child = serve(&servers, data.path(), &["--aws"]).envs(names).stdout(Stdio::null()).spawn().unwrap();
    let served = Served::ready(data, child);
    tokio::task::block_in_place(|| {
        served.ok(&["demo", "--account", "demo", "--sessions", "30"]);
        served.rows(&["--account", "demo", "--report-type", "sessions"], 30);
    });
    assert_eq!(has(served.data.path(), OWN), [false; 3]);
}
