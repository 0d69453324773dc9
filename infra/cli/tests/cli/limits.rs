//! Tests of the limits that the environment sets, and that the commands wait for them.

use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Served, lines, sessions};

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn an_import_waits_for_the_limit_that_the_environment_sets() {
    let served = Served::start_with(&[("PREMIUM_SESSIONS_PER_MINUTE", "600")]);
    served.ok(&["demo", "--account", "loja", "--sessions", "1"]);
    // Four batches, of which no minute takes more than two.
    let file = served.file("sessions.ndjson", &lines(&sessions(1_600)));
    // An import takes a few seconds: in the minute in which it begins it would end.
    let left = 60 - seconds() % 60;
    sleep(Duration::from_secs(if left < 40 { left } else { 0 }));
    let begun = seconds() / 60;
    let said = served.ok(&["import", &file, "--account", "loja"]);
    assert!(said.starts_with("1600 sessões estão guardadas"), "{said}");
    assert!(seconds() / 60 > begun, "it did not wait");
}

#[test]
fn a_limit_that_is_no_number_is_told_at_start() {
    let data = tempfile::tempdir().unwrap();
    let mut serve = crate::premium();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data"]).arg(data.path());
    let output = serve.env("PREMIUM_ROWS_PER_MINUTE", "many").output().unwrap();
    assert!(!output.status.success());
    assert!(crate::text(&output.stderr).contains("PREMIUM_ROWS_PER_MINUTE"), "{output:?}");
}
