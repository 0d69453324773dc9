//! The built program, used as people use it.
#![expect(clippy::unwrap_used, reason = "what the tests share may fail like a test")]

mod ended;
mod endpoints;
mod limits;

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use demo::{Generator, Options, flat};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A running `premium serve`; it ends with the test.
struct Served {
    data: TempDir,
    child: Child,
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Served {
    fn start() -> Served {
        Served::start_with(&[])
    }

    /// Starts it with these variables in its environment.
    fn start_with(settings: &[(&str, &str)]) -> Served {
        let data = tempfile::tempdir().unwrap();
        let child = premium()
            .envs(settings.iter().copied())
            .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data"])
            .arg(data.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Served::ready(data, child)
    }

    /// A `premium serve` on `data` that was just started, once it answers.
    fn ready(data: TempDir, child: Child) -> Served {
        let served = Served { data, child };
        let since = Instant::now();
        while served.local().is_none() {
            assert!(since.elapsed() < Duration::from_secs(60), "the stack did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        served
    }

    /// What `serve` left for clients.
    fn local(&self) -> Option<Value> {
        let json = std::fs::read(self.data.path().join("local.json")).ok()?;
        serde_json::from_slice(&json).ok()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        premium().args(arguments).arg("--data").arg(self.data.path()).output().unwrap()
    }

    /// Runs a command that must succeed; its standard output.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.data.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// Queries until there are `rows` rows: what was accepted is read a few seconds later.
    fn rows(&self, arguments: &[&str], rows: usize) -> Value {
        let since = Instant::now();
        loop {
            let json = self.ok(&[&["query", "--format", "json"], arguments].concat());
            let found: Value = serde_json::from_str(&json).unwrap();
            if found.as_array().unwrap().len() >= rows {
                return found;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{arguments:?}: {json}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// The program with nothing of this environment that would choose another stack.
fn premium() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_premium"));
    command.env_remove("PREMIUM_URL").env_remove("PREMIUM_TOKEN");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Sessions of the last days.
fn sessions(count: usize) -> Vec<Value> {
    let end = domain::time::Instant::now();
    Generator::new(Options { seed: 9, sessions: count, end, days: 20, media: Vec::new() }).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lines(sessions: &[Value]) -> Vec<u8> {
    sessions.iter().map(|session| format!("{session}\n")).collect::<String>().into_bytes()
}

#[test]
fn a_demo_fills_an_account_that_queries_then_show() {
    let served = Served::start();
    let said = served.ok(&["demo", "--account", "demo", "--sessions", "700"]);
    assert!(said.starts_with("700 sessões inventadas estão na conta demo"), "{said}");

    let summary = [
        "--account",
        "demo",
        "--report-type",
        "summary",
        "--fields",
        "sessions,attended_sessions,messages_media",
    ];
    let since = Instant::now();
    let found = loop {
        let found = served.rows(&summary, 1);
        if found[0]["sessions"] == 700 || since.elapsed() > Duration::from_secs(20) {
            break found;
        }
    };
    assert_eq!(found[0]["sessions"], 700, "{found}");
    assert!(found[0]["attended_sessions"].as_u64().unwrap() > 200, "{found}");
    assert!(found[0]["messages_media"].as_u64().unwrap() > 100, "{found}");

    let tags = served.rows(
        &["--account", "demo", "--report-type", "tags", "--fields", "tags_tag,tags_answer", "--limit", "1"],
        1,
    );
    assert_eq!(tags, json!([{"tags_tag": "demonstracao", "tags_answer": "dados inventados"}]));
    let table = served.ok(&["query", "--account", "demo", "--limit", "3"]);
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.starts_with("session_id"), "{table}");
    let csv = served.ok(&[
        "query",
        "--account",
        "demo",
        "--limit",
        "650",
        "--fields",
        "protocol",
        "--format",
        "csv",
    ]);
    assert_eq!((csv.lines().next(), csv.lines().count()), (Some("protocol"), 651));
}

#[test]
fn an_export_is_one_file_of_all_rows() {
    let served = Served::start();
    served.ok(&["demo", "--account", "demo", "--sessions", "12000"]);
    let ids = ["--account", "demo", "--fields", "session_id,protocol"];
    let rows = served.rows(&[&ids[..], &["--limit", "20000"]].concat(), 12_000);
    let ndjson = served.ok(&[&["export", "--format", "ndjson"], &ids[..]].concat());
    let lines: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(&lines, rows.as_array().unwrap(), "two pages as one");

    let path = served.data.path().join("sessoes.csv").display().to_string();
    let said = served.ok(&[&["export", "--lang", "pt", "--output", &path], &ids[..]].concat());
    assert_eq!(said, "");
    let csv = std::fs::read_to_string(&path).unwrap();
    assert!(csv.starts_with("\u{feff}\"ID da sessão\";\"Protocolo\"\r\n"), "{}", &csv[..60]);
    assert_eq!(
        (csv.lines().count(), csv.matches('\u{feff}').count(), csv.matches("Protocolo").count()),
        (12_001, 1, 1)
    );

    let path = served.data.path().join("nada.csv").display().to_string();
    let output = served.run(&["export", "--account", "demo", "--fields", "nada", "--output", &path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nada"), "{}", text(&output.stderr));
    let left = std::fs::read_dir(served.data.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!left.into_iter().any(|name| name.to_string_lossy().starts_with("nada.csv")));
}

#[test]
fn an_import_stores_every_session_once_however_it_is_written_and_repeated() {
    let served = Served::start();
    served.ok(&["demo", "--account", "loja", "--sessions", "1"]);
    let sessions = sessions(1_200);
    let first = served.file("a.ndjson.gz", &gzip(&lines(&sessions[..700])));
    let array = served.file("b.json", &serde_json::to_vec_pretty(&sessions[700..]).unwrap());
    let said = served.ok(&["import", &first, &array, "--account", "loja"]);
    assert!(said.starts_with("1200 sessões estão guardadas: 1200 agora"), "{said}");

    let said = served.ok(&["import", &first, &array, "--account", "loja"]);
    assert!(said.starts_with("1200 sessões estão guardadas: 0 agora, 1200 já estavam iguais"), "{said}");
    let one = served.file("one.json", &serde_json::to_vec_pretty(&flat(&sessions[0])).unwrap());
    let said = served.ok(&["import", &one, "--account", "loja"]);
    assert!(said.starts_with("1 sessões estão guardadas: 0 agora, 1 já estavam iguais"), "{said}");

    let ids = ["--account", "loja", "--fields", "session_id", "--limit", "5000"];
    assert_eq!(served.rows(&ids, 1_201).as_array().unwrap().len(), 1_201);
}

#[test]
fn an_import_reads_another_platform_s_documents_by_a_mapping() {
    let served = Served::start();
    served.ok(&["demo", "--account", "loja", "--sessions", "1"]);
    let now = domain::time::Instant::now().seconds();
    let page = |first: u64, count: u64| {
        let conversation =
            |id| json!({"id": id, "inbox_id": 1, "meta": {"sender": {"id": 1}}, "created_at": now});
        json!({"data": {"payload": (first..first + count).map(conversation).collect::<Vec<_>>()}})
    };
    let pages: Vec<Value> = (0..30).map(|at| page(at * 10, 10)).collect();
    let path = served.file("pages.ndjson", &lines(&pages));
    let said = served.ok(&["import", "--mapping", "chatwoot", &path, "--account", "loja"]);
    assert!(said.starts_with("300 sessões estão guardadas: 300 agora"), "{said}");

    let path = served.file("one.json", &serde_json::to_vec_pretty(&page(0, 2)).unwrap());
    let output = served.run(&["import", "--mapping", "chatwood", &path, "--account", "loja"]);
    assert_eq!(output.status.code(), Some(1));
    let failed = text(&output.stderr);
    assert!(failed.contains("chatwood") && failed.contains("chatwoot"), "{failed}");
    let said = served.ok(&["import", "--mapping", "chatwoot", &path, "--account", "loja"]);
    assert!(said.starts_with("2 sessões estão guardadas: 0 agora, 2 já estavam iguais"), "{said}");
}

#[test]
fn an_import_that_fails_says_where_and_what_was_stored() {
    let served = Served::start();
    served.ok(&["demo", "--account", "loja", "--sessions", "1"]);
    let mut sessions = sessions(6);
    sessions[2]["created_at"] = json!("ontem");
    let mut file = lines(&sessions);
    file.extend(b"lixo\n");
    let path = served.file("c.ndjson", &file);
    let output = served.run(&["import", &path, "--account", "loja"]);
    let (said, failed) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.starts_with("5 sessões estão guardadas: 5 agora") && said.contains("2 rejeitadas"),
        "{said}"
    );
    assert!(failed.contains("c.ndjson:3: [created_at]") && failed.contains("c.ndjson:7:"), "{failed}");

    // A file that was cut gives what is whole in it.
    let whole = serde_json::to_vec(&self::sessions(40)).unwrap();
    let path = served.file("d.json", &whole[..whole.len() - 100]);
    let output = served.run(&["import", &path, "--account", "outra"]);
    let (said, failed) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("39 ignoradas"), "{said}");
    assert!(failed.contains("termina no meio da sessão 40"), "{failed}");
}

#[test]
fn tokens_are_issued_alone_on_a_line_listed_and_revoked() {
    let served = Served::start();
    let token = served.ok(&["token", "issue", "--account", "loja", "--scope", "report", "--label", "painel"]);
    assert!(token.starts_with("eyJ") && token.lines().count() == 1, "{token}");
    let admin = served.ok(&["token", "issue", "--scope", "admin", "--days", "1"]);
    assert_ne!(admin, token);
    let brief = served.ok(&["token", "issue", "--account", "loja", "--scope", "console", "--minutes", "15"]);
    assert!(brief.starts_with("eyJ"), "{brief}");
    let both =
        ["token", "issue", "--account", "loja", "--scope", "console", "--minutes", "15", "--days", "1"];
    assert_ne!(served.run(&both).status.code(), Some(0), "days and minutes at once");

    let list = served.ok(&["token", "list", "--account", "loja"]);
    let row = list.lines().find(|line| line.contains("painel")).unwrap();
    let id = row.split(' ').next().unwrap();
    served.ok(&["token", "revoke", id]);
    assert_eq!(served.run(&["token", "revoke", "../account"]).status.code(), Some(1));

    let file = served.file("e.ndjson", &lines(&sessions(1)));
    let url = served.local().unwrap()["url"].as_str().unwrap().to_owned();
    let report = premium()
        .args(["import", &file, "--account", "loja", "--url", &url])
        .env("PREMIUM_TOKEN", token.trim())
        .output()
        .unwrap();
    assert_eq!(report.status.code(), Some(1));
    let failed = text(&report.stderr);
    assert!(failed.contains("HTTP 401") || failed.contains("HTTP 403"), "{failed}");
    assert!(text(&report.stdout).starts_with("0 sessões estão guardadas"));
}

#[test]
fn without_a_stack_or_a_token_the_person_is_told_what_to_do() {
    let nowhere = tempfile::tempdir().unwrap();
    let data = nowhere.path().display().to_string();
    let output = premium().args(["query", "--data", &data]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("premium serve"), "{}", text(&output.stderr));

    let output = premium().args(["query", "--url", "http://127.0.0.1:9"]).output().unwrap();
    assert!(text(&output.stderr).contains("PREMIUM_TOKEN"), "{}", text(&output.stderr));

    let mut command = premium();
    command.args(["query", "--url", "http://127.0.0.1:9"]).env("PREMIUM_TOKEN", "x");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("não respondeu"), "{}", text(&output.stderr));
}
