//! Inputs that were found: each had been accepted, or worse, and is refused since.

use std::fs;
use std::path::Path;

use crate::target::Verdict;
use crate::targets;

#[test]
fn what_was_found_once_is_refused() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    for directory in fs::read_dir(vectors).unwrap() {
        let directory = directory.unwrap().path();
        let reader = directory.file_name().unwrap().to_str().unwrap();
        let target = targets::find(reader).unwrap()();
        if target.seeds.is_empty() {
            // Without the external vectors there is nothing to verify against.
            continue;
        }
        for file in fs::read_dir(&directory).unwrap() {
            let file = file.unwrap().path();
            let verdict = targets::judge_file(&target, &file).unwrap();
            assert!(matches!(verdict, Verdict::Refused(_)), "{}: {verdict:?}", file.display());
        }
    }
}
