//! What was published where, written into the manifest.

use std::collections::BTreeSet;
use std::path::Path;

use pysign_manifest::{Manifest, Value, json};

use crate::plan::Plan;
use crate::step::{Item, Step};

/// Adds an entry to each artifact and sidecar that is now at the plan's target. `unsigned` are the
/// indices of the artifacts that were only published because of `--allow-unsigned`.
pub(crate) fn record(manifest: &mut Manifest, plan: &Plan<'_, '_>, unsigned: &BTreeSet<usize>) {
    for step in &plan.files {
        let mut entry = entry(plan.target.kind(), step);
        match &step.item {
            Item::Package(package) => {
                if unsigned.contains(&package.artifact) {
                    member(&mut entry, "allowed", json!(["unsigned"]));
                }
                if let Some(artifact) = manifest.artifacts.get_mut(package.artifact) {
                    add(&mut artifact.published, entry);
                }
            }
            Item::Sidecar(file) => {
                for artifact in &file.artifacts {
                    add_to_sidecar(manifest, *artifact, &file.path, &entry);
                }
            }
        }
    }
}

/// A signature differs from run to run and from place to place: the entry says what is at this one.
fn entry(target: &str, step: &Step<'_>) -> Value {
    let outcome = step.outcome.map(|outcome| outcome.to_string());
    let mut entry = json!({"target": target, "url": step.url, "outcome": outcome});
    if let Some(reason) = step.reason {
        member(&mut entry, "reason", json!(reason));
    }
    if step.item.package().is_none() {
        member(&mut entry, "digests", json!({"sha256": step.item.sha256().to_string()}));
    }
    entry
}

fn member(entry: &mut Value, name: &str, value: Value) {
    if let Some(members) = entry.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// A file can belong to several signatures of an artifact: each of them gets the entry.
fn add_to_sidecar(manifest: &mut Manifest, artifact: usize, path: &Path, entry: &Value) {
    let artifact = manifest.artifacts.get_mut(artifact);
    let signatures = artifact.into_iter().flat_map(|artifact| &mut artifact.signatures);
    let files = signatures.flat_map(|signature| &mut signature.files);
    for file in files.filter(|file| file.path == path) {
        add(&mut file.published, entry.clone());
    }
}

/// Adds an entry in place of what an earlier run said of the same address.
fn add(published: &mut Vec<Value>, entry: Value) {
    let place = |entry: &Value| (entry.get("target").cloned(), entry.get("url").cloned());
    published.retain(|earlier| place(earlier) != place(&entry));
    published.push(entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_replaces_what_the_first_one_said_of_the_same_place() {
        let said =
            |url: &str, outcome: &str| json!({"target": "dir", "url": url, "outcome": outcome});
        let mut published = vec![said("a", "stored"), said("b", "stored")];
        add(&mut published, said("a", "kept"));
        assert_eq!(published, [said("b", "stored"), said("a", "kept")]);
    }
}
