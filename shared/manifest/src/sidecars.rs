//! Which files beside an artifact are about it: by exact name, nothing else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use pysign_host::{FileError, Notes};
use pysign_json::Fault;

use crate::{
    Artifact, Error, Kind, MAX_ARTIFACTS, Manifest, Role, Sidecar, Signature, SignatureKind,
};

/// One row of the table of sidecars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suffix {
    /// What is appended to the artifact's name.
    pub text: &'static str,
    /// The kind of signature it belongs to.
    pub kind: SignatureKind,
    /// What it is to that signature.
    pub role: Role,
}

const fn row(text: &'static str, kind: SignatureKind, role: Role) -> Suffix {
    Suffix { text, kind, role }
}

/// The names of sidecars. Longer suffixes stand before the ones they end in.
pub const SIDECARS: [Suffix; 8] = [
    row(".statement.sigstore.json", SignatureKind::Statement, Role::Bundle),
    row(".sigstore.json", SignatureKind::Bundle, Role::Bundle),
    row(".sig", SignatureKind::Pair, Role::Signature),
    row(".crt", SignatureKind::Pair, Role::Certificate),
    row(".pem", SignatureKind::Pair, Role::Certificate),
    row(".publish.attestation", SignatureKind::Attestation, Role::Attestation),
    row(".slsa.attestation", SignatureKind::Attestation, Role::Attestation),
    row(".provenance", SignatureKind::Provenance, Role::Provenance),
];

/// The end of the one sidecar that belongs to a whole release.
const RELEASE: &str = ".release.sigstore.json";

/// `artifact` with `suffix` appended to its name.
pub fn sidecar_path(artifact: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(artifact);
    name.push(suffix);
    name.into()
}

/// Where the release statement of this artifact lies: `NAME-VERSION.release.sigstore.json` in its
/// directory.
pub fn release_path(artifact: &Artifact) -> Option<PathBuf> {
    let (project, version) = (artifact.project.as_ref()?, artifact.version.as_ref()?);
    Some(artifact.path.as_ref()?.with_file_name(format!("{project}-{version}{RELEASE}")))
}

/// Whether a sidecar of this kind and role may lie at `path`.
pub(crate) fn belongs(path: &Path, kind: SignatureKind, role: Role, artifact: &Artifact) -> bool {
    if kind == SignatureKind::Release {
        return release_path(artifact).as_deref() == Some(path);
    }
    artifact.path.as_deref().is_some_and(|artifact| {
        SIDECARS
            .iter()
            .filter(|row| row.kind == kind && row.role == role)
            .any(|row| sidecar_path(artifact, row.text) == path)
    })
}

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
    if let Some(release) = release_path(artifact).filter(|path| is_there(path)) {
        let file = Sidecar::new(Role::Bundle, release, None);
        found.push(Signature::new(SignatureKind::Release, vec![file]));
    }
    found.sort_by_key(|signature| signature.kind);
    found
}

impl Manifest {
    /// Whether a file is part of any artifact's signature.
    fn lists(&self, file: &Path) -> bool {
        let signatures = self.artifacts.iter().flat_map(|artifact| &artifact.signatures);
        signatures.flat_map(|signature| &signature.files).any(|known| known.path == file)
    }
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
        if file.file_name().is_some_and(|name| name.to_string_lossy().ends_with(RELEASE)) {
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
                notes.warn("file-ignored", format!("'{shown}' is no package and is left alone"));
            }
        }
    }
    match releases.into_iter().find(|file| !found.manifest.lists(file)) {
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
            let message = format!("'{}' is half a pair, which proves nothing", half.display());
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
