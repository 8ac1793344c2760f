//! The canonical tar: ustar, with a pax header only where ustar has no room.

use std::io::{self, Write};

use super::{Kind, Member};
use crate::blocks::size;
use crate::error::Fault;
use crate::time::UnixTime;

const BLOCK: usize = 512;

/// The name of a pax header; no reader that knows pax looks at it.
const PAX_NAME: &[u8] = b"././@PaxHeader";

/// What a header says that differs from member to member.
struct Fields<'a> {
    prefix: &'a [u8],
    name: &'a [u8],
    mode: u64,
    size: u64,
    kind: u8,
    link: &'a [u8],
}

/// Writes one member after the other and, at the end, two blocks of zeros.
pub(crate) struct TarWriter<W> {
    out: W,
    time: UnixTime,
}

impl<W: Write> TarWriter<W> {
    pub(crate) fn new(out: W, time: UnixTime) -> Self {
        Self { out, time }
    }

    /// Writes a member's header; a file's bytes follow through [`TarWriter::data`].
    pub(crate) fn header(&mut self, member: &Member) -> Result<(), Fault> {
        let (mode, size, kind, link) = match &member.kind {
            Kind::Directory => (0o755, 0, b'5', ""),
            Kind::File { size, executable: true } => (0o755, *size, b'0', ""),
            Kind::File { size, executable: false } => (0o644, *size, b'0', ""),
            Kind::Link { target } => (0o777, 0, b'2', target.as_str()),
        };
        let path = member.path.as_str();
        let split = split(path);
        let mut pax = Vec::new();
        if split.is_none() {
            pax.extend_from_slice(&record("path", path));
        }
        if !fits(link, 100) {
            pax.extend_from_slice(&record("linkpath", link));
        }
        if !pax.is_empty() {
            self.pax(&pax)?;
        }
        let (name, link) = (stand_in(path), stand_in(link));
        let (prefix, name) = split.map_or((&b""[..], name.as_slice()), |(prefix, name)| {
            (prefix.as_bytes(), name.as_bytes())
        });
        self.put(&Fields { prefix, name, mode, size, kind, link: &link })
    }

    /// A pax header with these records, in front of the member that they describe.
    fn pax(&mut self, records: &[u8]) -> Result<(), Fault> {
        let (name, length) = (PAX_NAME, size(records.len()));
        self.put(&Fields { prefix: b"", name, mode: 0o644, size: length, kind: b'x', link: b"" })?;
        self.data(records)?;
        self.pad(length)
    }

    /// Some of a file's bytes.
    pub(crate) fn data(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.out.write_all(bytes).map_err(Fault::Write)
    }

    /// Fills the last block of a file of `size` bytes.
    pub(crate) fn pad(&mut self, size: u64) -> Result<(), Fault> {
        let over = usize::try_from(size % 512).unwrap_or_default();
        self.data(&vec![0; (BLOCK - over) % BLOCK])
    }

    /// Writes the end and returns what was written to.
    pub(crate) fn finish(mut self) -> Result<W, Fault> {
        self.data(&[0; 2 * BLOCK])?;
        Ok(self.out)
    }

    /// A header block, POSIX.1-1988: no owner, no device, the one time.
    fn put(&mut self, fields: &Fields<'_>) -> Result<(), Fault> {
        let mut block = Vec::with_capacity(BLOCK);
        text(&mut block, fields.name, 100);
        octal(&mut block, fields.mode, 7);
        octal(&mut block, 0, 7);
        octal(&mut block, 0, 7);
        octal(&mut block, fields.size, 11);
        octal(&mut block, self.time.0, 11);
        let sum_at = block.len();
        block.extend_from_slice(b"        ");
        block.push(fields.kind);
        text(&mut block, fields.link, 100);
        block.extend_from_slice(b"ustar\x0000");
        text(&mut block, b"", 32 + 32);
        octal(&mut block, 0, 7);
        octal(&mut block, 0, 7);
        text(&mut block, fields.prefix, 155);
        block.resize(BLOCK, 0);
        let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
        block.splice(sum_at..sum_at + 7, format!("{sum:06o}\0").into_bytes());
        self.data(&block)
    }
}

/// A file's bytes, by the way of [`TarWriter::data`].
impl<W: Write> Write for TarWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.out.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn text(block: &mut Vec<u8>, bytes: &[u8], width: usize) {
    let end = block.len() + width;
    block.extend(bytes.iter().take(width));
    block.resize(end, 0);
}

/// `digits` octal digits and a zero byte. The sizes and times that get here have no more.
fn octal(block: &mut Vec<u8>, number: u64, digits: usize) {
    block.extend_from_slice(format!("{number:0digits$o}\0").as_bytes());
}

fn fits(text: &str, width: usize) -> bool {
    text.is_ascii() && text.len() <= width
}

/// The path as ustar's prefix and name, split at the first slash that leaves both small enough.
fn split(path: &str) -> Option<(&str, &str)> {
    if fits(path, 100) {
        return Some(("", path));
    }
    path.match_indices('/').find_map(|(at, _)| {
        let (prefix, name) = (path.get(..at)?, path.get(at + 1..)?);
        (fits(prefix, 155) && fits(name, 100)).then_some((prefix, name))
    })
}

/// What a reader that knows no pax sees instead of a name without room.
fn stand_in(name: &str) -> Vec<u8> {
    name.bytes().map(|byte| if byte.is_ascii() { byte } else { b'_' }).take(100).collect()
}

/// A pax record, whose length counts its own digits.
fn record(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    format!("{length}{rest}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_counts_its_own_digits() {
        assert_eq!(record("path", "a"), b"9 path=a\n");
        assert_eq!(record("path", &"a".repeat(91)).len(), 101);
        for length in 80..120 {
            let record = record("path", &"a".repeat(length));
            let text = String::from_utf8(record.clone()).unwrap();
            assert_eq!(text.split_once(' ').unwrap().0, record.len().to_string());
        }
    }

    #[test]
    fn a_long_path_is_split_where_both_halves_fit() {
        let long = format!("{}/{}", "a".repeat(120), "b".repeat(90));
        assert_eq!(split(&long).unwrap().0.len(), 120);
        assert_eq!(split("a/b"), Some(("", "a/b")));
        assert_eq!(split(&"a".repeat(101)), None);
        assert_eq!(split("a/é"), None);
    }
}
