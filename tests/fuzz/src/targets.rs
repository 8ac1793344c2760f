//! The readers.

mod formats;
mod proof;
mod trust;
mod tuf;

use std::path::Path;
use std::{fs, io};

use crate::target::{Seed, Target, Verdict};
use crate::worker;

type Make = fn() -> Target;

const ALL: [(&str, Make); 16] = [
    ("attestation", formats::attestation),
    ("bundle", formats::bundle),
    ("certificate", formats::certificate),
    ("legacy-bundle", formats::legacy),
    ("manifest", formats::manifest),
    ("marker", trust::marker),
    ("policy", trust::policy),
    ("proof", proof::bundle),
    ("proof-attestation", proof::attestation),
    ("proof-legacy", proof::legacy),
    ("provenance", formats::provenance),
    ("public-key", formats::public_key),
    ("signature", formats::signature),
    ("statement", formats::statement),
    ("trusted-root", trust::trusted_root),
    ("tuf-cache", tuf::cache),
];

/// How many times as long as another's an input of this reader takes: of a repository every file is
/// verified anew.
pub(crate) fn cost(name: &str) -> u64 {
    if name == "tuf-cache" { 20 } else { 1 }
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

pub(crate) fn find(name: &str) -> Option<Make> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, make)| *make)
}

/// What is said of a file whose name begins with that of the seed it was made of.
pub(crate) fn judge_file(target: &Target, file: &Path) -> io::Result<Verdict> {
    let input = fs::read(file)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.as_deref().and_then(|name| Some(name.rsplit_once('~')?.0)).unwrap_or_default();
    let own = Seed::new("itself", input.clone());
    let seed = target.seeds.iter().find(|seed| seed.name == name).unwrap_or(&own);
    Ok(worker::judge(target, seed, &input))
}

/// `fact` unless `holds`.
fn unless(holds: bool, fact: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fact.to_owned()) }
}

/// An error with its causes: where a library refuses is what tells inputs apart.
fn text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{error}: {text}");
        cause = error.source();
    }
    text
}
