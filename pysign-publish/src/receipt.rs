//! What was published where, written into the manifest.

use std::collections::BTreeSet;

use pysign_manifest::{Digests, Manifest, Published};

use crate::plan::Plan;
use crate::step::Item;

/// Adds an entry to each artifact and sidecar that is now at the plan's target. `unsigned` are the
/// indices of the artifacts that were only published because of `--allow-unsigned`.
pub(crate) fn record(manifest: &mut Manifest, plan: &Plan<'_, '_>, unsigned: &BTreeSet<usize>) {
    for step in &plan.files {
        let mut entry = Published {
            target: Some(plan.target.kind().to_owned()),
            url: Some(step.url.clone()),
            outcome: step.outcome.map(|outcome| outcome.to_string()),
            reason: step.reason.map(str::to_owned),
            ..Published::default()
        };
        match &step.item {
            Item::Package(package) => {
                if unsigned.contains(&package.artifact) {
                    entry.allowed = Some(vec!["unsigned".to_owned()]);
                }
                if let Some(artifact) = manifest.artifacts.get_mut(package.artifact) {
                    add(&mut artifact.published, entry);
                }
            }
            Item::Sidecar(file) => {
                // A signature differs from run to run: the entry says which one is at this target.
                let sha256 = Some(file.sha256());
                entry.digests = Some(Digests { sha256, ..Digests::default() });
                for artifact in &file.artifacts {
                    // A file can belong to several signatures of an artifact: each gets the entry.
                    let artifact = manifest.artifacts.get_mut(*artifact).into_iter();
                    let signatures = artifact.flat_map(|artifact| &mut artifact.signatures);
                    let files = signatures.flat_map(|signature| &mut signature.files);
                    files
                        .filter(|sidecar| sidecar.path == file.path)
                        .for_each(|sidecar| add(&mut sidecar.published, entry.clone()));
                }
            }
        }
    }
}

/// Adds an entry in place of what an earlier run said of the same address.
fn add(published: &mut Vec<Published>, entry: Published) {
    published.retain(|one| (&one.target, &one.url) != (&entry.target, &entry.url));
    published.push(entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_replaces_what_the_first_one_said_of_the_same_place() {
        let said = |url: &str, outcome: &str| Published {
            target: Some("dir".to_owned()),
            url: Some(url.to_owned()),
            outcome: Some(outcome.to_owned()),
            ..Published::default()
        };
        let mut published = vec![said("a", "stored"), said("b", "stored")];
        add(&mut published, said("a", "kept"));
        assert_eq!(published, [said("b", "stored"), said("a", "kept")]);
    }
}
