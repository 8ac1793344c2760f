//! The walk over a zip from its first byte to its last: one of the two readers that must agree about
//! a wheel (the other is the `zip` crate's, from the end record backwards). PyPI refuses archives
//! that two readers can see differently; so do we, before anyone installs one.
//!
//! Local entries without a gap, then the central directory, then the end records, then nothing.

use std::io::{BufReader, Read, Seek};

use crate::blocks::size;
use crate::error::{Fault, Format};
use crate::member::MAX_NAMES;

/// Five times what the largest wheels hold.
pub(crate) const MAX_MEMBERS: u64 = 100_000;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END64: u32 = 0x0606_4b50;
const LOCATOR64: u32 = 0x0706_4b50;

/// Bits 1 and 2 (how hard the compressor tried) and 11 (the name is UTF-8), APPNOTE 4.4.4. Bit 3,
/// a data descriptor, hides where the next entry starts; 0, 6 and 13 are encryption.
const ALLOWED_FLAGS: u16 = 1 << 1 | 1 << 2 | 1 << 11;
const UTF8_FLAG: u16 = 1 << 11;

/// A local entry as the walk met it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Local {
    pub(crate) offset: u64,
    pub(crate) name: Vec<u8>,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) compressed: u64,
    pub(crate) size: u64,
}

impl Local {
    /// A directory's name ends with a slash, APPNOTE 4.4.17.
    pub(crate) fn is_directory(&self) -> bool {
        self.name.ends_with(b"/")
    }

    /// The name without that slash.
    pub(crate) fn path(&self) -> &[u8] {
        self.name.strip_suffix(b"/").unwrap_or(&self.name)
    }
}

/// Walks over the whole archive and returns its entries in the order of their bytes.
pub(crate) fn walk(reader: impl Read + Seek) -> Result<Vec<Local>, Fault> {
    let mut walker = Walker { reader: BufReader::new(reader), at: 0 };
    walker.reader.rewind().map_err(Fault::Read)?;
    let mut locals = Vec::new();
    let mut names = 0;
    let mut signature = walker.signature()?;
    while signature == LOCAL {
        if size(locals.len()) >= MAX_MEMBERS {
            return Err(Fault::too_large(Format::Zip, "files", MAX_MEMBERS));
        }
        let local = walker.local()?;
        names += local.name.len();
        if names > MAX_NAMES {
            return Err(Fault::too_large(Format::Zip, "bytes of names", size(MAX_NAMES)));
        }
        locals.push(local);
        signature = walker.signature()?;
    }
    let start = walker.at - 4;
    let mut entries = 0;
    while signature == CENTRAL {
        walker.central()?;
        entries += 1;
        signature = walker.signature()?;
    }
    if entries != size(locals.len()) {
        return Err(Fault::zip("its central directory does not list its entries"));
    }
    let directory = Directory { entries, start, size: walker.at - 4 - start };
    walker.end(signature, &directory)?;
    Ok(locals)
}

/// What the end records must say.
struct Directory {
    entries: u64,
    start: u64,
    size: u64,
}

struct Walker<R> {
    reader: BufReader<R>,
    at: u64,
}

const SHORT: Fault = Fault::zip("one of its records is too short");

impl<R: Read + Seek> Walker<R> {
    fn read(&mut self, length: usize) -> Result<Vec<u8>, Fault> {
        let mut bytes = vec![0; length];
        self.reader.read_exact(&mut bytes).map_err(|cause| Fault::on_read(Format::Zip, cause))?;
        self.at += size(length);
        Ok(bytes)
    }

    fn signature(&mut self) -> Result<u32, Fault> {
        Fields(&self.read(4)?).u32().ok_or(SHORT)
    }

    fn skip(&mut self, length: u64) -> Result<(), Fault> {
        let gap = i64::try_from(length).map_err(|_| Fault::zip("a size is out of range"))?;
        self.reader.seek_relative(gap).map_err(Fault::Read)?;
        self.at = self.at.saturating_add(length);
        Ok(())
    }

    fn name(&mut self, length: u16, flags: u16) -> Result<Vec<u8>, Fault> {
        let name = self.read(length.into())?;
        if name.is_ascii() || flags & UTF8_FLAG != 0 {
            return Ok(name);
        }
        Err(Fault::zip("a name that is not ASCII is not marked as UTF-8"))
    }

    /// A local file header, APPNOTE 4.3.7, and the data behind it.
    fn local(&mut self) -> Result<Local, Fault> {
        let offset = self.at - 4;
        let header = self.read(26)?;
        let mut fields = Fields(&header);
        let mut read = || {
            let (_needed, flags, method) = (fields.u16()?, fields.u16()?, fields.u16()?);
            let (_time, crc) = (fields.u32()?, fields.u32()?);
            let sizes = (fields.u32()?, fields.u32()?);
            Some((flags, method, crc, sizes, fields.u16()?, fields.u16()?))
        };
        let (flags, method, crc, sizes, name, extra) = read().ok_or(SHORT)?;
        if flags & !ALLOWED_FLAGS != 0 {
            return Err(Fault::zip("an entry is encrypted or uses a data descriptor"));
        }
        let name = self.name(name, flags)?;
        let extra = self.read(extra.into())?;
        let (compressed, size) = local_sizes(sizes, zip64(&extra)?)?;
        self.skip(compressed)?;
        Ok(Local { offset, name, method, crc, compressed, size })
    }

    /// A record of the central directory, APPNOTE 4.3.12. What it says about its entry is the other
    /// reader's to tell; here it must only be where it is and hide nothing.
    fn central(&mut self) -> Result<(), Fault> {
        let header = self.read(42)?;
        let mut fields = Fields(&header);
        let mut read = || {
            let (_made, _needed, flags) = (fields.u16()?, fields.u16()?, fields.u16()?);
            let (_rest, name, extra) = (fields.bytes(18)?, fields.u16()?, fields.u16()?);
            Some((flags, name, extra, fields.u16()?, fields.u16()?))
        };
        let (flags, name, extra, comment, disk) = read().ok_or(SHORT)?;
        if flags & !ALLOWED_FLAGS != 0 || comment != 0 || disk != 0 {
            return Err(Fault::zip(
                "its central directory has comments, other disks or unsupported flags",
            ));
        }
        self.name(name, flags)?;
        let extra = self.read(extra.into())?;
        zip64(&extra).map(drop)
    }

    /// The end records, APPNOTE 4.3.14 to 4.3.16, up to the last byte of the file.
    fn end(&mut self, mut signature: u32, directory: &Directory) -> Result<(), Fault> {
        let differs = || Fault::zip("its end record does not match its central directory");
        let is64 = signature == END64;
        if is64 {
            self.end64(directory)?;
            signature = self.signature()?;
        }
        if signature != END {
            return Err(Fault::zip("unknown data lies between its records"));
        }
        let record = self.read(18)?;
        let mut fields = Fields(&record);
        let mut read = || {
            let disks = (fields.u16()?, fields.u16()?);
            let entries = (fields.u16()?, fields.u16()?);
            Some((disks, entries, fields.u32()?, fields.u32()?, fields.u16()?))
        };
        let (disks, entries, size, start, comment) = read().ok_or(SHORT)?;
        let fits = |found: u64, most: u64, real: u64| found == real || (is64 && found == most);
        if disks != (0, 0)
            || entries.0 != entries.1
            || !fits(entries.0.into(), u16::MAX.into(), directory.entries)
            || !fits(size.into(), u32::MAX.into(), directory.size)
            || !fits(start.into(), u32::MAX.into(), directory.start)
        {
            return Err(differs());
        }
        let comment = self.read(comment.into())?;
        // Readers that look for the end record from behind would find theirs in it.
        if comment.windows(4).any(|window| window == END.to_le_bytes()) {
            return Err(Fault::zip("its comment contains an end record"));
        }
        let mut rest = [0];
        match self.reader.read(&mut rest).map_err(Fault::Read)? {
            0 => Ok(()),
            _ => Err(Fault::zip("data follows its end record")),
        }
    }

    /// The zip64 end record and its locator.
    fn end64(&mut self, directory: &Directory) -> Result<(), Fault> {
        let at = self.at - 4;
        let record = self.read(72)?;
        let mut fields = Fields(&record);
        let mut read = || {
            let length = fields.u64()?;
            let (_versions, disks) = (fields.u32()?, fields.u64()?);
            let counts = (fields.u64()?, fields.u64()?);
            let place = (fields.u64()?, fields.u64()?);
            let locator = (fields.u32()?, fields.u32()?, fields.u64()?, fields.u32()?);
            Some((length, disks, counts, place, locator))
        };
        let (length, disks, counts, place, locator) = read().ok_or(SHORT)?;
        // 44: the record without an extensible data sector.
        let right = length == 44
            && disks == 0
            && counts == (directory.entries, directory.entries)
            && place == (directory.size, directory.start)
            && locator == (LOCATOR64, 0, at, 1);
        if right {
            Ok(())
        } else {
            Err(Fault::zip("its zip64 end record does not match its central directory"))
        }
    }
}

/// The zip64 field among the extra fields (APPNOTE 4.5). Each field is whole; a second name in
/// Unicode (0x7075) is refused, for half of all readers would use it.
fn zip64(extra: &[u8]) -> Result<Option<&[u8]>, Fault> {
    let mut fields = Fields(extra);
    let mut found = None;
    while !fields.is_empty() {
        let mut read = || {
            let (id, length) = (fields.u16()?, fields.u16()?);
            Some((id, fields.bytes(length.into())?))
        };
        match read() {
            None => return Err(Fault::zip("an extra field is truncated")),
            Some((0x7075, _)) => return Err(Fault::zip("an entry has a second name")),
            Some((0x0001, data)) => {
                if found.replace(data).is_some() || !matches!(data.len(), 0 | 8 | 16 | 24 | 28) {
                    return Err(Fault::zip("an entry has ambiguous sizes"));
                }
            }
            Some(_) => {}
        }
    }
    Ok(found)
}

/// Compressed and real size of a local entry: in the header, or both in the zip64 field with both
/// numbers of the header at their maximum.
fn local_sizes(header: (u32, u32), zip64: Option<&[u8]>) -> Result<(u64, u64), Fault> {
    let unclear = || Fault::zip("an entry has ambiguous sizes");
    let mut fields = Fields(zip64.unwrap_or_default());
    match header {
        (u32::MAX, u32::MAX) => {
            let (size, compressed) = fields.u64().zip(fields.u64()).ok_or_else(unclear)?;
            if fields.is_empty() { Ok((compressed, size)) } else { Err(unclear()) }
        }
        (compressed, size) if fields.is_empty() && compressed.max(size) < u32::MAX => {
            Ok((compressed.into(), size.into()))
        }
        _ => Err(unclear()),
    }
}

/// What is left of a record of little-endian numbers. One that isn't there any more is `None`.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
