//! SHA-256 as a value, and readers and writers that compute it on the way.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use sha2::Digest as _;

/// A SHA-256 digest; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A digest that was computed or decoded elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let halves = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digit = |half| char::from_digit(u32::from(half), 16).unwrap_or_default();
        let text: String = halves.map(digit).collect();
        f.write_str(&text)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseDigestError;

impl fmt::Display for ParseDigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sha256 digest is 64 lower-case hexadecimal digits")
    }
}

impl std::error::Error for ParseDigestError {}

impl FromStr for Sha256 {
    type Err = ParseDigestError;

    /// One spelling only, so that equal digests are equal texts.
    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let digit = |c: u8| match c {
            b'0'..=b'9' => Ok(c - b'0'),
            b'a'..=b'f' => Ok(c - b'a' + 10),
            _ => Err(ParseDigestError),
        };
        let (pairs, odd) = text.as_bytes().as_chunks::<2>();
        if !odd.is_empty() {
            return Err(ParseDigestError);
        }
        let bytes = pairs
            .iter()
            .map(|&[high, low]| Ok(digit(high)? * 16 + digit(low)?))
            .collect::<Result<Vec<u8>, ParseDigestError>>()?;
        bytes.try_into().map(Self).map_err(|_| ParseDigestError)
    }
}

/// Reads through to `inner`, hashes what passes and stops at a limit.
#[derive(Debug)]
pub struct HashingReader<R> {
    inner: R,
    hash: sha2::Sha256,
    read: u64,
    cap: u64,
}

impl<R: Read> HashingReader<R> {
    /// Refuses, with `FileTooLarge`, to read more than `cap` bytes.
    pub fn new(inner: R, cap: u64) -> Self {
        Self { inner, hash: sha2::Sha256::new(), read: 0, cap }
    }

    /// The digest and the number of the bytes that were read.
    pub fn finish(self) -> (Sha256, u64) {
        (Sha256(self.hash.finalize().into()), self.read)
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read = self.read.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        if self.read > self.cap {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.hash.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Writes through to `inner` and hashes what was taken.
#[derive(Debug)]
pub struct HashingWriter<W> {
    inner: W,
    hash: sha2::Sha256,
    written: u64,
}

impl<W: Write> HashingWriter<W> {
    /// A writer that has seen nothing yet.
    pub fn new(inner: W) -> Self {
        Self { inner, hash: sha2::Sha256::new(), written: 0 }
    }

    /// What is behind it.
    pub fn inner(&mut self) -> &mut W {
        &mut self.inner
    }

    /// What was behind it, with the digest and the number of the bytes written.
    pub fn finish(self) -> (W, Sha256, u64) {
        (self.inner, Sha256(self.hash.finalize().into()), self.written)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.written = self.written.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn text_and_bytes_agree() {
        assert_eq!(Sha256::of(b"abc").to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(Sha256::of(b"abc")));
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [&ABC.to_uppercase(), &ABC[1..], &format!("{ABC}00"), &ABC.replace('b', "g")] {
            assert_eq!(text.parse::<Sha256>(), Err(ParseDigestError), "{text}");
        }
    }

    #[test]
    fn a_reader_hashes_up_to_its_cap() {
        let mut reader = HashingReader::new(&b"abc"[..], 3);
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert_eq!(reader.finish(), (Sha256::of(b"abc"), 3));
        let refused = io::copy(&mut HashingReader::new(&b"abc"[..], 2), &mut io::sink());
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_writer_hashes_what_was_taken() {
        let mut writer = HashingWriter::new(Vec::new());
        writer.write_all(b"abc").unwrap();
        let (bytes, digest, size) = writer.finish();
        assert_eq!((bytes.as_slice(), digest, size), (&b"abc"[..], Sha256::of(b"abc"), 3));
    }
}
