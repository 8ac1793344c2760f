//! Bytes from one place to another, hashed on the way.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::{FileError, HashingWriter, Sha256, open_regular};

/// Copies what is left of `from`, the file at `path`, to what becomes `target`. Gives the digest and
/// the number of the bytes, which are at most `cap`.
///
/// ```
/// use pysign_host::{Sha256, copy_hashed};
///
/// let mut copy = Vec::new();
/// let copied = copy_hashed(&b"abc"[..], "a".as_ref(), 3, &mut copy, "b".as_ref())?;
/// assert_eq!(copied, (Sha256::of(b"abc"), 3));
/// # Ok::<(), pysign_host::FileError>(())
/// ```
pub fn copy_hashed(
    from: impl Read,
    path: &Path,
    cap: u64,
    to: impl Write,
    target: &Path,
) -> Result<(Sha256, u64), FileError> {
    let mut to = HashingWriter::new(to);
    copy(from, path, cap, &mut to, target)?;
    let (_, sha256, size) = to.finish();
    Ok((sha256, size))
}

/// Digest and size of a regular file of at most `cap` bytes, without holding it in memory.
pub fn hash_regular(path: &Path, cap: u64) -> Result<(Sha256, u64), FileError> {
    copy_hashed(open_regular(path)?, path, cap, io::sink(), path)
}

/// As [`copy_hashed`], for a target that hashes by itself or is not to be hashed.
pub(crate) fn copy(
    mut from: impl Read,
    path: &Path,
    cap: u64,
    mut to: impl Write,
    target: &Path,
) -> Result<(), FileError> {
    let mut buffer = vec![0; 64 * 1024];
    let mut left = cap;
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(FileError::on_open(path, cause)),
        };
        left = u64::try_from(count)
            .ok()
            .and_then(|count| left.checked_sub(count))
            .ok_or_else(|| FileError::TooLarge { file: path.into(), cap })?;
        to.write_all(buffer.get(..count).unwrap_or_default())
            .map_err(|cause| FileError::Unwritable { file: target.into(), cause })?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_error_is_about_the_file_that_has_it() {
        let copied = |cap, to: &mut dyn Write| {
            copy_hashed(&b"abc"[..], Path::new("from"), cap, to, Path::new("to")).unwrap_err()
        };
        let large = copied(2, &mut Vec::new());
        assert!(matches!(large, FileError::TooLarge { file, cap: 2 } if file == Path::new("from")));
        let full = copied(3, &mut Full);
        assert!(matches!(full, FileError::Unwritable { file, .. } if file == Path::new("to")));
    }
}
