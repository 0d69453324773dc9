//! The repository rules: what a program can check about the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::rust_source::identifiers;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Adds the project's own source files below a folder.
fn sources(folder: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && !["target", "node_modules", "samples"].contains(&name.as_str()) {
            sources(path.to_str().unwrap(), found);
        } else if ["rs", "js", "py", "sh"].iter().any(|kind| name.ends_with(&format!(".{kind}"))) {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    ["shared", "functions", "infra", "tests", "connector"]
        .iter()
        .for_each(|folder| sources(folder, &mut found));
    assert!(found.len() > 100, "the search finds the sources");
    found
}

#[test]
fn no_file_is_longer_than_400_lines() {
    for path in all_sources() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}

#[test]
fn every_function_has_a_crate_a_resource_and_a_place_in_the_map() {
    let template = read("template.yaml");
    let in_template: BTreeSet<String> = template
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix("Function:"))
        .filter(|name| !name.is_empty() && !name.starts_with(' '))
        .map(str::to_lowercase)
        .collect();
    let crates: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(in_template, crates);
}

/// Returns the routes that the functions declare, as pairs of path and method.
fn routes_in_code() -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for entry in fs::read_dir(root().join("functions")).unwrap() {
        let Ok(code) = fs::read_to_string(entry.unwrap().path().join("src/lib.rs")) else { continue };
        let code: String = code.split_whitespace().collect();
        for part in code.split(".route(\"").skip(1) {
            let (path, rest) = part.split_once('"').unwrap();
            let declared = rest.split(".route(").next().unwrap().split(".with_state").next().unwrap();
            for method in ["get", "post", "patch", "put", "delete"] {
                if declared.contains(&format!(",{method}(")) || declared.contains(&format!(").{method}(")) {
                    routes.insert((path.to_owned(), method.to_uppercase()));
                }
            }
        }
    }
    routes
}

#[test]
fn the_template_has_the_routes_that_the_code_has() {
    let template = read("template.yaml");
    let event = |line: &str| {
        let (_, event) = line.split_once("Type: HttpApi")?;
        let (_, method) = event.split_once("Method: ")?;
        let (method, path) = method.split_once(", Path: ")?;
        let path = path.strip_suffix("}}")?.trim_matches('"');
        Some((path.to_owned(), method.to_owned()))
    };
    let mut in_template: BTreeSet<(String, String)> = template.lines().filter_map(event).collect();
    // axum answers HEAD wherever it answers GET, but the gateway needs a route for it.
    in_template.remove(&("/m/{link}".to_owned(), "HEAD".to_owned()));
    assert_eq!(in_template, routes_in_code());
}

#[test]
fn openapi_describes_the_routes_that_the_code_has() {
    let document: serde_json::Value = serde_json::from_str(&read("functions/console/openapi.json")).unwrap();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods
                .as_object()
                .unwrap()
                .keys()
                .filter(|method| *method != "parameters" && *method != "head");
            methods.map(move |method| (path.clone(), method.to_uppercase()))
        })
        .collect();
    assert_eq!(described, routes_in_code());
}

#[test]
fn the_readme_s_commands_exist_and_the_gate_runs_the_second() {
    let readme = read("README.md");
    let commands: Vec<&str> =
        readme.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().trim()).collect();
    let words = commands.iter().flat_map(|command| command.split_whitespace());
    for script in words.filter(|word| word.ends_with(".sh") || word.ends_with(".py")) {
        assert!(root().join(script).is_file(), "{script}");
    }
    let gate = read(".ci/run");
    assert!(commands.iter().any(|command| gate.contains(command)), "none of {commands:?} is in .ci/run");
}

#[test]
fn every_threat_names_a_test_that_exists() {
    let security = read("SECURITY.md");
    let table = security.split("\n## ").find(|section| section.starts_with("Threats")).unwrap();
    let rows: Vec<&str> = table.lines().skip_while(|line| !line.starts_with("| ---")).skip(1).collect();
    let rows: Vec<&str> = rows.into_iter().filter(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 20, "the search finds the table");
    for row in rows {
        let test = row.trim_end_matches(" |").rsplit("| ").next().unwrap();
        let parts: Vec<&str> = test.split('`').collect();
        let ["", file, " ", name, ""] = parts.as_slice() else { panic!("{row}") };
        let declared = ["fn ", "def ", "test('"].map(|before| format!("{before}{name}"));
        let text = read(file);
        assert!(declared.iter().any(|test| text.contains(test.as_str())), "{file} has no test {name}");
    }
}

#[test]
fn there_is_one_list_of_fields() {
    // A source that names many fields of the dictionary is a second list of them. The generator of made-up
    // sessions names them as well, but in documents and not in a list.
    let names: Vec<&str> = domain::dictionary::fields().iter().map(|field| field.name).collect();
    assert_eq!(names.len(), 108);
    for path in all_sources() {
        let place = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        if place.starts_with("shared/domain/src/dictionary")
            || place.starts_with("infra/demo/src")
            || place.contains("test")
        {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let named =
            names.iter().filter(|name| name.len() > 5 && text.contains(&format!("\"{name}\""))).count();
        assert!(named < 25, "{place} names {named} fields of the dictionary");
    }
}

/// Names that must not be used in Rust sources, each with the word that its concept has instead.
const OUT_OF_USE: [(&str, &str); 36] = [
    ("veil", "masking"),
    ("Veil", "Masking"),
    ("newest", "resolve, latest"),
    ("survivors", "resolve"),
    ("tidy", "compaction"),
    ("upkeep", "maintenance"),
    ("aside", "quarantined"),
    ("set_aside", "quarantined"),
    ("settled", "snapshot"),
    ("settle", "flush"),
    ("STATE_MARGIN", "SNAPSHOT_MARGIN"),
    ("STATE_SECONDS", "SNAPSHOT_SECONDS"),
    ("places", "created_at_history"),
    ("facts", "derived"),
    ("Facts", "DerivedColumns"),
    ("cells", "columns"),
    ("Cells", "SegmentColumns"),
    ("Files", "SegmentColumns"),
    ("slot", "column"),
    ("Slot", "ColumnRef"),
    ("Codes", "DictionaryColumn"),
    ("Asked", "Query"),
    ("Asking", "QueryExecutor"),
    ("met", "seen"),
    ("Reads", "CsvDialect"),
    ("narrow", "point_lookup"),
    ("admit", "authenticate"),
    ("pump", "stream_poller"),
    ("wires", "endpoints"),
    ("Wires", "Endpoints"),
    ("look", "first_run"),
    ("asker", "client"),
    ("Asker", "Client"),
    ("house", "repository_rules"),
    ("sound", "structure"),
    ("Sound", "StructureCheck"),
];

#[test]
fn every_concept_has_one_word() {
    let mut found = Vec::new();
    for path in all_sources().into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs")) {
        let source = fs::read_to_string(&path).unwrap();
        for (line, name) in identifiers(&source) {
            if let Some((_, word)) = OUT_OF_USE.iter().find(|(old, _)| *old == name) {
                found.push(format!("{}:{line}: {name}, say {word}", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "names that are out of use:\n{}", found.join("\n"));
}
