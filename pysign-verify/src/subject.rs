//! The bytes that a signature must be about, and the name that they must deserve.
//!
//! Each byte is read once, for the digest; of a wheel or sdist that is larger than a block, its
//! name's check then reads what it needs from the same descriptor. Whether those were the bytes that
//! were hashed, the system says: length and times before the first byte was read must be those after
//! the last.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use pysign_attest::Envelope;
use pysign_host::{Failure, FileError, HashingReader, Sha256};
use pysign_manifest::{Artifact, Kind};
use pysign_names::is_installable;

use crate::Error;
use crate::copy::Copy;

/// Larger blocks gain nothing: the digest takes longer than the system calls.
const BLOCK: usize = 64 << 10;

/// An artifact's bytes: everything is read from this one descriptor.
pub(crate) struct Subject {
    pub(crate) sha256: Sha256,
    /// What signatures that name files must call it: of a file that is neither wheel nor sdist, the
    /// digest decides.
    pub(crate) filename: Option<String>,
    /// Whether it begins like a DSSE pre-authentication encoding: a signature over it is one over the
    /// statement in it too.
    pub(crate) is_pae: bool,
    /// What its name is checked against.
    archive: Option<Archive>,
}

/// A file that was hashed.
struct Archive {
    /// Whether its name is a wheel's or an sdist's, or an installer takes it for one.
    is_named: bool,
    file: File,
    /// All of it, if it is no larger than a block.
    bytes: Option<Vec<u8>>,
    path: PathBuf,
    /// What was known of it before it was hashed; nothing of a copy, which is ours alone.
    before: Option<Facts>,
}

/// What changes when a file's bytes do.
///
/// `st_ctime` is set by the system and by nobody else, so putting `st_mtime` back hides nothing.
/// What stays unseen: a change within the tick of the clock (some milliseconds) in which the file
/// was written before it was opened, and one through a mapping whose page was written to just
/// before. Neither makes a digest say anything false: it could only let the name be read from other
/// bytes than those hashed. Who must rule that out copies (`-o`): the copy's bytes are hashed as
/// they are written, and nobody else has its descriptor.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Facts {
    fn of(file: &File, path: &Path) -> Result<Self, FileError> {
        let of = file.metadata().map_err(|cause| FileError::on_open(path, cause))?;
        Ok(Self {
            length: of.len(),
            modified: (of.mtime(), of.mtime_nsec()),
            changed: (of.ctime(), of.ctime_nsec()),
        })
    }
}

impl Subject {
    /// Hashes the artifact, into the copy if there is one, and compares it with what is claimed. Of
    /// a mere digest there is nothing to read.
    pub(crate) fn open(artifact: &mut Artifact, copy: Option<&Copy>) -> Result<Self, Failure> {
        if let (Kind::Digest, Some(sha256)) = (artifact.kind, artifact.sha256) {
            return Ok(Self { sha256, filename: None, is_pae: false, archive: None });
        }
        let path = artifact.path()?.to_owned();
        let mut file = artifact.open()?;
        let mut before = Some(Facts::of(&file, &path)?);
        let (sha256, size, bytes) = match copy {
            None => hash(&file, &path, before.as_ref().map_or(0, |facts| facts.length))?,
            Some(copy) => {
                let (ours, sha256, size) = copy.take(&file, &artifact.filename, &path)?;
                (file, before) = (ours, None);
                (sha256, size, None)
            }
        };
        artifact.record(sha256, size)?;
        let mut head = [0; 16];
        file.read_at(&mut head, 0).map_err(|cause| FileError::on_open(&path, cause))?;
        let is_named = artifact.kind != Kind::File || is_installable(&artifact.filename);
        Ok(Self {
            sha256,
            filename: is_named.then(|| artifact.filename.clone()),
            is_pae: Envelope::is_pae(&head),
            archive: Some(Archive { is_named, file, bytes, path, before }),
        })
    }

    /// Whether a wheel or sdist is of the project, version and tags that its name says, anything else
    /// is neither in disguise, and each is still the file that was hashed.
    pub(crate) fn check_name(self) -> Result<(), Failure> {
        let Some(Archive { is_named, mut file, bytes, path, before }) = self.archive else {
            return Ok(());
        };
        let checked = if let Some(bytes) = bytes {
            check(is_named, &mut Cursor::new(bytes), &path)
        } else {
            file.rewind().map_err(|cause| FileError::on_open(&path, cause))?;
            check(is_named, &mut file, &path)
        };
        if let Some(before) = before
            && Facts::of(&file, &path)? != before
        {
            // Whatever was read from it, it is no longer the file that was hashed.
            return Err(FileError::Changed { file: path }.into());
        }
        checked
    }
}

fn check(is_named: bool, source: &mut (impl Read + Seek), path: &Path) -> Result<(), Failure> {
    if is_named {
        return Ok(pysign_archive::identity(source, path).map(drop)?);
    }
    match pysign_archive::holds_distribution(source) {
        Ok(true) => Err(Error::Misnamed { file: path.into() }.into()),
        Ok(false) => Ok(()),
        Err(cause) => Err(FileError::on_open(path, cause).into()),
    }
}

/// Reads the file to its end: its digest, its size, and itself if all of it came in one piece.
fn hash(
    file: &File,
    path: &Path,
    length: u64,
) -> Result<(Sha256, u64, Option<Vec<u8>>), FileError> {
    let mut reader = HashingReader::new(file, Artifact::MAX_BYTES);
    // One byte more, or a file that fits would look like one that goes on.
    let room = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1).min(BLOCK);
    let mut block = vec![0; room];
    let (mut pieces, mut last) = (0_u64, 0);
    loop {
        match reader.read(&mut block) {
            Ok(0) => {
                let (sha256, size) = reader.finish();
                block.truncate(last);
                return Ok((sha256, size, (pieces <= 1).then_some(block)));
            }
            Ok(count) => (pieces, last) = (pieces + 1, count),
            Err(cause) => match cause.kind() {
                std::io::ErrorKind::Interrupted => {}
                std::io::ErrorKind::FileTooLarge => {
                    return Err(FileError::TooLarge {
                        file: path.into(),
                        cap: Artifact::MAX_BYTES,
                    });
                }
                _ => return Err(FileError::on_open(path, cause)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::SystemTime;

    use pysign_host::Host;

    use super::*;

    /// What is thought of a wheel that is hashed, changed, and looked into.
    fn outcome(name: &str, copied: bool, change: impl FnOnce(&Path)) -> &'static str {
        let directory = std::env::temp_dir().join(format!("pysign-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("demo-1.0-py3-none-any.whl");
        fs::write(&path, "signed").unwrap();
        // Long ago: what is written now is written in another tick of the clock.
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(SystemTime::UNIX_EPOCH)
            .unwrap();
        let host = Host::test(&[]);
        let copy = Copy::begin(&directory.join("copy"), [], &host).unwrap();
        let mut artifact = Artifact::from_path(&path).unwrap();
        let subject = Subject::open(&mut artifact, copied.then_some(&copy)).unwrap();
        assert_eq!(subject.sha256, Sha256::of(b"signed"));
        change(&path);
        let failure = subject.check_name().unwrap_err();
        drop(copy);
        fs::remove_dir_all(&directory).unwrap();
        failure.problems().next().unwrap().facts().code
    }

    /// It is no zip archive: whoever looks into it says so.
    const LOOKED_INTO: &str = "zip-malformed";

    #[test]
    fn a_file_that_changes_is_not_the_one_that_was_hashed() {
        assert_eq!(outcome("same", false, |_| ()), LOOKED_INTO);
        let other = |path: &Path| fs::write(path, "SIGNED").unwrap();
        assert_eq!(outcome("other", false, other), "file-changed");
        let shorter = |path: &Path| fs::write(path, "").unwrap();
        assert_eq!(outcome("shorter", false, shorter), "file-changed");
    }

    #[test]
    fn a_copy_is_not_touched_by_changes_of_the_original() {
        let other = |path: &Path| fs::write(path, "SIGNED").unwrap();
        assert_eq!(outcome("copied", true, other), LOOKED_INTO);
    }

    #[test]
    fn a_digest_is_not_looked_for_on_disk() {
        let mut artifact = Artifact::named("sha256:00").unwrap();
        (artifact.kind, artifact.sha256) = (Kind::Digest, Some(Sha256::of(b"signed")));
        let subject = Subject::open(&mut artifact, None).unwrap();
        assert_eq!((subject.sha256, &subject.filename), (Sha256::of(b"signed"), &None));
        assert!(subject.check_name().is_ok());
    }
}
