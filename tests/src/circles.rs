//! No circles among the files of a crate, so that there is an order to read them in. A module and
//! those below it are one subject, and `flags` names the recipe whose table it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::mem::take;
use std::path::Path;

use regex_lite::Regex;

use crate::place::root;

/// The files by the paths of their modules.
type Files = BTreeMap<String, String>;

/// The product's files below `directory`.
fn read(directory: &Path, above: &str, found: &mut Files) {
    for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let module = format!("{above}::{name}");
        if ["lib", "main", "samples", "tests"].contains(&name) {
        } else if path.is_dir() {
            read(&path, &module, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.insert(module, text.split("#[cfg(test)]\nmod ").next().unwrap().to_owned());
        }
    }
}

/// The paths in `a::{b, c::{d, e}}`.
fn paths(item: &str) -> Vec<String> {
    let (mut found, mut above, mut name) = (Vec::new(), vec![String::new()], String::new());
    for c in item.chars().chain([',']).filter(|c| !c.is_whitespace()) {
        match c {
            '{' => above.push(format!("{}{}", above[above.len() - 1], take(&mut name))),
            ',' | '}' => {
                if !name.is_empty() {
                    found.push(format!("{}{}", above[above.len() - 1], take(&mut name)));
                }
                above.truncate(above.len() - usize::from(c == '}'));
            }
            _ => name.push(c),
        }
    }
    found
}

/// The file that a path leads to: a module, or what defines the item that others hand on.
fn file<'f>(path: &str, files: &'f Files) -> Option<&'f str> {
    let (above, name) = path.rsplit_once("::")?;
    let kinds = "const|static|struct|enum|trait|type|fn|const fn";
    let defined = Regex::new(&format!(r"(?m)^pub(\(\w+\))? ({kinds}) {name}\b")).unwrap();
    let defining =
        |(module, text): &(&String, &String)| module.starts_with(above) && defined.is_match(text);
    let found = files.get_key_value(path).or_else(|| files.iter().find(defining));
    found.map(|(module, _)| module.as_str()).or_else(|| file(above, files))
}

/// Which files a file uses, but for those above and below it.
fn used<'f>(module: &str, text: &str, files: &'f Files) -> BTreeSet<&'f str> {
    let uses = Regex::new(r"(?m)^(?:pub(?:\(\w+\))? )?use (crate|super)::([^;]+);").unwrap();
    let renamed = Regex::new(r" as \w+").unwrap();
    let above = module.rsplit_once("::").unwrap().0;
    let below = |one: &str, other: &str| format!("{one}::").starts_with(&format!("{other}::"));
    uses.captures_iter(text)
        .flat_map(|one| {
            let base = if &one[1] == "crate" { "crate" } else { above };
            paths(&format!("{base}::{}", renamed.replace_all(&one[2], "")))
        })
        .filter_map(|path| file(&path, files))
        .filter(|other| !below(module, other) && !below(other, module))
        .collect()
}

fn is_in_a_circle(module: &str, graph: &BTreeMap<&str, BTreeSet<&str>>) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![module]);
    while let Some(one) = next.pop() {
        next.extend(graph[one].iter().filter(|other| seen.insert(**other)));
    }
    seen.contains(module)
}

#[test]
fn no_file_needs_itself_by_way_of_others() {
    let mut circles = Vec::new();
    let shared = fs::read_dir(root().join("shared")).unwrap();
    let programs = ["build", "sign", "verify", "publish", "fetch"];
    let programs = programs.map(|name| root().join(format!("pysign-{name}"))).into_iter();
    for directory in programs.chain(shared.map(|entry| entry.unwrap().path())) {
        let mut files = Files::new();
        read(&directory.join("src"), "crate", &mut files);
        let graph: BTreeMap<&str, BTreeSet<&str>> =
            files.iter().map(|(one, text)| (one.as_str(), used(one, text, &files))).collect();
        let found = graph.keys().filter(|module| is_in_a_circle(module, &graph));
        let found = found.filter(|module| !["crate::flags", "crate::run"].contains(module));
        circles.extend(found.map(|module| format!("{} {module}", directory.display())));
    }
    assert!(circles.is_empty(), "{circles:#?}");
}
