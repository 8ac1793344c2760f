//! `-o DIR`: a directory to install from, that holds the very bytes that were proven.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use pysign_host::{Failure, FileError, Host, NewDirectory, Sha256, copy_hashed};
use pysign_manifest::{
    Artifact, Kind, Manifest, ProjectName, Role, SIDECARS, SignatureKind, Suffix, Version,
};

use crate::Error;

/// What pip and uv install from.
const REQUIREMENTS: &str = "requirements.txt";

/// A directory that is being filled. It appears when everything in it is proven, or not at all.
pub(crate) struct Copy {
    directory: NewDirectory,
    /// What was written beside the artifacts.
    sidecars: Mutex<BTreeMap<String, Sha256>>,
}

impl Copy {
    /// Refuses the directory that any of these files is in: it would be read and replaced.
    pub(crate) fn begin<'f>(
        target: &Path,
        files: impl IntoIterator<Item = &'f Path>,
        host: &Host,
    ) -> Result<Self, Failure> {
        if target.as_os_str().is_empty() || target.exists() && !target.is_dir() {
            let cause = std::io::ErrorKind::NotADirectory.into();
            return Err(FileError::Unwritable { file: target.into(), cause }.into());
        }
        if let Ok(there) = target.canonicalize() {
            let is_there = |file: &Path| {
                let directory = file.parent().map(|directory| Path::new(".").join(directory));
                directory.is_some_and(|it| it.canonicalize().is_ok_and(|it| it == there))
            };
            if files.into_iter().any(is_there) {
                return Err(Error::OutputIsInput { directory: target.into() }.into());
            }
        }
        Ok(Self { directory: host.out.directory(target)?, sidecars: Mutex::default() })
    }

    /// Copies `original` and hashes what was written. The copy is at its beginning.
    pub(crate) fn take(
        &self,
        original: &File,
        filename: &str,
        path: &Path,
    ) -> Result<(File, Sha256, u64), FileError> {
        let target = self.directory.target().join(filename);
        let mut file = self.directory.create_file(filename)?;
        let (sha256, size) = copy_hashed(original, path, Artifact::MAX_BYTES, &mut file, &target)?;
        file.rewind().map_err(|cause| FileError::Unwritable { file: target, cause })?;
        Ok((file, sha256, size))
    }

    /// Writes the bytes of a sidecar that were looked at. Two signatures may list the same file, and
    /// every file of a release has its statement.
    pub(crate) fn add_sidecar(
        &self,
        filename: &str,
        (kind, role, path): (SignatureKind, Role, &Path),
        bytes: &[u8],
    ) -> Result<(), FileError> {
        let name = name_of(filename, kind, role, path);
        let sha256 = Sha256::of(bytes);
        let mut sidecars = self.sidecars.lock().unwrap_or_else(PoisonError::into_inner);
        if sidecars.get(&name) == Some(&sha256) {
            return Ok(());
        }
        self.write(&name, bytes)?;
        sidecars.insert(name, sha256);
        Ok(())
    }

    /// Adds what it takes to install, and lets every path of the release lead here.
    pub(crate) fn finish(self, release: &mut Manifest, host: &Host) -> Result<(), Failure> {
        self.write(REQUIREMENTS, requirements(release).as_bytes())?;
        for artifact in &mut release.artifacts {
            let filename = artifact.filename.clone();
            for signature in &mut artifact.signatures {
                for file in &mut signature.files {
                    let name = name_of(&filename, signature.kind, file.role, &file.path);
                    file.path = self.directory.target().join(name);
                }
            }
            if artifact.kind != Kind::Digest {
                artifact.path = Some(self.directory.target().join(filename));
            }
        }
        host.out.later_directory(self.directory);
        Ok(())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.directory.create_file(name)?.write_all(bytes).map_err(|cause| FileError::Unwritable {
            file: self.directory.target().join(name),
            cause,
        })
    }
}

/// The name that a sidecar has beside its artifact: as it was listed or found, where that is one.
fn name_of(filename: &str, kind: SignatureKind, role: Role, path: &Path) -> String {
    let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let rows = || SIDECARS.iter().filter(|row| row.kind == kind && row.role == role);
    let is_there = |row: &Suffix| own.strip_prefix(filename) == Some(row.text);
    match rows().next() {
        // Named on the command line, it may come from anywhere.
        Some(first) if !rows().any(is_there) => format!("{filename}{}", first.text),
        _ => own,
    }
}

/// One line a release: pip takes the file that fits, and refuses one that is not listed. The place
/// of the files is relative to this one.
fn requirements(release: &Manifest) -> String {
    let mut releases: BTreeMap<(&ProjectName, &Version), Vec<Sha256>> = BTreeMap::new();
    for artifact in &release.artifacts {
        if let (Kind::Sdist | Kind::Wheel, Some(project), Some(version), Some(sha256)) =
            (artifact.kind, &artifact.project, &artifact.version, artifact.sha256)
        {
            releases.entry((project, version)).or_default().push(sha256);
        }
    }
    let mut text = String::from("--find-links .\n");
    for ((project, version), mut files) in releases {
        files.sort_unstable();
        let _ = write!(text, "{project}=={version}");
        for sha256 in files {
            let _ = write!(text, " --hash=sha256:{sha256}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use pysign_manifest::Artifact;

    use super::*;

    #[test]
    fn each_release_is_pinned_to_all_of_its_files() {
        let mut release = Manifest::new();
        for name in
            ["demo_pkg-1.0-py3-none-any.whl", "notes.txt", "demo_pkg-1.0.tar.gz", "a-2.tar.gz"]
        {
            let mut artifact = Artifact::named(name).unwrap();
            artifact.sha256 = Some(Sha256::of(name.as_bytes()));
            release.artifacts.push(artifact);
        }
        let hash = |name: &str| format!(" --hash=sha256:{}", Sha256::of(name.as_bytes()));
        let mut demo = [hash("demo_pkg-1.0-py3-none-any.whl"), hash("demo_pkg-1.0.tar.gz")];
        demo.sort();
        let a = hash("a-2.tar.gz");
        let expected = format!("--find-links .\na==2{a}\ndemo-pkg==1.0{}\n", demo.concat());
        assert_eq!(requirements(&release), expected);
    }
}
