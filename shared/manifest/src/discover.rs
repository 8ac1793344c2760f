//! Finds artifacts among files and directories, and their sidecars beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use pysign_host::{FileError, Notes};
use pysign_json::Fault;

use crate::{
    Artifact, Error, Kind, MAX_ARTIFACTS, Manifest, RELEASE, SIDECARS, Sidecar, Signature,
    SignatureKind, Suffix, sidecar_path,
};

/// The signatures that lie beside `artifact`. A name that is there but is no regular file counts:
/// reading it will say so.
pub fn find_sidecars(artifact: &Artifact) -> Vec<Signature> {
    let Some(path) = artifact.path.as_deref() else { return Vec::new() };
    let sidecar = |suffix: &Suffix| {
        let path = sidecar_path(path, suffix.text);
        is_there(&path).then(|| Sidecar::new(suffix.role, path, None))
    };
    let mut found = Vec::new();
    let mut pair: Vec<Sidecar> = Vec::new();
    for row in &SIDECARS {
        let Some(file) = sidecar(row) else { continue };
        if row.kind != SignatureKind::Pair {
            found.push(Signature::new(row.kind, vec![file]));
        } else if pair.iter().all(|other| other.role != file.role) {
            pair.push(file);
        }
    }
    if pair.len() == 2 {
        found.push(Signature::new(SignatureKind::Pair, pair));
    }
    if let Some(release) = artifact.release_path().filter(|path| is_there(path)) {
        let file = Sidecar::new(RELEASE.role, release, None);
        found.push(Signature::new(RELEASE.kind, vec![file]));
    }
    found.sort_by_key(|signature| signature.kind);
    found
}

/// A manifest made up from files and directories, each artifact with the signatures beside it.
///
/// A directory stands for the wheels and sdists directly in it. A sidecar may be named as well, as
/// `dist/*` does, if its artifact is; alone it is an error.
pub fn discover(operands: &[PathBuf], notes: &Notes) -> Result<Manifest, Error> {
    let mut files = BTreeMap::new();
    let mut order = Vec::new();
    for operand in operands {
        let is_directory = operand.is_dir();
        let found = if is_directory { in_directory(operand)? } else { vec![operand.clone()] };
        for file in found {
            // `./a.whl` and `a.whl` are one file.
            let file: PathBuf =
                file.components().filter(|part| *part != Component::CurDir).collect();
            if files.insert(file.clone(), !is_directory).is_none() {
                order.push(file);
            }
        }
    }
    let mut found = Found::default();
    let mut releases = Vec::new();
    for file in order {
        let is_named = files.get(&file).copied().unwrap_or_default();
        if file.file_name().is_some_and(|name| name.to_string_lossy().ends_with(RELEASE.text)) {
            releases.push(file);
            continue;
        }
        if let Some(about) = artifact_of(&file) {
            if files.contains_key(&about) {
                continue;
            }
            if is_named || is_package(&about) {
                return Err(Error::Orphan { path: file });
            }
        }
        match Artifact::from_path(&file) {
            Ok(artifact) if is_named || artifact.kind != Kind::File => {
                found.add(artifact, notes)?;
            }
            Err(error) if is_named => return Err(error),
            Ok(_) | Err(_) => {
                let shown = file.display();
                notes.warn("file-ignored", format!("'{shown}' is ignored: it is not a package"));
            }
        }
    }
    let artifacts = found.manifest.artifacts.iter();
    let signatures = artifacts.flat_map(|artifact| &artifact.signatures);
    let listed: BTreeSet<&Path> =
        signatures.flat_map(|one| &one.files).map(|file| file.path.as_path()).collect();
    match releases.into_iter().find(|file| !listed.contains(file.as_path())) {
        Some(path) => Err(Error::Orphan { path }),
        None => Ok(found.manifest),
    }
}

/// What was found so far, and where each file name stands.
#[derive(Default)]
struct Found {
    manifest: Manifest,
    names: BTreeMap<String, PathBuf>,
}

impl Found {
    fn add(&mut self, mut artifact: Artifact, notes: &Notes) -> Result<(), Error> {
        let path = artifact.path.clone().unwrap_or_default();
        if let Some(other) = self.names.insert(artifact.filename.clone(), path.clone()) {
            return Err(Error::Namesakes { one: other, other: path });
        }
        if self.names.len() > MAX_ARTIFACTS {
            return Err(Fault::TooMany { what: "artifacts".to_owned(), cap: MAX_ARTIFACTS }.into());
        }
        artifact.signatures = find_sidecars(&artifact);
        if let Some(half) = half_of_pair(&artifact) {
            let message =
                format!("'{}' is ignored: the other file of the pair is missing", half.display());
            notes.warn("pair-incomplete", message);
        }
        self.manifest.artifacts.push(artifact);
        Ok(())
    }
}

/// A detached signature without its certificate, or the reverse.
fn half_of_pair(artifact: &Artifact) -> Option<PathBuf> {
    if artifact.signatures.iter().any(|signature| signature.kind == SignatureKind::Pair) {
        return None;
    }
    let path = artifact.path.as_deref()?;
    let halves = SIDECARS.iter().filter(|row| row.kind == SignatureKind::Pair);
    halves.map(|row| sidecar_path(path, row.text)).find(|half| is_there(half))
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// What `path` would be a sidecar of.
fn artifact_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = SIDECARS.iter().find_map(|row| name.strip_suffix(row.text))?;
    (!stem.is_empty()).then(|| path.with_file_name(stem))
}

fn is_package(path: &Path) -> bool {
    Artifact::from_path(path).is_ok_and(|artifact| artifact.kind != Kind::File)
}

/// The files directly in `directory`, by name.
fn in_directory(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |cause| FileError::on_open(directory, cause);
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_type().map_err(unreadable)?.is_dir() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}
