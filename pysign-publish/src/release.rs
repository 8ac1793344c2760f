//! The files of a release, read and hashed before anything is sent.

use std::collections::BTreeMap;
use std::io::{self, Seek as _};
use std::path::PathBuf;

use pysign_archive::Metadata;
use pysign_host::{Failure, FileError, Notes, Sha256, copy_hashed, open_regular};
use pysign_manifest::{Artifact, Kind, Manifest, ProjectName, SignatureKind, Version};
use pysign_names::DistName;

use crate::Error;
use crate::sidecar::{self, SidecarFile};

/// The files of one version of one project.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) project: ProjectName,
    pub(crate) version: Version,
    /// In the order they are sent: wheels, then the sdist.
    pub(crate) packages: Vec<Package>,
}

/// A wheel or sdist whose metadata agrees with its name.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its index in the manifest.
    pub(crate) artifact: usize,
    pub(crate) name: DistName,
    pub(crate) path: PathBuf,
    pub(crate) sha256: Sha256,
    pub(crate) size: u64,
    pub(crate) metadata: Metadata,
    /// The files of its signatures, each once, in the order they are sent.
    pub(crate) sidecars: Vec<SidecarFile>,
    /// Whether one of its signatures names its digest.
    pub(crate) signed: bool,
}

/// Refuses several releases, unless `many` may be published at once, and one release that was built
/// from several commits.
pub(crate) fn require_one(manifest: &Manifest, many: bool) -> Result<(), Failure> {
    if !many {
        return Ok(manifest.single_release()?);
    }
    let each = manifest.releases().into_iter().map(|(project, version)| {
        let ours = |artifact: &&Artifact| {
            artifact.project.as_ref() == Some(&project)
                && artifact.version.as_ref() == Some(&version)
        };
        let mut part = Manifest::new();
        part.artifacts = manifest.artifacts.iter().filter(ours).cloned().collect();
        part.builds.clone_from(&manifest.builds);
        Ok(part.single_release()?)
    });
    Failure::collect(each).map(drop)
}

/// Reads every file that the manifest names, and records digests and sizes in it.
pub(crate) fn read(manifest: &mut Manifest, notes: &Notes) -> Result<Vec<Release>, Failure> {
    let packages = manifest.artifacts.iter_mut().enumerate();
    let packages = packages.map(|(place, artifact)| Package::read(place, artifact, notes));
    let mut releases: BTreeMap<(ProjectName, Version), Vec<Package>> = BTreeMap::new();
    for package in Failure::collect(packages)? {
        let key = (package.name.project().clone(), package.name.version().clone());
        releases.entry(key).or_default().push(package);
    }
    let release = |((project, version), mut packages): ((_, _), Vec<Package>)| {
        packages.sort_by_cached_key(|package| {
            (matches!(package.name, DistName::Sdist(_)), package.name.to_string())
        });
        share_statements(&mut packages)?;
        Ok(Release { project, version, packages })
    };
    Failure::collect(releases.into_iter().map(release))
}

/// Leaves the statement of a release with the first file that lists it, as a signature of all that do:
/// it has one address, and is sent once.
fn share_statements(packages: &mut [Package]) -> Result<(), Failure> {
    let mut statements: Vec<(usize, SidecarFile)> = Vec::new();
    for (first, package) in packages.iter_mut().enumerate() {
        let of_release = |file: &SidecarFile| file.kind() == Some(SignatureKind::Release);
        let (shared, own): (Vec<_>, Vec<_>) =
            std::mem::take(&mut package.sidecars).into_iter().partition(of_release);
        package.sidecars = own;
        for file in shared {
            match statements.iter_mut().find(|(_, known)| known.filename == file.filename) {
                None => statements.push((first, file)),
                Some((_, known)) if known.bytes == file.bytes => {
                    known.artifacts.extend(file.artifacts);
                }
                Some(_) => {
                    let filename = file.filename;
                    return Err(pysign_manifest::Error::OtherBytes { filename }.into());
                }
            }
        }
    }
    for (first, file) in statements {
        if let Some(package) = packages.get_mut(first) {
            package.sidecars.push(file);
        }
    }
    Ok(())
}

impl Package {
    fn read(place: usize, artifact: &mut Artifact, notes: &Notes) -> Result<Self, Failure> {
        let filename = &artifact.filename;
        let unfit = || Error::Kind { filename: filename.clone() };
        if matches!(artifact.kind, Kind::Digest | Kind::File) {
            return Err(unfit().into());
        }
        let name: DistName = filename.parse().map_err(|_| unfit())?;
        let path = artifact.path()?.to_owned();
        notes.progress(format!("reading '{}'", path.display()));
        let mut file = open_regular(&path)?;
        let (sha256, size) = copy_hashed(&file, &path, Artifact::MAX_BYTES, io::sink(), &path)?;
        file.rewind().map_err(|cause| FileError::on_open(&path, cause))?;
        artifact.record(sha256, size)?;
        let metadata = pysign_archive::identity(&mut file, &path)?;
        let bound = sidecar::bind(artifact, place, &name, sha256, notes)?;
        let (sidecars, signed) = (bound.files, bound.signed);
        Ok(Self { artifact: place, name, path, sha256, size, metadata, sidecars, signed })
    }
}
