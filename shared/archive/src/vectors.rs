//! Archives of others that two readers see differently, and such that no two do.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::zip::Zip;

/// What we decide otherwise than the set does, and why. One that we decide like it must go.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "short_usize.zip",
        "deflated data goes on behind the announced size: who ignores it sees more",
    ),
    ("short_usize_zip64.zip", "a stored file with two sizes, one of which hides code"),
];

/// A set of the external vectors, beside the workspace or where `PYSIGN_TESTDATA` says; one that is
/// not there is reported and skipped.
fn set(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata");
    let root = std::env::var_os("PYSIGN_TESTDATA").map_or_else(beside, PathBuf::from);
    let set = root.join(name);
    if set.is_dir() {
        return Some(set);
    }
    // Straight to the stream: what a test prints otherwise is shown only if it fails.
    let _ = writeln!(std::io::stderr(), "skipped: no vectors '{name}' in '{}'", root.display());
    None
}

/// Reads an archive as a wheel is read: the container, then every file of it.
fn is_accepted(path: &Path) -> bool {
    let Ok(mut zip) = Zip::open(File::open(path).unwrap()) else { return false };
    let members = zip.members.clone();
    members.into_values().all(|member| zip.copy(member, &mut Vec::new()).is_ok())
}

#[test]
fn archives_are_taken_and_refused_as_the_set_says() {
    let Some(set) = set("zip-confusion") else { return };
    let mut wrong = BTreeMap::new();
    for (directory, expected) in [("accept", true), ("reject", false)] {
        let mut count = 0;
        for entry in std::fs::read_dir(set.join(directory)).unwrap() {
            let path = entry.unwrap().path();
            count += 1;
            if is_accepted(&path) != expected {
                wrong.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), directory);
            }
        }
        assert!(count > 0, "'{directory}' is empty");
    }
    let found: Vec<_> = wrong.keys().map(String::as_str).collect();
    let known: Vec<_> = DIFFERENCES.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, known, "{wrong:?}");
}
