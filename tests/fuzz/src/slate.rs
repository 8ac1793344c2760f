//! Where a worker writes what it is about to read, so that whoever finds it dead or silent knows.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// The number of an input, the name of its seed, and its bytes.
pub(crate) struct Slate {
    file: File,
    buffer: Vec<u8>,
}

impl Slate {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, buffer: Vec::new() })
    }

    /// In one write: what was there of a longer input stays behind it.
    pub(crate) fn write(&mut self, number: u64, seed: &str, input: &[u8]) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.extend(number.to_le_bytes());
        for part in [seed.as_bytes(), input] {
            self.buffer.extend(u64::try_from(part.len()).unwrap_or_default().to_le_bytes());
            self.buffer.extend(part);
        }
        self.file.write_all_at(&self.buffer, 0)
    }
}

/// The number of the input that is on the slate.
pub(crate) fn number(path: &Path) -> Option<u64> {
    let mut number = [0; 8];
    File::open(path).ok()?.read_exact_at(&mut number, 0).ok()?;
    Some(u64::from_le_bytes(number))
}

/// Name of the seed, and the input.
pub(crate) fn input(path: &Path) -> Option<(String, Vec<u8>)> {
    let whole = std::fs::read(path).ok()?;
    let (name, rest) = part(whole.get(8..)?)?;
    let (input, _) = part(rest)?;
    Some((String::from_utf8(name.to_vec()).ok()?, input.to_vec()))
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_input_is_found_again() {
        let path = std::env::temp_dir().join(format!("pysign-slate-{}", std::process::id()));
        let mut slate = Slate::create(&path).unwrap();
        slate.write(6, "seed", &[7; 1000]).unwrap();
        slate.write(7, "other seed", b"input").unwrap();
        assert_eq!(number(&path), Some(7));
        assert_eq!(input(&path), Some(("other seed".to_owned(), b"input".to_vec())));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(number(&path), None);
    }
}
