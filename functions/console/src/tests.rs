use serde_json::Value;

use crate::assets::FILES;

/// Every route of the project, with its methods.
const ROUTES: &[(&str, &[&str])] = &[
    ("/", &["get"]),
    ("/assets/{version}/{name}", &["get"]),
    ("/docs", &["get"]),
    ("/healthz", &["get"]),
    ("/m/{link}", &["get", "head"]),
    ("/v1/account", &["get", "patch"]),
    ("/v1/accounts", &["get"]),
    ("/v1/console/session", &["delete", "post"]),
    ("/v1/data", &["post"]),
    ("/v1/export", &["get", "post"]),
    ("/v1/me", &["get"]),
    ("/v1/media", &["post"]),
    ("/v1/media/{storage_id}", &["delete"]),
    ("/v1/openapi.json", &["get"]),
    ("/v1/audit", &["get"]),
    ("/v1/people", &["get"]),
    ("/v1/people/{person}", &["delete"]),
    ("/v1/people/{person}/export", &["post"]),
    ("/v1/erasures", &["get"]),
    ("/v1/erasures/{receipt_id}", &["get"]),
    ("/v1/receipts", &["get"]),
    ("/v1/report-types", &["get"]),
    ("/v1/reports", &["get", "post"]),
    ("/v1/reports/{id}", &["delete", "put"]),
    ("/v1/schema", &["get"]),
    ("/v1/sessions", &["post"]),
    ("/v1/settings", &["get", "put"]),
    ("/v1/tokens", &["get", "post"]),
    ("/v1/tokens/{id}", &["delete"]),
];

fn document() -> Value {
    crate::description::document().clone()
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn the_description_names_every_route_and_no_other() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), ROUTES.len());
    for (path, methods) in ROUTES {
        let item = paths[*path].as_object().unwrap();
        let mut described: Vec<&str> =
            item.keys().map(String::as_str).filter(|key| *key != "parameters").collect();
        described.sort_unstable();
        assert_eq!(described, *methods, "{path}");
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        let at = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(at).is_some(), "{reference}");
    }
}

#[test]
fn the_description_has_the_version_of_the_program() {
    assert_eq!(document()["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn every_file_of_the_page_and_every_template_is_served() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = |folder: &str| {
        let entries = std::fs::read_dir(here.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let mut there = [names("src/page"), names("../../connector/templates")].concat();
    there.retain(|name| !name.ends_with(".html"));
    there.sort_unstable();
    let served: Vec<&str> = FILES.iter().map(|file| file.name).collect();
    assert_eq!(served, there);
}

#[test]
fn the_page_never_writes_markup() {
    let scripts: Vec<_> = FILES.iter().filter(|file| file.name.ends_with(".js")).collect();
    assert!(!scripts.is_empty());
    for file in scripts {
        let (name, script) = (file.name, str::from_utf8(file.content).unwrap());
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "localStorage",
            "sessionStorage",
            "document.cookie",
            "cookieStore",
        ] {
            assert!(!script.contains(way), "{name}: {way}");
        }
    }
}
