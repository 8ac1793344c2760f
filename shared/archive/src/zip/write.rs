//! The canonical zip: every field that the content doesn't decide is fixed.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use pysign_host::{HashingWriter, Sha256};

use crate::blocks::size;
use crate::error::{Fault, Format};
use crate::member::MemberPath;
use crate::time::DosTime;

/// A compressed file up to this size waits in memory; of a larger one only the numbers are kept,
/// and it is compressed once more when it is written.
const MAX_KEPT: usize = 8 << 20;

/// Without zip64, which a canonical wheel never needs: package indexes end far below 4 GiB.
const MAX_SIZE: u64 = 0xffff_fffe;
const MAX_MEMBERS: u16 = 0xfffe;

/// The level that the profile fixes.
pub(crate) fn level() -> Compression {
    Compression::new(9)
}

/// Takes a file's bytes and finds out how it will lie in the archive.
pub(crate) struct Packer {
    crc: Crc,
    deflate: HashingWriter<DeflateEncoder<Kept>>,
}

/// Holds its bytes until there are too many, then only their number.
struct Kept {
    bytes: Vec<u8>,
    count: u64,
    most: usize,
}

/// A file ready for the archive.
pub(crate) struct Packed {
    pub(crate) sha256: Sha256,
    pub(crate) size: u64,
    crc: u32,
    compressed: u64,
    kept: Option<Vec<u8>>,
}

impl Packer {
    pub(crate) fn new() -> Self {
        Self::keeping(MAX_KEPT)
    }

    fn keeping(most: usize) -> Self {
        let kept = Kept { bytes: Vec::new(), count: 0, most };
        let deflate = DeflateEncoder::new(kept, level());
        Self { crc: Crc::new(), deflate: HashingWriter::new(deflate) }
    }

    pub(crate) fn finish(self) -> Result<Packed, Fault> {
        let (deflate, sha256, size) = self.deflate.finish();
        let Kept { bytes, count, .. } = deflate.finish().map_err(Fault::Write)?;
        let whole = crate::blocks::size(bytes.len()) == count;
        Ok(Packed {
            sha256,
            size,
            crc: self.crc.sum(),
            compressed: count,
            kept: whole.then_some(bytes),
        })
    }
}

impl Write for Packer {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.crc.update(buffer);
        self.deflate.write_all(buffer)?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Kept {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let whole = size(self.bytes.len()) == self.count;
        if whole && self.bytes.len() + buffer.len() <= self.most {
            self.bytes.extend_from_slice(buffer);
        } else {
            self.bytes = Vec::new();
        }
        self.count += size(buffer.len());
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Packed {
    /// Stored unless deflate makes it smaller.
    fn is_deflated(&self) -> bool {
        self.compressed < self.size
    }

    fn length(&self) -> u64 {
        self.compressed.min(self.size)
    }
}

/// Writes one entry after the other and, at the end, the directory.
pub(crate) struct ZipWriter<'a, W> {
    out: &'a mut W,
    time: DosTime,
    at: u64,
    members: u64,
    directory: Vec<u8>,
}

impl<'a, W: Write> ZipWriter<'a, W> {
    pub(crate) fn new(out: &'a mut W, time: DosTime) -> Self {
        Self { out, time, at: 0, members: 0, directory: Vec::new() }
    }

    /// Writes an entry. `again` writes the file's bytes once more; it is called if they are stored
    /// or were too many to keep.
    pub(crate) fn add(
        &mut self,
        path: &MemberPath,
        executable: bool,
        packed: Packed,
        again: impl FnOnce(&mut dyn Write) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let offset = number(self.at)?;
        let name = path.as_str().as_bytes();
        let shared = self.shared_fields(name, &packed)?;
        self.put(&[b"PK\x03\x04", &shared[..], name].concat())?;
        self.data(packed, again)?;
        self.members += 1;
        // Unix, format 2.0; no comment, first disk, no internal attributes; a regular file.
        let mode: u32 = if executable { 0o100_755 } else { 0o100_644 };
        self.directory.extend_from_slice(b"PK\x01\x02\x14\x03");
        self.directory.extend_from_slice(&shared);
        self.directory.extend_from_slice(&[0; 6]);
        self.directory.extend_from_slice(&(mode << 16).to_le_bytes());
        self.directory.extend_from_slice(&offset.to_le_bytes());
        self.directory.extend_from_slice(name);
        Ok(())
    }

    /// What the local header and the directory say alike: from the version that is needed to read
    /// it to the length of the extra field, APPNOTE 4.3.7.
    fn shared_fields(&self, name: &[u8], packed: &Packed) -> Result<Vec<u8>, Fault> {
        let flags: u16 = if name.is_ascii() { 0 } else { 1 << 11 };
        let method: u16 = if packed.is_deflated() { 8 } else { 0 };
        let length = u16::try_from(name.len()).map_err(|_| too_large("bytes in a name", 0xffff))?;
        let mut fields = Vec::with_capacity(26);
        for half in [20, flags, method, self.time.time, self.time.date] {
            fields.extend_from_slice(&half.to_le_bytes());
        }
        for word in [packed.crc, number(packed.length())?, number(packed.size)?] {
            fields.extend_from_slice(&word.to_le_bytes());
        }
        fields.extend_from_slice(&length.to_le_bytes());
        fields.extend_from_slice(&[0; 2]);
        Ok(fields)
    }

    fn data(
        &mut self,
        packed: Packed,
        again: impl FnOnce(&mut dyn Write) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (deflated, length) = (packed.is_deflated(), packed.length());
        if let Some(bytes) = packed.kept.filter(|_| deflated) {
            return self.put(&bytes);
        }
        let mut counted = Counted { out: &mut *self.out, count: 0 };
        if deflated {
            let mut deflate = DeflateEncoder::new(&mut counted, level());
            again(&mut deflate)?;
            deflate.finish().map_err(Fault::Write)?;
        } else {
            again(&mut counted)?;
        }
        // The header is written: bytes that differ from the first time would make it a lie.
        if counted.count != length {
            return Err(Fault::Changed);
        }
        self.at += length;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.out.write_all(bytes).map_err(Fault::Write)?;
        self.at += size(bytes.len());
        Ok(())
    }

    /// Writes the directory and the end record.
    pub(crate) fn finish(mut self) -> Result<(), Fault> {
        let count = u16::try_from(self.members).ok().filter(|&count| count <= MAX_MEMBERS);
        let count = count.ok_or_else(|| too_large("files", MAX_MEMBERS.into()))?;
        let (start, length) = (number(self.at)?, number(size(self.directory.len()))?);
        let directory = std::mem::take(&mut self.directory);
        self.put(&directory)?;
        let counts = [count.to_le_bytes(), count.to_le_bytes()].concat();
        let place = [length.to_le_bytes(), start.to_le_bytes()].concat();
        self.put(&[b"PK\x05\x06\0\0\0\0", &counts[..], &place, b"\0\0"].concat())?;
        self.out.flush().map_err(Fault::Write)
    }
}

/// Writes through and counts.
struct Counted<'a, W> {
    out: &'a mut W,
    count: u64,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(buffer)?;
        self.count += size(taken);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn number(size: u64) -> Result<u32, Fault> {
    let number = u32::try_from(size).ok().filter(|&number| u64::from(number) <= MAX_SIZE);
    number.ok_or_else(|| too_large("bytes", MAX_SIZE))
}

fn too_large(what: &'static str, cap: u64) -> Fault {
    Fault::too_large(Format::Zip, what, cap)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::zip::Zip;

    fn written(content: &[u8], most: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = ZipWriter::new(&mut out, DosTime::clamp(0));
        let mut packer = Packer::keeping(most);
        packer.write_all(content).unwrap();
        let path = MemberPath::parse(Format::Zip, "dir/é".as_bytes()).unwrap();
        let again = |sink: &mut dyn Write| sink.write_all(content).map_err(Fault::Write);
        writer.add(&path, true, packer.finish().unwrap(), again).unwrap();
        writer.finish().unwrap();
        out
    }

    #[test]
    fn what_is_written_is_read_back() {
        for content in [vec![], vec![b'x'], vec![7; 100_000]] {
            let out = written(&content, MAX_KEPT);
            let mut zip = Zip::open(Cursor::new(out)).unwrap();
            assert!(zip.members["dir/é"].executable);
            assert_eq!(zip.read("dir/é", 100_000).unwrap(), content);
        }
    }

    #[test]
    fn a_file_too_large_to_keep_makes_the_same_bytes() {
        let content: Vec<u8> = (0..200_000u32).flat_map(|i| (i / 7).to_le_bytes()).collect();
        assert_eq!(written(&content, 10), written(&content, MAX_KEPT));
    }

    #[test]
    fn a_file_that_changes_before_it_is_written_again_is_noticed() {
        let mut out = Vec::new();
        let mut writer = ZipWriter::new(&mut out, DosTime::clamp(0));
        let mut packer = Packer::new();
        packer.write_all(b"abc").unwrap();
        let path = MemberPath::parse(Format::Zip, b"a").unwrap();
        let again = |sink: &mut dyn Write| sink.write_all(b"abcd").map_err(Fault::Write);
        let added = writer.add(&path, false, packer.finish().unwrap(), again);
        assert!(matches!(added, Err(Fault::Changed)));
    }
}
