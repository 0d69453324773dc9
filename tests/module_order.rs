//! A test against circles: in the crates that `crate_roots` names, and in every folder of modules of these,
//! the modules stand in reading order, and each uses only those above it.
//!
//! Uses are found by paths that begin with `crate` or `super`. A module and the modules that it declares
//! count as one, so what these use of the file that declares them is ignored. Tests may use everything.

use std::fs;
use std::path::{Path, PathBuf};

use crate::rust_source::{Token, tokens};

/// A module of a crate: its path from the crate's root, its file, and the folder with the modules that it
/// declares.
struct Module {
    path: Vec<String>,
    file: PathBuf,
    folder: PathBuf,
}

/// Returns the modules that a file declares, in their order.
fn declared(code: &[Token]) -> Vec<String> {
    let name = |three: &[Token]| match three {
        [keyword, Token::Name(name), end] if keyword.is("mod") && end.is(";") => Some(name.clone()),
        _ => None,
    };
    code.windows(3).filter_map(name).collect()
}

/// Returns the tokens of a file without items that are only compiled for tests.
fn code(file: &Path) -> Vec<Token> {
    let all: Vec<Token> =
        tokens(&fs::read_to_string(file).unwrap_or_else(|error| panic!("{error}: {file:?}")))
            .into_iter()
            .map(|(_, token)| token)
            .collect();
    let begins_test = |rest: &[Token]| {
        let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
        rest.len() > attribute.len() && attribute.iter().zip(rest).all(|(text, token)| token.is(text))
    };
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < all.len() {
        if begins_test(&all[at..]) {
            at += item_length(&all[at..]);
        } else {
            kept.push(all[at].clone());
            at += 1;
        }
    }
    kept
}

/// Returns how many tokens an item has, up to its semicolon or the end of its block.
fn item_length(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Other('{') => depth += 1,
            Token::Other('}') if depth <= 1 => return at + 1,
            Token::Other('}') => depth -= 1,
            Token::Other(';') if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Adds the paths of a tree such as `crate::a::{b, c::D}`, which begins with the first token. Returns how
/// many tokens the tree has.
fn add_paths(tokens: &[Token], before: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    let Some(Token::Name(first)) = tokens.first() else { return 1 };
    let path = [before, std::slice::from_ref(first)].concat();
    match &tokens[1..] {
        [Token::Other(':'), Token::Other(':'), Token::Name(_), ..] => {
            3 + add_paths(&tokens[3..], &path, paths)
        }
        [Token::Other(':'), Token::Other(':'), Token::Other('{'), ..] => {
            let mut at = 4;
            while at < tokens.len() && !tokens[at].is("}") {
                at += add_paths(&tokens[at..], &path, paths);
            }
            at + 1
        }
        _ => {
            paths.push(path);
            1
        }
    }
}

/// Returns the paths into its own crate that a module's code has, each from the crate's root.
fn paths_of(module: &Module, code: &[Token]) -> Vec<Vec<String>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < code.len() {
        let begins = code[at].is("crate") || code[at].is("super");
        at += if begins { add_paths(&code[at..], &[], &mut found) } else { 1 };
    }
    let absolute = |path: Vec<String>| {
        let ups = path.iter().take_while(|name| *name == "super").count();
        let from_root = path.first().is_some_and(|name| name == "crate");
        let kept = if from_root { 0 } else { module.path.len().saturating_sub(ups) };
        [&module.path[..kept], &path[if from_root { 1 } else { ups }..]].concat()
    };
    found.into_iter().map(absolute).collect()
}

/// Returns every use of a module by one that stands above it, as `file uses module`.
fn upward_uses(root: &Path) -> Vec<String> {
    let folder = root.parent().unwrap().to_owned();
    let crate_root = Module { path: Vec::new(), file: root.to_owned(), folder };
    let mut orders = vec![(crate_root.path.clone(), declared(&code(root)))];
    let mut modules = vec![crate_root];
    let mut at = 0;
    while at < modules.len() {
        let (path, folder, names) =
            (modules[at].path.clone(), modules[at].folder.clone(), orders[at].1.clone());
        for name in names {
            let (file, folder) = (folder.join(format!("{name}.rs")), folder.join(&name));
            let path = [path.as_slice(), &[name]].concat();
            orders.push((path.clone(), declared(&code(&file))));
            modules.push(Module { path, file, folder });
        }
        at += 1;
    }
    let mut found = Vec::new();
    for module in &modules {
        for path in paths_of(module, &code(&module.file)) {
            let common = module.path.iter().zip(&path).take_while(|(a, b)| a == b).count();
            let (Some(own), Some(other)) = (module.path.get(common), path.get(common)) else { continue };
            let (_, order) = orders.iter().find(|(of, _)| *of == module.path[..common]).unwrap();
            let place = |name: &String| order.iter().position(|listed| listed == name);
            if place(other) > place(own) {
                found.push(format!("{} uses {}", module.file.display(), path[..=common].join("::")));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Returns the roots, of libraries and programs, of the crates that are checked.
fn crate_roots(workspace: &Path) -> Vec<PathBuf> {
    let below = |folder: &str| {
        let entries = fs::read_dir(workspace.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<PathBuf>>()
    };
    let crates = ["shared", "functions", "infra"].iter().flat_map(|folder| below(folder));
    let crates = crates.chain([workspace.join("infra"), workspace.join("tests/faults")]);
    let files = crates.flat_map(|path| ["src/lib.rs", "src/main.rs"].map(|file| path.join(file)));
    files.chain([workspace.join("tests/main.rs")]).filter(|file| file.is_file()).collect()
}

#[test]
fn modules_of_every_crate_use_only_those_above_them() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let roots = crate_roots(workspace);
    assert!(roots.len() > 25, "{roots:?}");
    let found: Vec<String> = roots.iter().flat_map(|root| upward_uses(root)).collect();
    assert!(found.is_empty(), "modules that use one below them:\n{}", found.join("\n"));
}

#[test]
fn a_circle_is_found_between_rooms_and_within_one_however_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("lib.rs", "mod a;\npub(crate) mod b;\n#[cfg(test)]\nmod tests;\npub struct App;"),
        ("a.rs", "pub mod one; pub mod two; use one::One;"),
        ("a/one.rs", "use std::fmt; use crate::{App, b::{self, B}}; struct One(super::two::Two);"),
        (
            "a/two.rs",
            "use super::one::One; /* crate::b */ #[cfg(test)] mod tests { use crate::b::B; } // crate::b",
        ),
        ("b.rs", "use crate::a::two::Two; pub struct B(crate::App);"),
    ];
    fs::create_dir(folder.path().join("a")).unwrap();
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    let found = upward_uses(&folder.path().join("lib.rs"));
    let uses = |module: &str| format!("{} uses {module}", folder.path().join("a/one.rs").display());
    assert_eq!(found, [uses("a::two"), uses("b")]);
}
