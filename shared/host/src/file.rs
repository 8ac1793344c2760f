//! Opening what a name stands for: a regular file, itself, or nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Opens `path` for reading. A final link is not followed, so that a sidecar's name can't stand for
/// another file; a pipe or device is refused without waiting for its other end.
pub fn open_regular(path: &Path) -> Result<File, FileError> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(|cause| FileError::on_open(path, cause))?;
    let facts = file.metadata().map_err(|cause| FileError::on_open(path, cause))?;
    if facts.is_file() { Ok(file) } else { Err(FileError::NotRegular { file: path.into() }) }
}

/// The bytes of a regular file of at most `cap` bytes.
pub fn read_regular(path: &Path, cap: u64) -> Result<Vec<u8>, FileError> {
    read(path, open_regular(path)?, cap)
}

/// The bytes, at most `cap`, of a file that the user names: configuration, which may well be a link
/// (a mounted secret of Kubernetes' is one). What a manifest names is never read this way.
pub fn read_named(path: &Path, cap: u64) -> Result<Vec<u8>, FileError> {
    read(path, File::open(path).map_err(|cause| FileError::on_open(path, cause))?, cap)
}

fn read(path: &Path, file: File, cap: u64) -> Result<Vec<u8>, FileError> {
    // With room for all of it, and for the byte that isn't there, two system calls suffice.
    let length = file.metadata().map_or(0, |facts| facts.len()).min(cap);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).saturating_add(1));
    let mut file = file.take(cap.saturating_add(1));
    file.read_to_end(&mut bytes).map_err(|cause| FileError::on_open(path, cause))?;
    if file.limit() == 0 {
        return Err(FileError::TooLarge { file: path.into(), cap });
    }
    Ok(bytes)
}

/// What can be wrong with a file, on the way in or out.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The bytes changed between two looks at them.
    Changed {
        /// The file.
        file: PathBuf,
    },
    /// Another file has the name of an output.
    Exists {
        /// The output.
        file: PathBuf,
    },
    /// There is nothing of this name.
    Missing {
        /// The name.
        file: PathBuf,
    },
    /// A directory, link, pipe or device.
    NotRegular {
        /// The name.
        file: PathBuf,
    },
    /// More bytes than the reader takes.
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The limit in bytes.
        cap: u64,
    },
    /// The system refuses to read it.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Its reason.
        cause: io::Error,
    },
    /// The system refuses to write it.
    Unwritable {
        /// The output.
        file: PathBuf,
        /// Its reason.
        cause: io::Error,
    },
}

impl FileError {
    /// The error for what the system answered when `file` was opened or read.
    pub fn on_open(file: &Path, cause: io::Error) -> Self {
        let file = file.into();
        if cause.raw_os_error() == Some(libc::ELOOP) {
            return Self::NotRegular { file };
        }
        match cause.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing { file },
            io::ErrorKind::IsADirectory => Self::NotRegular { file },
            _ => Self::Unreadable { file, cause },
        }
    }
}

crate::problem! { FileError {
    Self::Changed { file } => Refused "file-changed" ("'{}' changed while it was read", file.display()),
        file(file);
    Self::Exists { file } => Input "output-exists"
        ("'{}' already exists with other bytes", file.display()),
        file(file), hint("to replace it: --force");
    Self::Missing { file } => Input "file-missing" ("'{}' does not exist", file.display()),
        file(file);
    Self::NotRegular { file } => Input "file-not-regular" ("'{}' is not a regular file", file.display()),
        file(file);
    Self::TooLarge { file, cap } => Input "file-too-large"
        ("'{}' is larger than {cap} bytes", file.display()),
        file(file);
    Self::Unreadable { file, cause } => Input "file-unreadable" ("'{}' can't be read", file.display()),
        file(file), cause(cause);
    Self::Unwritable { file, cause } => Input "output-unwritable" ("'{}' can't be written", file.display()),
        file(file), cause(cause);
} }
