//! What the workspace consists of: edges between its crates, bans and licences of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Who may use whom; an edge that is not here is a design that has changed.
const EDGES: [(&str, &str); 18] = [
    ("build", "archive attest ci cli host json manifest names process"),
    ("sign", "attest ci cli host http json manifest process sigstore"),
    ("verify", "archive attest ci cli host http json manifest names sigstore"),
    ("publish", "archive attest ci cli host http index manifest names registry"),
    ("fetch", "attest ci cli host http index manifest names registry"),
    ("host", ""),
    ("json", ""),
    ("names", ""),
    ("process", "host"),
    ("manifest", "host json names"),
    ("archive", "host names"),
    ("attest", "host json names"),
    ("ci", "host names"),
    ("http", "host"),
    ("index", "host http json names"),
    ("registry", "ci host http index names"),
    ("sigstore", "attest host http"),
    ("cli", "host manifest"),
];

/// Crates that must not come in by any door: a second runtime, TLS stack or compressor, and the
/// Sigstore library that accepts forged bundles.
const BANNED: [&str; 9] = [
    "tokio",
    "reqwest",
    "hyper",
    "openssl",
    "openssl-sys",
    "ring",
    "zlib-rs",
    "zopfli",
    "sigstore",
];

/// One of these must be among the alternatives of each part of a crate's licence.
const LICENCES: [&str; 9] = [
    "Apache-2.0",
    "MIT",
    "ISC",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "Unlicense",
    "Zlib",
    "Unicode-3.0",
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every crate that is compiled for any of ours, with its licence.
fn crates() -> BTreeMap<String, String> {
    let arguments = "tree --workspace --locked --offline -e normal,build --prefix none -f {p}|{l}";
    cargo(&arguments.split(' ').collect::<Vec<_>>())
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (package, licence) = line.trim_end_matches(" (*)").split_once('|').unwrap();
            (package.to_owned(), licence.to_owned())
        })
        .collect()
}

fn packages() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version=1", "--locked", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn dependencies(package: &Value) -> impl Iterator<Item = &str> {
    let all = package["dependencies"].as_array().unwrap();
    all.iter().filter(|one| one["kind"].is_null()).map(|one| one["name"].as_str().unwrap())
}

#[test]
fn edges_between_the_crates_are_those_of_the_design() {
    let packages = packages();
    for (name, expected) in EDGES {
        let full = format!("pysign-{name}");
        let package = packages.iter().find(|package| package["name"] == full.as_str()).unwrap();
        let found: BTreeSet<&str> =
            dependencies(package).filter_map(|name| name.strip_prefix("pysign-")).collect();
        assert_eq!(found, expected.split_whitespace().collect(), "pysign-{name}");
    }
}

#[test]
fn only_one_crate_names_the_sigstore_libraries() {
    for package in packages() {
        let names = dependencies(&package).any(|name| name.starts_with("sigstore-"));
        assert_eq!(names, package["name"] == "pysign-sigstore", "{}", package["name"]);
    }
}

#[test]
fn no_banned_crate_is_compiled() {
    let crates = crates();
    let names: BTreeSet<&str> =
        crates.keys().map(|package| package.split(' ').next().unwrap()).collect();
    let found: Vec<&str> = BANNED.into_iter().filter(|name| names.contains(name)).collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(names.contains("sigstore-verify"), "the list was not read: {names:?}");
}

#[test]
fn no_crate_comes_from_a_repository() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    let sources = lock.lines().filter(|line| line.starts_with("source = "));
    let others: Vec<&str> = sources.filter(|line| !line.contains("\"registry+")).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// `A AND (B OR C)`: every part that is joined by AND offers one of our licences.
fn is_permitted(licence: &str) -> bool {
    licence
        .replace('/', " OR ")
        .split(" AND ")
        .all(|part| part.trim_matches(['(', ')']).split(" OR ").any(|one| LICENCES.contains(&one)))
}

#[test]
fn every_licence_is_permitted() {
    for (package, licence) in crates() {
        assert!(is_permitted(&licence), "{package}: {licence}");
    }
}

#[test]
fn a_licence_expression_is_read_part_by_part() {
    for (licence, permitted) in [
        ("MIT OR GPL-3.0", true),
        ("MIT/Apache-2.0", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-3.0", false),
        ("", false),
    ] {
        assert_eq!(is_permitted(licence), permitted, "{licence}");
    }
}
